/* SPDX-License-Identifier: MIT */
/* snapshot_closed.c - the connections that were closed last. */
#include <stdlib.h>
#include <string.h>

#include "metrics/board_publish.h"
#include "metrics/snapshot.h"
#include "metrics/snapshot_internal.h"

/* The newest so far: a heap whose first is the oldest of them. */
struct newest {
	struct board_closed *list;
	unsigned count;
	unsigned limit;
};

/* Does `one` come after `other` in the answer? */
static bool is_older(const struct board_closed *one,
		     const struct board_closed *other)
{
	return one->closed_ms < other->closed_ms;
}

static void swap(struct board_closed *one, struct board_closed *other)
{
	struct board_closed kept = *one;

	*one = *other;
	*other = kept;
}

static void rise(struct board_closed *list, unsigned i)
{
	while (i > 0 && is_older(&list[i], &list[(i - 1) / 2])) {
		swap(&list[i], &list[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sink(struct board_closed *list, unsigned count)
{
	unsigned i = 0, child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count &&
		    is_older(&list[child + 1], &list[child]))
			child++;
		if (!is_older(&list[child], &list[i]))
			return;
		swap(&list[child], &list[i]);
		i = child;
	}
}

static void offer(struct newest *newest, const struct board_closed *closed)
{
	if (newest->count < newest->limit) {
		newest->list[newest->count] = *closed;
		rise(newest->list, newest->count++);
	} else if (is_older(&newest->list[0], closed)) {
		newest->list[0] = *closed;
		sink(newest->list, newest->count);
	}
}

/* ---- Where they come from --------------------------------------------- */

static void offer_retired(struct newest *newest,
			  const struct scoreboard *scoreboard)
{
	const struct board *board = scoreboard->board;
	unsigned i;

	for (i = 0; i < BOARD_RETIRED && i < board->closed_count; i++)
		if (board->closed[i].count > 0)
			offer(newest, &board->closed[i]);
}

static void offer_page(struct newest *newest,
		       const struct scoreboard *scoreboard, unsigned page)
{
	struct snapshot_rows rows = {.count = 0};
	struct scoreboard_view view;
	struct board_closed closed;
	uint64_t next;
	unsigned i;

	if (!scoreboard_look(&view, scoreboard_page_at(scoreboard, page)))
		return;
	snapshot_find_rows(&rows, scoreboard, &view);
	next = scoreboard_history_next(&view);
	for (i = scoreboard_history_count(&view); i > 0; i--) {
		if (!scoreboard_read_closed(&view, next - i, &closed))
			continue;
		closed.service = rows.rows[closed.service];
		if (closed.service != SNAPSHOT_NO_ROW)
			offer(newest, &closed);
	}
}

static int offer_all(const struct scoreboard *scoreboard, void *context)
{
	struct newest *newest = context;
	unsigned i;

	newest->count = 0;
	offer_retired(newest, scoreboard);
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (scoreboard->board->pages[i].is_living)
			offer_page(newest, scoreboard, i);
	return 0;
}

/* ---- The answer ------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
	const struct board_closed *a = one, *b = other;

	if (a->closed_ms != b->closed_ms)
		return a->closed_ms > b->closed_ms ? -1 : 1;
	return (a->id < b->id) - (a->id > b->id);
}

static void copy_name(char out[SCOREBOARD_SERVICE_NAME],
		      const struct scoreboard *scoreboard, unsigned row)
{
	out[0] = '\0';
	if (row >= board_service_count(scoreboard))
		return;
	memcpy(out, board_service_name(scoreboard, row),
	       SCOREBOARD_SERVICE_NAME);
	out[SCOREBOARD_SERVICE_NAME - 1] = '\0';
}

int snapshot_closed(const struct scoreboard *board, struct board_closed *closed,
		    char (*names)[SCOREBOARD_SERVICE_NAME], unsigned limit)
{
	struct newest newest = {.list = closed, .limit = limit};
	unsigned i;

	if (limit == 0)
		return 0;
	if (snapshot_try(board, offer_all, &newest) < 0)
		return -1;
	qsort(closed, newest.count, sizeof(*closed), compare);
	for (i = 0; i < newest.count; i++)
		copy_name(names[i], board, closed[i].service);
	return (int)newest.count;
}
