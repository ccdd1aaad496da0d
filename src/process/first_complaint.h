/* SPDX-License-Identifier: MIT */
/* first_complaint.h - of all that is wrong with a configuration, what fits into
 * one sentence.  Pure. */
#ifndef COHORT_PROCESS_FIRST_COMPLAINT_H
#define COHORT_PROCESS_FIRST_COMPLAINT_H

#include <stddef.h>

#include "base/text.h"

/* "cohort.conf:4:5: unknown directive 'bakclog'; did you mean 'backlog'? (and 2
 * more errors)": the first error, and how many others there are, from complaints
 * as the loader writes them.  Warnings do not count.  Nothing wrong: "". Returns
 * `out`. */
char *first_complaint(char *out, size_t room, const struct text *complaints);

#endif
