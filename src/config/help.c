/* SPDX-License-Identifier: MIT */
/* help.c - a line of help for each directive there is. */
#include <stdio.h>

#include "config/read.h"
#include "config/value.h"

#define FORM_TEXT 96

static void append_line(struct text *out, const char *name, const char *form,
			const char *initial, const char *help)
{
	text_append(out, "  %s %s;", name, form);
	if (initial)
		text_append(out, "  (%s)", initial);
	text_append(out, "\n      %s\n", help);
}

static void append_list(struct text *out, const struct directive_list *list)
{
	const struct directive *row;
	char form[FORM_TEXT];

	for (row = list->rows; row < list->rows + list->count; row++)
		append_line(out, row->name,
			    value_describe(row, form, sizeof(form)),
			    row->initial, row->help);
}

void config_print_directives(const struct cohort_protocol *const *protocols,
			     struct text *out)
{
	struct directive_list list;

	directive_list_global(&list);
	text_append(out, "Outside of services (and the default):\n");
	append_list(out, &list);
	append_line(out, "include", "FILE|PATTERN", NULL,
		    "the statements of other files; relative to this one");
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
