/* SPDX-License-Identifier: MIT */
/* answer.h - what the server sends, line by line, as text for people.
 *
 * Rows are laid out in batches, so that a long answer needs little memory. */
#ifndef COHORTCTL_ANSWER_H
#define COHORTCTL_ANSWER_H

#include <stdbool.h>

#include "base/text.h"
#include "control/report.h"
#include "layout.h"

#define ANSWER_BATCH 500 /* rows that are laid out at once */

enum answer_state {
	ANSWER_GOES_ON,
	ANSWER_ENDED,  /* well */
	ANSWER_FAILED, /* `status` and `words` say how */
	ANSWER_ILL,    /* that is no answer of Cohort's */
};

struct answer {
	struct layout_style style;
	bool is_exact;
	struct layout layout;
	enum report_kind kinds[LAYOUT_COLUMNS];
	unsigned table_count;
	int status;
	struct text words; /* of a failure, printable, perhaps several lines */
	struct text out;   /* to be written; emptied by whoever does */
};

void answer_init(struct answer *answer, const struct layout_style *style,
		 bool is_exact);
void answer_release(struct answer *answer);

/* A line without its end; changed. */
enum answer_state answer_take(struct answer *answer, char *line);

/* Append text that may hold line ends, each line printable. */
void answer_print(struct text *out, const char *text);

#endif
