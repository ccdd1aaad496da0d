/* SPDX-License-Identifier: MIT */
/* loop.h - the poll loop that every process of the program turns.
 *
 * A turn: wait for readiness, hand each ready source its events, run the
 * tasks, run the timers that are due, run the tasks again, tell the observer.
 * Sources are embedded in their owners.  A removed source gets no event any
 * more, also none that was already found in this turn: its memory is the
 * owner's again at once. */
#ifndef COHORT_EVENT_LOOP_H
#define COHORT_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "event/poller.h"
#include "event/spin.h"
#include "event/timer.h"

#define LOOP_EVENTS 256 /* sources served in one turn, at most */

struct loop;

struct loop_source {
	void (*ready)(struct loop_source *source, unsigned found);
	int fd;          /* -1 while it is not in a loop */
	bool is_traffic; /* events of it are what the loop spins for */
};

/* Work to be done before the loop waits again: embedded in its owner, queued
 * at most once at a time, run in order.  A task queued while tasks run has to
 * wait for the next round of tasks; while one is queued the loop does not wait
 * for readiness. */
struct loop_task {
	struct list node;
	void (*run)(struct loop_task *task);
};

struct loop {
	int poller;
	bool is_stopping;
	/* What the last wait found and has not been handed out yet. */
	struct poller_event events[LOOP_EVENTS];
	int event_next;
	int event_count;
	int64_t now_ms;   /* monotonic, read once a turn, after the wait */
	int64_t ended_us; /* when the last turn ended, monotonic */
	int64_t turn_us;  /* how long it was, without the wait: as long as
			     whoever became ready in it had to wait */
	struct timers timers;
	struct list tasks;
	/* Called at the end of each turn with `observer_context`; a turn comes
	 * at least every `turn_limit_ms` (-1: whenever there is work). */
	void (*observer)(void *context, struct loop *loop);
	void *observer_context;
	int turn_limit_ms;
	/* It polls before it sleeps, if something is connected: so many, which
	 * somebody else counts. */
	struct spin spin;
	const unsigned *connected_count; /* NULL: nothing, ever */
};

int loop_init(struct loop *loop, struct error *error);
void loop_release(struct loop *loop); /* sources and timers are the owners' */

static inline void loop_source_init(struct loop_source *source,
				    void (*ready)(struct loop_source *,
						  unsigned found))
{
	source->ready = ready;
	source->fd = -1;
	source->is_traffic = false;
}

/* Watch `fd` for `interest` (POLLER_…).  The descriptor stays the caller's.
 * 0, or -1 with errno. */
int loop_add(struct loop *loop, struct loop_source *source, int fd,
	     unsigned interest);

/* Stop watching; before the descriptor is closed (kernel.md 22).
 * Idempotent. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Forget a source whose descriptor, held by no other process, is about to be
 * closed, which takes it out of the poller by itself: spares a system call. */
void loop_forget(struct loop *loop, struct loop_source *source);

static inline void loop_task_init(struct loop_task *task,
				  void (*run)(struct loop_task *task))
{
	list_init(&task->node);
	task->run = run;
}
void loop_post(struct loop *loop, struct loop_task *task); /* idempotent */
void loop_cancel(struct loop_task *task);                  /* idempotent */

/* Turn until loop_stop.  0, or -1 if the poller fails. */
int loop_run(struct loop *loop, struct error *error);
void loop_stop(struct loop *loop);

#endif
