/* SPDX-License-Identifier: MIT */
/* layout.c - how canonical text is indented and aligned. */
#include "config/layout.h"

#include <string.h>

#include "config/value.h"

void layout_begin(struct text *out, unsigned depth, const char *name)
{
	int indent = LAYOUT_INDENT * (int)depth;
	int room = LAYOUT_COLUMN - indent - 1;

	text_append(out, "%*s%-*s ", indent, "", room, name);
}

/* A row without a value has none that could be written. */
static void append_row(struct text *out, unsigned depth,
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

void layout_rows(struct text *out, unsigned depth,
		 const struct directive_list *list, const void *object)
{
	const struct directive *row;

	for (row = list->rows; row < list->rows + list->count; row++) {
		if (row->kind && row->kind->statement)
			row->kind->statement->print(row, object, depth, out);
		else if (row->kind)
			append_row(out, depth, row, object);
		else
			row->print(object, out);
	}
}
