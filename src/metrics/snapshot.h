/* SPDX-License-Identifier: MIT */
/* snapshot.h - everything that is counted and published, as of one moment.
 *
 * Taken by the admin process from the scoreboard; what reports, metrics and the
 * live page are made from.  Counters of retired workers and of living ones are
 * summed consistently: a worker that is folded meanwhile counts once.  So no
 * counter goes down from one snapshot to the next, but for one case: a
 * supervisor that was killed in the midst of folding. */
#ifndef COHORT_METRICS_SNAPSHOT_H
#define COHORT_METRICS_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "metrics/board.h"
#include "metrics/scoreboard.h"

struct snapshot_slot {
	enum board_slot_state state;
	bool is_wanted;         /* one of the first BOARD_WORKERS_WANTED */
	bool is_steered_around; /* gets no new connections */
	int adopter;            /* slot whose worker accepts for it; -1: none */
	int share_percent;      /* of newcomers; -1: not by load */
};

struct snapshot_worker {
	unsigned page; /* of the scoreboard: its number while it lives */
	unsigned slot;
	unsigned generation;
	pid_t pid;
	enum board_worker_state state;
	bool is_suspect;        /* seems to hang */
	bool is_full;           /* a service of it has no room */
	bool is_leaving;        /* asked to be replaced */
	bool is_orphan;         /* of a supervisor that was killed */
	int64_t ready_ms;       /* monotonic; 0: not yet */
	int64_t drain_until_ms; /* monotonic; -1: no bound, or not draining */
	uint64_t cells[SCOREBOARD_CELLS];
	/* Sums over its services. */
	uint64_t live_count;
	uint64_t outgoing_count;
	uint64_t accepted_count;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t queued_bytes;
	uint32_t queue_length; /* clients that wait to be accepted, in the
				  listeners of its slot */
};

struct snapshot_service {
	char name[SCOREBOARD_SERVICE_NAME];
	bool is_current; /* in the configuration in force */
	bool is_suspended;
	/* Counters: all there ever were; gauges: of living workers. */
	uint64_t cells[SCOREBOARD_SERVICE_CELLS];
	uint64_t accepted_by_slot[BOARD_SLOTS];
	uint32_t queue_by_slot[BOARD_SLOTS]; /* clients that wait */
	uint32_t queue_limit;                /* of one listener */
};

struct snapshot {
	int64_t now_ms; /* monotonic */
	int64_t wall_ms;
	uint64_t cells[BOARD_CELLS];
	uint64_t restarts[SCOREBOARD_RESTARTS];
	uint64_t worker_totals[SCOREBOARD_CELLS]; /* counters, all told */
	char failure
		[BOARD_FAILURE]; /* why the last reload or upgrade failed; "" */
	struct snapshot_slot slots[BOARD_SLOTS];
	unsigned slot_count;             /* that had any worker, ever */
	struct snapshot_worker *workers; /* by slot, then by pid; owned */
	unsigned worker_count;
	unsigned worker_room;
	struct snapshot_service *services; /* the current ones first; owned */
	unsigned service_count;
	unsigned service_room;
	struct board_event events[BOARD_EVENTS]; /* oldest first */
	unsigned event_count;
};

/* Into zeroed memory or an earlier snapshot, whose room is used again.  0, or
 * -1 with errno: ENOMEM; EAGAIN: somebody has been writing for 200 ms, as no
 * one but a supervisor that was killed does; the snapshot is empty then, or
 * half of one. */
int snapshot_take(struct snapshot *snapshot, const struct scoreboard *board);
void snapshot_release(struct snapshot *snapshot);

/* What was closed of late, newest first, of all workers, living and dead: at
 * most `limit` into `closed`; returns how many.  `names` gets the service of
 * each.  -1 with errno EAGAIN as snapshot_take. */
int snapshot_closed(const struct scoreboard *board, struct board_closed *closed,
		    char (*names)[SCOREBOARD_SERVICE_NAME], unsigned limit);

#endif
