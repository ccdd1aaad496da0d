/* SPDX-License-Identifier: MIT */
/* scoreboard_fold.c - what a dead worker leaves: its counts, the connections
 * that it had closed, and those that died with it. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "metrics/board_publish.h"
#include "metrics/scoreboard_internal.h"

#define NOWHERE UINT16_MAX /* instead of a row */

struct folding {
	struct scoreboard *scoreboard;
	const struct scoreboard_view *view;
	unsigned slot;
	int64_t wall_ms;
	uint16_t rows[SCOREBOARD_SERVICES]; /* of each service of the page */
};

static void remember(struct board *board, const struct board_closed *closed)
{
	board->closed[board->closed_count++ % BOARD_RETIRED] = *closed;
}

/* ---- Closed connections ----------------------------------------------- */

static void fold_history(const struct folding *folding)
{
	const struct scoreboard_view *view = folding->view;
	uint64_t next = scoreboard_history_next(view);
	unsigned i, count = scoreboard_history_count(view);
	struct board_closed closed;

	for (i = count; i > 0; i--) {
		if (!scoreboard_read_closed(view, next - i, &closed) ||
		    folding->rows[closed.service] == NOWHERE)
			continue;
		closed.service = folding->rows[closed.service];
		remember(folding->scoreboard->board, &closed);
	}
}

/* A worker that died had no time for a line about each. */
static void log_lost(const struct board_closed *closed, const char *service)
{
	log_event(LOG_LEVEL_WARNING,
		  LOG_FIELDS(.event = LOG_EVENT_CONNECTIONS_LOST,
			     .service = service,
			     .reason = cohort_reason_name(
				     COHORT_REASON_WORKER_EXIT),
			     .is_about_worker = true, .slot = closed->slot,
			     .worker_pid = closed->pid),
		  "%" PRIu32
		  " %sconnection%s of service %s died with worker "
		  "%u (process %d)",
		  closed->count, closed->is_outgoing ? "outgoing " : "",
		  closed->count == 1 ? "" : "s", service, closed->slot,
		  (int)closed->pid);
}

/* Connections that lived when the worker died: one entry for all of them. */
static void note_lost(const struct folding *folding, unsigned service,
		      uint64_t count, bool is_outgoing)
{
	const struct board_closed closed = {
		.closed_ms = folding->wall_ms,
		.count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
		.pid = (int32_t)scoreboard_read_cell(folding->view,
						     SCOREBOARD_PID),
		.service = folding->rows[service],
		.slot = (uint16_t)folding->slot,
		.reason = COHORT_REASON_WORKER_EXIT,
		.is_outgoing = is_outgoing,
	};

	if (count == 0)
		return;
	remember(folding->scoreboard->board, &closed);
	log_lost(&closed,
		 folding->scoreboard->board->services[closed.service].name);
}

/* ---- Counts ----------------------------------------------------------- */

static void fold_service(const struct folding *folding, unsigned service)
{
	const struct scoreboard_view *view = folding->view;
	struct board_service *total =
		&folding->scoreboard->board->services[folding->rows[service]];
	uint64_t live = scoreboard_read_service(view, service, SCOREBOARD_LIVE);
	uint64_t out_live =
		scoreboard_read_service(view, service, SCOREBOARD_OUT_LIVE);
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (scoreboard_service_columns[i].kind ==
		    SCOREBOARD_KIND_COUNTER)
			total->cells[i] +=
				scoreboard_read_service(view, service, i);
	total->accepted_by_slot[folding->slot] +=
		scoreboard_read_service(view, service, SCOREBOARD_ACCEPTED);
	total->cells[SCOREBOARD_CLOSED + COHORT_REASON_WORKER_EXIT] += live;
	total->cells[SCOREBOARD_OUT_CLOSED] += out_live;
	note_lost(folding, service, live, false);
	note_lost(folding, service, out_live, true);
}

static void fold_worker(const struct folding *folding)
{
	uint64_t *totals = folding->scoreboard->board->worker_totals;
	unsigned i;

	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER)
			totals[i] += scoreboard_read_cell(folding->view, i);
}

/* It was there when the page was taken, if the name is still what it was. */
static uint16_t row_of(const struct folding *folding, unsigned service)
{
	char name[SCOREBOARD_SERVICE_NAME];
	int row = board_find_service(
		folding->scoreboard,
		scoreboard_read_name(name, folding->view, service));

	if (row >= 0)
		return (uint16_t)row;
	log_warning(
		"a worker has overwritten the name of its service %u on the "
		"scoreboard: what it counted for it is lost",
		service);
	return NOWHERE;
}

void scoreboard_fold_counters(struct scoreboard *scoreboard, unsigned i,
			      const struct scoreboard_view *view)
{
	struct folding folding = {
		.scoreboard = scoreboard,
		.view = view,
		.slot = scoreboard->board->pages[i].slot,
		.wall_ms = clock_wall_ms(),
	};
	unsigned service;

	fold_worker(&folding);
	for (service = 0; service < view->header.service_count; service++)
		folding.rows[service] = row_of(&folding, service);
	fold_history(&folding);
	for (service = 0; service < view->header.service_count; service++)
		if (folding.rows[service] != NOWHERE)
			fold_service(&folding, service);
}
