/* SPDX-License-Identifier: MIT */
/* test_text.c - words to numbers and back, escapes, near misses. */
#include "base/text.h"

#include <stdlib.h>

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BAD          UINT64_MAX /* in the tables: refused */

struct row {
	const char *word;
	uint64_t value;
};

static const struct row numbers[] = {
	{"0", 0},
	{"4711", 4711},
	{"007", 7},
	{"18446744073709551614", UINT64_C(18446744073709551614)},
	{"18446744073709551616", BAD},
	{"99999999999999999999", BAD},
	{"", BAD},
	{"-1", BAD},
	{"+1", BAD},
	{" 1", BAD},
	{"1 ", BAD},
	{"0x10", BAD},
	{"1.5", BAD},
	{"1k", BAD},
};

static const struct row sizes[] = {
	{"0", 0},
	{"1500", 1500},
	{"64k", 65536},
	{"64K", 65536},
	{"1m", 1048576},
	{"2G", UINT64_C(2) << 30},
	{"0g", 0},
	{"17179869183g", UINT64_C(17179869183) << 30},
	{"17179869184g", BAD},
	{"k", BAD},
	{"", BAD},
	{"1kb", BAD},
	{"1t", BAD},
	{"1 k", BAD},
	{"-1k", BAD},
	{"1.5k", BAD},
	{"1s", BAD},
	{"1\x8b", BAD},
};

static const struct row durations[] = {
	{"0", 0},
	{"0s", 0},
	{"250ms", 250},
	{"30s", 30000},
	{"5m", 300000},
	{"1h", 3600000},
	{"2d", 172800000},
	{"9007199254740991ms", (UINT64_C(1) << 53) - 1},
	{"9007199254740992ms", BAD},
	{"104249991d", 104249991 * UINT64_C(86400000)},
	{"104249992d", BAD},
	{"213503982335d", BAD},
	{"30", BAD},
	{"s", BAD},
	{"", BAD},
	{"1.5s", BAD},
	{"-1s", BAD},
	{"1s ", BAD},
	{"1sec", BAD},
	{"1m30s", BAD},
	{"1k", BAD},
};

static const struct row microseconds[] = {
	{"0", 0},
	{"0s", 0},
	{"50us", 50},
	{"1MS", 1000},
	{"250ms", 250000},
	{"1s", 1000000},
	{"2m", 120000000},
	{"1h", UINT64_C(3600000000)},
	{"1d", UINT64_C(86400000000)},
	{"9007199254740991us", (UINT64_C(1) << 53) - 1},
	{"9007199254740992us", BAD},
	{"213503982335d", BAD},
	{"50", BAD},
	{"us", BAD},
	{"1.5us", BAD},
	{"1usec", BAD},
};

static int parse_duration(const char *word, uint64_t *value)
{
	int64_t duration_ms;

	if (text_parse_duration(word, &duration_ms) < 0)
		return -1;
	*value = (uint64_t)duration_ms;
	return 0;
}

static int parse_microseconds(const char *word, uint64_t *value)
{
	int64_t duration_us;

	if (text_parse_microseconds(word, &duration_us) < 0)
		return -1;
	*value = (uint64_t)duration_us;
	return 0;
}

static void check_parser(int (*parse)(const char *, uint64_t *),
			 const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		uint64_t value = 0;
		int result = parse(rows[i].word, &value);
		int failures = check_failures;

		check_int(result, rows[i].value == BAD ? -1 : 0);
		if (result == 0)
			CHECK(value == rows[i].value);
		if (check_failures > failures)
			printf("  in \"%s\"\n", rows[i].word);
	}
}

static void test_parsers(void)
{
	check_parser(text_parse_number, numbers, COUNT(numbers));
	check_parser(text_parse_size, sizes, COUNT(sizes));
	check_parser(parse_duration, durations, COUNT(durations));
	check_parser(parse_microseconds, microseconds, COUNT(microseconds));
}

/* ---- Back to words --------------------------------------------------- */

static const struct row size_words[] = {
	{"0", 0},
	{"1023", 1023},
	{"1k", 1024},
	{"1025", 1025},
	{"64k", 65536},
	{"1m", 1048576},
	{"1025k", 1049600},
	{"3g", UINT64_C(3) << 30},
	{"18446744073709551615", UINT64_MAX},
};

static const struct row duration_words[] = {
	{"0s", 0},
	{"1ms", 1},
	{"1500ms", 1500},
	{"90s", 90000},
	{"5m", 300000},
	{"1h", 3600000},
	{"36h", 129600000},
	{"2d", 172800000},
	{"9007199254740991ms", (UINT64_C(1) << 53) - 1},
};

static const struct row microsecond_words[] = {
	{"0s", 0},     {"1us", 1},      {"1500us", 1500},
	{"2ms", 2000}, {"1s", 1000000}, {"1m", 60000000},
};

