/* SPDX-License-Identifier: MIT */
/* layout.h - how canonical text is indented and aligned. */
#ifndef COHORT_CONFIG_LAYOUT_H
#define COHORT_CONFIG_LAYOUT_H

#include "config/directive.h"

#define LAYOUT_INDENT 4
#define LAYOUT_COLUMN 24 /* where values begin */

struct layout_initial {
	struct text rows[DIRECTIVES_MAX];
};

/* The name, `depth` blocks deep, and blanks up to the column of values. */
void layout_begin(struct text *out, unsigned depth, const char *name);

/* Every row of the list with its value in `object`. */
void layout_rows(struct text *out, unsigned depth,
		 const struct directive_list *list, const void *object);

/* The same as config_print_state has it: what is written as in `initial`, which
 * is marked. */
void layout_rows_state(struct text *out, unsigned depth,
		       const struct directive_list *list, const void *object,
		       const struct layout_initial *initial);

/* How each row of a list is written whose values nobody has given. */
void layout_initial_init(struct layout_initial *initial, unsigned depth,
			 const struct directive_list *list, const void *object);
void layout_initial_release(struct layout_initial *initial);

#endif
