/* SPDX-License-Identifier: MIT */
/* first_complaint.c - the first error, and the count of the others. */
#include "process/first_complaint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MARK "warning: "

/* ":DIGITS" at the begin of `words`; its size, or 0. */
static size_t skip_number(const char *words, const char *end)
{
	const char *next = words + 1;

	if (words == end || *words != ':')
		return 0;
	while (next < end && *next >= '0' && *next <= '9')
		next++;
	return next == words + 1 ? 0 : (size_t)(next - words);
}

/* What comes after "FILE:LINE:COLUMN: "; `line` if it says no place. */
static const char *skip_place(const char *line, const char *end)
{
	const char *colon = line;
	size_t row, column;

	while ((colon = memchr(colon, ':', (size_t)(end - colon)))) {
		row = skip_number(colon, end);
		column = row > 0 ? skip_number(colon + row, end) : 0;
		if (column > 0 && end - colon > (ptrdiff_t)(row + column + 1) &&
		    memcmp(colon + row + column, ": ", 2) == 0)
			return colon + row + column + 2;
		colon++;
	}
	return line;
}

/* Not an excerpt with its caret, and not a warning: what is quoted further
 * behind may look like one. */
static bool is_error(const char *line, size_t size)
{
	const char *words = skip_place(line, line + size);
	size_t left = size - (size_t)(words - line);

	return size > 0 && line[0] != ' ' &&
	       !(left >= strlen(MARK) &&
		 memcmp(words, MARK, strlen(MARK)) == 0);
}

char *first_complaint(char *out, size_t room, const struct text *complaints)
{
	const char *line = complaints->bytes;
	const char *end = line ? line + complaints->size : NULL;
	unsigned count = 0;
	size_t used;

	out[0] = '\0';
	while (line && line < end) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((next ? next : end) - line);

		if (is_error(line, size) && count++ == 0)
			snprintf(out, room, "%.*s", (int)size, line);
		line += size + 1;
	}
	used = strlen(out);
	if (count > 1)
		snprintf(out + used, room - used, " (and %u more error%s)",
			 count - 1, count == 2 ? "" : "s");
	return out;
}
