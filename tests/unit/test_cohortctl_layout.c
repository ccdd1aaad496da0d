/* SPDX-License-Identifier: MIT */
/* test_cohortctl_layout.c - answers as lines that fit, numbers as words. */
#include "layout.h"

#include "answer.h"
#include "check.h"
#include "words.h"

static const struct row {
	char *(*words)(char *out, int64_t number);
	int64_t number;
	const char *expected;
} rows[] = {
	{words_bytes, 0, "0"},
	{words_bytes, 1023, "1023"},
	{words_bytes, 1024, "1.0k"},
	{words_bytes, 1536, "1.5k"},
	{words_bytes, 10187, "9.9k"},
	{words_bytes, 10240, "10k"},
	{words_bytes, 1048063, "1023k"},
	{words_bytes, 1048575, "1.0M"},
	{words_bytes, INT64_C(5) << 40, "5.0T"},
	{words_bytes, INT64_MAX, "8.0E"},
	{words_duration, 0, "0ms"},
	{words_duration, 999, "999ms"},
	{words_duration, 3250, "3.2s"},
	{words_duration, 59999, "59s"},
	{words_duration, 192000, "3m12s"},
	{words_duration, 3599999, "59m59s"},
	{words_duration, 18180000, "5h03m"},
	{words_duration, 187200000, "2d04h"},
	{words_micros, 85, "85us"},
	{words_micros, 1234, "1.2ms"},
	{words_micros, 9949, "9.9ms"},
	{words_micros, 9950, "10ms"},
	{words_micros, 999499, "999ms"},
	{words_micros, 999500, "1.0s"},
	{words_time, 1700000000123, "2023-11-14 22:13:20"},
};

static void test_words(void)
{
	char out[WORDS_ROOM];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_string(rows[i].words(out, rows[i].number),
			     rows[i].expected);
	check_string(words_number(out, REPORT_BYTES, 1536, true), "1536");
	check_string(words_number(out, REPORT_BYTES, 1536, false), "1.5k");
	check_string(words_number(out, REPORT_COUNT, -1, false), "-1");
	check_string(words_number(out, REPORT_TIME, 1700000000123, true),
		     "2023-11-14T22:13:20.123Z");
	CHECK(words_colour("serving")[0] != '\0');
	check_string(words_colour("strange"), "");
}

/* ---- Tables, as the server sends them ---- */

#define HEAD                                                                   \
	"table\tt\n"                                                           \
	"column\tid\tcount\t0\tID\n"                                           \
	"column\tname\ttext\t0\tNAME\n"                                        \
	"column\tstate\tstate\t3\tSTATE\n"                                     \
	"column\tbytes\tbytes\t2\tIN\n"                                        \
	"column\textra\tcount\t9\tEXTRA\n"
#define ROWS                                                                   \
	"row\t7\tshort\tserving\t1536\t1\n"                                    \
	"row\t4711\ta much longer name\tsuspect\t-\t2\n"

/* Ends in `state`; what was printed is the caller's to release. */
static struct text print(const char *lines, const struct layout_style *style,
			 enum answer_state expected)
{
	struct answer answer;
	struct text out;
	char *copy = strdup(lines);
	char *rest = copy, *line;
	enum answer_state state = ANSWER_GOES_ON;

	REQUIRE(copy != NULL);
	answer_init(&answer, style, false);
	while (state == ANSWER_GOES_ON && *rest != '\0') {
		line = strsep(&rest, "\n");
		state = answer_take(&answer, line);
	}
	check_int(state, expected);
	out = answer.out;
	memset(&answer.out, 0, sizeof(answer.out));
	text_append_bytes(&out, "", 0);
	answer_release(&answer);
	free(copy);
	return out;
}

static void check_print(const char *lines, const struct layout_style *style,
			const char *expected)
{
	struct text out = print(lines, style, ANSWER_ENDED);

	check_string(out.bytes, expected);
	text_release(&out);
}

static void test_widths(void)
{
	struct layout_style style = {.ellipsis = "~"};

	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME                STATE      IN\n"
		    "   7  short               serving  1.5k\n"
		    "4711  a much longer name  suspect     -\n");
	style.width = 39;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME                STATE      IN\n"
		    "   7  short               serving  1.5k\n"
		    "4711  a much longer name  suspect     -\n");
	/* The highest rank goes first, then the next; then text is cut. */
	style.width = 38;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME                  IN\n"
		    "   7  short               1.5k\n"
		    "4711  a much longer name     -\n");
	style.width = 29;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME\n"
		    "   7  short\n"
		    "4711  a much longer name\n");
	style.width = 20;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME\n"
		    "   7  short\n"
		    "4711  a much longer~\n");
	/* There is a least. */
	style.width = 5;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME\n"
		    "   7  short\n"
		    "4711  a much ~\n");
	style.is_wide = true;
	check_print(HEAD ROWS "end\n", &style,
		    "  ID  NAME                STATE      IN  EXTRA\n"
		    "   7  short               serving  1.5k      1\n"
		    "4711  a much longer name  suspect     -      2\n");
}

