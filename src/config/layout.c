/* SPDX-License-Identifier: MIT */
/* layout.c - how canonical text is indented and aligned. */
#include "config/layout.h"

#include <string.h>

#include "config/reading.h"
#include "config/value.h"

void layout_begin(struct text *out, unsigned depth, const char *name)
{
	int indent = LAYOUT_INDENT * (int)depth;
	int room = LAYOUT_COLUMN - indent - 1;

	text_append(out, "%*s%-*s ", indent, "", room, name);
}

/* A row without a value has none that could be written. */
static void append_value(struct text *out, unsigned depth,
			 const struct directive *row, const void *object)
{
	struct text value = {.bytes = NULL};

	row->kind->print(row, object, &value);
	if (value.size > 0) {
		layout_begin(out, depth, row->name);
		text_append_bytes(out, value.bytes, value.size);
		text_append(out, ";\n");
	}
	text_release(&value);
}

static void append_row(struct text *out, unsigned depth,
		       const struct directive *row, const void *object)
{
	if (row->kind && row->kind->statement)
		row->kind->statement->print(row, object, depth, out);
	else if (row->kind)
		append_value(out, depth, row, object);
	else
		row->print(object, out);
}

void layout_rows(struct text *out, unsigned depth,
		 const struct directive_list *list, const void *object)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		append_row(out, depth, &list->rows[i], object);
}

/* ---- For another build ----------------------------------------------- */

void layout_initial_init(struct layout_initial *initial, unsigned depth,
			 const struct directive_list *list, const void *object)
{
	unsigned i;

	memset(initial, 0, sizeof(*initial));
	for (i = 0; i < list->count; i++)
		if (!list->rows[i].print_state)
			append_row(&initial->rows[i], depth, &list->rows[i],
				   object);
}

void layout_initial_release(struct layout_initial *initial)
{
	unsigned i;

	for (i = 0; i < DIRECTIVES_MAX; i++)
		text_release(&initial->rows[i]);
}

static bool is_same(const struct text *one, const struct text *other)
{
	return one->size == other->size &&
	       memcmp(one->bytes, other->bytes, one->size) == 0;
}

static void append_marked(struct text *out, const struct text *row,
			  const struct text *initial)
{
	if (row->size == 0)
		return;
	if (is_same(row, initial))
		text_append(out, "%s ", CONFIG_MARK);
	text_append_bytes(out, row->bytes, row->size);
}

void layout_rows_state(struct text *out, unsigned depth,
		       const struct directive_list *list, const void *object,
		       const struct layout_initial *initial)
{
	const struct directive *row;
	struct text text = {.bytes = NULL};

	for (row = list->rows; row < list->rows + list->count; row++) {
		text.size = 0;
		if (row->print_state)
			row->print_state(object, &text);
		else
			append_row(&text, depth, row, object);
		append_marked(out, &text, &initial->rows[row - list->rows]);
	}
	text_release(&text);
}
