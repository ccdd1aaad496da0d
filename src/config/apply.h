/* SPDX-License-Identifier: MIT */
/* apply.h - statements meet a table of directives.
 *
 * Finds the row of each statement, refuses what is unknown, repeated or
 * ill-formed, and stores the value in every object of the scope: one in a
 * file's block, all services for a bare service directive of an -o text. */
#ifndef COHORT_CONFIG_APPLY_H
#define COHORT_CONFIG_APPLY_H

#include <stdbool.h>

#include "config/reading.h"
#include "config/statement.h"

struct target {
	void *object;
	size_t size_bytes; /* of the object, as it is put back */
	/* Where each row was given last; of DIRECTIVES_MAX, or NULL. */
	struct position *where;
};

struct scope {
	const struct directive_list *list;
	const struct target *targets;
	unsigned target_count;
	const char *name; /* "in a service": for messages */
	/* Where each row was given in this text. */
	struct position seen[DIRECTIVES_MAX];
};

/* Apply one statement.  0, or -1 after a complaint. */
int apply_statement(struct reading *reading, struct scope *scope,
		    const struct statement *statement);

/* Apply them all.  0, or -1 if there was any complaint. */
int apply_statements(struct reading *reading, struct scope *scope,
		     const struct statement *list);

/* Store a value of one word, and look whether what it names can be used.  0,
 * or -1 with words. */
int apply_word(struct reading *reading, const struct directive *row,
	       const char *word, void *object, struct error *error);

/* The statement must have exactly one argument and no block: the argument,
 * or NULL after a complaint. */
const struct word *apply_only_argument(struct reading *reading,
				       const struct statement *statement);

/* It must have no block.  0, or -1 after a complaint. */
int apply_refuse_block(struct reading *reading,
		       const struct statement *statement);

#endif
