/* SPDX-License-Identifier: MIT */
/* admin_query.c - an operator's query for connections: its parts come from the
 * workers, and go to the client. */
#include "process/admin_query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parts ----------------------------------------------------------- */

static void settle(struct admin_part *part)
{
	struct admin_query *query = part->query;

	if (part->worker == NULL)
		return;
	if (part->worker->asked == part)
		part->worker->asked = NULL;
	part->worker = NULL;
	list_remove(&part->node);
	query->owing_count--;
	loop_post(query->workers->loop, &query->task);
}

/* The task asks for it. */
static void hold(struct admin_part *part)
{
	part->is_held = true;
	list_append(&part->worker->held, &part->node);
	loop_post(part->query->workers->loop, &part->query->task);
}

static void settle_all(struct admin_query *query)
{
	unsigned i;

	for (i = 0; i < query->part_count; i++)
		settle(&query->parts[i]);
}

/* What does not fit any more is left out. */
static void add_fault(struct admin_query *query,
		      const struct admin_worker *worker, const char *words)
{
	size_t used = strlen(query->faults);

	snprintf(query->faults + used, sizeof(query->faults) - used,
		 "%sworker %u (pid %d) %s", used > 0 ? "; " : "", worker->slot,
		 (int)worker->pid, words);
}

void admin_query_lose(struct admin_part *part, const char *words)
{
	add_fault(part->query, part->worker, words);
	settle(part);
}

/* ---- Rows ------------------------------------------------------------ */

static void tell(struct admin_query *query, const struct connection_row *row,
		 int32_t pid, uint32_t slot)
{
	struct connection_line line;

	connection_line_fill(&line, row, pid, slot);
	query->told_count++;
	reply_row(query->reply, line.values);
}

static void keep(struct admin_query *query, const struct connection_row *row,
		 const struct admin_worker *worker)
{
	int64_t place = connection_top_offer(
		&query->top, connection_query_key(&query->query, row), row->id);

	if (place >= 0)
		query->rows[place] = (struct admin_row){
			.row = *row,
			.pid = worker->pid,
			.slot = worker->slot,
		};
}

static bool is_enough(const struct admin_query *query)
{
	return query->query.sort == CONNECTION_SORT_NONE &&
	       query->query.limit > 0 &&
	       query->told_count >= query->query.limit;
}

void admin_query_take_row(struct admin_part *part, struct connection_row *row)
{
	struct admin_query *query = part->query;

	if (query->reply == NULL || query->query.action != CONNECTION_LIST)
		return;
	connection_row_tame(row);
	if (query->query.sort != CONNECTION_SORT_NONE)
		keep(query, row, part->worker);
	else
		tell(query, row, part->worker->pid, part->worker->slot);
	if (is_enough(query))
		settle_all(query);
}

static const char *const outcome_words[CONNECTION_OUTCOMES] = {
	[CONNECTION_OTHER_BUILD] = "is of another build and cannot be asked",
	[CONNECTION_ILL] = "does not understand the question",
	[CONNECTION_NO_MEMORY] = "has no memory for the answer",
};

void admin_query_take_end(struct admin_part *part,
			  const struct connection_end *end)
{
	struct admin_query *query = part->query;

	query->matched_count += end->matched_count;
	query->affected_count += end->affected_count;
	if (end->outcome > CONNECTION_DONE &&
	    end->outcome < CONNECTION_OUTCOMES)
		add_fault(query, part->worker, outcome_words[end->outcome]);
	/* Further on each time, so that there is an end. */
	if (query->reply != NULL && end->outcome == CONNECTION_DONE &&
	    end->next > part->from) {
		part->from = end->next;
		hold(part);
	} else {
		settle(part);
	}
}

/* ---- The end --------------------------------------------------------- */

static void free_query(struct admin_query *query)
{
	settle_all(query);
	loop_cancel(&query->task);
	list_remove(&query->node);
	query->workers->query_count--;
	query->workers->row_count -= query->top.limit;
	connection_top_release(&query->top);
	free(query->rows);
	free(query);
}

/* Whoever gets them in order gets them now.  False: there is no room. */
static bool tell_ranks(struct admin_query *query)
{
	if (!query->is_sorted)
		connection_top_sort(&query->top);
	query->is_sorted = true;
	while (query->reply != NULL && query->told_count < query->top.count) {
		uint32_t place = query->top.ranks[query->told_count].place;
		const struct admin_row *told = &query->rows[place];

		if (!reply_has_room(query->reply))
			return false;
		tell(query, &told->row, told->pid, told->slot);
	}
	return true;
}

/* An id that nobody has, where all have been asked. */
static bool is_missing(const struct admin_query *query)
{
	return query->query.id != 0 && query->matched_count == 0 &&
	       query->faults[0] == '\0';
}

static void end_reply(struct admin_query *query)
{
	unsigned long long count = query->affected_count;
	bool is_close = query->query.action == CONNECTION_CLOSE;
	struct reply *reply = query->reply;

	if (is_missing(query)) {
		reply_fail(reply, REPLY_STATUS_FAILED,
			   "there is no connection %d-%llu",
			   (int)query->query.pid,
			   (unsigned long long)query->query.id);
		return;
	}
	if (is_close)
		reply_say(reply, "%llu connection%s closed", count,
			  count == 1 ? " is" : "s are");
	if (query->faults[0] == '\0')
		reply_end(reply);
	else if (is_close)
		reply_fail(reply, REPLY_STATUS_FAILED, "%s", query->faults);
	else {
		reply_say(reply, "%s", query->faults);
		reply_end(reply);
	}
}

