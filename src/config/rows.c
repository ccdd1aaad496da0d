/* SPDX-License-Identifier: MIT */
/* rows.c - directives of several words that fill a table: one row for each
 * time that they are given. */
#include "config/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/apply.h"
#include "config/layout.h"
#include "config/parameter.h"
#include "config/value.h"

#define ROWS_MOST 1024 /* of a directive that sets no bound */

/* A row while it is being read. */
struct row {
	struct reading *reading;
	struct directive_list columns;
	bool seen[DIRECTIVES_MAX];
	void *object;
};

static struct cohort_rows *rows_at(const struct directive *directive,
				   void *object)
{
	return (void *)((char *)object + directive->offset);
}

static const struct cohort_rows *rows_in(const struct directive *directive,
					 const void *object)
{
	return (const void *)((const char *)object + directive->offset);
}

/* ---- Columns --------------------------------------------------------- */

static bool is_flag(const struct directive *column)
{
	return column->own->kind == COHORT_VALUE_BOOLEAN;
}

static const struct directive *find_column(const struct row *row,
					   const char *word, size_t size)
{
	unsigned i;

	for (i = 1; i < row->columns.count; i++) {
		const char *name = row->columns.rows[i].name;

		if (strlen(name) == size && memcmp(name, word, size) == 0)
			return &row->columns.rows[i];
	}
	return NULL;
}

static int refuse_unknown(struct row *row, const struct word *word)
{
	const char *names[DIRECTIVES_MAX];
	unsigned i;

	for (i = 1; i < row->columns.count; i++)
		names[i - 1] = row->columns.rows[i].name;
	return parameter_refuse(row->reading, word, names,
				row->columns.count - 1);
}

static int store(struct row *row, const struct directive *column,
		 const char *value, const struct word *word)
{
	struct error error;

	if (apply_word(row->reading, column, value, row->object, &error) == 0)
		return 0;
	return complain(&row->reading->complaints, &word->where, "%s: %s",
			column->name, error.text);
}

static int read_word(struct row *row, const struct word *word)
{
	const char *equals = strchr(word->text, '=');
	size_t size = strcspn(word->text, "=");
	const struct directive *column = find_column(row, word->text, size);
	struct complaints *complaints = &row->reading->complaints;

	if (!column)
		return refuse_unknown(row, word);
	if (row->seen[column - row->columns.rows])
		return complain(complaints, &word->where, "%s is given twice",
				column->name);
	row->seen[column - row->columns.rows] = true;
	if (is_flag(column) && equals)
		return complain(complaints, &word->where,
				"%s stands without a value: leave it out for "
				"off",
				column->name);
	if (!is_flag(column) && !equals)
		return complain(complaints, &word->where,
				"%s needs a value: %s=…", column->name,
				column->name);
	return store(row, column, equals ? equals + 1 : "on", word);
}

/* ---- A row ----------------------------------------------------------- */

static int complain_of_none(struct row *row, const struct directive *directive,
			    const struct statement *statement)
{
	struct text form = {.bytes = NULL};

	value_describe(directive, &form);
	complain(&row->reading->complaints, &statement->end, "'%s' takes %s",
		 directive->name, form.bytes);
	text_release(&form);
	return -1;
}

static int read_row(struct row *row, const struct directive *directive,
		    const struct statement *statement)
{
	const struct word *word = statement->name->next;
	int status;

	if (!word)
		return complain_of_none(row, directive, statement);
	value_set_initial(&row->columns, row->object, row->reading->arena);
	status = store(row, &row->columns.rows[0], word->text, word);
	for (word = word->next; word; word = word->next)
		if (read_word(row, word) < 0)
			status = -1;
	return status;
}

/* ---- The table ------------------------------------------------------- */

static bool has_same_first(const struct row *row, const void *other)
{
	const struct directive *first = &row->columns.rows[0];
	struct text own = {.bytes = NULL}, others = {.bytes = NULL};
	bool is_same;

	first->kind->print(first, row->object, &own);
	first->kind->print(first, other, &others);
	is_same = own.size == others.size &&
		  memcmp(own.bytes, others.bytes, own.size) == 0;
	text_release(&own);
	text_release(&others);
	return is_same;
}

static int refuse_twin(struct row *row, const struct directive *directive,
		       const struct cohort_rows *rows, const struct word *first)
{
	const char *each = rows->rows;
	char quote[COMPLAINTS_QUOTE];
	size_t i;

	for (i = 0; i < rows->count; i++, each += directive->own->row_size)
		if (has_same_first(row, each))
			return complain(&row->reading->complaints,
					&first->where, "%s %s is given twice",
					directive->name,
					complaints_quote(quote, first->text));
	return 0;
}

static int refuse_more(struct reading *reading,
		       const struct directive *directive,
		       const struct cohort_rows *rows,
		       const struct statement *statement)
{
	uint64_t most = directive->maximum;

	if (most == 0)
		most = ROWS_MOST;
	if (rows->count < most)
		return 0;
	return complain(&reading->complaints, &statement->name->where,
			"'%s' may be given at most %" PRIu64 " times",
			directive->name, most);
}

