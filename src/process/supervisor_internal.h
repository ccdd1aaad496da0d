/* SPDX-License-Identifier: MIT */
/* supervisor_internal.h - what the files of the supervisor share.
 *
 *	supervisor.c           memory, the loop, the end
 *	supervisor_start.c     what comes before the first worker
 *	supervisor_groups.c    addresses: locks, probes, reservations, sharing
 *	supervisor_slots.c     carries out what the machine of a slot decides
 *	supervisor_spawn.c     forks a worker into its slot
 *	supervisor_records.c   what workers say
 *	supervisor_orders.c    what workers are told
 *	supervisor_deaths.c    reaps, explains, replaces
 *	supervisor_plugins.c   plug-ins whose workers die
 *	supervisor_steer.c     which listeners get new connections
 *	supervisor_adopt.c     who accepts where no worker of the slot does
 *	supervisor_watch.c     workers that hang
 *	supervisor_audit.c     our groups, as the kernel has them
 *	supervisor_ordered.h   orders from outside
 *	supervisor_reload.c    another configuration
 *	supervisor_upgrade.c   another build of the program
 *	supervisor_keeper.c    the keeper; supervisor_admin.c: the admin
 *	supervisor_succession.c  after a supervisor that was killed
 *	supervisor_orphans.c   its workers
 *	supervisor_notify.c    the service manager
 *	supervisor_store.c     sockets from it, and for it
 *	supervisor_salvage.c   listeners that outlived an instance before us
 *	supervisor_stop.c      the way out
 *	supervisor_door.c      nobody new comes in before it
 *	supervisor_signals.c   a table
 *	supervisor_publish.c   what others may see of all this
 *
 * All memory is taken before the first fork: healing a worker allocates
 * nothing. */
#ifndef COHORT_PROCESS_SUPERVISOR_INTERNAL_H
#define COHORT_PROCESS_SUPERVISOR_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "event/loop.h"
#include "event/signals.h"
#include "process/backoff.h"
#include "process/bank.h"
#include "process/channel.h"
#include "process/command_line.h"
#include "process/generation.h"
#include "process/kept.h"
#include "process/loader.h"
#include "process/notify.h"
#include "process/passed.h"
#include "process/retired.h"
#include "process/slot.h"
#include "process/strays.h"
#include "process/supervisor_admin.h"
#include "process/supervisor_balance.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_log.h"
#include "process/supervisor_ordered.h"
#include "process/supervisor_publish.h"
#include "process/watchdog.h"
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
	struct child *next;  /* of the generation that a reload starts */
	struct backoff backoff;
	struct timer wait;
	int64_t wait_ms;          /* for SLOT_ACTION_WAIT */
	unsigned failed_tries;    /* deaths before the slot's first READY */
	unsigned successor_count; /* started while the program ends */
	int64_t vacant_ms;        /* since when nobody of its own accepts */
	bool is_vacant;
	unsigned started_generation; /* the newest that a worker of it was of */
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
	struct watchdog watchdog;
	struct watchdog_settings watchdog_settings;
	enum worker_state state;
	pid_t pid;
	int pidfd;              /* -1: an old kernel */
	struct loop_source end; /* of an orphan */
	unsigned generation;
	unsigned adopted_count; /* listeners of other slots */
	int64_t adopt_rest_ms;  /* it takes none before that */
	unsigned worker_count;  /* it shares the limits with */
	/* Its services that have no room: a bit for each. */
	uint64_t full[SCOREBOARD_SERVICES / 64];
	int status; /* of waitpid, if is_reaped */
	int64_t ready_ms;
	int64_t drain_until_ms;
	uint64_t unsent; /* orders that wait for room: a bit per record type */
	/* RECORD_SUSPEND waits: services it is for. */
	uint64_t untold[SCOREBOARD_SERVICES / 64];
	int64_t unsent_since_ms;
	bool is_told_to_listen;
	bool is_listening;
	bool is_leaving; /* asked to be replaced */
	bool is_suspect; /* seems to hang */
	bool is_hung;    /* … for so long that it was told to abort */
	bool is_drained; /* accepts no more */
	bool is_killed;  /* by us: the log has said why */
	bool is_reaped;
	bool is_orphan; /* of a supervisor that was killed */
	bool can_spin;  /* it has `busy_poll auto` … */
	bool may_spin;  /* … and was told that it may */
};

