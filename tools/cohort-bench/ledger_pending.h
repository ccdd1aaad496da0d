/* SPDX-License-Identifier: MIT */
/* ledger_pending.h - ended connections whose verdict waits for the fate of
 * their worker, while their clients go on.
 *
 * Mostly the first look decides and nothing waits (ledger_worker.h). */
#ifndef COHORT_BENCH_LEDGER_PENDING_H
#define COHORT_BENCH_LEDGER_PENDING_H

#include <stdbool.h>

#include "base/list.h"
#include "event/loop.h"
#include "ledger_book.h"
#include "ledger_verdict.h"
#include "ledger_worker.h"

#define LEDGER_FATE_MS 500 /* who has not died by then, lives */
#define LEDGER_LOOK_MS 10  /* between two looks */

struct ledger_pending {
	struct list cases;
	struct timer timer;
	struct loop *loop;
	struct ledger_book *book;
	enum ledger_fate (*fate_of)(int pid); /* ledger_worker_fate */
	/* The last case is decided. */
	void (*emptied)(struct ledger_pending *pending);
};

void ledger_pending_init(struct ledger_pending *pending, struct loop *loop,
			 struct ledger_book *book,
			 void (*emptied)(struct ledger_pending *pending));

/* Drop what is undecided. */
void ledger_pending_release(struct ledger_pending *pending);

/* Find out whether the worker of `event` is alive and enter the verdict, now
 * or later.  Without memory to wait it is entered as LEDGER_OTHER.*/
void ledger_pending_judge(struct ledger_pending *pending,
			  const struct ledger_loss *loss,
			  const struct ledger_event *event);

bool ledger_pending_is_empty(const struct ledger_pending *pending);

#endif
