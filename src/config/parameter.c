/* SPDX-License-Identifier: MIT */
/* parameter.c - the NAME=VALUE arguments that some directives take. */
#include "config/parameter.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 32

static const struct parameter *find(const struct parameter *table,
				    const char *word, size_t size)
{
	for (; table->name; table++)
		if (strlen(table->name) == size &&
		    memcmp(table->name, word, size) == 0)
			return table;
	return NULL;
}

int parameter_refuse(struct reading *reading, const struct word *word,
		     const char *const *names, size_t count)
{
	const char *nearest;
	char name[NAME_BYTES], quote[COMPLAINTS_QUOTE];
	char hint[2 * NAME_BYTES] = "";

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word->text, "="),
		 word->text);
	nearest = text_nearest(name, names, count);
	if (nearest)
		snprintf(hint, sizeof(hint), "; did you mean %s%s?", nearest,
			 strchr(word->text, '=') ? "=" : "");
	return complain(&reading->complaints, &word->where,
			"unknown parameter %s%s",
			complaints_quote(quote, word->text), hint);
}

static int unknown(struct reading *reading, const struct parameter *table,
		   const struct word *word)
{
	const char *names[PARAMETERS_MAX];
	size_t count = 0;

	for (; table->name && count < PARAMETERS_MAX; table++)
		names[count++] = table->name;
	return parameter_refuse(reading, word, names, count);
}

static int read_one(struct reading *reading, const struct parameter *table,
		    const struct word *word, bool *seen, void *object)
{
	const char *equals = strchr(word->text, '=');
	const struct parameter *row =
		equals ? find(table, word->text, (size_t)(equals - word->text))
		       : NULL;
	struct error error;

	if (!row)
		return unknown(reading, table, word);
	if (seen[row - table])
		return complain(&reading->complaints, &word->where,
				"%s= is given twice", row->name);
	seen[row - table] = true;
	if (row->parse(reading, equals + 1, object, &error) < 0)
		return complain(&reading->complaints, &word->where, "%s: %s",
				row->name, error.text);
	return 0;
}

int parameter_read(struct reading *reading, const struct parameter *table,
		   const struct word *words, void *object)
{
	bool seen[PARAMETERS_MAX] = {false};
	int status = 0;

	for (; words; words = words->next)
		if (read_one(reading, table, words, seen, object) < 0)
			status = -1;
	return status;
}
