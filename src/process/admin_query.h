/* SPDX-License-Identifier: MIT */
/* admin_query.h - what admin_workers.c (the channels) and admin_query.c (the
 * queries) share.
 *
 * A part is what one worker owes one query.  It is held back until the client
 * has room, waits until the worker has time, and is asked for, page by page. */
#ifndef COHORT_PROCESS_ADMIN_QUERY_H
#define COHORT_PROCESS_ADMIN_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "control/connection_top.h"
#include "process/admin_workers.h"

struct admin_workers {
	struct loop *loop;
	struct list list; /* struct admin_worker */
	struct list gone; /* of these, to be freed by … */
	struct loop_task bury;
	struct timer tick; /* runs while a part is waited for */
	struct list queries;
	unsigned query_count;
	uint32_t row_count; /* that the queries have room for */
	uint32_t last_number;
};

struct admin_worker {
	struct list node;
	struct admin_workers *workers;
	struct channel channel;
	int32_t pid;
	uint32_t slot;
	bool is_busy;   /* a query is with it */
	bool is_silent; /* … and has been for too long */
	uint32_t number;
	struct admin_part *asked; /* NULL: nobody waits for the answer */
	struct list waiting;      /* parts */
	struct list held;
	int64_t heard_ms; /* or when it was asked */
	int64_t asked_ms;
	uint32_t rows_left;  /* that the answer may have yet */
	uint32_t signs_left; /* … records without any */
};

struct admin_part {
	struct list node; /* of the worker's lists */
	struct admin_query *query;
	struct admin_worker *worker; /* NULL: nothing is owed any more */
	uint32_t from;
	bool is_held;
};

struct admin_row {
	struct connection_row row;
	int32_t pid;
	uint32_t slot;
};

#define ADMIN_QUERY_FAULTS 768 /* of words about workers that fail */
/* Whose pages may come at a time: what the client does not read waits in our
 * memory. */
#define ADMIN_QUERY_PAGES  8

struct admin_query {
	struct list node;
	struct admin_workers *workers;
	struct reply *reply; /* NULL: the client has gone */
	struct loop_task task;
	struct connection_query query;
	struct connection_top top; /* with an order … */
	struct admin_row *rows;    /* … by the places of its ranks; owned */
	bool is_sorted;
	uint32_t told_count;
	uint64_t matched_count;
	uint64_t affected_count;
	char faults[ADMIN_QUERY_FAULTS];
	unsigned owing_count; /* parts */
	unsigned part_count;
	struct admin_part parts[];
};

/* ---- admin_workers.c ---- */

bool admin_worker_is_meant(const struct admin_worker *worker,
			   const struct connection_query *query);
/* Ask for it when it is its turn. */
void admin_worker_ask(struct admin_part *part);

/* ---- admin_query.c: what a worker has said goes to the client ---- */

void admin_query_take_row(struct admin_part *part, struct connection_row *row);
void admin_query_take_end(struct admin_part *part,
			  const struct connection_end *end);
/* It will not come: "worker 3 (pid 4711) `words`". */
void admin_query_lose(struct admin_part *part, const char *words);
/* It ends unanswered. */
void admin_query_abandon(struct admin_query *query);

#endif
