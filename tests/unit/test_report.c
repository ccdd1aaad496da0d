/* SPDX-License-Identifier: MIT */
/* test_report.c - rows of tables as lines and as JSON, and answers of them. */
#include "control/report.h"

#include "check.h"
#include "control/field.h"
#include "control/reply_writer.h"

static const struct report_column columns[] = {
	{.name = "name", .kind = REPORT_TEXT, .heading = "NAME"},
	{.name = "state", .kind = REPORT_STATE, .heading = "STATE"},
	{.name = "count", .kind = REPORT_COUNT, .heading = "COUNT", .rank = 2},
	{.name = "since", .kind = REPORT_TIME, .heading = "SINCE"},
	{.name = "is_good", .kind = REPORT_BOOLEAN, .heading = "GOOD\tOR"},
};
static const struct report_table things = {"things", columns, 5, false};
static const struct report_table sheet = {"sheet", columns, 5, true};

static const struct report_value values[] = {
	{.text = "a\tb\n\"\\", .is_set = true},
	{.text = "serving", .is_set = true},
	{.number = -7, .is_set = true},
	{.number = 1000000123, .is_set = true},
	{.number = 1, .is_set = true},
};

static void test_lines(void)
{
	struct report_value unknown[5] = {{.text = "-", .is_set = true}};
	struct text out = {0};

	report_lines_head(&out, &things);
	report_lines_row(&out, &things, values);
	report_lines_row(&out, &things, unknown);
	check_string(out.bytes,
		     "table\tthings\n"
		     "column\tname\ttext\t0\tNAME\n"
		     "column\tstate\tstate\t0\tSTATE\n"
		     "column\tcount\tcount\t2\tCOUNT\n"
		     "column\tsince\ttime\t0\tSINCE\n"
		     "column\tis_good\tboolean\t0\tGOOD\\tOR\n"
		     "row\ta\\tb\\n\"\\\\\tserving\t-7\t1000000123\tyes\n"
		     "row\t\\x2d\t-\t-\t-\t-\n");
	text_release(&out);
}

static void test_json_row(void)
{
	struct report_value unknown[5] = {{.is_set = false}};
	struct text out = {0};

	unknown[0] = report_text(NULL);
	unknown[4] = report_number(0);
	report_json_row(&out, &things, values);
	report_json_row(&out, &things, unknown);
	check_string(out.bytes,
		     "{\"name\":\"a\\tb\\n\\\"\\\\\",\"state\":\"serving\","
		     "\"count\":-7,\"since\":\"1970-01-12T13:46:40.123Z\","
		     "\"is_good\":true}"
		     "{\"name\":null,\"state\":null,\"count\":null,"
		     "\"since\":null,\"is_good\":false}");
	text_release(&out);
}

