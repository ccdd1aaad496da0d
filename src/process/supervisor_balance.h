/* SPDX-License-Identifier: MIT */
/* supervisor_balance.h - `balance adaptive`, in the supervisor.
 *
 * While clients come to a service of that kind, every few milliseconds the pages
 * of its workers and the queues of its listeners are looked at, and its groups
 * are steered by new weights (balance.h).  While nobody comes, nothing is looked
 * at: the first that comes makes its worker say so (RECORD_ACCEPTING).
 *
 * A look at many services has a bound: they take turns.  One at a single service
 * takes as long as its workers times its addresses do.  The next waits for twenty
 * times as long as this one took, but for a fifth of a second at most: where a
 * look takes much longer than 10 ms, that is more than a twentieth of a CPU.  It
 * comes sooner if who may get clients changes meanwhile: after twice as long as
 * this one took, or 20 ms if that is more; where that changes again and again,
 * it is less than half of a CPU.  No memory is taken after the start. */
#ifndef COHORT_PROCESS_SUPERVISOR_BALANCE_H
#define COHORT_PROCESS_SUPERVISOR_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/timer.h"
#include "net/steering.h"
#include "process/balance.h"

struct bank_group;
struct child;
struct supervisor;
struct supervisor_balance_worker;
struct supervisor_balance_service;

struct supervisor_balance {
	struct timer timer; /* the next look */
	int64_t soonest_ms; /* … if who may get clients changes before it */
	/* By slot; by index in the configuration. */
	struct supervisor_balance_worker *workers;
	struct supervisor_balance_service *services;
	unsigned generation; /* whose services they are */
	unsigned next;       /* service to begin with */
	/* What supervisor_share_of tells; when it was worked out. */
	int64_t shares_ms;
	int16_t shares[BALANCE_SLOTS];
};

/* All its memory; and back. */
void supervisor_init_balance(struct supervisor *supervisor);
void supervisor_release_balance(struct supervisor *supervisor);

/* It said that it accepts clients of the service after a rest. */
void supervisor_note_accepting(struct child *child, unsigned service);

/* The weights of the group's listeners as they were found last. */
void supervisor_weigh(const struct supervisor *supervisor,
		      const struct bank_group *group, struct steering *wanted);

/* What the slot is to get of all that come to services of that kind, in percent
 * of the mean (balance_mix); -1: none of them was looked at. */
int16_t supervisor_share_of(const struct supervisor *supervisor, unsigned slot);

/* supervisor_steer.c: the group by other weights; who is out stays out. */
void supervisor_resteer(struct supervisor *supervisor,
			struct bank_group *group);

/* Who may get connections is not who it was: look at all services anew. */
void supervisor_balance_anew(struct supervisor *supervisor);

#endif
