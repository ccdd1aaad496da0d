/* SPDX-License-Identifier: MIT */
/* admin_internal.h - what the files of the admin process share.
 *
 *	admin.c          birth, beats, what the supervisor says, the end
 *	admin_serve.c    the servers on their listeners
 *	admin_backend.c  what the verbs need: a snapshot, who may order
 *	admin_orders.c   orders up, answers down
 *	admin_http.c     the paths */
#ifndef COHORT_PROCESS_ADMIN_INTERNAL_H
#define COHORT_PROCESS_ADMIN_INTERNAL_H

#include <stdbool.h>

#include "control/backend.h"
#include "control/busiest.h"
#include "control/http_server.h"
#include "control/samples.h"
#include "control/server.h"
#include "event/loop.h"
#include "event/signals.h"
#include "metrics/exposition.h"
#include "metrics/process_stats.h"
#include "process/admin.h"
#include "process/admin_workers.h"
#include "process/channel.h"

/* Made once for each snapshot, and copied for whoever asks. */
struct admin_kept {
	struct http_answer answer;
	uint64_t number; /* of the snapshot; 0: none yet */
};

struct admin {
	const struct admin_birth *birth;
	struct loop loop;
	struct signals signals;
	struct channel channel;
	struct timer beat;
	struct timer end;         /* nobody is waited for any longer */
	struct scoreboard *board; /* for reading */
	/* One is shown, the next one is taken beside it. */
	struct snapshot snapshots[2];
	unsigned shown;
	uint64_t snapshot_count; /* taken; 0: there is none to show */
	int64_t retry_ms;        /* none could be: not before then */
	bool is_outdated;        /* something was ordered since */
	int64_t anew_ms;         /* the turn of the last look for counters */
	struct process_stats process; /* of the supervisor */
	struct process_files files;   /* to read that from */
	struct admin_kept metrics[EXPOSITION_FORMATS];
	struct admin_kept status;
	struct samples samples;
	struct busiest *busiest;
	struct control_backend backend;
	struct control_listener *listeners; /* of the services */
	char (*addresses)[ADDRESS_TEXT];    /* their texts */
	struct text page_headers;
	struct admin_workers *workers;
	struct control_server *control; /* NULL: there is no such listener */
	struct http_server *http;       /* the same */
	struct list orders;             /* that are not answered yet */
	uint32_t order_count;           /* that were given */
	unsigned busy_count; /* servers that it waits for to retire */
	bool wants_leave;    /* was asked to end … */
	bool is_leaving;     /* … and has said so */
	bool is_retiring;    /* was told to */
};

/* ---- admin_serve.c ---- */

/* Accept from all listeners.  0, or -1 with words. */
int admin_serve(struct admin *admin, struct error *error);
/* Accept no more; when all have been answered the loop is stopped. */
void admin_end_serving(struct admin *admin);
/* At once. */
void admin_release_servers(struct admin *admin);

/* ---- admin_backend.c ---- */

int admin_init_backend(struct admin *admin, struct error *error);
/* Before the servers and … after them. */
void admin_release_workers(struct admin *admin);
void admin_release_backend(struct admin *admin);

/* A snapshot that is young enough; NULL: there is none. */
const struct snapshot *admin_look(struct admin *admin);
/* For counters: while one process takes over from another both answer, and
 * what the one saw a moment ago may be less than what the other has just
 * said.  All who ask in a turn of the loop share one. */
const struct snapshot *admin_look_anew(struct admin *admin);
/* What the kernel says of the supervisor now. */
const struct process_stats *admin_read_process(struct admin *admin);

/* ---- admin_orders.c ---- */

/* As struct control_backend has it. */
void admin_order(void *context, const struct control_order *order,
		 struct reply *reply);
/* RECORD_ANSWER: perhaps to an order of ours. */
void admin_init_orders(struct admin *admin);
void admin_take_answer(struct admin *admin, const struct record *record);

/* ---- admin_http.c ---- */

extern const struct http_route admin_routes[]; /* the context is the admin */

/* NULL: it is ready for clients; else why not.  Pure. */
const char *admin_not_ready(const struct snapshot *snapshot);
/* The same of being alive: its supervisor turns, as it has shown so long ago.
 * `timeout_ms` -1: nobody hangs. */
const char *admin_not_live(int64_t silent_ms, int64_t timeout_ms);
void admin_release_answers(struct admin *admin);

#endif
