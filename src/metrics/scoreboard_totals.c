/* SPDX-License-Identifier: MIT */
/* scoreboard_totals.c - what all workers have counted, dead and living. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "metrics/board_publish.h"
#include "metrics/scoreboard_internal.h"
#include "metrics/snapshot_internal.h"

/* ---- Rows ------------------------------------------------------------ */

bool scoreboard_is_named(const char *cut, const char *name)
{
	return strncmp(cut, name, SCOREBOARD_SERVICE_NAME - 1) == 0;
}

/* The connections of its row would be another service's. */
static void forget_closed(struct board *board, unsigned row)
{
	unsigned i;

	for (i = 0; i < BOARD_RETIRED; i++)
		if (board->closed[i].service == row)
			board->closed[i].count = 0;
}

/* The rows that a page counts for.  Most pages have the same services in the
 * same order as the one before: each name is looked for where that had it. */
static void find_counted(const struct scoreboard *scoreboard,
			 bool is_counted[BOARD_SERVICES])
{
	struct snapshot_rows rows = {.count = 0};
	struct scoreboard_view view;
	unsigned i, j;

	for (i = 0; i < SCOREBOARD_PAGES; i++) {
		if (!scoreboard->is_taken[i] ||
		    !scoreboard_look(&view, scoreboard_page_at(scoreboard, i)))
			continue;
		snapshot_find_rows(&rows, scoreboard, &view);
		for (j = 0; j < rows.count; j++)
			if (rows.rows[j] != SNAPSHOT_NO_ROW)
				is_counted[rows.rows[j]] = true;
	}
}

/* The row of the service that was asked for the longest ago, and that no worker
 * counts for any more: there are more rows than services can live at once, but
 * a program may be reloaded for years. */
static int choose_victim(const struct scoreboard *scoreboard)
{
	const struct board *board = scoreboard->board;
	bool is_counted[BOARD_SERVICES] = {false};
	uint64_t least = UINT64_MAX;
	int i, best = -1;

	find_counted(scoreboard, is_counted);
	for (i = 0; i < BOARD_SERVICES; i++) {
		if (board->services[i].stamp >= least || is_counted[i] ||
		    (scoreboard->taking_since > 0 &&
		     board->services[i].stamp > scoreboard->taking_since))
			continue;
		best = i;
		least = board->services[i].stamp;
	}
	return best;
}

/* -1: they are all counted for. */
static int choose_row(struct scoreboard *scoreboard)
{
	struct board *board = scoreboard->board;
	int row;

	if (board->service_count < BOARD_SERVICES)
		return (int)board->service_count;
	row = choose_victim(scoreboard);
	if (row < 0) {
		errno = ENOSPC;
		return -1;
	}
	log_debug("what service %s has counted is forgotten: there were %u",
		  board->services[row].name, BOARD_SERVICES);
	forget_closed(board, (unsigned)row);
	return row;
}

/* Its number, or -1 with errno. */
static int add_total(struct scoreboard *scoreboard, const char *name)
{
	struct board *board = scoreboard->board;
	int row = choose_row(scoreboard);
	struct board_service *service;
	size_t offset;

	if (row < 0)
		return -1;
	service = &board->services[row];
	offset = (size_t)((unsigned char *)service - scoreboard->memory);
	if (scoreboard_reserve(scoreboard, offset, sizeof(*service)) < 0)
		return -1;
	board_begin(scoreboard);
	memset(service, 0, sizeof(*service));
	memcpy(service->name, name, strnlen(name, sizeof(service->name) - 1));
	if ((unsigned)row == board->service_count)
		board->service_count++;
	board_end(scoreboard);
	return row;
}

struct board_service *scoreboard_need_total(struct scoreboard *scoreboard,
					    const char *name)
{
	struct board_service *service;
	int row = board_find_service(scoreboard, name);

	if (row < 0)
		row = add_total(scoreboard, name);
	if (row < 0)
		return NULL;
	service = &scoreboard->board->services[row];
	service->stamp = ++scoreboard->board->stamp;
	return service;
}

/* ---- Sums ------------------------------------------------------------ */

static uint64_t sum_of_page(const struct scoreboard_view *view,
			    const char *service, unsigned cell)
{
	char name[SCOREBOARD_SERVICE_NAME];
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < view->header.service_count; i++)
		if (scoreboard_is_named(scoreboard_read_name(name, view, i),
					service))
			sum += scoreboard_read_service(view, i, cell);
	return sum;
}

uint64_t scoreboard_total(const struct scoreboard *board, const char *service,
			  enum scoreboard_service_cell cell)
{
	int row = board_find_service(board, service);
	uint64_t sum = row < 0 ? 0 : board->board->services[row].cells[cell];
	struct scoreboard_view view;
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (board->is_taken[i] &&
		    scoreboard_look(&view, scoreboard_page_at(board, i)))
			sum += sum_of_page(&view, service, cell);
	return sum;
}

uint64_t scoreboard_worker_total(const struct scoreboard *board,
				 enum scoreboard_cell cell)
{
	uint64_t sum = board->board->worker_totals[cell];
	struct scoreboard_view view;
	unsigned i;

	if (scoreboard_columns[cell].kind != SCOREBOARD_KIND_COUNTER)
		return 0;
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (board->is_taken[i] &&
		    scoreboard_look(&view, scoreboard_page_at(board, i)))
			sum += scoreboard_read_cell(&view, cell);
	return sum;
}

void scoreboard_count_restart(struct scoreboard *board,
			      enum scoreboard_restart cause)
{
	scoreboard_add(&board->board->restarts[cause], 1);
}

uint64_t scoreboard_restart_total(const struct scoreboard *board,
				  enum scoreboard_restart cause)
{
	return scoreboard_load(&board->board->restarts[cause]);
}