/* The arena keeps what was outgrown: as much again, since it doubles. */
static void append(struct reading *reading, const struct directive *directive,
		   struct cohort_rows *rows, const void *row)
{
	size_t size = directive->own->row_size;
	size_t used = rows->count * size;
	char *all = (char *)(uintptr_t)rows->rows;

	if ((rows->count & (rows->count - 1)) == 0) {
		all = arena_take(reading->arena, rows->count ? 2 * used : size);
		if (used > 0)
			memcpy(all, rows->rows, used);
	}
	memcpy(all + used, row, size);
	rows->rows = all;
	rows->count++;
}

static int apply(struct reading *reading, const struct directive *directive,
		 const struct statement *statement, void *object)
{
	struct cohort_rows *rows = rows_at(directive, object);
	struct row row = {
		.reading = reading,
		.object =
			arena_take(reading->scratch, directive->own->row_size),
	};

	directive_list_columns(&row.columns, directive->own->columns);
	if (apply_refuse_block(reading, statement) < 0 ||
	    refuse_more(reading, directive, rows, statement) < 0 ||
	    read_row(&row, directive, statement) < 0 ||
	    refuse_twin(&row, directive, rows, statement->name->next) < 0)
		return -1;
	append(reading, directive, rows, row.object);
	return 0;
}

int rows_check(struct reading *reading, const struct directive *directive,
	       const void *object, const struct position *where)
{
	const struct cohort_rows *rows = rows_in(directive, object);

	if (rows->count >= directive->minimum)
		return 0;
	return complain(&reading->complaints, where,
			"'%s' is given %zu times in the protocol's block; at "
			"least %" PRIu64 " are needed",
			directive->name, rows->count, directive->minimum);
}

/* ---- Printing -------------------------------------------------------- */

/* NAME=VALUE is one word, which a blank in the value puts in quotes. */
static void print_string(const char *name, const char *value, struct text *out)
{
	struct text word = {.bytes = NULL};

	text_append(&word, "%s=%s", name, value);
	text_append(out, " ");
	value_print_word(word.bytes, out);
	text_release(&word);
}

/* The text of a column that may need quotes, or NULL. */
static const char *string_of(const struct directive *column, const void *row)
{
	const char *at = (const char *)row + column->offset;
	const char *string = NULL;
	int i;

	if (column->own->kind == COHORT_VALUE_CHOICE) {
		memcpy(&i, at, sizeof(i));
		return column->own->words[i];
	}
	memcpy(&string, at, sizeof(string));
	return string;
}

static bool is_flag_set(const struct directive *column, const void *row)
{
	bool flag;

	memcpy(&flag, (const char *)row + column->offset, sizeof(flag));
	return flag;
}

static void print_column(const struct directive *column, const void *row,
			 struct text *out)
{
	switch (column->own->kind) {
	case COHORT_VALUE_BOOLEAN:
		if (is_flag_set(column, row))
			text_append(out, " %s", column->name);
		break;
	case COHORT_VALUE_STRING:
	case COHORT_VALUE_ADDRESS:
	case COHORT_VALUE_FILE:
	case COHORT_VALUE_CHOICE:
		if (string_of(column, row))
			print_string(column->name, string_of(column, row), out);
		break;
	default:
		text_append(out, " %s=", column->name);
		column->kind->print(column, row, out);
	}
}

static void print_row(const struct directive_list *columns, const void *row,
		      struct text *out)
{
	unsigned i;

	columns->rows[0].kind->print(&columns->rows[0], row, out);
	for (i = 1; i < columns->count; i++)
		print_column(&columns->rows[i], row, out);
}

static void print(const struct directive *directive, const void *object,
		  unsigned depth, struct text *out)
{
	const struct cohort_rows *rows = rows_in(directive, object);
	const char *row = rows->rows;
	struct directive_list columns;
	size_t i;

	directive_list_columns(&columns, directive->own->columns);
	for (i = 0; i < rows->count; i++, row += directive->own->row_size) {
		layout_begin(out, depth, directive->name);
		print_row(&columns, row, out);
		text_append(out, ";\n");
	}
}

static void describe_column(const struct directive *column, struct text *out)
{
	text_append(out, " [%s", column->name);
	if (!is_flag(column)) {
		text_append(out, "=");
		value_describe(column, out);
	}
	text_append(out, "]");
}

static void describe(const struct directive *directive, struct text *out)
{
	struct directive_list columns;
	unsigned i;

	directive_list_columns(&columns, directive->own->columns);
	value_describe(&columns.rows[0], out);
	for (i = 1; i < columns.count; i++)
		describe_column(&columns.rows[i], out);
}

static const struct value_statement rows_statement = {apply, print};

const struct value_kind value_rows = {
	.describe = describe,
	.statement = &rows_statement,
};
