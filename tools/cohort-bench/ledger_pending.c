/* SPDX-License-Identifier: MIT */
/* ledger_pending.c - verdicts that wait for the fate of a worker. */
#include "ledger_pending.h"

#include <stdlib.h>

struct pending_case {
	struct list node;
	struct ledger_loss loss;
	struct ledger_event event;
	int64_t deadline_ms;
};

static void enter(struct ledger_pending *pending, struct ledger_loss loss,
		  enum ledger_fate fate, const struct ledger_event *event)
{
	enum ledger_entry entry;

	loss.is_worker_alive = fate != LEDGER_FATE_DEAD;
	entry = ledger_verdict(&loss);
	if (entry != LEDGER_ENTRIES)
		ledger_book_note(pending->book, entry, event);
}

static void wait_for_fate(struct ledger_pending *pending,
			  const struct ledger_loss *loss,
			  const struct ledger_event *event)
{
	struct pending_case *waiting = malloc(sizeof(*waiting));
	struct loop *loop = pending->loop;

	if (!waiting) {
		ledger_book_note(pending->book, LEDGER_OTHER, event);
		return;
	}
	waiting->loss = *loss;
	waiting->event = *event;
	waiting->deadline_ms = loop->now_ms + LEDGER_FATE_MS;
	list_append(&pending->cases, &waiting->node);
	if (!timer_is_started(&pending->timer))
		timer_start(&loop->timers, &pending->timer,
			    loop->now_ms + LEDGER_LOOK_MS);
}

void ledger_pending_judge(struct ledger_pending *pending,
			  const struct ledger_loss *loss,
			  const struct ledger_event *event)
{
	enum ledger_fate fate = LEDGER_FATE_ALIVE;

	if (ledger_verdict_needs_fate(loss))
		fate = pending->fate_of(event->pid);
	if (fate == LEDGER_FATE_UNSURE)
		wait_for_fate(pending, loss, event);
	else
		enter(pending, *loss, fate, event);
}

static void look(struct ledger_pending *pending, struct pending_case *waiting)
{
	enum ledger_fate fate = pending->fate_of(waiting->event.pid);

	if (fate == LEDGER_FATE_UNSURE &&
	    pending->loop->now_ms < waiting->deadline_ms)
		return;
	enter(pending, waiting->loss, fate, &waiting->event);
	list_remove(&waiting->node);
	free(waiting);
}

static void look_again(struct timer *timer)
{
	struct ledger_pending *pending =
		list_entry(timer, struct ledger_pending, timer);
	struct list *node, *following;

	list_for_each_safe (node, following, &pending->cases)
		look(pending, list_entry(node, struct pending_case, node));
	if (list_is_empty(&pending->cases))
		pending->emptied(pending);
	else
		timer_start(&pending->loop->timers, timer,
			    pending->loop->now_ms + LEDGER_LOOK_MS);
}

void ledger_pending_init(struct ledger_pending *pending, struct loop *loop,
			 struct ledger_book *book,
			 void (*emptied)(struct ledger_pending *pending))
{
	list_init(&pending->cases);
	timer_init(&pending->timer, look_again);
	pending->loop = loop;
	pending->book = book;
	pending->fate_of = ledger_worker_fate;
	pending->emptied = emptied;
}

void ledger_pending_release(struct ledger_pending *pending)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &pending->cases) {
		list_remove(node);
		free(list_entry(node, struct pending_case, node));
	}
	timer_stop(&pending->loop->timers, &pending->timer);
}

bool ledger_pending_is_empty(const struct ledger_pending *pending)
{
	return list_is_empty(&pending->cases);
}
