/* SPDX-License-Identifier: MIT */
/* text.c - numbers, sizes and durations as words, and strings that grow. */
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define DURATION_MAX (INT64_C(1) << 53)

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first: the formatter takes the first that divides. */
static const struct unit size_units[] = {
	{"g", UINT64_C(1) << 30},
	{"m", UINT64_C(1) << 20},
	{"k", UINT64_C(1) << 10},
	{"", 1},
};
static const struct unit duration_units[] = {
	{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const struct unit microsecond_units[] = {
	{"d", UINT64_C(86400000000)},
	{"h", UINT64_C(3600000000)},
	{"m", 60000000},
	{"s", 1000000},
	{"ms", 1000},
	{"us", 1},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The digits that `word` begins with; NULL without any or on overflow. */
static const char *parse_digits(const char *word, uint64_t *number)
{
	const char *digit = word;

	*number = 0;
	for (; *digit >= '0' && *digit <= '9'; digit++) {
		uint64_t value = (uint64_t)(*digit - '0');

		if (*number > (UINT64_MAX - value) / 10)
			return NULL;
		*number = *number * 10 + value;
	}
	return digit == word ? NULL : digit;
}

/* Apply the unit called `name` with either case of letters. */
static int apply_unit(const struct unit *units, size_t count, const char *name,
		      uint64_t *number)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; name[j] != '\0'; j++)
			if ((name[j] | 0x20) != units[i].name[j])
				break;
		if (name[j] != '\0' || units[i].name[j] != '\0')
			continue;
		if (*number > UINT64_MAX / units[i].factor)
			return -1;
		*number *= units[i].factor;
		return 0;
	}
	return -1;
}

int text_parse_number(const char *word, uint64_t *number)
{
	const char *end = parse_digits(word, number);

	return end != NULL && *end == '\0' ? 0 : -1;
}

int text_parse_size(const char *word, uint64_t *bytes)
{
	const char *end = parse_digits(word, bytes);

	if (end == NULL)
		return -1;
	return apply_unit(size_units, COUNT(size_units), end, bytes);
}

/* Without a unit it may only be 0. */
static int parse_duration(const struct unit *units, size_t count,
			  const char *word, int64_t *duration)
{
	uint64_t number;
	const char *end = parse_digits(word, &number);

	if (end == NULL)
		return -1;
	if (*end == '\0' && number != 0)
		return -1;
	if (*end != '\0' && apply_unit(units, count, end, &number) < 0)
		return -1;
	if (number >= DURATION_MAX)
		return -1;
	*duration = (int64_t)number;
	return 0;
}

int text_parse_duration(const char *word, int64_t *duration_ms)
{
	return parse_duration(duration_units, COUNT(duration_units), word,
			      duration_ms);
}

int text_parse_microseconds(const char *word, int64_t *duration_us)
{
	return parse_duration(microsecond_units, COUNT(microsecond_units), word,
			      duration_us);
}

static const struct unit *largest_unit(const struct unit *units, size_t count,
				       uint64_t number)
{
	size_t i;

	for (i = 0; i + 1 < count; i++)
		if (number >= units[i].factor && number % units[i].factor == 0)
			break;
	return &units[i];
}

char *text_format_size(char *out, size_t room, uint64_t bytes)
{
	const struct unit *unit =
		largest_unit(size_units, COUNT(size_units), bytes);

	snprintf(out, room, "%" PRIu64 "%s", bytes / unit->factor, unit->name);
	return out;
}

static char *format_duration(const struct unit *units, size_t count, char *out,
			     size_t room, int64_t duration)
{
	uint64_t number = (uint64_t)duration;
	const struct unit *unit = largest_unit(units, count, number);

	snprintf(out, room, "%" PRIu64 "%s", number / unit->factor,
		 number == 0 ? "s" : unit->name);
	return out;
}

char *text_format_duration(char *out, size_t room, int64_t duration_ms)
{
	return format_duration(duration_units, COUNT(duration_units), out, room,
			       duration_ms);
}

char *text_format_microseconds(char *out, size_t room, int64_t duration_us)
{
	return format_duration(microsecond_units, COUNT(microsecond_units), out,
			       room, duration_us);
}

/* The escape of one byte in `out` (at least 4); its length. */
static size_t escape_byte(char *out, unsigned char byte)
{
	static const char plain[] = "\n\r\t\\";
	static const char letters[] = "nrt\\";
	static const char digits[] = "0123456789abcdef";
	const char *found = byte != 0 ? strchr(plain, byte) : NULL;

	if (found == NULL && byte >= 32 && byte <= 126) {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = '\\';
	if (found != NULL) {
		out[1] = letters[found - plain];
		return 2;
	}
	out[1] = 'x';
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
	return 4;
}

size_t text_escape(char *out, size_t room, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t used = 0, i;

	if (room == 0)
		return 0;
	for (i = 0; i < size; i++) {
		char escape[4];
		size_t length = escape_byte(escape, bytes[i]);

		if (used + length + 1 > room)
			break;
		memcpy(out + used, escape, length);
		used += length;
	}
	out[used] = '\0';
	return used;
}

static void text_reserve(struct text *text, size_t more)
{
	size_t room = text->room == 0 ? 256 : text->room;

	if (text->size + more + 1 <= text->room)
		return;
	while (room < text->size + more + 1)
		room *= 2;
	text->bytes = realloc(text->bytes, room);
	if (text->bytes == NULL)
		log_fatal(1, "out of memory (%zu bytes)", room);
	text->room = room;
}

void text_append_bytes(struct text *text, const void *data, size_t size)
{
	text_reserve(text, size);
	if (size > 0)
		memcpy(text->bytes + text->size, data, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

void text_append(struct text *text, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (size < 0)
		log_bug("text_append: a format that cannot be printed");
	text_reserve(text, (size_t)size);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->size, (size_t)size + 1, format,
		  arguments);
	va_end(arguments);
	text->size += (size_t)size;
}

void text_release(struct text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}