/* A reply is ours until it is ended. */
static void let_go(struct reply *reply)
{
	reply->gone = NULL;
	reply->room = NULL;
	reply->context = NULL;
}

/* Ask for what is held, as far as there is room for it. */
static void ask_held(struct admin_query *query)
{
	bool is_paged = query->query.action == CONNECTION_LIST &&
			query->query.sort == CONNECTION_SORT_NONE;
	unsigned i, room = is_paged ? ADMIN_QUERY_PAGES : query->part_count;

	for (i = 0; i < query->part_count; i++)
		room -= query->parts[i].worker != NULL &&
			!query->parts[i].is_held;
	for (i = 0; i < query->part_count && room > 0; i++) {
		struct admin_part *part = &query->parts[i];

		if (part->worker == NULL || !part->is_held)
			continue;
		if (is_paged && !reply_has_room(query->reply))
			return;
		admin_worker_ask(part);
		room--;
	}
}

/* Whatever has happened: what follows from it. */
static void go_on(struct loop_task *task)
{
	struct admin_query *query = list_entry(task, struct admin_query, task);

	if (query->reply != NULL)
		ask_held(query);
	if (query->reply != NULL &&
	    (query->owing_count > 0 || !tell_ranks(query)))
		return;
	if (query->reply != NULL) {
		let_go(query->reply);
		end_reply(query);
	}
	free_query(query);
}

void admin_query_abandon(struct admin_query *query)
{
	if (query->reply != NULL) {
		let_go(query->reply);
		reply_fail(query->reply, REPLY_STATUS_FAILED,
			   "the admin process ends: ask again");
	}
	free_query(query);
}

/* ---- The client ------------------------------------------------------ */

/* It may be we who write to it: freed by the task. */
static void on_gone(struct reply *reply)
{
	struct admin_query *query = reply->context;

	query->reply = NULL;
	loop_post(query->workers->loop, &query->task);
}

static void on_room(struct reply *reply)
{
	struct admin_query *query = reply->context;

	loop_post(query->workers->loop, &query->task);
}

/* ---- The beginning --------------------------------------------------- */

static unsigned count_meant(const struct admin_workers *workers,
			    const struct connection_query *query)
{
	const struct list *node;
	unsigned count = 0;

	list_for_each (node, &workers->list)
		count += admin_worker_is_meant(
			list_entry(node, struct admin_worker, node), query);
	return count;
}

static struct admin_query *make(struct admin_workers *workers,
				const struct connection_query *asked,
				unsigned part_count)
{
	struct admin_query *query = calloc(
		1, sizeof(*query) + part_count * sizeof(query->parts[0]));

	if (query == NULL)
		return NULL;
	if (asked->sort != CONNECTION_SORT_NONE) {
		query->rows = calloc(asked->limit, sizeof(*query->rows));
		if (query->rows == NULL ||
		    connection_top_init(&query->top, asked->limit) < 0) {
			free(query->rows);
			free(query);
			return NULL;
		}
	}
	query->workers = workers;
	query->query = *asked;
	query->part_count = part_count;
	query->owing_count = part_count;
	loop_task_init(&query->task, go_on);
	list_append(&workers->queries, &query->node);
	workers->query_count++;
	workers->row_count += query->top.limit;
	return query;
}

/* Why it cannot be answered at all, or NULL. */
static const char *refusal_of(const struct admin_workers *workers,
			      const struct connection_query *query,
			      unsigned part_count)
{
	if (part_count == 0 && query->pid != 0)
		return "no worker has that process id";
	if (part_count == 0 && query->slot >= 0)
		return "no worker has that number";
	if (workers->query_count >= ADMIN_WORKERS_QUERIES)
		return "too many ask for connections at a time: try again";
	if (query->sort != CONNECTION_SORT_NONE &&
	    workers->row_count + query->limit > ADMIN_WORKERS_ROWS)
		return "too many ask for long lists at a time: try again";
	return NULL;
}

static void begin(struct admin_query *query)
{
	struct admin_workers *workers = query->workers;
	struct admin_part *part = query->parts;
	struct list *node;

	list_for_each (node, &workers->list) {
		struct admin_worker *worker =
			list_entry(node, struct admin_worker, node);

		if (!admin_worker_is_meant(worker, &query->query))
			continue;
		list_init(&part->node);
		part->query = query;
		part->worker = worker;
		hold(part++);
	}
	/* Also if there is nobody to be asked. */
	loop_post(workers->loop, &query->task);
}

void admin_workers_query(struct admin_workers *workers,
			 const struct connection_query *asked,
			 struct reply *reply)
{
	unsigned part_count = count_meant(workers, asked);
	const char *words = connection_query_fault(asked);
	struct admin_query *query;

	if (words != NULL) {
		reply_fail(reply, REPLY_STATUS_USAGE, "%s", words);
		return;
	}
	words = refusal_of(workers, asked, part_count);
	query = words == NULL ? make(workers, asked, part_count) : NULL;
	if (query == NULL) {
		reply_fail(reply, REPLY_STATUS_FAILED, "%s",
			   words != NULL ? words : "memory is out");
		return;
	}
	query->query.version = CONNECTION_QUERY_VERSION;
	query->reply = reply;
	reply->gone = on_gone;
	reply->room = on_room;
	reply->context = query;
	if (asked->action == CONNECTION_LIST)
		reply_table(reply, &connection_table);
	begin(query);
}
