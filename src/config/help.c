/* SPDX-License-Identifier: MIT */
/* help.c - a line of help for each directive there is. */
#include "config/read.h"
#include "config/value.h"

static void append_row(struct text *out, const struct directive *row)
{
	text_append(out, "  %s ", row->name);
	value_describe(row, out);
	text_append(out, ";");
	if (row->initial)
		text_append(out, "  (%s)", row->initial);
	text_append(out, "\n      %s\n", row->help);
}

static void append_list(struct text *out, const struct directive_list *list)
{
	const struct directive *row;

	for (row = list->rows; row < list->rows + list->count; row++)
		append_row(out, row);
}

void directive_list_outside(struct directive_list *list)
{
	static const struct directive include = {
		.name = "include",
		.form = "FILE|PATTERN",
		.help = "the statements of other files; relative to this one",
	};

	directive_list_global(list);
	directive_list_append(list, &include);
}

void config_print_directives(const struct cohort_protocol *const *protocols,
			     struct text *out)
{
	struct directive_list list;

	directive_list_outside(&list);
	text_append(out, "Outside of services (and the default):\n");
	append_list(out, &list);
	text_append(out, "\nIn a block 'service NAME { ... }':\n");
	directive_list_service(&list);
	append_list(out, &list);
	for (; *protocols; protocols++) {
		directive_list_protocol(&list, *protocols);
		if (list.count == 0)
			continue;
		text_append(out, "\nIn a block 'protocol %s { ... }':\n",
			    (*protocols)->name);
		append_list(out, &list);
	}
}
