/* SPDX-License-Identifier: MIT */
/* value_word.c - names and paths as values, and how words are quoted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/complaints.h"
#include "config/value.h"

/* What can stand bare and begins neither a comment nor a variable. */
#define BARE_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"       \
	"-_./:@%+=,[]*?~^!&|<>()"

/* ---- Strings that the configuration owns ----------------------------- */

static bool is_unset_word(const struct directive *directive, const char *word)
{
	const struct value_word *words = directive->words;

	for (; words && words->word; words++)
		if (strcmp(words->word, word) == 0)
			return true;
	return false;
}

static int check_length(const struct directive *directive, const char *word,
			struct error *error)
{
	size_t size = strlen(word);
	char quote[COMPLAINTS_QUOTE];

	if (size < directive->minimum)
		return error_set(error, "the value is empty");
	if (directive->maximum != 0 && size > directive->maximum)
		return error_set(
			error, "%s is too long: at most %" PRIu64 " bytes",
			complaints_quote(quote, word), directive->maximum);
	return 0;
}

static int parse_string(const struct directive *directive, const char *word,
			void *object, struct arena *arena, struct error *error)
{
	const char *value = NULL;

	if (!is_unset_word(directive, word)) {
		if (check_length(directive, word, error) < 0)
			return -1;
		value = arena_copy(arena, word, strlen(word));
	}
	memcpy((char *)object + directive->offset, &value, sizeof(value));
	return 0;
}

static void print_string(const struct directive *directive, const void *object,
			 struct text *out)
{
	const char *value;

	memcpy(&value, (const char *)object + directive->offset, sizeof(value));
	if (value)
		value_print_word(value, out);
	else if (directive->words)
		text_append(out, "%s", directive->words->word);
}

const struct value_kind value_string = {
	.form = "STRING",
	.parse = parse_string,
	.print = print_string,
};

/* ---- Files that a protocol reads ------------------------------------- */

static int check_file(const char *word, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];
	struct stat status;
	int fd = file_open(word, &status, error);

	if (fd < 0)
		return error_prefix(error, "%s cannot be read: ",
				    complaints_quote(quote, word));
	close(fd);
	return 0;
}

const struct value_kind value_file = {
	.form = "FILE",
	.parse = parse_string,
	.print = print_string,
	.check = check_file,
};

/* ---- Short words in place -------------------------------------------- */

static int parse_word(const struct directive *directive, const char *word,
		      void *object, struct arena *arena, struct error *error)
{
	char *at = (char *)object + directive->offset;
	size_t size = strlen(word);

	(void)arena;
	if (is_unset_word(directive, word)) {
		memset(at, 0, directive->width);
		return 0;
	}
	if (check_length(directive, word, error) < 0)
		return -1;
	if (size >= directive->width)
		return error_set(error, "the value is too long");
	memset(at, 0, directive->width);
	snprintf(at, directive->width, "%s", word);
	return 0;
}

static void print_word(const struct directive *directive, const void *object,
		       struct text *out)
{
	const char *value = (const char *)object + directive->offset;

	if (value[0] == '\0' && directive->words)
		value = directive->words->word;
	value_print_word(value, out);
}

const struct value_kind value_word = {
	.form = "NAME",
	.parse = parse_word,
	.print = print_word,
};

/* ---- Quoting --------------------------------------------------------- */

static void print_quoted_byte(unsigned char byte, struct text *out)
{
	static const char escaped[] = "\"\\$";

	if (byte < ' ' || byte > '~')
		text_append(out, "\\x%02x", byte);
	else
		text_append(out, "%s%c", strchr(escaped, byte) ? "\\" : "",
			    byte);
}

void value_print_word(const char *word, struct text *out)
{
	if (word[0] != '\0' && word[strspn(word, BARE_CHARACTERS)] == '\0') {
		text_append(out, "%s", word);
		return;
	}
	text_append(out, "\"");
	for (; *word; word++)
		print_quoted_byte((unsigned char)*word, out);
	text_append(out, "\"");
}
