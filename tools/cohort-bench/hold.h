/* SPDX-License-Identifier: MIT */
/* hold.h - the driver of a run that opens many connections, exchanges on each,
 * holds them, and exchanges on each again. */
#ifndef COHORT_BENCH_HOLD_H
#define COHORT_BENCH_HOLD_H

#include "state.h"

/* So many connections at once are about to be opened, or asked again.  Each
 * stays among them until it has exchanged: only that proves that the server
 * has accepted it, so that however fast they are opened, at most so many wait
 * in its accept queue.  A queue that overflows costs a second each (SYN
 * retransmission); four clients together fill the usual one of 511. */
#define HOLD_WINDOW 120

extern const struct driver hold_driver;

#endif
