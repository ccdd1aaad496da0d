/* SPDX-License-Identifier: MIT */
/* snapshot.c - everything as of one moment: the board, and what the pages of
 * those who live add to it. */
#include "metrics/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/board_publish.h"
#include "metrics/snapshot_internal.h"

/* ---- Room ------------------------------------------------------------ */

/* At least `count` of `size` bytes each; 0, or -1 with errno. */
static int make_room(void **list, unsigned *room, unsigned count, size_t size)
{
	void *grown;

	if (count <= *room)
		return 0;
	grown = realloc(*list, count * size);
	if (!grown)
		return -1;
	*list = grown;
	*room = count;
	return 0;
}

static unsigned count_living(const struct board *board)
{
	unsigned i, count = 0;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		count += board->pages[i].is_living != 0;
	return count;
}

static int prepare(struct snapshot *snapshot,
		   const struct scoreboard *scoreboard)
{
	snapshot->worker_count = 0;
	snapshot->service_count = board_service_count(scoreboard);
	if (make_room((void **)&snapshot->services, &snapshot->service_room,
		      snapshot->service_count,
		      sizeof(*snapshot->services)) == 0 &&
	    make_room((void **)&snapshot->workers, &snapshot->worker_room,
		      count_living(scoreboard->board),
		      sizeof(*snapshot->workers)) == 0)
		return 0;
	snapshot->service_count = 0;
	return -1;
}

/* ---- The board ------------------------------------------------------- */

static void copy_cells(struct snapshot *snapshot, const struct board *board)
{
	memcpy(snapshot->cells, board->cells, sizeof(snapshot->cells));
	memcpy(snapshot->restarts, board->restarts, sizeof(snapshot->restarts));
	memcpy(snapshot->worker_totals, board->worker_totals,
	       sizeof(snapshot->worker_totals));
	memcpy(snapshot->failure, board->failure, sizeof(snapshot->failure));
	snapshot->failure[sizeof(snapshot->failure) - 1] = '\0';
}

static void copy_slots(struct snapshot *snapshot, const struct board *board)
{
	const struct board_slot *from;
	unsigned i;

	snapshot->slot_count = board->slot_count < BOARD_SLOTS
				       ? board->slot_count
				       : BOARD_SLOTS;
	for (i = 0; i < BOARD_SLOTS; i++) {
		from = &board->slots[i];
		snapshot->slots[i] = (struct snapshot_slot){
			.state = from->state,
			.is_wanted = from->is_wanted,
			.is_steered_around = from->is_steered_around,
			.adopter =
				i < snapshot->slot_count ? from->adopter : -1,
			.share_percent = i < snapshot->slot_count
						 ? from->share_percent
						 : -1,
		};
	}
}

static void copy_events(struct snapshot *snapshot, const struct board *board)
{
	uint64_t number, count = board->event_count;
	struct board_event *event;

	snapshot->event_count = 0;
	number = count > BOARD_EVENTS ? count - BOARD_EVENTS : 0;
	for (; number < count; number++) {
		event = &snapshot->events[snapshot->event_count++];
		*event = board->events[number % BOARD_EVENTS];
		event->words[sizeof(event->words) - 1] = '\0';
	}
}

static void copy_service(struct snapshot_service *to,
			 const struct board_service *from)
{
	memcpy(to->name, from->name, sizeof(to->name));
	to->name[sizeof(to->name) - 1] = '\0';
	to->is_current = from->is_current != 0;
	to->is_suspended = from->is_suspended != 0;
	to->queue_limit = from->queue_limit;
	memcpy(to->cells, from->cells, sizeof(to->cells));
	memcpy(to->accepted_by_slot, from->accepted_by_slot,
	       sizeof(to->accepted_by_slot));
	memcpy(to->queue_by_slot, from->queue_by_slot,
	       sizeof(to->queue_by_slot));
}

/* ---- Those who live --------------------------------------------------- */

/* A worker counts on while it is read: backwards, so that no more were closed
 * than were accepted. */
static void read_cells(uint64_t cells[SCOREBOARD_SERVICE_CELLS],
		       const struct scoreboard_view *view, unsigned service)
{
	unsigned i;

	for (i = SCOREBOARD_SERVICE_CELLS; i-- > 0;)
		cells[i] = scoreboard_read_service(view, service, i);
}

static void add_service(struct snapshot_worker *worker,
			struct snapshot_service *service,
			const uint64_t cells[SCOREBOARD_SERVICE_CELLS])
{
	unsigned i;

	worker->live_count += cells[SCOREBOARD_LIVE];
	worker->outgoing_count += cells[SCOREBOARD_OUT_LIVE];
	worker->accepted_count += cells[SCOREBOARD_ACCEPTED];
	worker->received_bytes += cells[SCOREBOARD_RECEIVED_BYTES];
	worker->sent_bytes += cells[SCOREBOARD_SENT_BYTES];
	worker->queued_bytes += cells[SCOREBOARD_QUEUED_BYTES];
	if (!service)
		return;
	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		service->cells[i] += cells[i];
	service->accepted_by_slot[worker->slot] += cells[SCOREBOARD_ACCEPTED];
}

