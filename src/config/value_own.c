/* SPDX-License-Identifier: MIT */
/* value_own.c - the values that protocols alone have: a choice by its index,
 * an address to connect to. */
#include <string.h>

#include "config/complaints.h"
#include "config/value.h"
#include "net/address.h"

/* ---- Choices --------------------------------------------------------- */

static void append_choices(const struct directive *directive,
			   const char *between, struct text *out)
{
	const char *const *words = directive->own->words;
	const char *const *word;

	for (word = words; *word; word++)
		text_append(out, "%s%s", word > words ? between : "", *word);
}

static int refuse_choice(const struct directive *directive, const char *word,
			 struct error *error)
{
	struct text choices = {.bytes = NULL};
	char quote[COMPLAINTS_QUOTE];

	append_choices(directive, ", ", &choices);
	error_set(error, "%s is not one of: %s", complaints_quote(quote, word),
		  choices.bytes);
	text_release(&choices);
	return -1;
}

static int parse_index(const struct directive *directive, const char *word,
		       void *object, struct arena *arena, struct error *error)
{
	const char *const *words = directive->own->words;
	int i;

	(void)arena;
	for (i = 0; words[i]; i++) {
		if (strcmp(words[i], word) != 0)
			continue;
		memcpy((char *)object + directive->offset, &i, sizeof(i));
		return 0;
	}
	return refuse_choice(directive, word, error);
}

static void print_index(const struct directive *directive, const void *object,
			struct text *out)
{
	int i;

	memcpy(&i, (const char *)object + directive->offset, sizeof(i));
	value_print_word(directive->own->words[i], out);
}

static void describe_index(const struct directive *directive, struct text *out)
{
	append_choices(directive, "|", out);
}

const struct value_kind value_index = {
	.parse = parse_index,
	.print = print_index,
	.describe = describe_index,
};

/* ---- Addresses to connect to ----------------------------------------- */

static int parse_remote(const struct directive *directive, const char *word,
			void *object, struct arena *arena, struct error *error)
{
	char canonical[ADDRESS_REMOTE_TEXT];
	const char *value;

	if (address_check_remote(canonical, word, error) < 0)
		return -1;
	value = arena_copy(arena, canonical, strlen(canonical));
	memcpy((char *)object + directive->offset, &value, sizeof(value));
	return 0;
}

static void print_remote(const struct directive *directive, const void *object,
			 struct text *out)
{
	value_string.print(directive, object, out);
}

const struct value_kind value_remote = {
	.form = "ADDRESS",
	.parse = parse_remote,
	.print = print_remote,
};
