/* SPDX-License-Identifier: MIT */
/* apply.c - statements meet a table of directives. */
#include "config/apply.h"

#include <stdio.h>
#include <string.h>

#include "config/value.h"

/* ---- The shape of a statement ---------------------------------------- */

static int too_many(struct reading *reading, const struct statement *statement,
		    const struct word *extra)
{
	char name[COMPLAINTS_QUOTE];
	unsigned line = statement->name->next->where.line;

	complaints_quote(name, statement->name->text);
	if (extra->where.line > line)
		return complain(&reading->complaints, &extra->where,
				"%s takes one value: is ';' missing at the end "
				"of line %u?",
				name, line);
	return complain(&reading->complaints, &extra->where,
			"%s takes one value: is ';' missing before this?",
			name);
}

int apply_refuse_block(struct reading *reading,
		       const struct statement *statement)
{
	char name[COMPLAINTS_QUOTE];

	if (!statement->has_block)
		return 0;
	return complain(&reading->complaints, &statement->end,
			"%s takes no block: ';' belongs here",
			complaints_quote(name, statement->name->text));
}

const struct word *apply_only_argument(struct reading *reading,
				       const struct statement *statement)
{
	const struct word *argument = statement->name->next;
	char name[COMPLAINTS_QUOTE];

	if (!argument) {
		complain(&reading->complaints, &statement->end,
			 "%s takes a value, which is missing",
			 complaints_quote(name, statement->name->text));
		return NULL;
	}
	if (argument->next) {
		too_many(reading, statement, argument->next);
		return NULL;
	}
	return argument;
}

/* ---- Which directive ------------------------------------------------- */

static const char *nearest_name(const struct reading *reading,
				const struct scope *scope, const char *word)
{
	static const char *const statements[] = {"service", "include"};
	const char *nearest = directive_nearest(scope->list, word);

	if (nearest || scope->list != &reading->global_directives)
		return nearest;
	return text_nearest(word, statements, 2);
}

static int unknown(struct reading *reading, const struct scope *scope,
		   const struct statement *statement)
{
	const char *word = statement->name->text;
	const char *nearest = nearest_name(reading, scope, word);
	char name[COMPLAINTS_QUOTE], hint[COMPLAINTS_QUOTE] = "";

	if (scope->list != &reading->global_directives &&
	    (directive_find(&reading->global_directives, word) ||
	     strcmp(word, "service") == 0 || strcmp(word, "include") == 0))
		return complain(&reading->complaints, &statement->name->where,
				"%s stands outside of services, not %s",
				complaints_quote(name, word), scope->name);
	if (scope->list != &reading->service_directives &&
	    directive_find(&reading->service_directives, word))
		return complain(&reading->complaints, &statement->name->where,
				"%s stands in a service block, not %s",
				complaints_quote(name, word), scope->name);
	if (nearest)
		snprintf(hint, sizeof(hint), "; did you mean '%s'?", nearest);
	return complain(&reading->complaints, &statement->name->where,
			"unknown directive %s%s", complaints_quote(name, word),
			hint);
}

static int refuse_repetition(struct reading *reading, struct scope *scope,
			     const struct statement *statement,
			     const struct directive *row)
{
	const struct position *seen = &scope->seen[row - scope->list->rows];
	char place[COMPLAINTS_QUOTE];

	if (seen->line != 0 && !row->is_repeatable)
		return complain(&reading->complaints, &statement->name->where,
				"'%s' was given at %s already", row->name,
				complaints_place(place, seen));
	return 0;
}

/* ---- Its value ------------------------------------------------------- */

int apply_word(struct reading *reading, const struct directive *row,
	       const char *word, void *object, struct error *error)
{
	const struct value_kind *kind = row->kind;

	if (kind->parse(row, word, object, reading->arena, error) < 0)
		return -1;
	if (reading->is_canonical || !kind->check)
		return 0;
	return kind->check(word, error);
}

static int apply_value(struct reading *reading, const struct directive *row,
		       const struct statement *statement, void *object)
{
	const struct word *argument = apply_only_argument(reading, statement);
	struct error error;

	if (!argument || apply_refuse_block(reading, statement) < 0)
		return -1;
	if (apply_word(reading, row, argument->text, object, &error) == 0)
		return 0;
	return complain(&reading->complaints, &argument->where, "%s: %s",
			row->name, error.text);
}

static int apply_row(struct reading *reading, const struct directive *row,
		     const struct statement *statement, void *object)
{
	if (row->kind && row->kind->statement)
		return row->kind->statement->apply(reading, row, statement,
						   object);
	if (row->kind)
		return apply_value(reading, row, statement, object);
	return row->apply(reading, statement, object);
}

int apply_statement(struct reading *reading, struct scope *scope,
		    const struct statement *statement)
{
	const struct directive *row =
		directive_find(scope->list, statement->name->text);
	unsigned i;

	/* A newer build's, at its default: it is as if there were none. */
	if (!row && statement->is_marked)
		return 0;
	if (!row)
		return unknown(reading, scope, statement);
	if (refuse_repetition(reading, scope, statement, row) < 0)
		return -1;
	for (i = 0; i < scope->target_count; i++) {
		const struct target *target = &scope->targets[i];

		if (apply_row(reading, row, statement, target->object) < 0)
			return -1;
		if (target->where)
			target->where[row - scope->list->rows] =
				statement->name->where;
	}
	scope->seen[row - scope->list->rows] = statement->name->where;
	return 0;
}

int apply_statements(struct reading *reading, struct scope *scope,
		     const struct statement *list)
{
	int status = 0;

	for (; list; list = list->next)
		if (apply_statement(reading, scope, list) < 0)
			status = -1;
	return status;
}
