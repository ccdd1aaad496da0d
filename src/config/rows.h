/* SPDX-License-Identifier: MIT */
/* rows.h - what can be said of rows (COHORT_VALUE_ROWS) when all have been
 * read; how they are read is value_rows, in value.h. */
#ifndef COHORT_CONFIG_ROWS_H
#define COHORT_CONFIG_ROWS_H

#include "config/reading.h"

/* Are there as many in `object` as the directive wants?  0, or -1 after a
 * complaint at `where`. */
int rows_check(struct reading *reading, const struct directive *directive,
	       const void *object, const struct position *where);

#endif
