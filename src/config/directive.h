/* SPDX-License-Identifier: MIT */
/* directive.h - one row per directive: how it is written, where its value
 * goes, what it is without being written.
 *
 * Parser, canonical text, help and messages come from the rows.  There are
 * three tables: global directives, those of a service (with every row of
 * sockopt_rows), and those of a protocol (its own struct cohort_directive). */
#ifndef COHORT_CONFIG_DIRECTIVE_H
#define COHORT_CONFIG_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "cohort.h"

#define DIRECTIVES_MAX 64 /* rows of one table */

struct reading;
struct statement;
struct value_kind;

/* A word that stands for a number ("off", "auto", "kernel"). */
struct value_word {
	const char *word; /* NULL ends the list; the first is printed */
	int64_t number;
};

struct directive {
	const char *name;
	/* A value of one word (value.h), stored `width` bytes wide at
	 * `offset` of the object. */
	const struct value_kind *kind;
	size_t offset;
	unsigned char width;
	const char *initial;            /* as written */
	const struct value_word *words; /* or NULL */
	uint64_t minimum;
	uint64_t maximum; /* 0: none */
	const char *help;

	const char *form; /* for help; NULL: as the kind has it */
	const struct cohort_directive
		*own; /* of a protocol: where it is from */
	/* Or, without a kind, a statement of its own.  `apply` complains
	 * itself and returns 0 or -1; `print` writes all of its lines. */
	bool is_repeatable;
	int (*apply)(struct reading *reading, const struct statement *statement,
		     void *object);
	void (*print)(const void *object, struct text *out);
	/* Instead of it for another build: it marks what is within
	 * (config_print_state); or NULL. */
	void (*print_state)(const void *object, struct text *out);
};

struct directive_list {
	struct directive rows[DIRECTIVES_MAX];
	unsigned count;
};

/* The tables; objects are struct config and struct config_service. */
void directive_list_global(struct directive_list *list);
void directive_list_service(struct directive_list *list);

/* For help: all that may stand outside of services, `include` too. */
void directive_list_outside(struct directive_list *list);

/* A protocol's own; the object is its options.  Rows beyond DIRECTIVES_MAX
 * are a mistake of the protocol's author and end the program, as are rows
 * within rows. */
void directive_list_protocol(struct directive_list *list,
			     const struct cohort_protocol *protocol);
/* The columns of rows; the object is one row. */
void directive_list_columns(struct directive_list *list,
			    const struct cohort_directive *columns);

void directive_list_append(struct directive_list *list,
			   const struct directive *row);

/* The row called `name`, or NULL. */
const struct directive *directive_find(const struct directive_list *list,
				       const char *name);

/* The nearest name in the list, or NULL. */
const char *directive_nearest(const struct directive_list *list,
			      const char *name);

#endif
