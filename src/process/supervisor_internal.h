/* SPDX-License-Identifier: MIT */
/* supervisor_internal.h - what the files of the supervisor share.
 *
 *	supervisor.c           memory, the loop, the end
 *	supervisor_start.c     locks, probes, reservations, shared listeners
 *	supervisor_slots.c     carries out what the machine of a slot decides
 *	supervisor_spawn.c     forks a worker into its slot
 *	supervisor_records.c   what workers say
 *	supervisor_orders.c    what workers are told
 *	supervisor_deaths.c    reaps, explains, replaces
 *	supervisor_stop.c      the way out
 *	supervisor_signals.c   a table
 *
 * All memory is taken before the first fork: healing a worker allocates
 * nothing. */
#ifndef COHORT_PROCESS_SUPERVISOR_INTERNAL_H
#define COHORT_PROCESS_SUPERVISOR_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "event/loop.h"
#include "event/signals.h"
#include "metrics/scoreboard.h"
#include "net/listener.h"
#include "process/backoff.h"
#include "process/bank.h"
#include "process/channel.h"
#include "process/command_line.h"
#include "process/instance.h"
#include "process/slot.h"
#include "process/worker.h"
#include "process/worker_state.h"

#define SUPERVISOR_NO_TIME (-1) /* a moment that never comes */
/* Starts of a slot that never served; starts of one while all drain. */
#define SUPERVISOR_TRIES   5

/* A worker that outstays its bound, or that nobody can talk to any more, is
 * killed after this. */
#define SUPERVISOR_KILL_MS 1000

struct supervisor;

/* A slot, with what its machine needs to act. */
struct supervisor_slot {
	struct supervisor *supervisor;
	unsigned number;
	enum slot_state state;
	struct child *child; /* its worker; NULL: empty or waiting */
	struct backoff backoff;
	struct timer wait;
	int64_t wait_ms;          /* for SLOT_ACTION_WAIT */
	unsigned failed_tries;    /* deaths before the slot's first READY */
	unsigned successor_count; /* started while the program ends */
	bool was_started;
	bool is_listening;    /* clients may be waiting in its listeners */
	bool is_quiet;        /* the last death was not worth a line */
	struct error failure; /* the last RECORD_FAILED of its workers */
};

/* A worker process; a draining one is detached: slot->child is another. */
struct child {
	struct supervisor *supervisor;
	struct supervisor_slot *slot; /* NULL: the record is free */
	struct channel channel;
	struct timer deadline; /* then it is killed, or given up on */
	struct scoreboard_page *page;
	enum worker_state state;
	pid_t pid;
	int status; /* of waitpid, if is_reaped */
	int64_t ready_ms;
	int64_t drain_until_ms;
	unsigned unsent; /* orders that wait for room: a bit per record type */
	int64_t unsent_since_ms;
	bool is_told_to_listen;
	bool is_listening;
	bool is_leaving; /* asked to be replaced */
	bool is_drained; /* accepts no more */
	bool is_killed;  /* by us: the log has said why */
	bool is_reaped;
};

/* What goes with each listener of the plan, in the supervisor alone. */
struct supervisor_listener {
	int reservation; /* holds the port until all slots have bound it */
	struct listener_inode inode;
	bool has_inode; /* a unix socket file of ours */
};

struct supervisor {
	const struct config *config;
	int ready_fd; /* -1: nobody asked, or it is done */
	struct loop loop;
	struct signals signals;
	struct loop_task bury; /* workers that are reaped and read out */
	struct timer retry;    /* orders that found a channel full */
	struct scoreboard *scoreboard;
	struct instance instance;
	struct bank bank;
	const char **service_names;

	struct supervisor_listener *listeners;
	struct worker_listener *plan; /* the same, as a worker sees it */
	unsigned listener_count;
	struct spawn_descriptor *descriptors; /* of one spawn */
	unsigned connections_max;

	struct supervisor_slot *slots;
	unsigned slot_count;
	struct child *children;
	unsigned child_count;
	struct log_limit spawn_limit;

	bool has_pid_file;
	bool was_ready;    /* a worker was READY, ever */
	bool has_reported; /* all slots have served at once */
	bool is_stopping;
	bool is_urgent;        /* … without waiting for anybody */
	unsigned term_count;   /* TERM and INT so far */
	int64_t stop_until_ms; /* the bound of the drain */
	int exit_status;
};

/* supervisor_start.c: everything before the first fork.  0; or -1 with words,
 * whose number says which exit status fits. */
int supervisor_prepare(struct supervisor *supervisor, struct error *error);
/* Each slot has bound the listener: its port needs no reservation any more. */
void supervisor_end_reservation(struct supervisor *supervisor, unsigned index);
void supervisor_close_reservations(struct supervisor *supervisor);
void supervisor_unlink_sockets(struct supervisor *supervisor);

/* supervisor_slots.c */
void supervisor_init_slots(struct supervisor *supervisor);
void supervisor_slot_event(struct supervisor_slot *slot, enum slot_event event);
bool supervisor_is_serving(const struct supervisor *supervisor);
/* Nobody serves any more: no slot waits longer than BACKOFF_NOBODY_MS. */
void supervisor_shorten_waits(struct supervisor *supervisor);

/* supervisor_spawn.c: the slot's next worker.  0, or -1 and the slot has
 * none; the reason is logged. */
int supervisor_spawn(struct supervisor_slot *slot);
struct child *supervisor_find(struct supervisor *supervisor, pid_t pid);

/* supervisor_records.c */
void supervisor_receive(struct channel *channel, const struct record *record,
			const int *fds);

/* supervisor_orders.c */
void supervisor_order(struct child *child, enum record_type type);
void supervisor_order_log(struct supervisor *supervisor);
void supervisor_order_drain(struct child *child, int64_t until_ms);
/* Tell all whose turn it is that they may listen. */
void supervisor_order_listen(struct supervisor *supervisor);
void supervisor_retry_orders(struct timer *timer);

/* supervisor_deaths.c */
void supervisor_reap(struct supervisor *supervisor);
void supervisor_channel_closed(struct channel *channel);
void supervisor_deadline(struct timer *timer);
void supervisor_bury(struct loop_task *task);
/* Kill it; the log says why. */
void supervisor_kill(struct child *child, const char *reason);
/* Have supervisor_deadline run no later than `at_ms`. */
void supervisor_hurry(struct child *child, int64_t at_ms);

/* supervisor_stop.c */
void supervisor_terminate(struct supervisor *supervisor); /* TERM, INT */
void supervisor_quit(struct supervisor *supervisor);      /* QUIT */
/* No worker was ever READY: end with the status that fits. */
void supervisor_give_up(struct supervisor_slot *slot, const char *death);
/* TERM a worker that serves nobody; drain one that may. */
void supervisor_end_child(struct child *child);
void supervisor_drain_child(struct child *child);
/* After a worker stopped accepting or died: close what nobody accepts from,
 * and end the loop after the last. */
void supervisor_stop_further(struct supervisor *supervisor);
/* A worker died before it had accepted what waited: if all are draining, start
 * another to do it. */
void supervisor_succeed(struct supervisor_slot *slot);

/* supervisor_signals.c */
int supervisor_start_signals(struct supervisor *supervisor,
			     struct error *error);

#endif
