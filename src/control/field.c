/* SPDX-License-Identifier: MIT */
/* field.c - text as a part of a line. */
#include "control/field.h"

#include <string.h>

#define PIECE_BYTES 64 /* of text; escaped it is four times as long */

static void append_plain(struct text *line, const char *value, size_t size)
{
	char escaped[PIECE_BYTES * 4 + 1];

	while (size > 0) {
		size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;

		text_append_bytes(
			line, escaped,
			text_escape(escaped, sizeof(escaped), value, piece));
		value += piece;
		size -= piece;
	}
}

void field_append(struct text *line, const char *value, char separator)
{
	const char *end;

	if (strcmp(value, "-") == 0) {
		text_append(line, "\\x2d");
		return;
	}
	/* A tab is escaped as it is; a blank is not. */
	while (separator == ' ' && (end = strchr(value, ' ')) != NULL) {
		append_plain(line, value, (size_t)(end - value));
		text_append(line, "\\x20");
		value = end + 1;
	}
	append_plain(line, value, strlen(value));
}

static int digit_of(char letter)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = letter != '\0' ? strchr(digits, letter) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* The byte of the escape at `from`, of which `*used` bytes are read; or -1. */
static int read_escape(const char *from, size_t *used)
{
	static const char letters[] = "nrt\\";
	static const char plain[] = "\n\r\t\\";
	const char *found = from[1] != '\0' ? strchr(letters, from[1]) : NULL;
	int high, low;

	*used = 2;
	if (found != NULL)
		return plain[found - letters];
	if (from[1] != 'x')
		return -1;
	*used = 4;
	high = digit_of(from[2]);
	low = high < 0 ? -1 : digit_of(from[3]);
	/* A NUL would hide what follows it. */
	return low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

int field_unescape(char *field)
{
	char *to = field;

	while (*field != '\0') {
		size_t used = 1;
		int byte = (unsigned char)*field;

		if (byte == '\\' && (byte = read_escape(field, &used)) < 0)
			return -1;
		*to++ = (char)byte;
		field += used;
	}
	*to = '\0';
	return 0;
}
