/* SPDX-License-Identifier: MIT */
/* test_log_line.c - a line stays a line, and an object an object, whatever is
 * put into it. */
#include "base/log_line.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/errno_name.h"
#include "base/log_event.h"
#include "base/log_target.h"
#include "base/utf8.h"
#include "check.h"

#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *text_of(struct log_line *line)
{
	line->bytes[line->size] = '\0';
	return line->bytes;
}

static const struct {
	const char *text;
	const char *words;  /* of the text form */
	const char *value;  /* … as a value */
	const char *string; /* in an object */
} rows[] = {
	{"plain", "plain", "plain", "plain"},
	{"", "", "-", ""},
	{"a b=\"c\\", "a b=\"c\\", "a\\x20b=\\x22c\\x5c", "a b=\\\"c\\\\"},
	{"a\nb", "a\\x0ab", "a\\x0ab", "a\\u000ab"},
	{"\x1b[0m\x7f", "\\x1b[0m\\x7f", "\\x1b[0m\\x7f", "\\u001b[0m\\u007f"},
	{"\xc3\xa9", "\\xc3\\xa9", "\\xc3\\xa9", "\\u00e9"},
	{"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8", "\\u2028"},
	{"\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80", "\\xf0\\x9f\\x98\\x80",
	 "\\ud83d\\ude00"},
	{"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3", "\\\\xff\\\\xc3"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
	 "\\\\xed\\\\xa0\\\\x80"},
};

static void test_bytes_of_anybody(void)
{
	struct log_line line;
	char wanted[128];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		line.size = 0;
		log_line_put_words(&line, rows[i].text);
		check_string(text_of(&line), rows[i].words);
		line.size = 0;
		log_line_put_value(&line, "n", rows[i].text);
		snprintf(wanted, sizeof(wanted), " n=%s", rows[i].value);
		check_string(text_of(&line), wanted);
		line.size = 0;
		log_line_begin_object(&line);
		log_line_put_string(&line, "n", rows[i].text);
		log_line_end_object(&line);
		snprintf(wanted, sizeof(wanted), "{\"n\":\"%s\"}",
			 rows[i].string);
		check_string(text_of(&line), wanted);
	}
}

static void test_an_object(void)
{
	struct log_line line = {.size = 0};

	log_line_begin_object(&line);
	log_line_put_string(&line, "absent", NULL);
	log_line_put_number(&line, "most", UINT64_MAX);
	log_line_put_string(&line, "a", "b");
	log_line_put_message(&line, "c\td");
	log_line_end_object(&line);
	log_line_end(&line);
	check_string(text_of(&line),
		     "{\"most\":18446744073709551615,\"a\":\"b\","
		     "\"message\":\"c\\u0009d\"}\n");
	line.size = 0;
	log_line_put(&line, "x");
	log_line_put_count(&line, "count", 3);
	log_line_put_value(&line, "none", NULL);
	check_string(text_of(&line), "x count=3 none=-");
}

/* A message is cut to whole escapes, other members are there or are not; what
 * closes the object always has room. */
static void test_long_ones(void)
{
	static const char *const bytes[] = {"w", "\x01", "\xf0\x9f\x98\x80",
					    "\xff", "\""};
	char text[5 * LOG_LINE_BYTES];
	struct log_line line;
	size_t i, at, size;

	for (i = 0; i < COUNT(bytes); i++) {
		size = strlen(bytes[i]);
		for (at = 0; at + size < sizeof(text); at += size)
			memcpy(text + at, bytes[i], size);
		text[at] = '\0';
		line.size = 0;
		log_line_begin_object(&line);
		log_line_put_string(&line, "long", text);
		log_line_put_number(&line, "n", 1);
		log_line_put_message(&line, text);
		log_line_put_string(&line, "late", "x");
		log_line_put_number(&line, "later", 12);
		log_line_end_object(&line);
		log_line_end(&line);
		CHECK(line.size <= LOG_LINE_BYTES &&
		      line.size > LOG_LINE_BYTES - 16);
		CHECK(memcmp(line.bytes, "{\"n\":1,\"message\":\"", 18) == 0);
		CHECK(memcmp(line.bytes + line.size - 3, "\"}\n", 3) == 0);
		CHECK(memchr(line.bytes, '\n', line.size) ==
		      line.bytes + line.size - 1);
	}
}

static void test_a_full_line_takes_no_more(void)
{
	static const char letters[] = "0123456789";
	struct log_line line = {.size = 0};
	int i;

	for (i = 0; i < LOG_LINE_BYTES; i++)
		log_line_put(&line, "%s", letters);
	log_line_put_words(&line, letters);
	log_line_put_value(&line, "n", letters);
	log_line_end(&line);
	CHECK(line.size <= LOG_LINE_BYTES && line.size > LOG_LINE_BYTES - 4);
}

/* RFC 3629 10: what must not be taken for a character. */
static const struct {
	const char *bytes;
	size_t length;
	uint32_t character;
} characters[] = {
	{"a", 1, 'a'},
	{"\x7f", 1, 0x7f},
	{"\xc2\x80", 2, 0x80},
	{"\xdf\xbf", 2, 0x7ff},
	{"\xe0\xa0\x80", 3, 0x800},
	{"\xef\xbf\xbf", 3, 0xffff},
	{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	{"\x80", 0, 0},
	{"\xc0\x80", 0, 0},
	{"\xc1\xbf", 0, 0},
	{"\xe0\x9f\xbf", 0, 0},
	{"\xed\xa0\x80", 0, 0},
	{"\xf0\x8f\xbf\xbf", 0, 0},
	{"\xf4\x90\x80\x80", 0, 0},
	{"\xf8\x88\x80\x80\x80", 0, 0},
	{"\xe2\x82", 0, 0},
	{"\xff", 0, 0},
};

static void test_characters(void)
{
	uint32_t character;
	size_t i, length;

	for (i = 0; i < COUNT(characters); i++) {
		character = 0;
		length = utf8_decode(characters[i].bytes, &character);
		check_int(length, characters[i].length);
		check_int(character, characters[i].character);
	}
}

static void test_times(void)
{
	struct log_line line = {.size = 0};

	setenv("TZ", "XYZ-2", 1);
	tzset();
	log_line_put_time(&line, INT64_C(1795411090007));
	check_string(text_of(&line), "2026-11-23T05:18:10.007Z");
	line.size = 0;
	log_line_put_local_time(&line, INT64_C(1795411090007));
	check_string(text_of(&line), "Nov 23 07:18:10");
	line.size = 0;
	log_line_put_local_time(&line, INT64_C(1798761600000));
	check_string(text_of(&line), "Jan  1 02:00:00");
}

static void test_names(void)
{
	int i;

	for (i = 0; i < LOG_EVENTS; i++)
		CHECK(log_event_names[i] != NULL);
	check_string(log_facility_names[LOG_FACILITY_DAEMON], "daemon");
	check_string(log_facility_names[16], "local0");
	check_string(errno_name(ECONNRESET), "ECONNRESET");
	check_string(errno_name(-1), "ERRNO");
}

int main(void)
{
	test_bytes_of_anybody();
	test_an_object();
	test_long_ones();
	test_a_full_line_takes_no_more();
	test_characters();
	test_times();
	test_names();
	return check_result();
}
