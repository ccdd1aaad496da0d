/* SPDX-License-Identifier: MIT */
/* apply.c - statements meet a table of directives. */
#include "config/apply.h"

#include <stdio.h>
#include <stdlib.h>
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

static int apply_to_targets(struct reading *reading, const struct scope *scope,
			    const struct directive *row,
			    const struct statement *statement)
{
	unsigned i;

	for (i = 0; i < scope->target_count; i++) {
		const struct target *target = &scope->targets[i];

		if (apply_row(reading, row, statement, target->object) < 0)
			return -1;
		if (target->where)
			target->where[row - scope->list->rows] =
				statement->name->where;
	}
	return 0;
}

/* Another build's default, in words that may not be known here: then what was
 * stored of it is put back, and what was said against it is a warning.  In
 * canonical text a scope has one target. */
static int apply_marked(struct reading *reading, const struct scope *scope,
			const struct directive *row,
			const struct statement *statement)
{
	const struct target *target = scope->targets;
	struct complaints *complaints = &reading->complaints;
	unsigned error_count = complaints->error_count;
	size_t said_bytes = complaints->out->size;
	void *before = memory_require(1, target->size_bytes);

	memcpy(before, target->object, target->size_bytes);
	if (apply_to_targets(reading, scope, row, statement) < 0) {
		memcpy(target->object, before, target->size_bytes);
		complaints->error_count = error_count;
		complaints->out->size = said_bytes;
		complain_softly(complaints, &statement->name->where,
				"%s: this default of another build is not "
				"known here; it has that of this one",
				row->name);
	}
	free(before);
	return 0;
}

static int apply_known(struct reading *reading, const struct scope *scope,
		       const struct directive *row,
		       const struct statement *statement)
{
	return statement->is_marked
		       ? apply_marked(reading, scope, row, statement)
		       : apply_to_targets(reading, scope, row, statement);
}

int apply_statement(struct reading *reading, struct scope *scope,
		    const struct statement *statement)
{
	const struct directive *row =
		directive_find(scope->list, statement->name->text);

	/* A newer build's, at its default: it is as if there were none. */
	if (!row && statement->is_marked)
		return 0;
	if (!row)
		return unknown(reading, scope, statement);
	if (refuse_repetition(reading, scope, statement, row) < 0 ||
	    apply_known(reading, scope, row, statement) < 0)
		return -1;
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