static void add_counts(struct snapshot *snapshot,
		       const struct scoreboard *scoreboard,
		       struct snapshot_worker *worker,
		       struct snapshot_rows *rows)
{
	uint64_t cells[SCOREBOARD_SERVICE_CELLS];
	struct scoreboard_view view;
	unsigned i;

	if (!scoreboard_look(&view,
			     scoreboard_page_at(scoreboard, worker->page)))
		return;
	for (i = 0; i < SCOREBOARD_CELLS; i++) {
		worker->cells[i] = scoreboard_read_cell(&view, i);
		if (scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER)
			snapshot->worker_totals[i] += worker->cells[i];
	}
	snapshot_find_rows(rows, scoreboard, &view);
	for (i = 0; i < rows->count; i++) {
		read_cells(cells, &view, i);
		add_service(worker,
			    rows->rows[i] < snapshot->service_count
				    ? &snapshot->services[rows->rows[i]]
				    : NULL,
			    cells);
	}
}

/* Before the supervisor has said who it is, the page may. */
static void name_worker(struct snapshot_worker *worker,
			const struct board_worker *known)
{
	worker->drain_until_ms = -1;
	if (known->pid == 0) {
		worker->pid = (pid_t)worker->cells[SCOREBOARD_PID];
		worker->generation =
			(unsigned)worker->cells[SCOREBOARD_GENERATION];
		return;
	}
	worker->pid = known->pid;
	worker->generation = known->generation;
	worker->state = known->state;
	worker->is_suspect = known->is_suspect;
	worker->is_full = known->is_full;
	worker->is_leaving = known->is_leaving;
	worker->is_orphan = known->is_orphan;
	worker->ready_ms = known->ready_ms;
	worker->drain_until_ms = known->drain_until_ms;
}

/* Who drains has left its slot's listeners to another. */
static void add_queue(struct snapshot_worker *worker,
		      const struct snapshot *snapshot)
{
	unsigned i;

	if (worker->state == BOARD_WORKER_DRAINING)
		return;
	for (i = 0; i < snapshot->service_count; i++)
		if (snapshot->services[i].is_current)
			worker->queue_length +=
				snapshot->services[i]
					.queue_by_slot[worker->slot];
}

static void add_worker(struct snapshot *snapshot,
		       const struct scoreboard *scoreboard, unsigned page,
		       struct snapshot_rows *rows)
{
	const struct board *board = scoreboard->board;
	struct snapshot_worker *worker;

	/* Somebody writes: this one is thrown away. */
	if (snapshot->worker_count == snapshot->worker_room ||
	    board->pages[page].slot >= BOARD_SLOTS)
		return;
	worker = &snapshot->workers[snapshot->worker_count++];
	memset(worker, 0, sizeof(*worker));
	worker->page = page;
	worker->slot = board->pages[page].slot;
	add_counts(snapshot, scoreboard, worker, rows);
	/* What nobody knows has counted, and is no worker of anybody's. */
	if (board->pages[page].mark == BOARD_PAGE_LEFT) {
		snapshot->worker_count--;
		return;
	}
	name_worker(worker, &board->workers[page]);
	add_queue(worker, snapshot);
}

/* ---- All of it ------------------------------------------------------- */

static int compare_workers(const void *one, const void *other)
{
	const struct snapshot_worker *a = one, *b = other;

	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Among themselves they stay in their order, which is that of their names'
 * first appearance. */
static void bring_forward(struct snapshot *snapshot)
{
	struct snapshot_service *list = snapshot->services, one;
	unsigned i, front = 0;

	for (i = 0; i < snapshot->service_count; i++) {
		if (!list[i].is_current)
			continue;
		if (i > front) {
			one = list[i];
			memmove(&list[front + 1], &list[front],
				(i - front) * sizeof(*list));
			list[front] = one;
		}
		front++;
	}
}

static int take_once(const struct scoreboard *scoreboard, void *context)
{
	const struct board *board = scoreboard->board;
	struct snapshot *snapshot = context;
	struct snapshot_rows rows = {.count = 0};
	unsigned i;

	if (prepare(snapshot, scoreboard) < 0)
		return -1;
	snapshot->now_ms = clock_now_ms();
	snapshot->wall_ms = clock_wall_ms();
	copy_cells(snapshot, board);
	copy_slots(snapshot, board);
	copy_events(snapshot, board);
	for (i = 0; i < snapshot->service_count; i++)
		copy_service(&snapshot->services[i], &board->services[i]);
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (board->pages[i].is_living)
			add_worker(snapshot, scoreboard, i, &rows);
	return 0;
}

int snapshot_take(struct snapshot *snapshot, const struct scoreboard *board)
{
	if (snapshot_try(board, take_once, snapshot) < 0)
		return -1;
	if (snapshot->worker_count > 0)
		qsort(snapshot->workers, snapshot->worker_count,
		      sizeof(*snapshot->workers), compare_workers);
	bring_forward(snapshot);
	return 0;
}

void snapshot_release(struct snapshot *snapshot)
{
	free(snapshot->workers);
	free(snapshot->services);
	snapshot->workers = NULL;
	snapshot->services = NULL;
	snapshot->worker_count = snapshot->worker_room = 0;
	snapshot->service_count = snapshot->service_room = 0;
}
