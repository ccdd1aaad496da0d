/* SPDX-License-Identifier: MIT */
/* report.c - rows of tables as lines and as JSON. */
#include "control/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/printable.h"
#include "control/field.h"

const char *const report_kind_names[REPORT_KINDS] = {
	[REPORT_TEXT] = "text",       [REPORT_COUNT] = "count",
	[REPORT_BYTES] = "bytes",     [REPORT_DURATION] = "duration",
	[REPORT_MICROS] = "micros",   [REPORT_TIME] = "time",
	[REPORT_BOOLEAN] = "boolean", [REPORT_STATE] = "state",
};

static bool is_text(enum report_kind kind)
{
	return kind == REPORT_TEXT || kind == REPORT_STATE;
}

static bool is_known(const struct report_column *column,
		     const struct report_value *value)
{
	return value->is_set && (!is_text(column->kind) || value->text != NULL);
}

char *report_format_time(char *out, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char day[24] = "";
	struct tm parts;

	if (gmtime_r(&seconds, &parts) != NULL)
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out, REPORT_TIME_ROOM, "%s.%03dZ", day, (int)(wall_ms % 1000));
	return out;
}

/* What values are written with. */
struct style {
	const char *unknown;
	const char *yes;
	const char *no;
	void (*append_text)(struct text *out, const char *text);
	bool has_times; /* as words */
};

static void append_value(struct text *out, const struct style *style,
			 const struct report_column *column,
			 const struct report_value *value)
{
	char time[REPORT_TIME_ROOM];

	if (!is_known(column, value))
		text_append(out, "%s", style->unknown);
	else if (is_text(column->kind))
		style->append_text(out, value->text);
	else if (column->kind == REPORT_BOOLEAN)
		text_append(out, "%s",
			    value->number != 0 ? style->yes : style->no);
	else if (column->kind == REPORT_TIME && style->has_times)
		style->append_text(out,
				   report_format_time(time, value->number));
	else
		text_append(out, "%" PRId64, value->number);
}

/* ---- Lines ---- */

void report_lines_head(struct text *out, const struct report_table *table)
{
	unsigned i;

	text_append(out, "%s\t%s\n", table->is_sheet ? "sheet" : "table",
		    table->name);
	for (i = 0; i < table->column_count; i++) {
		const struct report_column *column = &table->columns[i];

		text_append(out, "column\t%s\t%s\t%u\t", column->name,
			    report_kind_names[column->kind],
			    (unsigned)column->rank);
		field_append(out, column->heading, '\t');
		text_append_bytes(out, "\n", 1);
	}
}

static void append_line_text(struct text *out, const char *text)
{
	field_append(out, text, '\t');
}

static const struct style line_style = {
	.unknown = "-",
	.yes = "yes",
	.no = "no",
	.append_text = append_line_text,
};

void report_lines_row(struct text *out, const struct report_table *table,
		      const struct report_value *values)
{
	unsigned i;

	text_append_bytes(out, "row", 3);
	for (i = 0; i < table->column_count; i++) {
		text_append_bytes(out, "\t", 1);
		append_value(out, &line_style, &table->columns[i], &values[i]);
	}
	text_append_bytes(out, "\n", 1);
}

/* ---- JSON ---- */

/* RFC 3629 leaves out what printable_length lets pass: overlong forms,
 * surrogates, and what is beyond U+10FFFF. */
static bool is_valid(const char *bytes, size_t length)
{
	unsigned char lead = (unsigned char)bytes[0];
	unsigned char second = length > 1 ? (unsigned char)bytes[1] : 0;

	if (length == 1)
		return lead < 0x80;
	return !(lead == 0xe0 && second < 0xa0) &&
	       !(lead == 0xed && second > 0x9f) &&
	       !(lead == 0xf0 && second < 0x90) &&
	       !(lead == 0xf4 && second > 0x8f);
}

/* Of one to three bytes: those beyond are plain. */
static unsigned code_of(const char *bytes, size_t length)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (length == 1)
		return byte[0];
	if (length == 2)
		return (byte[0] & 0x1fU) << 6 | (byte[1] & 0x3fU);
	return (byte[0] & 0x0fU) << 12 | (byte[1] & 0x3fU) << 6 |
	       (byte[2] & 0x3fU);
}

static void append_character(struct text *out, const char *bytes, size_t length)
{
	static const char plain[] = "\"\\\n\r\t";
	static const char letters[] = "\"\\nrt";
	const char *found = length == 1 ? strchr(plain, bytes[0]) : NULL;

	if (found != NULL)
		text_append(out, "\\%c", letters[found - plain]);
	else if (!printable_is_plain(bytes, length))
		text_append(out, "\\u%04x", code_of(bytes, length));
	else
		text_append_bytes(out, bytes, length);
}

void report_json_text(struct text *out, const char *text)
{
	size_t left = strlen(text), length, i;

	text_append_bytes(out, "\"", 1);
	for (; left > 0; text += length, left -= length) {
		length = printable_length(text, left);
		if (is_valid(text, length)) {
			append_character(out, text, length);
			continue;
		}
		for (i = 0; i < length; i++)
			text_append(out, "\\\\x%02x", (unsigned char)text[i]);
	}
	text_append_bytes(out, "\"", 1);
}

static const struct style json_style = {
	.unknown = "null",
	.yes = "true",
	.no = "false",
	.append_text = report_json_text,
	.has_times = true,
};

void report_json_row(struct text *out, const struct report_table *table,
		     const struct report_value *values)
{
	unsigned i;

	text_append_bytes(out, "{", 1);
	for (i = 0; i < table->column_count; i++) {
		text_append(out, "%s\"%s\":", i > 0 ? "," : "",
			    table->columns[i].name);
		append_value(out, &json_style, &table->columns[i], &values[i]);
	}
	text_append_bytes(out, "}", 1);
}
