/* SPDX-License-Identifier: MIT */
/* complaints.h - everything that is wrong with a configuration, in words.
 *
 *	cohort.conf:4:5: unknown directive 'bakclog'; did you mean 'backlog'?
 *	        bakclog 5;
 *	        ^
 *
 * For the rooms of config/ alone.  Whatever a text holds, a complaint is safe
 * to print: control characters are escaped and long lines are cut around the
 * caret. */
#ifndef COHORT_CONFIG_COMPLAINTS_H
#define COHORT_CONFIG_COMPLAINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "config/read.h"

#define COMPLAINTS_ERRORS_MAX 100
#define COMPLAINTS_QUOTE      96 /* room of a quoted word */

/* A place in a source.  Line 0: the source as a whole (-l, -p, -w). */
struct position {
	const struct config_source *source;
	size_t offset;
	unsigned line;   /* from 1 */
	unsigned column; /* from 1, in characters */
};

struct complaints {
	struct text *out;
	unsigned error_count;
};

/* An error at `where`.  After COMPLAINTS_ERRORS_MAX of them one line says
 * "too many errors" and no more are written.  Always returns -1. */
int complain(struct complaints *complaints, const struct position *where,
	     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A warning: it does not make the configuration bad. */
void complain_softly(struct complaints *complaints,
		     const struct position *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Nothing more will be written: reading on is of no use. */
bool complaints_is_full(const struct complaints *complaints);

/* `word` in quotes, cut if it is long, in `out` of COMPLAINTS_QUOTE bytes.
 * Returns `out`. */
char *complaints_quote(char *out, const char *word);

/* "FILE:LINE:COLUMN" in `out` of COMPLAINTS_QUOTE bytes.  Returns `out`. */
char *complaints_place(char *out, const struct position *where);

#endif
