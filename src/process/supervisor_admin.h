/* SPDX-License-Identifier: MIT */
/* supervisor_admin.h - the supervisor's side of the admin process.
 *
 *	supervisor_admin.c          its life: started, rolled, ended
 *	supervisor_admin_missing.c  sockets that it cannot have yet
 *	supervisor_admin_deaths.c   watched, healed
 *	supervisor_admin_records.c  what is said, both ways
 *	supervisor_admin_workers.c  channels between it and the workers
 *	supervisor_admin_state.c    across an upgrade
 *
 * An admin process belongs to an edition: a reload, an upgrade, or its own wish
 * to leave makes another one.  The process of the new edition says READY before
 * the old one is told to retire, so that somebody accepts at all times.  Several
 * may be alive: those that retire have ADMIN_RETIRE_MS.  Nothing here waits for
 * one of them, and traffic does not need any. */
#ifndef COHORT_PROCESS_SUPERVISOR_ADMIN_H
#define COHORT_PROCESS_SUPERVISOR_ADMIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/log.h"
#include "metrics/scoreboard.h"
#include "process/admin_listeners.h"
#include "process/backoff.h"
#include "process/channel.h"

#define ADMIN_PROCESSES 8 /* alive at once */
#define ADMIN_RETIRE_MS 10000

struct child;
struct exported;
struct supervisor;
struct supervisor_admin;

enum admin_state {
	ADMIN_FREE, /* the record is */
	ADMIN_STARTING,
	ADMIN_SERVING,
	ADMIN_RETIRING, /* was told to end */
	ADMIN_STATES,
};
extern const char *const admin_state_names[ADMIN_STATES];

struct admin_process {
	struct supervisor_admin *admin;
	struct channel channel;
	enum admin_state state;
	pid_t pid;
	unsigned edition;
	int status; /* of waitpid, if is_reaped */
	int64_t ready_ms;
	int64_t timeout_ms; /* without a sign of life; -1: none */
	int64_t heard_ms;   /* the last one */
	int64_t until_ms;   /* then it is killed, or buried; -1: never */
	unsigned unsent;    /* a bit per record type that waits for room */
	bool is_killed;     /* by us: the log has said why */
	bool is_reaped;
	struct error failure; /* why it cannot start, by its own words */
};

/* Which admin processes a worker has been made known to: a bit for each. */
struct admin_acquaintance {
	pid_t worker;
	uint8_t processes;
};

struct supervisor_admin {
	struct supervisor *supervisor;
	struct admin_listeners current;
	struct admin_listeners next; /* of a reload under way */
	struct admin_process processes[ADMIN_PROCESSES];
	struct admin_acquaintance known[SCOREBOARD_PAGES]; /* by child */
	unsigned edition; /* that is wanted; 0: none was started yet */
	struct backoff backoff;
	struct timer wait; /* then another is started */
	struct timer look; /* at what they owe, and are owed */
	int64_t looked_ms;
	struct timer again; /* for listeners that could not be had */
	int64_t again_ms;   /* from one try to the next */
	struct log_limit missing_limit;
	struct log_limit limit;
	bool is_ended; /* the program is: nobody is started any more */
};

/* ---- Its life ---- */

void supervisor_init_admin(struct supervisor *supervisor);

/* What `config` asks for is opened, beside what serves: 0, or -1 with words,
 * and nothing is changed.  A start waits a moment for the process of a
 * supervisor that was killed to let go.  A successor, which has workers already,
 * goes on without what it cannot have, and tries again. */
int supervisor_open_admin(struct supervisor *supervisor,
			  const struct config *config, struct error *error);
/* What was opened is served from now on, by a process of the configuration in
 * force (none, if nothing was opened); … is not to be. */
void supervisor_change_admin(struct supervisor *supervisor);
void supervisor_undo_admin(struct supervisor *supervisor);

/* A listener of the configuration in force, or the next, could not be opened. */
void supervisor_miss_admin(struct supervisor_admin *admin,
			   const struct error *error);
/* Serve what can be had of the configuration in force. */
void supervisor_complete_admin(struct supervisor *supervisor);
void supervisor_try_admin_again(struct timer *timer);

/* Another process takes over from those that serve. */
void supervisor_roll_admin(struct supervisor *supervisor);
/* Was it an admin process?  Then it is dealt with. */
bool supervisor_admin_reaped(struct supervisor *supervisor, pid_t pid,
			     int status);
void supervisor_admin_closed(struct channel *channel);
void supervisor_admin_ready(struct admin_process *process);
/* It breaks the rules; the log says how. */
void supervisor_kill_admin(struct admin_process *process, const char *reason);
/* The end: all of them, and the sockets with their files and locks. */
void supervisor_release_admin(struct supervisor *supervisor);

/* Descriptors that the supervisor may need for it. */
unsigned supervisor_admin_descriptors(const struct config *config);
/* Whatever has changed: start another one, if it is needed; … later. */
void supervisor_further_admin(struct supervisor_admin *admin);
void supervisor_start_admin_later(struct supervisor_admin *admin,
				  int64_t wait_ms);
/* How often one beats, by this configuration; -1: it does not. */
int64_t supervisor_admin_beat(const struct config *config);
void supervisor_watch_admin(struct timer *timer);
/* It has something to do no later than then. */
void supervisor_look_at_admin(struct supervisor_admin *admin, int64_t at_ms);

/* ---- What is said ---- */

void supervisor_admin_received(struct channel *channel,
			       const struct record *record, const int *fds);
/* Have it sent, now or when there is room (RECORD_LOG, RECORD_RETIRE). */
void supervisor_order_admin(struct admin_process *process,
			    enum record_type type);
/* The log was reopened. */
void supervisor_order_admin_log(struct supervisor *supervisor);
/* What could not be sent before; true: something still waits. */
bool supervisor_order_admins_further(struct supervisor_admin *admin);
/* ---- Workers ---- */

/* Each admin process gets a channel to each worker that serves or drains, if it
 * has none yet: after every change of either.  True: some have to wait. */
bool supervisor_acquaint(struct supervisor *supervisor);
/* Those who came along know each other; this one knows nobody. */
void supervisor_note_acquainted(struct supervisor *supervisor);
void supervisor_forget_acquainted(struct admin_process *process);

/* ---- Across an upgrade ---- */

void supervisor_export_admin(struct exported *exported,
			     const struct supervisor_admin *admin);
/* Go on with those that came along. */
void supervisor_resume_admin(struct supervisor *supervisor);
/* A record that is not free any more. */
void supervisor_init_admin_process(struct admin_process *process,
				   struct supervisor_admin *admin);

#endif
