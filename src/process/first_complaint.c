/* SPDX-License-Identifier: MIT */
/* first_complaint.c - the first error, and the count of the others. */
#include "process/first_complaint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MARK ": warning: "

/* Not an excerpt with its caret, and not a warning. */
static bool is_error(const char *line, size_t size)
{
	return size > 0 && line[0] != ' ' &&
	       !memmem(line, size, MARK, strlen(MARK));
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