static void test_the_shortest_exact_form_is_written(void)
{
	char out[32];
	size_t i;

	for (i = 0; i < COUNT(size_words); i++)
		check_string(
			text_format_size(out, sizeof(out), size_words[i].value),
			size_words[i].word);
	for (i = 0; i < COUNT(duration_words); i++)
		check_string(
			text_format_duration(out, sizeof(out),
					     (int64_t)duration_words[i].value),
			duration_words[i].word);
	for (i = 0; i < COUNT(microsecond_words); i++)
		check_string(text_format_microseconds(
				     out, sizeof(out),
				     (int64_t)microsecond_words[i].value),
			     microsecond_words[i].word);
}

static void test_what_is_written_reads_back(void)
{
	uint64_t bytes, value = 1;
	int64_t duration_ms;
	char out[32];
	int i;

	for (i = 0; i < 2000; i++) {
		value = value * UINT64_C(6364136223846793005) + 1442695041;
		bytes = (value >> (i % 64)) << (i % 40);
		text_format_size(out, sizeof(out), bytes);
		CHECK(text_parse_size(out, &value) == 0 && value == bytes);
		text_format_duration(out, sizeof(out), (int64_t)(bytes >> 12));
		CHECK(text_parse_duration(out, &duration_ms) == 0 &&
		      duration_ms == (int64_t)(bytes >> 12));
		value += (uint64_t)i;
	}
}

/* ---- Escapes --------------------------------------------------------- */

struct escape_row {
	const char *data;
	size_t size;
	size_t room;
	const char *expected;
};

static const struct escape_row escapes[] = {
	{"", 0, 32, ""},
	{"plain ~\"'", 9, 32, "plain ~\"'"},
	{"a\nb\rc\td", 7, 32, "a\\nb\\rc\\td"},
	{"back\\slash", 10, 32, "back\\\\slash"},
	{"\0\x01\x1f\x7f", 4, 32, "\\x00\\x01\\x1f\\x7f"},
	{"\x80\xff", 2, 32, "\\x80\\xff"},
	{"abcdef", 6, 4, "abc"},
	{"ab\x01", 3, 6, "ab"},
	{"ab\x01", 3, 7, "ab\\x01"},
	{"a\nb", 3, 3, "a"},
	{"a\nb", 3, 4, "a\\n"},
	{"abc", 3, 1, ""},
};

static void test_escapes_are_whole(void)
{
	char out[32];
	size_t i;

	for (i = 0; i < COUNT(escapes); i++) {
		const struct escape_row *row = &escapes[i];

		memset(out, '#', sizeof(out));
		check_int(text_escape(out, row->room, row->data, row->size),
			  strlen(row->expected));
		check_string(out, row->expected);
	}
	out[0] = '#';
	check_int(text_escape(out, 0, "a", 1), 0);
	check_int(out[0], '#');
}

/* ---- Near misses ----------------------------------------------------- */

static const char *const names[] = {"listen",    "backlog", "workers",
				    "keepalive", "on",      "off"};

static const struct {
	const char *word;
	const char *nearest;
} misses[] = {
	{"listen", "listen"},
	{"lisen", "listen"},
	{"listten", "listen"},
	{"lixten", "listen"},
	{"ilsten", "listen"},
	{"lsn", NULL},
	{"keep_alive", "keepalive"},
	{"kepalve", "keepalive"},
	{"kpalve", NULL},
	{"onn", "on"},
	{"of", "on"},
	{"offf", "off"},
	{"xyz", NULL},
	{"", NULL},
};

static void test_the_nearest_name(void)
{
	char long_word[4096];
	size_t i;

	for (i = 0; i < COUNT(misses); i++) {
		const char *found =
			text_nearest(misses[i].word, names, COUNT(names));

		check_string(found != NULL ? found : "none",
			     misses[i].nearest != NULL ? misses[i].nearest
						       : "none");
	}
	CHECK(text_nearest("listen", names, 0) == NULL);
	memset(long_word, 'a', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	CHECK(text_nearest(long_word, names, COUNT(names)) == NULL);
}

/* ---- Strings that grow ----------------------------------------------- */

static void test_a_text_grows(void)
{
	struct text text = {0};
	int i;

	text_append(&text, "%s", "");
	CHECK(text.bytes != NULL && text.size == 0);
	for (i = 0; i < 5000; i++)
		text_append(&text, "%04d ", i);
	check_int(text.size, 25000);
	CHECK(text.room > text.size && text.bytes[25000] == '\0');
	CHECK(memcmp(text.bytes + 4321 * 5, "4321 ", 5) == 0);
	text_append_bytes(&text, "a\0b", 3);
	text_append_bytes(&text, NULL, 0);
	check_int(text.size, 25003);
	CHECK(memcmp(text.bytes + 25000, "a\0b", 4) == 0);
	text_release(&text);
	CHECK(text.bytes == NULL && text.size == 0 && text.room == 0);
	text_release(&text);
}

int main(void)
{
	test_parsers();
	test_the_shortest_exact_form_is_written();
	test_what_is_written_reads_back();
	test_escapes_are_whole();
	test_the_nearest_name();
	test_a_text_grows();
	return check_result();
}
