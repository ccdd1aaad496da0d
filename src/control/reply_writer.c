/* SPDX-License-Identifier: MIT */
/* reply_writer.c - what verbs answer, as bytes. */
#include "control/reply_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "control/field.h"

#define WORDS_BYTES 2048 /* of a line that is said; more is cut */

static struct reply_writer *writer_of(const struct reply *reply)
{
	return list_entry(reply, struct reply_writer, reply);
}

/* ---- For the owner ---- */

void reply_writer_init(struct reply_writer *writer, enum reply_form form,
		       const char *verb,
		       void (*changed)(struct reply_writer *writer))
{
	memset(writer, 0, sizeof(*writer));
	writer->form = form;
	writer->verb = verb;
	writer->changed = changed;
}

void reply_writer_release(struct reply_writer *writer)
{
	text_release(&writer->output);
	text_release(&writer->members);
	text_release(&writer->message);
}

size_t reply_writer_bytes(const struct reply_writer *writer)
{
	return writer->output.room + writer->members.room +
	       writer->message.room;
}

const char *reply_writer_next(const struct reply_writer *writer, size_t *size)
{
	*size = writer->output.size - writer->sent_bytes;
	return writer->output.bytes + writer->sent_bytes;
}

/* What has been sent does not stay in memory for long. */
static void forget_sent(struct reply_writer *writer)
{
	struct text *output = &writer->output;
	size_t left = output->size - writer->sent_bytes;

	if (left > 0 && writer->sent_bytes < REPLY_ROOM_BYTES)
		return;
	if (left == 0 && output->room > 4 * REPLY_ROOM_BYTES) {
		text_release(output);
	} else if (output->bytes != NULL) {
		memmove(output->bytes, output->bytes + writer->sent_bytes,
			left + 1);
		output->size = left;
	}
	writer->sent_bytes = 0;
}

void reply_writer_sent(struct reply_writer *writer, size_t size)
{
	size_t left;

	writer->sent_bytes += size;
	left = writer->output.size - writer->sent_bytes;
	forget_sent(writer);
	if (!writer->is_full || left > REPLY_ROOM_BYTES / 4)
		return;
	writer->is_full = false;
	if (writer->reply.room != NULL && !writer->is_ended)
		writer->reply.room(&writer->reply);
}

static void note_change(struct reply_writer *writer)
{
	size_t waiting = writer->output.size - writer->sent_bytes;

	if (waiting >= REPLY_ROOM_BYTES)
		writer->is_full = true;
	writer->changed(writer);
}

/* ---- For who fills it ---- */

bool reply_is_json(const struct reply *reply)
{
	return writer_of(reply)->form != REPLY_LINES;
}

bool reply_has_room(const struct reply *reply)
{
	return !writer_of(reply)->is_full;
}

/* Several tables follow each other as members of one object. */
static void end_table(struct reply_writer *writer)
{
	if (writer->form != REPLY_JSON || writer->table == NULL)
		return;
	if (!writer->table->is_sheet)
		text_append_bytes(&writer->members, "]", 1);
	else if (writer->row_count == 0)
		text_append_bytes(&writer->members, "null", 4);
}

void reply_table(struct reply *reply, const struct report_table *table)
{
	struct reply_writer *writer = writer_of(reply);

	end_table(writer);
	if (writer->form == REPLY_LINES)
		report_lines_head(&writer->output, table);
	else if (writer->form == REPLY_JSON)
		text_append(&writer->members, ",\"%s\":%s", table->name,
			    table->is_sheet ? "" : "[");
	writer->table = table;
	writer->table_count++;
	writer->row_count = 0;
	note_change(writer);
}

void reply_row(struct reply *reply, const struct report_value *values)
{
	struct reply_writer *writer = writer_of(reply);

	if (writer->table == NULL)
		log_bug("a row of no table, in an answer to %s", writer->verb);
	if (writer->form == REPLY_LINES) {
		report_lines_row(&writer->output, writer->table, values);
	} else if (writer->form == REPLY_JSON_STREAM) {
		report_json_row(&writer->output, writer->table, values);
		text_append_bytes(&writer->output, "\n", 1);
	} else {
		if (writer->row_count > 0)
			text_append_bytes(&writer->members, ",", 1);
		report_json_row(&writer->members, writer->table, values);
	}
	writer->row_count++;
	note_change(writer);
}

static void say(struct reply_writer *writer, const char *words)
{
	if (writer->form != REPLY_LINES) {
		text_append(&writer->message, "%s%s",
			    writer->message.size > 0 ? "\n" : "", words);
		return;
	}
	text_append(&writer->output, "say\t");
	field_append(&writer->output, words, '\t');
	text_append_bytes(&writer->output, "\n", 1);
}

void reply_say(struct reply *reply, const char *format, ...)
{
	struct reply_writer *writer = writer_of(reply);
	char words[WORDS_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	say(writer, words);
	note_change(writer);
}

static void append_message(struct reply_writer *writer, const char *before)
{
	if (writer->message.size == 0)
		return;
	text_append(&writer->output, "%s\"message\":", before);
	report_json_text(&writer->output, writer->message.bytes);
}

/* What the verb's own member is. */
static void append_result(struct reply_writer *writer)
{
	struct text *output = &writer->output;

	end_table(writer);
	if (writer->form == REPLY_JSON && writer->table_count > 0) {
		text_append_bytes(output, writer->members.bytes,
				  writer->members.size);
		append_message(writer, ",");
		return;
	}
	text_append(output, ",\"%s\":{", writer->verb);
	if (writer->form == REPLY_JSON_STREAM)
		text_append(output, "\"count\":%" PRIu64, writer->row_count);
	append_message(writer, writer->form == REPLY_JSON_STREAM ? "," : "");
	text_append_bytes(output, "}", 1);
}

static void finish(struct reply_writer *writer)
{
	text_release(&writer->members);
	text_release(&writer->message);
	writer->is_ended = true;
	note_change(writer);
}

void reply_end(struct reply *reply)
{
	struct reply_writer *writer = writer_of(reply);

	if (writer->is_ended)
		log_bug("a second end of an answer to %s", writer->verb);
	if (writer->form == REPLY_LINES) {
		text_append(&writer->output, "end\n");
	} else {
		text_append(&writer->output, "{\"ok\":true");
		append_result(writer);
		text_append(&writer->output, "}\n");
	}
	finish(writer);
}

void reply_fail(struct reply *reply, int status, const char *format, ...)
{
	struct reply_writer *writer = writer_of(reply);
	struct text *output = &writer->output;
	char words[WORDS_BYTES];
	va_list arguments;

	if (writer->is_ended)
		log_bug("a second end of an answer to %s", writer->verb);
	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	if (writer->form == REPLY_LINES) {
		text_append(output, "fail\t%d\t", status);
		field_append(output, words, '\t');
	} else {
		text_append(output,
			    "{\"ok\":false,\"status\":%d,\"error\":", status);
		report_json_text(output, words);
		append_message(writer, ",");
		text_append_bytes(output, "}", 1);
	}
	text_append_bytes(output, "\n", 1);
	finish(writer);
}
