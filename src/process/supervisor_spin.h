/* SPDX-License-Identifier: MIT */
/* supervisor_spin.h - workers with `busy_poll auto` may spin as long as there
 * is a CPU for each worker process, of whatever generation: those that drain
 * count, too.
 *
 * A worker knows from its order (worker.h) and from RECORD_SPIN; without a
 * supervisor it does not spin. */
#ifndef COHORT_PROCESS_SUPERVISOR_SPIN_H
#define COHORT_PROCESS_SUPERVISOR_SPIN_H

#include <stdbool.h>

struct supervisor;

/* Is there a CPU for each that lives? */
bool supervisor_has_cpus(const struct supervisor *supervisor);

/* There are more or fewer than before: tell those whom it concerns. */
void supervisor_arrange_spins(struct supervisor *supervisor);

#endif
