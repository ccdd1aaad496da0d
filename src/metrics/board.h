/* SPDX-License-Identifier: MIT */
/* board.h - what the supervisor publishes beside the workers' pages: the
 * totals of retired workers, and the state of its slots, workers and services.
 *
 * It lies behind the pages in the memory of the scoreboard.  The supervisor is
 * its only writer; the admin process reads it (snapshot.h) and maps it without
 * the right to write; a worker keeps nothing mapped but its own page.  What the
 * supervisor decides by, it has elsewhere: this is a copy for others. */
#ifndef COHORT_METRICS_BOARD_H
#define COHORT_METRICS_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_SLOTS       256 /* as CONFIG_WORKERS_MAX */
#define BOARD_EVENTS      128 /* that are remembered */
#define BOARD_EVENT_WORDS 112
#define BOARD_HISTORY     128  /* closed connections, of each worker … */
#define BOARD_RETIRED     1024 /* … and of all that have ended */
#define BOARD_FAILURE     512  /* why a reload or an upgrade failed */

/* The machine of a slot, of a worker (process/slot.h, worker_state.h). */
enum board_slot_state {
	BOARD_SLOT_EMPTY,
	BOARD_SLOT_STARTING,
	BOARD_SLOT_SERVING,
	BOARD_SLOT_SUSPECT,
	BOARD_SLOT_WAITING,
	BOARD_SLOT_PARKED,
	BOARD_SLOT_STATES,
};
enum board_worker_state {
	BOARD_WORKER_STARTING,
	BOARD_WORKER_READY,
	BOARD_WORKER_DRAINING,
	BOARD_WORKER_STATES,
};

/* What the program as a whole is doing. */
enum board_phase {
	BOARD_PHASE_STARTING, /* no worker was READY so far */
	BOARD_PHASE_SERVING,
	BOARD_PHASE_RELOADING,
	BOARD_PHASE_UPGRADING,
	BOARD_PHASE_DRAINING, /* TERM, QUIT: it ends */
	BOARD_PHASES,
};

/* What happened, for the time line. */
enum board_event_kind {
	BOARD_EVENT_STARTED, /* the program */
	BOARD_EVENT_WORKER_DIED,
	BOARD_EVENT_WORKER_HUNG,
	BOARD_EVENT_RELOADED,
	BOARD_EVENT_RELOAD_FAILED,
	BOARD_EVENT_UPGRADED,
	BOARD_EVENT_UPGRADE_FAILED,
	BOARD_EVENT_SCALED,
	BOARD_EVENT_SUSPENDED,
	BOARD_EVENT_RESUMED,
	BOARD_EVENT_ADMIN_DIED,
	BOARD_EVENT_STOPPING,
	BOARD_EVENT_KINDS,
};

extern const char *const board_slot_state_names[BOARD_SLOT_STATES];
extern const char *const board_worker_state_names[BOARD_WORKER_STATES];
extern const char *const board_phase_names[BOARD_PHASES];
extern const char *const board_event_names[BOARD_EVENT_KINDS];

struct board_event {
	int64_t wall_ms;
	uint32_t kind; /* enum board_event_kind */
	int32_t slot;  /* -1: none */
	char words[BOARD_EVENT_WORDS];
};

/* A connection that was closed; a worker writes its own into a ring in its
 * page, the supervisor adds what was lost with a worker. */
struct board_closed {
	uint64_t id;       /* of the transport; 0: many (count) */
	int64_t closed_ms; /* wall clock */
	int64_t duration_ms;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint32_t count; /* of connections: 1, or all that died with a worker */
	int32_t pid;    /* of the worker */
	uint16_t service; /* index in the page; in the supervisor's ring and
			     from snapshot_closed on: row of the totals */
	uint16_t slot;
	int16_t error; /* errno, or 0 */
	uint8_t reason;
	uint8_t family;     /* AF_INET, AF_INET6, AF_UNIX; 0: unknown */
	uint16_t peer_port; /* host order; 0: unknown, or none */
	uint8_t is_outgoing;
	uint8_t reserved[5];
	uint8_t peer[16]; /* network order; IPv4 in the first 4 */
};

/* The supervisor's own numbers. */
enum board_cell {
	BOARD_SUPERVISOR_PID,
	BOARD_PHASE,           /* enum board_phase */
	BOARD_STARTED_WALL_MS, /* the program, across upgrades */
	BOARD_GENERATION,      /* the current one */
	BOARD_GENERATIONS,     /* that have living workers */
	BOARD_WORKERS_WANTED,
	BOARD_SLOTS_STEERED, /* that get no new connections, though wanted */
	BOARD_RELOADS_SUCCESS,
	BOARD_RELOADS_FAILURE,
	BOARD_RELOADED_WALL_MS, /* the last one that went well; 0: none */
	BOARD_UPGRADES_SUCCESS,
	BOARD_UPGRADES_FAILURE,
	BOARD_ADMIN_RESTARTS,
	BOARD_KEEPER_RESTARTS,
	BOARD_LOG_DROPPED,   /* lines of the supervisor */
	BOARD_LOG_LEVEL,     /* enum log_level in force */
	BOARD_HEARTBEAT_MS,  /* monotonic: its loop turns */
	BOARD_STOP_UNTIL_MS, /* monotonic; 0: no bound */
	BOARD_OPEN_FDS,      /* of the supervisor; 0: unknown */
	BOARD_CELLS,
};

enum board_kind {
	BOARD_KIND_GAUGE,   /* of the supervisor that lives */
	BOARD_KIND_COUNTER, /* goes along from one supervisor to the next */
	BOARD_KIND_LABEL,   /* goes along, too, but is no number of things */
};
struct board_column {
	const char *name;
	enum board_kind kind;
};
extern const struct board_column board_columns[BOARD_CELLS];

/* A slot, and the worker of a page, as the supervisor sees them. */
struct board_slot {
	uint8_t state; /* enum board_slot_state */
	bool is_wanted;
	bool is_steered_around;
	uint8_t reserved;
	int16_t adopter; /* -1: none */
	/* `balance adaptive`: what it is to get of newcomers to all services of
	 * that kind, in percent of the mean; -1: it is not steered by its load. */
	int16_t share_percent;
};
struct board_worker {
	int32_t pid; /* 0: the page is nobody's */
	uint32_t generation;
	uint16_t slot;
	uint8_t state; /* enum board_worker_state */
	bool is_suspect;
	bool is_full;
	bool is_leaving;
	bool is_orphan;
	uint8_t reserved;
	int64_t ready_ms;       /* as in struct snapshot_worker */
	int64_t drain_until_ms; /* likewise */
};

#endif
