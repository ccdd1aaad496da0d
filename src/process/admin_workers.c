/* SPDX-License-Identifier: MIT */
/* admin_workers.c - the admin's channels to the workers. */
#include "process/admin_workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/admin_query.h"

#define TICK_MS 100

/* ---- A part at a time ------------------------------------------------ */

bool admin_worker_is_meant(const struct admin_worker *worker,
			   const struct connection_query *query)
{
	return (query->pid == 0 || query->pid == worker->pid) &&
	       (query->slot < 0 || (uint32_t)query->slot == worker->slot);
}

static bool is_waited_for(const struct admin_worker *worker)
{
	return worker->asked != NULL || !list_is_empty(&worker->waiting);
}

static void start_tick(struct admin_workers *workers)
{
	if (!timer_is_started(&workers->tick))
		timer_start(&workers->loop->timers, &workers->tick,
			    workers->loop->now_ms + TICK_MS);
}

/* How many rows its answer may have. */
static uint32_t most_rows(const struct connection_query *query)
{
	uint32_t most = query->limit;

	if (query->sort == CONNECTION_SORT_NONE &&
	    (most == 0 || most > CONNECTION_PAGE_ROWS))
		most = CONNECTION_PAGE_ROWS;
	return query->action == CONNECTION_LIST ? most : 0;
}

/* 0, or -1 with errno. */
static int send_query(struct admin_worker *worker, struct admin_part *part)
{
	struct connection_query query = part->query->query;
	const struct channel_load load = {
		.number = ++worker->workers->last_number,
		.data = &query,
		.size = sizeof(query),
	};

	query.number = load.number;
	query.from = part->from;
	if (query.sort == CONNECTION_SORT_NONE && query.limit > 0)
		query.limit -= part->query->told_count;
	if (channel_send(&worker->channel, RECORD_QUERY, &load) < 0)
		return -1;
	worker->number = load.number;
	worker->asked_ms = worker->workers->loop->now_ms;
	worker->rows_left = most_rows(&query);
	worker->signs_left = ADMIN_WORKERS_SIGNS;
	return 0;
}

/* Ask for the next part, unless one is asked for.  What cannot be sent is tried
 * again by the tick, or lost when the channel says that the worker is gone. */
static void serve(struct admin_worker *worker)
{
	struct admin_part *part;

	if (worker->is_busy || list_is_empty(&worker->waiting))
		return;
	part = list_entry(worker->waiting.next, struct admin_part, node);
	worker->heard_ms = worker->workers->loop->now_ms;
	if (send_query(worker, part) < 0)
		return;
	list_remove(&part->node);
	worker->is_busy = true;
	worker->asked = part;
}

void admin_worker_ask(struct admin_part *part)
{
	struct admin_worker *worker = part->worker;

	list_remove(&part->node);
	part->is_held = false;
	if (worker->is_silent) {
		admin_query_lose(part, "does not answer");
		return;
	}
	list_append(&worker->waiting, &part->node);
	serve(worker);
	start_tick(worker->workers);
}

/* ---- The end of a worker --------------------------------------------- */

static void lose_list(struct list *parts, const char *words)
{
	struct list *node, *following;

	list_for_each_safe (node, following, parts)
		admin_query_lose(list_entry(node, struct admin_part, node),
				 words);
}

static void lose_parts(struct admin_worker *worker, const char *words)
{
	struct admin_part *asked = worker->asked;

	worker->asked = NULL;
	if (asked != NULL)
		admin_query_lose(asked, words);
	lose_list(&worker->waiting, words);
}

static void bury(struct loop_task *task)
{
	struct admin_workers *workers =
		list_entry(task, struct admin_workers, bury);
	struct list *node, *following;

	list_for_each_safe (node, following, &workers->gone)
		free(list_entry(node, struct admin_worker, node));
	list_init(&workers->gone);
}

/* Not freed at once: its channel may be what calls us. */
static void forget(struct admin_worker *worker, const char *words)
{
	struct admin_workers *workers = worker->workers;

	channel_close(&worker->channel);
	lose_parts(worker, words);
	lose_list(&worker->held, words);
	list_remove(&worker->node);
	list_append(&workers->gone, &worker->node);
	loop_post(workers->loop, &workers->bury);
}

/* ---- What it says ---------------------------------------------------- */

static struct admin_worker *worker_of(struct channel *channel)
{
	return list_entry(channel, struct admin_worker, channel);
}

/* They have memory of ours: no more of them than were asked for. */
static int take_rows(struct admin_worker *worker, const struct record *record)
{
	struct connection_row row;
	uint32_t count = record->size / sizeof(row), offset;

	if (record->size % sizeof(row) != 0 || count > worker->rows_left ||
	    (count == 0 && worker->signs_left == 0))
		return -1;
	worker->rows_left -= count;
	worker->signs_left -= count == 0;
	for (offset = 0; offset < record->size; offset += sizeof(row)) {
		memcpy(&row, record->data + offset, sizeof(row));
		/* It is asked no more if that was all that was wanted. */
		if (worker->asked != NULL)
			admin_query_take_row(worker->asked, &row);
	}
	return 0;
}

