/* SPDX-License-Identifier: MIT */
/* busiest.c - the first few connections by several orders. */
#include "control/busiest.h"

#include <stdlib.h>
#include <string.h>

#include "control/reply_writer.h"

static const struct order {
	const char *name;
	enum connection_sort sort;
} orders[] = {
	{"busiest", CONNECTION_SORT_BYTES},
	{"slowest", CONNECTION_SORT_RTT},
	{"queued", CONNECTION_SORT_QUEUED},
	{"oldest", CONNECTION_SORT_AGE},
};
#define ORDER_COUNT (sizeof(orders) / sizeof(orders[0]))

struct busiest {
	struct loop *loop;
	const struct control_backend *backend;
	struct timer timer;     /* the next round, while somebody looks */
	struct loop_task ended; /* what was asked for is there */
	int64_t looked_ms;      /* monotonic; 0: nobody so far */
	unsigned order;         /* that is being asked for */
	bool is_asking;
	struct reply_writer writer; /* the answer, in the making */
	struct text rows[ORDER_COUNT];
	bool has_rows;
};

static void on_changed(struct reply_writer *writer)
{
	struct busiest *busiest = list_entry(writer, struct busiest, writer);

	if (writer->is_ended)
		loop_post(busiest->loop, &busiest->ended);
}

static void ask(struct busiest *busiest)
{
	const struct control_backend *backend = busiest->backend;
	const struct connection_query query = {
		.version = CONNECTION_QUERY_VERSION,
		.action = CONNECTION_LIST,
		.sort = orders[busiest->order].sort,
		.limit = BUSIEST_ROWS,
		.slot = -1,
		.idle_over_ms = -1,
	};

	reply_writer_init(&busiest->writer, REPLY_JSON_STREAM, "connections",
			  on_changed);
	busiest->is_asking = true;
	backend->query(backend->context, &query, &busiest->writer.reply);
}

/* Rows are a line each, and what follows them says how it went. */
static void keep_rows(struct text *rows, const struct text *output)
{
	const char *at = output->bytes, *end;

	text_release(rows);
	while ((end = strchr(at, '\n')) != NULL && end[1] != '\0') {
		if (rows->size > 0)
			text_append_bytes(rows, ",", 1);
		text_append_bytes(rows, at, (size_t)(end - at));
		at = end + 1;
	}
}

static void on_ended(struct loop_task *task)
{
	struct busiest *busiest = list_entry(task, struct busiest, ended);
	struct loop *loop = busiest->loop;

	keep_rows(&busiest->rows[busiest->order], &busiest->writer.output);
	reply_writer_release(&busiest->writer);
	busiest->is_asking = false;
	busiest->order = (busiest->order + 1) % ORDER_COUNT;
	if (busiest->order > 0) {
		ask(busiest);
		return;
	}
	busiest->has_rows = true;
	if (loop->now_ms - busiest->looked_ms < BUSIEST_IDLE_MS)
		timer_start(&loop->timers, &busiest->timer,
			    loop->now_ms + BUSIEST_STEP_MS);
	else
		busiest->has_rows = false; /* too old for who comes next */
}

static void on_step(struct timer *timer)
{
	ask(list_entry(timer, struct busiest, timer));
}

struct busiest *busiest_new(struct loop *loop,
			    const struct control_backend *backend)
{
	struct busiest *busiest = calloc(1, sizeof(*busiest));

	if (busiest == NULL)
		return NULL;
	busiest->loop = loop;
	busiest->backend = backend;
	timer_init(&busiest->timer, on_step);
	loop_task_init(&busiest->ended, on_ended);
	return busiest;
}

void busiest_free(struct busiest *busiest)
{
	struct reply *reply;
	unsigned i;

	if (busiest == NULL)
		return;
	reply = &busiest->writer.reply;
	if (busiest->is_asking && !busiest->writer.is_ended &&
	    reply->gone != NULL)
		reply->gone(reply);
	timer_stop(&busiest->loop->timers, &busiest->timer);
	loop_cancel(&busiest->ended);
	reply_writer_release(&busiest->writer);
	for (i = 0; i < ORDER_COUNT; i++)
		text_release(&busiest->rows[i]);
	free(busiest);
}

/* Not from within a look: the backend may be in the midst of something. */
static void note_look(struct busiest *busiest)
{
	struct loop *loop = busiest->loop;

	busiest->looked_ms = loop->now_ms;
	if (!busiest->is_asking && !timer_is_started(&busiest->timer))
		timer_start(&loop->timers, &busiest->timer, loop->now_ms);
}

void busiest_append(struct text *out, struct busiest *busiest)
{
	unsigned i;

	text_append(out, "{");
	if (busiest != NULL) {
		note_look(busiest);
		for (i = 0; busiest->has_rows && i < ORDER_COUNT; i++)
			text_append(out, "%s\"%s\":[%s]", i > 0 ? "," : "",
				    orders[i].name,
				    busiest->rows[i].size > 0
					    ? busiest->rows[i].bytes
					    : "");
	}
	text_append(out, "}");
}
