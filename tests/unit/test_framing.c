/* SPDX-License-Identifier: MIT */
/* test_framing.c - where frames end, by tables, in segments of every size. */
#include "net/framing.h"

#include <stdint.h>

#include "framing_fixture.h"

/* ---- The table ---- */

static const struct {
	const struct cohort_framing *framing;
	const char *stream;
	size_t size;
	const char *outcome;
} rows[] = {
	{&lines, STREAM("one\ntwo\n"), "[one][two]."},
	{&lines, STREAM("one\r\n\r\n\n"), "[one][][]."},
	{&lines, STREAM("a\rb\nc\r\r\n"), "[a\rb][c\r]."},
	{&lines, STREAM("hello\n"), "[hello]."},
	{&lines, STREAM("hello\r\n"), "[hello]."},
	{&lines, STREAM("hello"), "~"},
	{&lines, STREAM("hello\r"), "~"},
	{&lines, STREAM("hello!"), "+"},
	{&lines, STREAM("hello\r\r"), "+"},
	{&lines, STREAM("hello\r\r\n"), "+"},
	{&lines, STREAM("a\nhello!\nb\n"), "[a]+"},
	{&crlf, STREAM("one\r\n\r\ntwo\r\n"), "[one][][two]."},
	{&crlf, STREAM("a\nb\r\n\rc\n\r\n"), "[a\nb][\rc\n]."},
	{&crlf, STREAM("hello\r\n"), "[hello]."},
	{&crlf, STREAM("hello\r"), "~"},
	{&crlf, STREAM("hello\n"), "+"},
	{&crlf, STREAM("hello\r\r\n"), "+"},
	{&aab, STREAM("aaab"), "[a]."},
	{&aab, STREAM("xaabaabyaaaab"), "[x][][yaa]."},
	{&aab, STREAM("helloaa"), "~"},
	{&aab, STREAM("helloaab"), "[hello]."},
	{&aab, STREAM("helloaaab"), "+"},
	{&byte_length, STREAM("\3one\0\3two"), "[one][][two]."},
	{&byte_length, STREAM("\5hello\6"), "[hello]+"},
	{&byte_length, STREAM("\5hell"), "~"},
	{&byte_length, STREAM("\377"), "+"},
	{&little, STREAM("\3\0one"), "[one]."},
	{&little, STREAM("\0\3"), "+"},
	{&four, STREAM("\0\0\0\3one\0\0\0"), "[one]~"},
	{&four, STREAM("\200\0\0\0"), "+"},
	{&eight, STREAM("\0\0\0\0\0\0\0\3one"), "[one]."},
	{&eight, STREAM("\377\377\377\377\377\377\377\377"), "+"},
	{&eight, STREAM("\377\377\377\377\377\377\377\370x"), "+"},
	{&eight, STREAM("\100\0\0\0\0\0\0\0"), "+"},
	{&eight, STREAM("\77\377\377\377\377\377\377\0x"), "~"},
	{&eight_little, STREAM("\5\0\0\0\0\0\0\0hello"), "[hello]."},
	{&eight_little, STREAM("\5\0\0\0\0\0\0\1hello"), "+"},
	{&fixed, STREAM("onetwoth"), "[one][two]~"},
	{&netstring, STREAM("3:one,0:,12:twelve bytes,"),
	 "[one][][twelve bytes]."},
	{&netstring, STREAM("13:"), "+"},
	{&netstring, STREAM("13"), "+"},
	{&netstring, STREAM("99999999999999999999999999:"), "+"},
	{&netstring, STREAM("12"), "~"},
	{&netstring, STREAM("0:,00:,"), "[]!"},
	{&netstring, STREAM("03:one,"), "!"},
	{&netstring, STREAM(":,"), "!"},
	{&netstring, STREAM("3 :one,"), "!"},
	{&netstring, STREAM("-1:one,"), "!"},
	{&netstring, STREAM("x"), "!"},
	{&netstring, STREAM("3:one"), "~"},
	{&netstring, STREAM("3:one3:two,"), "!"},
	{&netstring, STREAM("3:onetwo,"), "!"},
};

static void test_table(void)
{
	struct outcome outcome;
	size_t i, segment;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (segment = 1; segment <= rows[i].size; segment++) {
			split(rows[i].framing, rows[i].stream, rows[i].size,
			      segment, &outcome);
			check_string(outcome.text, rows[i].outcome);
		}
	}
}

static const struct cohort_framing unterminated = {
	.limit = 5,
	.takes_unterminated = true,
};

/* ---- The rest ---- */

static void test_finish(void)
{
	check_int(framing_finish(&lines, 3), FRAMING_MALFORMED);
	check_int(framing_finish(&unterminated, 5), FRAMING_FRAME);
	/* hello\r: the return is not before a newline, so it counts. */
	check_int(framing_finish(&unterminated, 6), FRAMING_TOO_LONG);
	check_int(framing_finish(&fixed, 2), FRAMING_MALFORMED);
	check_int(framing_finish(&netstring, 2), FRAMING_MALFORMED);
}

