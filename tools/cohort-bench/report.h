/* SPDX-License-Identifier: MIT */
/* report.h - the result of a run, for people and for programs. */
#ifndef COHORT_BENCH_REPORT_H
#define COHORT_BENCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "run.h"

/* Nothing failed, something was done, and at the rate that was asked for. */
bool report_is_ok(const struct options *options, const struct result *result);

/* Of a rate that was not kept no latencies are told: they would be those of
 * another load. */
void report_text(FILE *out, const struct options *options,
		 const struct result *result);

/* One object on one line. */
void report_json(FILE *out, const struct options *options,
		 const struct result *result);

/* Parts, for other reports: the errnos of FAILURE_OTHER, each in parentheses
 * or as the member "errnos" after others; a string, quoted. */
void report_text_errnos(FILE *out, const struct failures *failures);
void report_json_errnos(FILE *out, const struct failures *failures);
void report_json_string(FILE *out, const char *text);

#endif
