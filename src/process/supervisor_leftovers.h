/* SPDX-License-Identifier: MIT */
/* supervisor_leftovers.h - workers that the supervisor before this one had
 * forked, and died before it had told anybody. */
#ifndef COHORT_PROCESS_SUPERVISOR_LEFTOVERS_H
#define COHORT_PROCESS_SUPERVISOR_LEFTOVERS_H

struct supervisor;

/* Those that have ended meanwhile are counted in the totals, and their pages of
 * the scoreboard are free again. */
void supervisor_sweep_leftovers(struct supervisor *supervisor);

#endif