static int take_end(struct admin_worker *worker, const struct record *record)
{
	struct admin_part *part = worker->asked;
	struct connection_end end;

	if (record->size != sizeof(end))
		return -1;
	memcpy(&end, record->data, sizeof(end));
	worker->is_busy = false;
	worker->asked = NULL;
	if (part != NULL)
		admin_query_take_end(part, &end);
	serve(worker);
	return 0;
}

/* 0, or -1: that was no answer. */
static int take_answer(struct admin_worker *worker, const struct record *record)
{
	if (!worker->is_busy || record->number != worker->number ||
	    record->descriptor_count > 0)
		return -1;
	worker->heard_ms = worker->workers->loop->now_ms;
	worker->is_silent = false;
	if (record->type == RECORD_ROWS)
		return take_rows(worker, record);
	if (record->type == RECORD_ROWS_END)
		return take_end(worker, record);
	return -1;
}

static void received(struct channel *channel, const struct record *record,
		     const int *fds)
{
	struct admin_worker *worker = worker_of(channel);

	if (take_answer(worker, record) == 0)
		return;
	log_error(
		"worker %u (pid %d) breaks the rules (record %u): it is "
		"asked no more",
		worker->slot, (int)worker->pid, record->type);
	channel_drop(fds, record->descriptor_count);
	forget(worker, "gave an answer that makes no sense");
}

static void closed(struct channel *channel)
{
	forget(worker_of(channel), "has ended");
}

/* ---- What it does not say -------------------------------------------- */

static void look_at(struct admin_worker *worker)
{
	int64_t now_ms = worker->workers->loop->now_ms;
	bool is_late = worker->is_busy &&
		       now_ms - worker->asked_ms >= ADMIN_WORKERS_PAGE_MS;

	if (!is_late && now_ms - worker->heard_ms < ADMIN_WORKERS_PATIENCE_MS) {
		serve(worker);
		return;
	}
	worker->is_silent = worker->is_busy;
	lose_parts(worker, "does not answer");
}

static void tick(struct timer *timer)
{
	struct admin_workers *workers =
		list_entry(timer, struct admin_workers, tick);
	struct list *node, *following;

	list_for_each_safe (node, following, &workers->list) {
		struct admin_worker *worker =
			list_entry(node, struct admin_worker, node);

		if (!is_waited_for(worker))
			continue;
		look_at(worker);
		if (is_waited_for(worker))
			start_tick(workers);
	}
}

/* ---- Who is there ---------------------------------------------------- */

struct admin_workers *admin_workers_new(struct loop *loop)
{
	struct admin_workers *workers = calloc(1, sizeof(*workers));

	if (workers == NULL)
		return NULL;
	workers->loop = loop;
	list_init(&workers->list);
	list_init(&workers->gone);
	list_init(&workers->queries);
	loop_task_init(&workers->bury, bury);
	timer_init(&workers->tick, tick);
	return workers;
}

void admin_workers_free(struct admin_workers *workers)
{
	if (workers == NULL)
		return;
	while (!list_is_empty(&workers->queries))
		admin_query_abandon(list_entry(workers->queries.next,
					       struct admin_query, node));
	while (!list_is_empty(&workers->list))
		forget(list_entry(workers->list.next, struct admin_worker,
				  node),
		       "");
	bury(&workers->bury);
	loop_cancel(&workers->bury);
	timer_stop(&workers->loop->timers, &workers->tick);
	free(workers);
}

static struct admin_worker *find(struct admin_workers *workers, int32_t pid)
{
	struct list *node;

	list_for_each (node, &workers->list) {
		struct admin_worker *worker =
			list_entry(node, struct admin_worker, node);

		if (worker->pid == pid)
			return worker;
	}
	return NULL;
}

/* 0 with `fd` taken, or -1 with errno. */
static int add(struct admin_workers *workers, int fd, int32_t pid,
	       uint32_t slot)
{
	struct admin_worker *earlier = find(workers, pid);
	struct admin_worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL || channel_start(&worker->channel, workers->loop, fd,
					    received, closed) < 0) {
		free(worker);
		return -1;
	}
	if (earlier != NULL)
		forget(earlier, "is to be asked again");
	worker->workers = workers;
	worker->pid = pid;
	worker->slot = slot;
	list_init(&worker->waiting);
	list_init(&worker->held);
	list_append(&workers->list, &worker->node);
	return 0;
}

void admin_workers_take(struct admin_workers *workers,
			const struct record *record, const int *fds)
{
	struct {
		int32_t pid;
		uint32_t slot;
	} who = {.pid = 0};
	uint32_t i = 0;

	if (record->size == sizeof(who))
		memcpy(&who, record->data, sizeof(who));
	if (record->descriptor_count != 1 || who.pid <= 0)
		log_error(
			"a worker cannot be asked for its connections: the "
			"record about it came without its channel");
	else if (add(workers, fds[0], who.pid, who.slot) < 0)
		log_error(
			"worker %u (pid %d) cannot be asked for its "
			"connections: %s",
			who.slot, (int)who.pid, strerror(errno));
	else
		i = 1;
	channel_drop(fds + i, record->descriptor_count - i);
}
