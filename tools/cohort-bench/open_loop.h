/* SPDX-License-Identifier: MIT */
/* open_loop.h - echo at a rate: the driver of a run whose messages are due at
 * times that were decided before it began (pace.h). */
#ifndef COHORT_BENCH_OPEN_LOOP_H
#define COHORT_BENCH_OPEN_LOOP_H

#include "base/error.h"
#include "state.h"

extern const struct driver open_loop_driver;

/* Before the loop turns; run.c closes the pacer. */
int open_loop_prepare(struct run *run, struct error *error);

/* Was the rate kept?  When grace is over, or when the run ends before. */
void open_loop_judge(struct run *run);

#endif