static void test_colour(void)
{
	struct layout_style style = {.has_colour = true, .ellipsis = "~"};

	check_print(
		"table\tt\ncolumn\ta\tstate\t0\tA\ncolumn\tb\tcount\t0\tB\n"
		"row\tserving\t1\nrow\tstrange\t2\nend\n",
		&style,
		"\033[1mA        B\033[0m\n"
		"\033[32mserving\033[0m  1\n"
		"strange  2\n");
}

static void test_several(void)
{
	const struct layout_style style = {.ellipsis = "~"};

	check_print(
		"sheet\ts\ncolumn\ta\ttext\t0\tFirst\n"
		"column\tb\tbytes\t0\tSecond one\n"
		"column\tc\tcount\t9\tHidden\nrow\tx\t2048\t1\n"
		"table\tt\ncolumn\ta\tcount\t0\tA\n"
		"table\tt\ncolumn\ta\tcount\t0\tA\nrow\t1\nsay\tgood\\nbye\n"
		"end\n",
		&style,
		"First       x\nSecond one  2.0k\n\nA\n\nA\n1\ngood\nbye\n");
	/* What a peer has sent does not reach the terminal. */
	check_print(
		"table\tt\ncolumn\ta\ttext\t0\tA\n"
		"row\ta\\x1b[2Jb\\tc\\nd\\xc3\\xa4\\xff\nend\n",
		&style, "A\na\\x1b[2Jb c d\xc3\xa4\\xff\n");
	/* Columns of unknown kinds, of a later server, are text. */
	check_print("table\tt\ncolumn\ta\tcolour\t0\tA\nrow\tblue\nend\n",
		    &style, "A\nblue\n");
}

/* A long table comes in pieces, with the same columns. */
static void test_batches(void)
{
	struct layout_style style = {.width = 20, .ellipsis = "~"};
	struct text lines = {0}, out;
	const char *at;
	unsigned count = 0;
	int i;

	text_append(&lines,
		    "table\tt\ncolumn\ta\tcount\t0\tA\n"
		    "column\tb\ttext\t0\tB\ncolumn\tc\ttext\t1\tC\n");
	for (i = 0; i < 3 * ANSWER_BATCH; i++)
		text_append(&lines, "row\t%d\t%s\tc\n", i,
			    i == 2 * ANSWER_BATCH ? "a longer one by far"
						  : "b");
	text_append(&lines, "end\n");
	out = print(lines.bytes, &style, ANSWER_ENDED);
	for (at = out.bytes; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	check_int(count, 3 * ANSWER_BATCH + 1);
	CHECK(strncmp(out.bytes, "  A  B  C\n  0  b  c\n", 20) == 0);
	CHECK(strstr(out.bytes, "\n1000  a longer o~  c\n") != NULL);
	text_release(&out);
	/* A column that is left out does not come back. */
	style.width = 7;
	out = print(lines.bytes, &style, ANSWER_ENDED);
	CHECK(strncmp(out.bytes, "  A  B\n  0  b\n", 14) == 0);
	CHECK(strchr(out.bytes, 'c') == NULL);
	text_release(&out);
	text_release(&lines);
}

static void test_failures(void)
{
	static const char *const ills[] = {
		"HTTP/1.1 400 Bad Request\n",
		"\n",
		"row\t1\n",
		"column\ta\tcount\t0\tA\n",
		"table\tt\ncolumn\ta\tcount\n",
		"table\tt\ncolumn\ta\tcount\t0\tA\nrow\n",
		"table\tt\ncolumn\ta\tcount\t0\tA\nrow\tx\n",
		"table\tt\ncolumn\ta\ttext\t0\tA\nrow\t\\q\n",
		"say\n",
		"say\t\\\n",
		"fail\n",
		"fail\t1\n",
	};
	const struct layout_style style = {.ellipsis = "~"};
	struct answer answer;
	char line[] = "fail\t77\tno\\n\\x1b";
	size_t i;

	for (i = 0; i < sizeof(ills) / sizeof(ills[0]); i++) {
		struct text out = print(ills[i], &style, ANSWER_ILL);

		text_release(&out);
	}
	answer_init(&answer, &style, false);
	check_int(answer_take(&answer, line), ANSWER_FAILED);
	check_int(answer.status, 77);
	check_string(answer.words.bytes, "no\n\\x1b");
	answer_release(&answer);
}

int main(void)
{
	test_words();
	test_widths();
	test_colour();
	test_several();
	test_batches();
	test_failures();
	return check_result();
}
