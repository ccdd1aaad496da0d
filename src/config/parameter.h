/* SPDX-License-Identifier: MIT */
/* parameter.h - the NAME=VALUE arguments that some directives take. */
#ifndef COHORT_CONFIG_PARAMETER_H
#define COHORT_CONFIG_PARAMETER_H

#include "base/error.h"
#include "config/reading.h"
#include "config/statement.h"

#define PARAMETERS_MAX 8 /* rows of one table */

struct parameter {
	const char *name; /* NULL ends the table */
	/* Store the value.  0, or -1 with words. */
	int (*parse)(struct reading *reading, const char *value, void *object,
		     struct error *error);
};

/* Every word of the list must be a parameter of the table, and none may come
 * twice.  0, or -1 after complaints. */
int parameter_read(struct reading *reading, const struct parameter *table,
		   const struct word *words, void *object);

/* Complain that `word` is none of `count` names, with the nearest.  -1. */
int parameter_refuse(struct reading *reading, const struct word *word,
		     const char *const *names, size_t count);

#endif