/* An upgrade under way. */
struct supervisor_upgrade {
	struct supervisor *supervisor; /* NULL: there was none yet */
	struct timer timer;
	int file;      /* the new program */
	int answer_fd; /* what its trial says */
	pid_t pid;     /* of the trial; 0: it has ended */
	int status;
	bool is_late;
	char said[64];
	size_t said_count;
};

struct supervisor_keeper {
	struct supervisor *supervisor;
	struct channel channel;
	struct timer timer; /* to start another, or to go on feeding it */
	struct loop_task task;
	struct log_limit limit;
	struct exported exported; /* what it is fed with */
	struct kept_feed feed;
	pid_t pid;     /* 0: none */
	bool is_dirty; /* something has changed */
	/* Of the build before us, ended when ours has been fed. */
	pid_t former;  /* 0: none, or dead */
	int former_fd; /* its channel; -1: none, or told to end */
};

struct supervisor {
	const struct command_line *line;
	struct generation *current;
	struct generation *next; /* of a reload under way, or NULL */
	struct retired *retired; /* of workers that end */
	unsigned generation_count;
	unsigned next_count; /* workers of the next one */
	struct ordered ordered;
	struct loop_task operate; /* the next operation */
	struct loader loader;     /* of a reload */
	struct supervisor_upgrade upgrade;
	struct supervisor_keeper keeper;
	struct supervisor_admin admin;
	int ready_fd; /* -1: nobody asked, or it is done */
	struct loop loop;
	struct signals signals;
	struct loop_task bury; /* workers that are reaped and read out */
	struct timer retry;    /* orders that found a channel full */
	struct timer arrange;  /* a vacancy becomes more than a moment */
	struct timer delay;    /* after TERM, QUIT: the drain begins */
	struct timer audit;    /* the next look at the kernel's groups */
	unsigned audit_rounds;
	struct timer watch; /* the next round of the watchdogs */
	int64_t watched_ms; /* the last one */
	struct scoreboard *scoreboard;
	struct supervisor_published published; /* there */
	struct bank bank;
	struct supervisor_balance balance;

	struct supervisor_slot *slots; /* CONFIG_WORKERS_MAX of them */
	unsigned slot_count;           /* that have workers */
	unsigned slot_high;            /* that had any, or were to, ever */
	unsigned cpu_count; /* usable by workers, as last looked at */
	struct child *children;
	unsigned child_count;          /* records; most of them are free */
	unsigned child_high;           /* records beyond were never used */
	struct notify notify;          /* the service manager */
	struct timer notify_beat;      /* it is told that we live */
	struct timer notify_again;     /* it was behind with what matters */
	struct timer notify_extension; /* … that the end takes longer */
	int64_t notify_interval_ms;
	struct log_limit notify_limit;
	struct passed passed;     /* by the service manager */
	struct loop_task store;   /* new listeners are for its store */
	struct timer store_retry; /* it was behind */
	struct text unstored; /* names of what it is to forget, a line each */
	struct strays strays; /* workers of one that was killed */
	struct log_limit spawn_limit;
	struct log_limit steer_limit;
	struct log_sink access; /* the access log; workers write it */

	bool has_access; /* workers have an access log, or had one */
	bool has_pid_file;
	bool was_ready;    /* a worker was READY, ever */
	bool is_scaled;    /* by TTIN or TTOU: not what the file says */
	bool has_reported; /* all slots have served at once */
	bool is_fresh;     /* nothing is opened yet: some may be found */
	bool is_audit_off; /* the kernel does not tell who listens */
	bool is_trial;     /* we only try whether we could go on */
	bool is_stopping;
	bool is_urgent;        /* … without waiting for anybody */
	bool has_no_bound;     /* … for as long as it takes */
	unsigned term_count;   /* TERM and INT so far */
	int64_t barred_ms;     /* since when nobody new comes in */
	int64_t stop_until_ms; /* the bound of the drain */
	int exit_status;
};

/* supervisor_start.c: everything before the first fork.  0; or -1 with words,
 * whose number says which exit status fits. */
int supervisor_prepare(struct supervisor *supervisor, struct error *error);
/* All there will ever be, before anything else. */
void supervisor_take_memory(struct supervisor *supervisor);
/* How many workers a configuration asks for. */
unsigned supervisor_worker_count(const struct config *config);
/* Descriptors for the supervisor and its workers: 0; or -1 with words: there
 * are too few, and the limit is as it was.  What there are is what its workers
 * share, either way. */
