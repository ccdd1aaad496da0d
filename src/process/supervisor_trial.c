/* SPDX-License-Identifier: MIT */
/* supervisor_trial.c - a new binary, tried beside the old one, which serves
 * on: it reads the state and brings one worker to READY.  That worker polls no
 * listener; no lock is asked for, no port bound, nobody notified. */
#include <errno.h>
#include <signal.h>

#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

#define LOOK_MS  10
#define BOUND_MS 8000 /* less than the old binary waits */
#define END_MS   1000 /* of it for the worker's end: worker_stop */

struct trial {
	struct supervisor *supervisor;
	struct child *child;
	struct timer look;
	int64_t until_ms;
	bool is_good;
};

static void look(struct timer *timer)
{
	struct trial *trial = list_entry(timer, struct trial, look);
	struct loop *loop = &trial->supervisor->loop;

	/* READY, and therefore told to drain: it belongs to no slot. */
	if (!trial->is_good && trial->child->state == WORKER_DRAINING) {
		trial->is_good = true;
		if (trial->until_ms > loop->now_ms + END_MS)
			trial->until_ms = loop->now_ms + END_MS;
	}
	if (trial->child->is_reaped || loop->now_ms >= trial->until_ms)
		loop_stop(loop);
	else
		timer_start(&loop->timers, timer, loop->now_ms + LOOK_MS);
}

int supervisor_try(struct supervisor *supervisor, struct error *error)
{
	struct trial trial = {.supervisor = supervisor};
	struct loop *loop = &supervisor->loop;

	trial.child = supervisor_fork(&supervisor->slots[0],
				      supervisor->current, error);
	if (!trial.child)
		return -1;
	trial.until_ms = loop->now_ms + BOUND_MS;
	supervisor_order(trial.child, RECORD_BANKED);
	timer_init(&trial.look, look);
	timer_start(&loop->timers, &trial.look, loop->now_ms);
	if (loop_run(loop, error) < 0)
		return -1;
	/* Nothing is wrong with it: no word. */
	if (!trial.child->is_reaped)
		supervisor_signal(trial.child, SIGKILL);
	if (trial.is_good)
		return 0;
	return error_set(error, "its worker did not become ready%s%s",
			 supervisor->slots[0].failure.text[0] ? ": " : "",
			 supervisor->slots[0].failure.text);
}
