/* SPDX-License-Identifier: MIT */
/* supervisor_publish.h - what others may see of the supervisor: its part of the
 * scoreboard (metrics/board.h).
 *
 * At the end of each turn slots and workers are written down as they are, which
 * costs no reader anything if nothing has changed; accept queues are, in the
 * watchdog's rounds; events and failures are, where they happen (board_note).
 * Nothing is decided by what is written there. */
#ifndef COHORT_PROCESS_SUPERVISOR_PUBLISH_H
#define COHORT_PROCESS_SUPERVISOR_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "metrics/board_publish.h"
#include "metrics/scoreboard.h"

struct bank_group;
struct pollfd;
struct supervisor;

/* What was written so far. */
struct supervisor_published {
	struct board_picture *picture; /* slots and workers; owned */
	unsigned generation;           /* services, as of this one … */
	unsigned service_count;        /* … and so many rows */
	uint64_t log_dropped_before;   /* by supervisors before us */
	int64_t counted_ms;            /* when descriptors were … */
	bool is_uncounted;             /* … and much has happened since */
};

/* From here on at the end of each turn. */
void supervisor_start_publishing(struct supervisor *supervisor);
/* Services, which is done by itself with each generation: when one was
 * suspended, or resumed. */
void supervisor_publish_services(struct supervisor *supervisor);
/* Accept queues of the current generation, which are in group->queues too:
 * before each round of the watchdogs. */
void supervisor_measure_queues(struct supervisor *supervisor);

/* The reload or upgrade under way has failed (the complaint about its
 * configuration, if there is one, says more than `words`); has gone well. */
void supervisor_note_failure(struct supervisor *supervisor, const char *words);
void supervisor_note_success(struct supervisor *supervisor);

/* Where anybody waits to be accepted, by slot: most listeners have nobody, and
 * need not be asked for more.  Where that cannot be known, all seem to. */
void supervisor_find_waiting(const struct bank_group *group,
			     struct pollfd *found, unsigned slot_count);

#endif