int supervisor_raise_limits(struct generation *generation,
			    unsigned worker_count, struct error *error);

/* supervisor_groups.c: the groups of a generation, found in the bank or opened.
 * 0; or -1 with words: close_unused removes what was opened. */
int supervisor_open_groups(struct supervisor *supervisor,
			   struct generation *generation, struct error *error);
/* It is the current one now: its workers accept from its groups, and what those
 * were made from (fd:N) is given up. */
void supervisor_note_serving(const struct generation *generation);
/* Mode, owner and group of its socket files, as they are configured. */
void supervisor_change_access(const struct generation *generation);
/* Groups that no configuration names and nobody accepts from any more. */
void supervisor_close_unused(struct supervisor *supervisor);
/* Answer those who ask who has our addresses: 0, or -1 with errno. */
int supervisor_serve_locks(struct supervisor *supervisor);
void supervisor_close_reservations(struct supervisor *supervisor);

/* supervisor_steer.c: bring steering and adoption up to date with what the
 * workers are able to: after every change of that; again: after none. */
void supervisor_arrange(struct supervisor *supervisor);
void supervisor_arrange_again(struct supervisor *supervisor);
void supervisor_arrange_later(struct timer *timer);
/* … no later than then. */
void supervisor_arrange_by(struct supervisor *supervisor, int64_t at_ms);
/* Is nobody of its own to accept from its listeners before long? */
bool supervisor_is_vacant(const struct supervisor_slot *slot);
/* Is it of a generation that serves the group, and not full? */
bool supervisor_has_room(const struct child *child,
			 const struct bank_group *group);
/* Has it said that the service has no room? */
bool supervisor_is_full(const struct child *child, unsigned service);
/* Could this worker take a connection of the group now? */
bool supervisor_is_fit(const struct child *child,
		       const struct bank_group *group);

/* supervisor_watch.c */
void supervisor_start_watch(struct supervisor *supervisor);
/* A worker of this configuration is judged by it. */
void supervisor_set_watchdog(struct child *child, const struct config *config);

/* A round of the watch, not before `at_ms`, for what need not wake us up. */
int64_t supervisor_round(const struct supervisor *supervisor, int64_t at_ms);

/* supervisor_audit.c: strangers in any group: before one of ours gets its place
 * behind them, and every few seconds.  Whether some have come or gone. */
bool supervisor_audit_strangers(struct supervisor *supervisor);
void supervisor_start_audit(struct supervisor *supervisor);

/* supervisor_adopt.c */
void supervisor_adopt(struct supervisor *supervisor, struct bank_group *group);
/* It does not accept from the listener that it was lent. */
void supervisor_note_refusal(struct child *child, struct bank_group *group,
			     unsigned slot);
/* It accepts nothing of others any more. */
void supervisor_forget_adopter(struct child *child);

/* supervisor_slots.c */
void supervisor_init_slots(struct supervisor *supervisor);
/* Start those that waited when their state was written down. */
void supervisor_resume_slots(struct supervisor *supervisor);
/* The delays of the current configuration. */
void supervisor_set_delays(struct supervisor *supervisor);
void supervisor_slot_event(struct supervisor_slot *slot, enum slot_event event);
/* Whoever of the slot was asked to leave has served until now, and may go. */
void supervisor_drain_leavers(struct supervisor_slot *slot);
bool supervisor_is_serving(const struct supervisor *supervisor);
/* The worker of a slot leaves: it serves until another one there is READY, and
 * drains then. */
void supervisor_vacate(struct child *child);
/* Once, when every slot has its worker: to the log and --ready-fd. */
void supervisor_report(struct supervisor *supervisor);
/* The listeners of a worker that came to listen get their place in the kernel's
 * order. */
void supervisor_note_listening(struct child *child);
/* Nobody serves any more: no slot waits longer than BACKOFF_NOBODY_MS. */
void supervisor_shorten_waits(struct supervisor *supervisor);

/* supervisor_spawn.c: the slot's next worker.  0, or -1 and the slot has
 * none; the reason is logged. */
int supervisor_spawn(struct supervisor_slot *slot);
/* A worker of `generation` for the slot, which the caller puts in its place;
 * NULL with words. */
struct child *supervisor_fork(struct supervisor_slot *slot,
			      struct generation *generation,
			      struct error *error);
/* A record that is not free any more. */
void supervisor_init_child(struct child *child, struct supervisor_slot *slot,
			   unsigned generation);
