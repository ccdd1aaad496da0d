/* SPDX-License-Identifier: MIT */
/* directive.c - tables of directives, put together and searched. */
#include "config/directive.h"

#include <string.h>

#include "base/log.h"

void directive_list_append(struct directive_list *list,
			   const struct directive *row)
{
	if (list->count == DIRECTIVES_MAX)
		log_bug("the directive %s is one too many for its table",
			row->name);
	list->rows[list->count++] = *row;
}

const struct directive *directive_find(const struct directive_list *list,
				       const char *name)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->rows[i].name, name) == 0)
			return &list->rows[i];
	return NULL;
}

const char *directive_nearest(const struct directive_list *list,
			      const char *name)
{
	const char *names[DIRECTIVES_MAX];
	unsigned i;

	for (i = 0; i < list->count; i++)
		names[i] = list->rows[i].name;
	return text_nearest(name, names, list->count);
}
