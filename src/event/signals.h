/* SPDX-License-Identifier: MIT */
/* signals.h - signals as events of the loop, from a table.
 *
 * All signals of the table are blocked and read from a signalfd, so that no
 * code ever runs in signal context.  Rows without a handler are ignored
 * (SIG_IGN). */
#ifndef COHORT_EVENT_SIGNALS_H
#define COHORT_EVENT_SIGNALS_H

#include <stddef.h>

#include "base/error.h"
#include "event/loop.h"

struct signals_row {
	int number;                                    /* 0 ends the table */
	void (*handle)(void *context, int sender_pid); /* NULL: ignore */
};

struct signals {
	struct loop_source source;
	const struct signals_row *rows;
	void *context;
};

/* Block and ignore as the table says, and serve it from `loop`.  Must come
 * before any child is forked.  `rows` must outlive it. */
int signals_start(struct signals *signals, struct loop *loop,
		  const struct signals_row *rows, void *context,
		  struct error *error);
void signals_stop(struct signals *signals, struct loop *loop);

/* In a fresh child: every signal gets its default action and nothing stays
 * blocked, whatever was inherited; then the signals of `ignored` (ended by 0)
 * are ignored. */
void signals_reset(const int *ignored);

#endif