struct child *supervisor_find(struct supervisor *supervisor, pid_t pid);

/* supervisor_records.c */
/* The generation that the worker is of; NULL: gone, it drains. */
struct generation *supervisor_generation_of(const struct child *child);
/* The worker of a slot asked to leave: say so, and vacate its place. */
void supervisor_replace_leaver(struct child *child);
/* It says that the service has no room, or has it again. */
void supervisor_note_room(struct child *child, unsigned service, bool is_full);
void supervisor_receive(struct channel *channel, const struct record *record,
			const int *fds);

/* supervisor_orders.c */
void supervisor_order(struct child *child, enum record_type type);
void supervisor_order_log(struct supervisor *supervisor);
void supervisor_order_drain(struct child *child, int64_t until_ms);
/* Tell all whose turn it is that they may listen. */
void supervisor_order_listen(struct supervisor *supervisor);
/* Go on with orders (a bit per record type) that another build could not
 * send. */
void supervisor_resume_orders(struct child *child, uint64_t unsent);
void supervisor_retry_orders(struct timer *timer);

/* supervisor_deaths.c */
void supervisor_reap(struct supervisor *supervisor);
void supervisor_channel_closed(struct channel *channel);
void supervisor_deadline(struct timer *timer);
void supervisor_bury(struct loop_task *task);
/* ", in data_received for 3s": what it is doing, by its own page.  Returns
 * `out`. */
#define SUPERVISOR_CALLBACK_TEXT 64
char *supervisor_describe_callback(char out[SUPERVISOR_CALLBACK_TEXT],
				   const struct child *child);
/* Kill it; the log says why. */
void supervisor_kill(struct child *child, const char *reason);
/* Have supervisor_deadline run no later than `at_ms`. */
void supervisor_hurry(struct child *child, int64_t at_ms);

/* supervisor_plugins.c: this worker died by its own fault, or hung: if it was
 * in the code of a plug-in, count that one's death, and say so. */
#define SUPERVISOR_BLAME 448
bool supervisor_blame(const struct child *child, char out[SUPERVISOR_BLAME]);

/* supervisor_reload.c */
void supervisor_reload(struct supervisor *supervisor);
/* The program ends. */
void supervisor_cancel_reload(struct supervisor *supervisor);
/* A worker of the next generation is READY; … died. */
void supervisor_next_ready(struct supervisor *supervisor);
void supervisor_next_died(struct supervisor_slot *slot, const char *words);

/* The reload's second half: with `config`, which it takes (NULL: it failed). */
void supervisor_change_to(struct supervisor *supervisor, struct config *config);
/* The same configuration with new workers, as after an upgrade. */
void supervisor_roll(struct supervisor *supervisor);

/* supervisor_keeper.c: the keeper lives as long as we do.  Who changes what is
 * exported, or closes a descriptor of it, says so in the same turn (one being
 * sent is read from a list), for nobody else does, but for every half minute.
 * keep: before the loop waits; keep_soon: with the next; keep_changes: now. */
void supervisor_init_keeper(struct supervisor *supervisor);
void supervisor_start_keeper(struct supervisor *supervisor);
void supervisor_keep(struct supervisor *supervisor);
void supervisor_keep_soon(struct supervisor *supervisor);
void supervisor_keep_changes(struct supervisor *supervisor);
/* Go on with the keeper of the build before us, until ours has been fed; and,
 * if that cannot be: it goes on without us, for a successor. */
void supervisor_take_keeper(struct supervisor *supervisor, pid_t pid, int fd);
void supervisor_leave_keeper(struct supervisor *supervisor);
/* At once and whole, waiting for it if need be: before we serve. */
void supervisor_keep_whole(struct supervisor *supervisor);
/* Was it the keeper?  Then another is started. */
bool supervisor_keeper_reaped(struct supervisor *supervisor, pid_t pid);
void supervisor_end_keeper(struct supervisor *supervisor);
void supervisor_release_keeper(struct supervisor *supervisor);

/* supervisor_succession.c: 1: a keeper gave us the state of a supervisor that
 * was killed; 0: there is none; -1 with words. */
int supervisor_succeed_to(struct supervisor *supervisor,
			  const struct config *config, struct error *error);

/* supervisor_orphans.c: workers that are no children of ours. */
int supervisor_watch_orphan(struct child *child); /* 0, or -1 */
void supervisor_forget_orphan(struct child *child);
/* Now and then: one that accepts no more is drained; one that began to drain by
 * itself is replaced. */
