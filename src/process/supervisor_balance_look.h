/* SPDX-License-Identifier: MIT */
/* supervisor_balance_look.h - what one look of `balance adaptive` finds.
 *
 * For supervisor_balance.c alone, which says when to look, and at which
 * services.  Pages and queues are read here, and turned into weights by
 * balance.h; a page is foreign (its worker may have written anything there), and
 * no number in it does harm.  Nothing is allocated. */
#ifndef COHORT_PROCESS_SUPERVISOR_BALANCE_LOOK_H
#define COHORT_PROCESS_SUPERVISOR_BALANCE_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/balance.h"

struct supervisor;

/* A slot's worker, for all services. */
struct supervisor_balance_worker {
	struct balance_lag lag;
	pid_t pid;         /* of whom this was noted */
	uint64_t busy_us;  /* all its turns, so far */
	int64_t busy_ms;   /* when that was */
	int64_t inside_ms; /* so long it is in a callback by now */
};

/* One worker of one service. */
struct supervisor_balance_place {
	pid_t pid; /* of whom this was noted */
	struct balance_lag lag;
	uint64_t accepted;
	int64_t waiting_ms; /* since when clients wait and none is accepted; 0:
			       they do not */
};

/* What is known of a service; zeroed, it is at rest. */
struct supervisor_balance_service {
	bool is_active;
	bool is_steered; /* there was something to choose at the last look */
	int64_t woken_ms;
	int64_t arrived_ms; /* when anybody came, as far as was seen */
	struct balance_pace pace;
	uint64_t queued; /* at the last look */
	uint64_t live;   /* … connections */
	struct supervisor_balance_place places[BALANCE_SLOTS];
	uint16_t weights[BALANCE_SLOTS];
};

/* How slow each worker was since the last look, for all services: first. */
void supervisor_look_at_workers(struct supervisor *supervisor);

/* Weigh the service's workers anew, steer its groups by that, and note whether
 * it has come to rest.  Returns how many listeners were looked at, and in
 * `*interval_ms` when to look again. */
unsigned supervisor_look_at_service(struct supervisor *supervisor,
				    unsigned index, int64_t *interval_ms);

#endif
