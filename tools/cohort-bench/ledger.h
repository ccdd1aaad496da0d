/* SPDX-License-Identifier: MIT */
/* ledger.h - the mode `ledger`: closed-loop clients that account for every
 * exchange with a server that says which worker answers. */
#ifndef COHORT_BENCH_LEDGER_H
#define COHORT_BENCH_LEDGER_H

#include <stdbool.h>

#include "base/error.h"
#include "ledger_book.h"
#include "options.h"
#include "target.h"

/* Run for the time of the options and print the report.  `is_ok`: zeros where
 * zeros are promised.  0, or -1 with words if it could not even begin.  INT
 * and TERM end it early, as if the time were up; the second one at once. */
int ledger_perform(const struct options *options, struct target *target,
		   bool *is_ok, struct error *error);

#endif
