/* SPDX-License-Identifier: MIT */
/* statement.h - a configuration text as a tree, before anything is known of
 * what it means.
 *
 *	NAME ARGUMENT… ;      NAME ARGUMENT… { STATEMENT… }
 *
 * Everything lives in the scratch arena of one reading. */
#ifndef COHORT_CONFIG_STATEMENT_H
#define COHORT_CONFIG_STATEMENT_H

#include <stdbool.h>

#include "config/complaints.h"

struct word {
	struct word *next;
	struct position where;
	const char *text; /* unquoted, expanded, NUL-terminated */
};

struct statement {
	struct statement *next;
	struct word *name; /* its `next` is the first argument */
	bool is_marked;    /* CONFIG_MARK: nobody has to know it */
	bool has_block;
	struct statement *children; /* NULL also for an empty block */
	struct position end;        /* behind the last word */
	size_t closed;              /* offset of the '}', if it has a block */
};

struct reading;

/* Read `source` into a list of statements; errors are complained about and
 * what they spoil is left out. */
struct statement *statement_read(struct reading *reading,
				 const struct config_source *source);

#endif
