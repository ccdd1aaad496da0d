/* SPDX-License-Identifier: MIT */
/* report.h - the result of a run, for people and for programs. */
#ifndef COHORT_BENCH_REPORT_H
#define COHORT_BENCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "run.h"

/* Nothing failed, and something was done. */
bool report_is_ok(const struct result *result);

void report_text(FILE *out, const struct options *options,
		 const struct result *result);

/* One object on one line. */
void report_json(FILE *out, const struct options *options,
		 const struct result *result);

#endif
