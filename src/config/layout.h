/* SPDX-License-Identifier: MIT */
/* layout.h - how canonical text is indented and aligned. */
#ifndef COHORT_CONFIG_LAYOUT_H
#define COHORT_CONFIG_LAYOUT_H

#include "config/directive.h"

#define LAYOUT_INDENT 4
#define LAYOUT_COLUMN 24 /* where values begin */

/* The name, `depth` blocks deep, and blanks up to the column of values. */
void layout_begin(struct text *out, unsigned depth, const char *name);

/* Every row of the list with its value in `object`. */
void layout_rows(struct text *out, unsigned depth,
		 const struct directive_list *list, const void *object);

#endif
