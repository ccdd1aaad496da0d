/* SPDX-License-Identifier: MIT */
/* log_line.c - one line of a log in the caller's memory: pure. */
#include "base/log_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

#define END_BYTES  1 /* the line's */
#define TAIL_BYTES 2 /* what ends a string and an object */
#define LAST       (LOG_LINE_BYTES - END_BYTES)

void log_line_put(struct log_line *line, const char *format, ...)
{
	size_t room = LAST - line->size;
	va_list arguments;
	int size;

	if (room == 0)
		return;
	va_start(arguments, format);
	size = vsnprintf(line->bytes + line->size, room, format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	line->size += (size_t)size < room ? (size_t)size : room - 1;
}

void log_line_put_time(struct log_line *line, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char date[64];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	log_line_put(line, "%s.%03dZ", date, (int)(wall_ms % 1000));
}

/* The names of months are English, whatever the locale. */
void log_line_put_local_time(struct log_line *line, int64_t wall_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm local;

	localtime_r(&seconds, &local);
	log_line_put(line, "%.3s %2d %02d:%02d:%02d",
		     months + (size_t)3 * (size_t)local.tm_mon, local.tm_mday,
		     local.tm_hour, local.tm_min, local.tm_sec);
}

/* All of it, or nothing and false. */
static bool append(struct log_line *line, size_t last, const char *bytes,
		   size_t size)
{
	if (line->size + size > last)
		return false;
	memcpy(line->bytes + line->size, bytes, size);
	line->size += size;
	return true;
}

static bool append_byte(struct log_line *line, const char *forbidden,
			unsigned char byte)
{
	bool is_plain = byte >= 32 && byte <= 126 &&
			(forbidden == NULL || !strchr(forbidden, byte));
	char escape[5];

	if (is_plain)
		return append(line, LAST, (const char *)&byte, 1);
	snprintf(escape, sizeof(escape), "\\x%02x", byte);
	return append(line, LAST, escape, 4);
}

void log_line_put_words(struct log_line *line, const char *words)
{
	while (*words != '\0' && append_byte(line, NULL, (unsigned char)*words))
		words++;
}

void log_line_put_value(struct log_line *line, const char *name,
			const char *value)
{
	if (value == NULL || value[0] == '\0')
		value = "-";
	log_line_put(line, " %s=", name);
	while (*value != '\0' &&
	       append_byte(line, " \"\\", (unsigned char)*value))
		value++;
}

void log_line_put_count(struct log_line *line, const char *name,
			uint64_t number)
{
	log_line_put(line, " %s=%" PRIu64, name, number);
}

/* ---- Objects --------------------------------------------------------- */

/* One character of `text` as JSON has it in a string; its length in `text`. */
static size_t escape_character(char *out, size_t room, const char *text)
{
	uint32_t character;
	size_t size = utf8_decode(text, &character);

	if (size == 0)
		snprintf(out, room, "\\\\x%02x", (unsigned char)*text);
	else if (character == '"' || character == '\\')
		snprintf(out, room, "\\%c", (char)character);
	else if (character >= 32 && character <= 126)
		snprintf(out, room, "%c", (char)character);
	else if (character < 0x10000)
		snprintf(out, room, "\\u%04" PRIx32, character);
	else
		snprintf(out, room, "\\u%04" PRIx32 "\\u%04" PRIx32,
			 0xd800 + ((character - 0x10000) >> 10),
			 0xdc00 + ((character - 0x10000) & 0x3ff));
	return size > 0 ? size : 1;
}

/* As many whole characters as fit; false if not all do. */
static bool append_characters(struct log_line *line, size_t last,
			      const char *text)
{
	char escape[16];

	while (*text != '\0') {
		text += escape_character(escape, sizeof(escape), text);
		if (!append(line, last, escape, strlen(escape)))
			return false;
	}
	return true;
}

static bool append_name(struct log_line *line, size_t last, const char *name)
{
	const char *comma = line->bytes[line->size - 1] == '{' ? "" : ",";
	char head[48];
	int size = snprintf(head, sizeof(head), "%s\"%s\":", comma, name);

	return append(line, last, head, (size_t)size);
}

void log_line_begin_object(struct log_line *line)
{
	log_line_put(line, "{");
}

void log_line_put_string(struct log_line *line, const char *name,
			 const char *value)
{
	size_t before = line->size, last = LAST - TAIL_BYTES;

	if (value == NULL)
		return;
	if (!append_name(line, last, name) || !append(line, last, "\"", 1) ||
	    !append_characters(line, last, value) ||
	    !append(line, last, "\"", 1))
		line->size = before;
}

void log_line_put_number(struct log_line *line, const char *name,
			 uint64_t number)
{
	size_t before = line->size, last = LAST - TAIL_BYTES;
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	if (!append_name(line, last, name) ||
	    !append(line, last, digits, (size_t)size))
		line->size = before;
}

void log_line_put_message(struct log_line *line, const char *message)
{
	size_t last = LAST - TAIL_BYTES;

	if (!append_name(line, last - 1, "message"))
		return;
	append(line, last, "\"", 1);
	append_characters(line, last, message);
	/* The tail has room for this and for the object's end. */
	append(line, LAST, "\"", 1);
}

void log_line_end_object(struct log_line *line)
{
	append(line, LAST, "}", 1);
}

void log_line_end(struct log_line *line)
{
	line->bytes[line->size++] = '\n';
}
