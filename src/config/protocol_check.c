/* SPDX-License-Identifier: MIT */
/* protocol_check.c - a plug-in's protocol: its name, its directives, and what
 * of it would contradict itself. */
#include "config/protocol_check.h"

#include <stdlib.h>
#include <string.h>

#include "config/complaints.h"
#include "config/protocol_options.h"
#include "config/value.h"
#include "net/framing.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

/* What nobody means to have more of, and whose sums cannot overflow. */
#define SESSION_BYTES_MAX ((size_t)1 << 20)
#define OPTIONS_BYTES_MAX ((size_t)1 << 20) /* … and of one of the rows */
#define WORKER_BYTES_MAX  ((size_t)1 << 30)

static bool is_name(const char *name)
{
	size_t size = name ? strnlen(name, PROTOCOL_NAME_MAX + 1) : 0;

	return size > 0 && size <= PROTOCOL_NAME_MAX &&
	       strspn(name, NAME_CHARACTERS) == size;
}

/* Its own directives, or the columns of one. */
struct table {
	const struct cohort_directive *rows;
	size_t size; /* of the struct that they are stored in */
	bool is_columns;
};

static int check_table(const struct table *table, struct error *error);

/* ---- A row ----------------------------------------------------------- */

static bool is_repeated(const struct table *table,
			const struct cohort_directive *own)
{
	const struct cohort_directive *before = table->rows;

	while (before != own && strcmp(before->name, own->name) != 0)
		before++;
	return before != own;
}

static int check_columns(const struct table *table,
			 const struct cohort_directive *own,
			 struct error *error)
{
	const struct table columns = {own->columns, own->row_size, true};

	if (table->is_columns)
		return error_set(error, "'%s' has rows within rows", own->name);
	if (own->row_size > OPTIONS_BYTES_MAX)
		return error_set(error, "'%s' has a row_size of %zu bytes",
				 own->name, own->row_size);
	if (!own->columns || !own->columns->name)
		return error_set(error, "the directive '%s' has no columns",
				 own->name);
	if (own->initial)
		return error_set(error,
				 "the directive '%s' has rows by default",
				 own->name);
	if (check_table(&columns, error) < 0)
		return error_prefix(error, "of '%s': ", own->name);
	return 0;
}

/* The first column is always written. */
static bool needs_default(const struct table *table,
			  const struct cohort_directive *own)
{
	switch (own->kind) {
	case COHORT_VALUE_STRING:
	case COHORT_VALUE_ADDRESS:
	case COHORT_VALUE_FILE:
	case COHORT_VALUE_ROWS: return false;
	default: return !table->is_columns || own != table->rows;
	}
}

static int check_row(const struct table *table,
		     const struct cohort_directive *own, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];

	if (!is_name(own->name))
		return error_set(error, "%s cannot be a directive's name",
				 complaints_quote(quote, own->name));
	if (is_repeated(table, own))
		return error_set(error, "the directive '%s' is there twice",
				 own->name);
	if (!protocol_options_knows(own->kind))
		return error_set(error,
				 "the directive '%s' is of a kind (%d) that "
				 "this program does not know",
				 own->name, (int)own->kind);
	if (own->kind == COHORT_VALUE_CHOICE && (!own->words || !own->words[0]))
		return error_set(error, "the directive '%s' has no words",
				 own->name);
	if (own->kind == COHORT_VALUE_ROWS)
		return check_columns(table, own, error);
	if (!own->initial && needs_default(table, own))
		return error_set(error,
				 "the directive '%s' has no default (initial)",
				 own->name);
	return 0;
}

/* ---- Its value ------------------------------------------------------- */

/* Where it is stored, and its default. */
static int check_value(const struct table *table, const struct directive *row,
		       void *options, struct error *error)
{
	struct arena *arena;
	int status = 0;

	if (table->size < row->width || row->offset > table->size - row->width)
		return error_set(
			error, "the directive '%s' is stored beyond %s",
			row->name,
			table->is_columns ? "row_size" : "options_size");
	if (!row->initial)
		return 0;
	arena = arena_new();
	if (row->kind->parse(row, row->initial, options, arena, error) < 0)
		status = error_prefix(
			error,
			"the default of the directive '%s': ", row->name);
	arena_free(arena);
	return status;
}

static int check_values(const struct table *table, struct error *error)
{
	const struct cohort_protocol as_protocol = {.directives = table->rows};
	struct directive_list list;
	void *options;
	int status = 0;
	unsigned i;

	directive_list_protocol(&list, &as_protocol);
	options = calloc(1, table->size + 1);
	if (!options)
		return error_set_errno(error, "options of %zu bytes",
				       table->size);
	for (i = 0; i < list.count && status == 0; i++)
		status = check_value(table, &list.rows[i], options, error);
	free(options);
	return status;
}

static int check_table(const struct table *table, struct error *error)
{
	const struct cohort_directive *own = table->rows;
	unsigned count = 0;

	for (; own && own->name; own++) {
		if (++count > DIRECTIVES_MAX)
			return error_set(error, "more than %d directives",
					 DIRECTIVES_MAX);
		if (check_row(table, own, error) < 0)
			return -1;
	}
	return check_values(table, error);
}

/* ---- The whole ------------------------------------------------------- */

static int check_sizes(const struct cohort_protocol *protocol,
		       struct error *error)
{
	const struct {
		const char *name;
		size_t size, maximum;
	} sizes[] = {
		{"session_size", protocol->session_size, SESSION_BYTES_MAX},
		{"options_size", protocol->options_size, OPTIONS_BYTES_MAX},
		{"worker_size", protocol->worker_size, WORKER_BYTES_MAX},
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i].size > sizes[i].maximum)
			return error_set(error,
					 "its %s of %zu bytes is too large: at "
					 "most %zu",
					 sizes[i].name, sizes[i].size,
					 sizes[i].maximum);
	return 0;
}

/* What would be a bug of a built-in one. */
static int check_members(const struct cohort_protocol *protocol,
			 struct error *error)
{
	const struct table own = {protocol->directives, protocol->options_size,
				  false};

	if (check_sizes(protocol, error) < 0 || check_table(&own, error) < 0)
		return -1;
	if (protocol->framing && !framing_is_valid(protocol->framing))
		return error_set(error, "its framing makes no sense");
	if (!protocol->buffer_get != !protocol->buffer_updated)
		return error_set(error,
				 "buffer_get and buffer_updated come "
				 "together or not at all");
	return 0;
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
	if (check_members(protocol, error) < 0)
		return error_prefix(error,
				    "its protocol '%s': ", protocol->name);
	return 0;
}
