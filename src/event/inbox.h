/* SPDX-License-Identifier: MIT */
/* inbox.h - work that other threads bring to a loop.
 *
 * Letters are run by the loop's thread, in the order in which they came, a
 * share of them in each turn.  One that was taken is run, whatever comes: at
 * the latest by inbox_close.  Embedded in its owner, which has to outlive every
 * thread that may post. */
#ifndef COHORT_EVENT_INBOX_H
#define COHORT_EVENT_INBOX_H

#include <pthread.h>
#include <stdbool.h>

#include "base/list.h"
#include "event/loop.h"

#define INBOX_TURN_LETTERS 256 /* run before others get their turn */

/* Embedded in what is to be done; the runner's again once it runs. */
struct inbox_letter {
	struct list node;
	void (*run)(struct inbox_letter *letter);
};

struct inbox {
	struct loop *loop;
	struct loop_source source; /* says that something has come */
	struct loop_task task;     /* the share of a turn was not all */
	struct list taken;         /* by the loop's thread, not run yet */
	pthread_mutex_t lock;      /* of what follows */
	struct list letters;
	bool is_open;
};

/* The loop's thread.  0, or -1 with errno and nothing to be closed. */
int inbox_open(struct inbox *inbox, struct loop *loop);

/* Any thread: 0, or -1 with ESHUTDOWN once it is closed. */
int inbox_post(struct inbox *inbox, struct inbox_letter *letter);

/* The loop's thread: take no more, and run what is there.  Idempotent. */
void inbox_close(struct inbox *inbox);

#endif
