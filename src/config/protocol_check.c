/* SPDX-License-Identifier: MIT */
/* protocol_check.c - a plug-in's protocol: its name and its directives. */
#include "config/protocol_check.h"

#include <stdlib.h>
#include <string.h>

#include "config/complaints.h"
#include "config/protocol_options.h"
#include "config/value.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

static bool is_name(const char *name)
{
	size_t size = name ? strnlen(name, PROTOCOL_NAME_MAX + 1) : 0;

	return size > 0 && size <= PROTOCOL_NAME_MAX &&
	       strspn(name, NAME_CHARACTERS) == size;
}

static bool is_repeated(const struct cohort_protocol *protocol,
			const struct cohort_directive *own)
{
	const struct cohort_directive *before = protocol->directives;

	while (before != own && strcmp(before->name, own->name) != 0)
		before++;
	return before != own;
}

static int check_row(const struct cohort_protocol *protocol,
		     const struct cohort_directive *own, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];

	if (!is_name(own->name))
		return error_set(error, "%s cannot be a directive's name",
				 complaints_quote(quote, own->name));
	if (is_repeated(protocol, own))
		return error_set(error, "the directive '%s' is there twice",
				 own->name);
	if (!protocol_options_knows(own->kind))
		return error_set(error,
				 "the directive '%s' is of a kind (%d) that "
				 "this program does not know",
				 own->name, (int)own->kind);
	return 0;
}

/* Where it is stored, and its default. */
static int check_value(const struct cohort_protocol *protocol,
		       const struct directive *row, void *options,
		       struct error *error)
{
	struct arena *arena;
	int status = 0;

	if (protocol->options_size < row->width ||
	    row->offset > protocol->options_size - row->width)
		return error_set(error,
				 "the directive '%s' is stored beyond "
				 "options_size",
				 row->name);
	if (!row->kind || !row->initial)
		return 0;
	arena = arena_new();
	if (row->kind->parse(row, row->initial, options, arena, error) < 0)
		status = error_prefix(error,
				      "the default of the directive "
				      "'%s': ",
				      row->name);
	arena_free(arena);
	return status;
}

static int check_values(const struct cohort_protocol *protocol,
			struct error *error)
{
	struct directive_list list;
	void *options;
	int status = 0;
	unsigned i;

	directive_list_protocol(&list, protocol);
	options = calloc(1, protocol->options_size + 1);
	if (!options)
		return error_set_errno(error, "options_size is %zu",
				       protocol->options_size);
	for (i = 0; i < list.count && status == 0; i++)
		status = check_value(protocol, &list.rows[i], options, error);
	free(options);
	return status;
}

static int check_directives(const struct cohort_protocol *protocol,
			    struct error *error)
{
	const struct cohort_directive *own = protocol->directives;
	unsigned count = 0;

	for (; own && own->name; own++) {
		if (++count > DIRECTIVES_MAX)
			return error_set(error, "more than %d directives",
					 DIRECTIVES_MAX);
		if (check_row(protocol, own, error) < 0)
			return -1;
	}
	return check_values(protocol, error);
}

int protocol_check(const struct cohort_protocol *protocol, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];

	if (!is_name(protocol->name))
		return error_set(
			error,
			"%s cannot be a protocol's name: it has 1 to "
			"%d of A-Z a-z 0-9 _ . -",
			protocol->name ? complaints_quote(quote, protocol->name)
				       : "NULL",
			PROTOCOL_NAME_MAX);
	if (check_directives(protocol, error) < 0)
		return error_prefix(error,
				    "its protocol '%s': ", protocol->name);
	return 0;
}