void supervisor_look_at_orphan(struct child *child);
/* Workers of the current configuration take the places of all of them.  False:
 * there are none. */
bool supervisor_replace_orphans(struct supervisor *supervisor);
/* To any worker.  0, or -1 with errno. */
int supervisor_signal(const struct child *child, int number);
/* Tell an orphan to leave; one that is stopped is killed. */
void supervisor_retire(struct child *child);

/* supervisor_notify.c: nothing happens if no service manager asked. */
void supervisor_init_notify(struct supervisor *supervisor);
void supervisor_start_notify(struct supervisor *supervisor);
void supervisor_notify_ready(struct supervisor *supervisor);
void supervisor_notify_reloading(struct supervisor *supervisor);
void supervisor_notify_stopping(struct supervisor *supervisor);
void supervisor_stop_notify(struct supervisor *supervisor);

/* supervisor_store.c: what the service manager has passed.  0, or -1 with
 * words. */
int supervisor_take_passed(struct supervisor *supervisor, struct error *error);
/* From a name to the descriptor: `address` (systemd:NAME) becomes fd:N.  0, or
 * -1 with words. */
int supervisor_find_passed(struct supervisor *supervisor,
			   struct address *address, struct error *error);
/* Have it store what listens by now; … forget what will not any more. */
void supervisor_store(struct supervisor *supervisor);
void supervisor_unstore(struct supervisor *supervisor, struct bank_group *group,
			unsigned slot);
void supervisor_init_store(struct supervisor *supervisor);
void supervisor_start_store(struct supervisor *supervisor);
void supervisor_stop_store(struct supervisor *supervisor);

/* supervisor_salvage.c: true: the group, which is locked, has listeners that an
 * instance before us has left, with `options`. */
bool supervisor_salvage(struct supervisor *supervisor, struct bank_group *group,
			bool is_shared, const struct sockopt_settings *options);
void supervisor_park_salvaged(struct supervisor *supervisor);
/* What a listener is called in the service manager's store.  Returns `out`. */
#define SUPERVISOR_STORED_NAME (ADDRESS_TEXT + 16)
char *supervisor_stored_name(char out[SUPERVISOR_STORED_NAME],
			     const struct bank_group *group, unsigned slot);

/* supervisor_upgrade.c */
void supervisor_upgrade(struct supervisor *supervisor);
void supervisor_cancel_upgrade(struct supervisor *supervisor);
/* Was it the trial?  Then it is dealt with. */
bool supervisor_trial_reaped(struct supervisor *supervisor, pid_t pid,
			     int status);

/* supervisor_door.c: newcomers are turned away, or welcome again.  All: from now
 * on; is somebody in the midst of coming in, who is worth to be waited for? */
void supervisor_bar(struct supervisor *supervisor, struct bank_group *group,
		    bool is_barred);
void supervisor_bar_all(struct supervisor *supervisor);
bool supervisor_is_someone_coming(const struct supervisor *supervisor);

/* supervisor_stop.c */
void supervisor_terminate(struct supervisor *supervisor); /* TERM, INT */
void supervisor_quit(struct supervisor *supervisor);      /* QUIT */
void supervisor_drain_delay_over(struct timer *timer);
/* No worker was ever READY: end with the status that fits. */
void supervisor_give_up(struct supervisor_slot *slot, const char *death);
/* TERM a worker that serves nobody; drain one that may. */
void supervisor_end_child(struct child *child);
void supervisor_drain_child(struct child *child);
void supervisor_terminate_child(struct child *child); /* the TERM alone */
/* Until when whoever drains now may: the end's bound, or drain_timeout. */
int64_t supervisor_drain_bound(const struct supervisor *supervisor);
/* Accepted connections, of all services. */
uint64_t supervisor_count_live(const struct supervisor *supervisor);
/* After a worker stopped accepting or died: close what nobody accepts from,
 * and end the loop after the last. */
void supervisor_stop_further(struct supervisor *supervisor);
/* A worker died before it had accepted what waited: if all are draining, start
 * another to do it. */
void supervisor_succeed(struct supervisor_slot *slot);
/* It could not be started: try again before long. */
void supervisor_succeed_later(struct supervisor_slot *slot);

/* supervisor_signals.c */
int supervisor_start_signals(struct supervisor *supervisor,
			     struct error *error);

#endif