static const struct json_row {
	const char *text;
	const char *json;
} json_rows[] = {
	{"", "\"\""},
	{"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
	{"\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\""},
	{"\xd8\x9c\xd8\x9b", "\"\\u061c\xd8\x9b\""},
	{"\xe2\x80\x8e\xe2\x80\x8f", "\"\\u200e\\u200f\""},
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the point */
	{"\xe2\x80\xaa\xe2\x80\xae", "\"\\u202a\\u202e\""},
	{"\xe2\x81\xa6\xe2\x81\xa9", "\"\\u2066\\u2069\""},
	{"\xe2\x80\x8d\xe2\x80\xa9\xe2\x81\xaa",
	 "\"\xe2\x80\x8d\xe2\x80\xa9\xe2\x81\xaa\""},
	{"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
	{"\xf0\x9f\x90\xa7", "\"\xf0\x9f\x90\xa7\""},
	{"\xff", "\"\\\\xff\""},
	{"a\xc3", "\"a\\\\xc3\""},
	{"\xc0\xaf", "\"\\\\xc0\\\\xaf\""},            /* overlong */
	{"\xe0\x80\xaf", "\"\\\\xe0\\\\x80\\\\xaf\""}, /* overlong */
	{"\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\""}, /* a surrogate */
	{"\xf4\x90\x80\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\""},
	{"\xc2\"", "\"\\\\xc2\\\"\""},
	{"</script>", "\"</script>\""},
};

static void test_json_text(void)
{
	size_t i;

	for (i = 0; i < sizeof(json_rows) / sizeof(json_rows[0]); i++) {
		struct text out = {0};

		report_json_text(&out, json_rows[i].text);
		check_string(out.bytes, json_rows[i].json);
		text_release(&out);
	}
}

static void test_field(void)
{
	static const char *const there_and_back[] = {
		"", "-", "plain words", "a\tb\nc\\d", "\xff\xc3\xbc",
	};
	static const char *const ill[] = {"\\",    "\\q",   "\\x", "\\x4",
					  "\\x4g", "\\x00", "a\\"};
	char long_text[1000], room[64];
	struct text line = {0};
	size_t i;

	memset(long_text, '\n', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	field_append(&line, long_text, '\t');
	check_int(line.size, 2 * (sizeof(long_text) - 1));
	CHECK(field_unescape(line.bytes) == 0);
	check_string(line.bytes, long_text);
	text_release(&line);
	for (i = 0; i < 5; i++) {
		field_append(&line, there_and_back[i], ' ');
		CHECK(line.bytes == NULL ||
		      strpbrk(line.bytes, " \t\n") == NULL);
		CHECK(line.bytes == NULL || field_unescape(line.bytes) == 0);
		check_string(line.bytes != NULL ? line.bytes : "",
			     there_and_back[i]);
		text_release(&line);
	}
	for (i = 0; i < sizeof(ill) / sizeof(ill[0]); i++) {
		snprintf(room, sizeof(room), "%s", ill[i]);
		CHECK(field_unescape(room) < 0);
	}
}

/* ---- Answers ---- */

static int change_count, room_count;

static void on_changed(struct reply_writer *writer)
{
	(void)writer;
	change_count++;
}

static void on_room(struct reply *reply)
{
	(void)reply;
	room_count++;
}

#define check_output(writer, expected)                                         \
	do {                                                                   \
		check_string((writer)->output.bytes, expected);                \
		CHECK((writer)->is_ended);                                     \
		reply_writer_release(writer);                                  \
	} while (0)

static void test_reply_lines(void)
{
	struct reply_writer writer;

	reply_writer_init(&writer, REPLY_LINES, "do", on_changed);
	CHECK(!reply_is_json(&writer.reply));
	reply_say(&writer.reply, "all\n%s", "well");
	CHECK(!writer.is_ended && change_count > 0);
	reply_end(&writer.reply);
	check_output(&writer, "say\tall\\nwell\nend\n");
	reply_writer_init(&writer, REPLY_LINES, "do", on_changed);
	reply_fail(&writer.reply, 2, "no %s", "\tthing");
	check_output(&writer, "fail\t2\tno \\tthing\n");
}

static void test_reply_json(void)
{
	struct reply_writer writer;
	struct reply *reply = &writer.reply;
	static const struct report_column one[] = {
		{.name = "a", .kind = REPORT_COUNT, .heading = "A"}};
	static const struct report_table rows = {"rows", one, 1, false};
	static const struct report_table single = {"one", one, 1, true};
	struct report_value value = report_number(1);

	reply_writer_init(&writer, REPLY_JSON, "do", on_changed);
	reply_say(reply, "good");
	reply_say(reply, "\"well\"");
	reply_end(reply);
	check_output(&writer,
		     "{\"ok\":true,\"do\":{\"message\":"
		     "\"good\\n\\\"well\\\"\"}}\n");
	reply_writer_init(&writer, REPLY_JSON, "do", on_changed);
	reply_end(reply);
	check_output(&writer, "{\"ok\":true,\"do\":{}}\n");
	reply_writer_init(&writer, REPLY_JSON, "rows", on_changed);
	reply_table(reply, &rows);
	reply_row(reply, &value);
	reply_row(reply, &value);
	reply_table(reply, &single);
	reply_row(reply, &value);
	reply_table(reply, &rows);
	reply_table(reply, &single);
	reply_say(reply, "well");
	CHECK(writer.output.size == 0);
	reply_end(reply);
	check_output(&writer,
		     "{\"ok\":true,\"rows\":[{\"a\":1},{\"a\":1}],"
		     "\"one\":{\"a\":1},\"rows\":[],\"one\":null,"
		     "\"message\":\"well\"}\n");
	reply_writer_init(&writer, REPLY_JSON, "rows", on_changed);
	reply_table(reply, &rows);
	reply_row(reply, &value);
	reply_fail(reply, 1, "bad");
	check_output(&writer,
		     "{\"ok\":false,\"status\":1,\"error\":\"bad\"}\n");
	reply_writer_init(&writer, REPLY_JSON_STREAM, "rows", on_changed);
	reply_table(reply, &rows);
	reply_row(reply, &value);
	check_string(writer.output.bytes, "{\"a\":1}\n");
	reply_say(reply, "mostly");
	reply_end(reply);
	check_output(&writer,
		     "{\"a\":1}\n{\"ok\":true,\"rows\":"
		     "{\"count\":1,\"message\":\"mostly\"}}\n");
}

/* Who writes much is told when to stop, and when to go on; what has been sent
 * does not stay in memory. */
static void test_room(void)
{
	struct reply_writer writer;
	struct reply *reply = &writer.reply;
	size_t left, total = 0;

	reply_writer_init(&writer, REPLY_LINES, "do", on_changed);
	reply->room = on_room;
	reply_table(reply, &sheet);
	while (reply_has_room(reply))
		reply_row(reply, values);
	reply_writer_next(&writer, &left);
	CHECK(left >= REPLY_ROOM_BYTES && left < REPLY_ROOM_BYTES + 4096);
	reply_writer_sent(&writer, 1);
	CHECK(!reply_has_room(reply) && room_count == 0);
	reply_writer_sent(&writer, left - 1 - REPLY_ROOM_BYTES / 4);
	CHECK(reply_has_room(reply));
	check_int(room_count, 1);
	while (total < 100 * REPLY_ROOM_BYTES) {
		while (reply_has_room(reply))
			reply_row(reply, values);
		reply_writer_next(&writer, &left);
		reply_writer_sent(&writer, left);
		total += left;
		CHECK(reply_writer_bytes(&writer) <= 8 * REPLY_ROOM_BYTES);
	}
	reply_writer_release(&writer);
}

int main(void)
{
	test_lines();
	test_json_row();
	test_json_text();
	test_field();
	test_reply_lines();
	test_reply_json();
	test_room();
	return check_result();
}
