/* SPDX-License-Identifier: MIT */
/* complaints.c - errors and warnings with their place, line and caret. */
#include "config/complaints.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/printable.h"

#define MESSAGE_BYTES 1024
#define SHOWN_BEFORE  60 /* bytes of the line before the caret … */
#define SHOWN_AFTER   60 /* … and from it on */
#define QUOTED_BYTES  40
#define INDENT        "    "

/* ---- The line and the caret ------------------------------------------ */

/* Bytes of the same line that precede `offset`, at most `limit`. */
static size_t count_before(const struct config_source *source, size_t offset,
			   size_t limit)
{
	size_t count = 0;

	while (count < limit && count < offset &&
	       source->text[offset - count - 1] != '\n')
		count++;
	return count;
}

static size_t count_after(const struct config_source *source, size_t offset,
			  size_t limit)
{
	size_t count = 0;

	while (count < limit && offset + count < source->size &&
	       source->text[offset + count] != '\n' &&
	       source->text[offset + count] != '\r')
		count++;
	return count;
}

static void append_excerpt(struct text *out, const struct position *where)
{
	const struct config_source *source = where->source;
	size_t before = count_before(source, where->offset, SHOWN_BEFORE + 1);
	size_t after = count_after(source, where->offset, SHOWN_AFTER + 1);
	const char *begin = before > SHOWN_BEFORE ? "..." : "";
	const char *end = after > SHOWN_AFTER ? "..." : "";
	size_t columns;

	if (before > SHOWN_BEFORE)
		before = SHOWN_BEFORE;
	if (after > SHOWN_AFTER)
		after = SHOWN_AFTER;
	text_append(out, INDENT "%s", begin);
	columns = strlen(begin) +
		  printable_append(out, source->text + where->offset - before,
				   before);
	printable_append(out, source->text + where->offset, after);
	text_append(out, "%s\n" INDENT "%*s^\n", end, (int)columns, "");
}

/* ---- The message ----------------------------------------------------- */

static void append_place(struct text *out, const struct position *where)
{
	const char *name = where->source->name;

	printable_append(out, name, strlen(name));
	if (where->line != 0)
		text_append(out, ":%u:%u", where->line, where->column);
}

static void append_complaint(struct text *out, const struct position *where,
			     const char *kind, const char *message)
{
	append_place(out, where);
	text_append(out, ": %s", kind);
	printable_append(out, message, strlen(message));
	text_append(out, "\n");
	if (where->line != 0)
		append_excerpt(out, where);
}

bool complaints_is_full(const struct complaints *complaints)
{
	return complaints->error_count >= COMPLAINTS_ERRORS_MAX;
}

int complain(struct complaints *complaints, const struct position *where,
	     const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list arguments;

	if (complaints_is_full(complaints))
		return -1;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	append_complaint(complaints->out, where, "", message);
	complaints->error_count++;
	if (complaints_is_full(complaints))
		text_append(complaints->out, "too many errors\n");
	return -1;
}

void complain_softly(struct complaints *complaints,
		     const struct position *where, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list arguments;

	if (complaints_is_full(complaints))
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	append_complaint(complaints->out, where, "warning: ", message);
}

/* ---- Words in messages ----------------------------------------------- */

char *complaints_quote(char *out, const char *word)
{
	size_t size = strnlen(word, QUOTED_BYTES + 1);
	size_t shown = 0;

	if (size <= QUOTED_BYTES) {
		snprintf(out, COMPLAINTS_QUOTE, "'%s'", word);
		return out;
	}
	while (shown < QUOTED_BYTES - 4)
		shown += printable_length(word + shown, size - shown);
	snprintf(out, COMPLAINTS_QUOTE, "'%.*s...'", (int)shown, word);
	return out;
}

char *complaints_place(char *out, const struct position *where)
{
	const char *name = where->source->name;
	size_t size = strlen(name);
	size_t skipped = size > QUOTED_BYTES ? size - QUOTED_BYTES : 0;
	const char *cut = skipped > 0 ? "..." : "";

	if (where->line == 0)
		snprintf(out, COMPLAINTS_QUOTE, "%s%s", cut, name + skipped);
	else
		snprintf(out, COMPLAINTS_QUOTE, "%s%s:%u:%u", cut,
			 name + skipped, where->line, where->column);
	return out;
}