static void test_validity(void)
{
	static const struct cohort_framing bad[] = {
		{.kind = COHORT_FRAMING_DELIMITER},
		{.kind = COHORT_FRAMING_DELIMITER, .delimiter = "x"},
		{.kind = COHORT_FRAMING_DELIMITER, .delimiter_size = 1},
		{.kind = COHORT_FRAMING_LENGTH},
		{.kind = COHORT_FRAMING_LENGTH, .length_size = 3},
		{.kind = COHORT_FRAMING_FIXED},
		{.kind = COHORT_FRAMING_FIXED, .size = SIZE_MAX},
		{.kind = (enum cohort_framing_kind)5},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!framing_is_valid(&bad[i]));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(framing_is_valid(rows[i].framing));
}

static void test_default_limit(void)
{
	static unsigned char bytes[FRAMING_LIMIT_DEFAULT + 2];
	const struct cohort_framing standard = {.kind = COHORT_FRAMING_LINES};
	struct framing_frame frame;

	memset(bytes, 'x', sizeof(bytes));
	check_int(framing_find(&standard, bytes, FRAMING_LIMIT_DEFAULT, 0,
			       &frame),
		  FRAMING_PART);
	check_int(framing_find(&standard, bytes, FRAMING_LIMIT_DEFAULT + 1, 0,
			       &frame),
		  FRAMING_TOO_LONG);
	bytes[FRAMING_LIMIT_DEFAULT] = '\n';
	check_int(framing_find(&standard, bytes, sizeof(bytes), 0, &frame),
		  FRAMING_FRAME);
	check_int(frame.size, FRAMING_LIMIT_DEFAULT);
}

static const struct {
	const struct cohort_framing *framing;
	const char *payload;
	size_t size;
	const char *wrapped; /* NULL: it cannot be framed */
	size_t wrapped_size;
} wraps[] = {
	{&lines, STREAM("one"), STREAM("one\n")},
	{&lines, STREAM(""), STREAM("\n")},
	{&lines, STREAM("hello!"), NULL, 0},
	{&lines, STREAM("a\nb"), NULL, 0},
	{&lines, STREAM("a\r"), NULL, 0},
	{&lines, STREAM("\rab"), STREAM("\rab\n")},
	{&crlf, STREAM("a\r"), STREAM("a\r\r\n")},
	{&crlf, STREAM("\r\n"), NULL, 0},
	{&aab, STREAM("xaab"), NULL, 0},
	{&aab, STREAM("xa"), STREAM("xaaab")},
	{&byte_length, STREAM("one"), STREAM("\3one")},
	{&byte_length, STREAM("hello!"), NULL, 0},
	{&little, STREAM("one"), STREAM("\3\0one")},
	{&four, STREAM(""), STREAM("\0\0\0\0")},
	{&eight, STREAM("one"), STREAM("\0\0\0\0\0\0\0\3one")},
	{&fixed, STREAM("one"), STREAM("one")},
	{&fixed, STREAM("on"), NULL, 0},
	{&fixed, STREAM("four"), NULL, 0},
	{&netstring, STREAM("twelve bytes"), STREAM("12:twelve bytes,")},
	{&netstring, STREAM(""), STREAM("0:,")},
	{&netstring, STREAM("thirteen byte"), NULL, 0},
};

static void test_wraps(void)
{
	static const unsigned char big[256];
	const struct cohort_framing byte = {.kind = COHORT_FRAMING_LENGTH,
					    .length_size = 1};
	const struct cohort_framing twice = {
		.kind = COHORT_FRAMING_DELIMITER,
		.delimiter = "aa",
		.delimiter_size = 2,
	};
	struct framing_wrap wrap;
	size_t i;

	for (i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
		unsigned char stream[64];
		size_t size;

		if (wraps[i].wrapped == NULL) {
			check_int(framing_wrap(wraps[i].framing,
					       wraps[i].payload, wraps[i].size,
					       &wrap),
				  -1);
			continue;
		}
		size = wrap_into(stream, 0, wraps[i].framing,
				 (const unsigned char *)wraps[i].payload,
				 wraps[i].size);
		check_int(size, wraps[i].wrapped_size);
		CHECK(memcmp(stream, wraps[i].wrapped, size) == 0);
	}
	/* A length that one byte cannot say; a mark that would come early. */
	check_int(framing_wrap(&byte, big, 255, &wrap), 0);
	check_int(framing_wrap(&byte, big, 256, &wrap), -1);
	check_int(framing_wrap(&twice, "xa", 2, &wrap), -1);
	check_int(framing_wrap(&twice, "ax", 2, &wrap), 0);
}

int main(void)
{
	test_table();
	test_finish();
	test_validity();
	test_default_limit();
	test_wraps();
	return check_result();
}
