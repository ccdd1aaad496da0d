/* SPDX-License-Identifier: MIT */
/* scoreboard_totals.c - what all workers have counted, dead and living. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "metrics/scoreboard_internal.h"

#define TOTALS_AT_ONCE 16 /* rows by which the table of totals grows */
#define NAME_TEXT      48 /* of a column */

/* ---- Totals ---------------------------------------------------------- */

static bool is_named(const char *cut, const char *name)
{
	return strncmp(cut, name, SCOREBOARD_SERVICE_NAME - 1) == 0;
}

static struct total *find_total(const struct scoreboard *board,
				const char *name)
{
	unsigned i;

	for (i = 0; i < board->total_count; i++)
		if (is_named(board->totals[i].name, name))
			return &board->totals[i];
	return NULL;
}

static int grow_totals(struct scoreboard *board)
{
	size_t room = board->total_room + TOTALS_AT_ONCE;
	struct total *totals =
		realloc(board->totals, room * sizeof(*board->totals));

	if (!totals)
		return -1;
	board->totals = totals;
	board->total_room = (unsigned)room;
	return 0;
}

int scoreboard_ensure_total(struct scoreboard *board, const char *name)
{
	struct total *total;

	if (find_total(board, name))
		return 0;
	if (board->total_count == board->total_room && grow_totals(board) < 0)
		return -1;
	total = &board->totals[board->total_count++];
	memset(total, 0, sizeof(*total));
	memcpy(total->name, name, strnlen(name, sizeof(total->name) - 1));
	return 0;
}

static void fold_service(struct total *total, struct scoreboard_page *page,
			 unsigned service)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (scoreboard_service_columns[i].kind ==
		    SCOREBOARD_KIND_COUNTER)
			total->cells[i] +=
				scoreboard_read_service(page, service, i);
	total->cells[SCOREBOARD_CLOSED + COHORT_REASON_WORKER_EXIT] +=
		scoreboard_read_service(page, service, SCOREBOARD_LIVE);
	total->cells[SCOREBOARD_OUT_CLOSED] +=
		scoreboard_read_service(page, service, SCOREBOARD_OUT_LIVE);
}

void scoreboard_fold_counters(struct scoreboard *board,
			      struct scoreboard_page *page)
{
	struct total *total;
	unsigned i;

	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER)
			board->worker_totals[i] +=
				scoreboard_read_cell(page, i);
	for (i = 0; i < page->service_count; i++) {
		total = find_total(board, scoreboard_service_name(page, i));
		if (total)
			fold_service(total, page, i);
		else
			log_warning(
				"a worker has overwritten the name of its "
				"service %u on the scoreboard: what it "
				"counted for it is lost",
				i);
	}
}

uint64_t scoreboard_total(const struct scoreboard *board, const char *service,
			  enum scoreboard_service_cell cell)
{
	const struct total *total = find_total(board, service);
	struct scoreboard_page *page;
	uint64_t sum = total ? total->cells[cell] : 0;
	unsigned i, j;

	for (i = 0; i < SCOREBOARD_PAGES; i++) {
		page = scoreboard_page_at(board, i);
		if (!board->is_taken[i] || !scoreboard_is_sound(page))
			continue;
		for (j = 0; j < page->service_count; j++)
			if (is_named(scoreboard_service_name(page, j), service))
				sum += scoreboard_read_service(page, j, cell);
	}
	return sum;
}

uint64_t scoreboard_worker_total(const struct scoreboard *board,
				 enum scoreboard_cell cell)
{
	uint64_t sum = board->worker_totals[cell];
	unsigned i;

	if (scoreboard_columns[cell].kind != SCOREBOARD_KIND_COUNTER)
		return 0;
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (board->is_taken[i] &&
		    scoreboard_is_sound(scoreboard_page_at(board, i)))
			sum += scoreboard_read_cell(
				scoreboard_page_at(board, i), cell);
	return sum;
}

void scoreboard_count_restart(struct scoreboard *board,
			      enum scoreboard_restart cause)
{
	board->restarts[cause]++;
}

uint64_t scoreboard_restart_total(const struct scoreboard *board,
				  enum scoreboard_restart cause)
{
	return board->restarts[cause];
}

/* ---- Hand-over ------------------------------------------------------- */

void scoreboard_export(const struct scoreboard *board, struct text *out)
{
	const struct total *total;
	unsigned i, cell;

	for (i = 0; i < board->total_count; i++) {
		total = &board->totals[i];
		for (cell = 0; cell < SCOREBOARD_SERVICE_CELLS; cell++)
			/* One line at least: the row has to be there when a
			 * page is folded. */
			if (total->cells[cell] > 0 || cell == 0)
				text_append(
					out, "total %s %" PRIu64 " %s\n",
					scoreboard_service_columns[cell].name,
					total->cells[cell], total->name);
	}
	for (cell = 0; cell < SCOREBOARD_CELLS; cell++)
		if (board->worker_totals[cell] > 0)
			text_append(out, "worker_total %s %" PRIu64 "\n",
				    scoreboard_columns[cell].name,
				    board->worker_totals[cell]);
	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		if (board->restarts[i] > 0)
			text_append(out, "restarts %s %" PRIu64 "\n",
				    scoreboard_restart_names[i],
				    board->restarts[i]);
}

static int import_total(struct scoreboard *board, const char *column,
			uint64_t value, const char *service)
{
	unsigned cell;

	if (service[0] == '\0' || scoreboard_ensure_total(board, service) < 0)
		return -1;
	for (cell = 0; cell < SCOREBOARD_SERVICE_CELLS; cell++)
		if (strcmp(scoreboard_service_columns[cell].name, column) == 0)
			find_total(board, service)->cells[cell] += value;
	return 0;
}

static void import_worker_total(struct scoreboard *board, const char *column,
				uint64_t value)
{
	unsigned cell;

	for (cell = 0; cell < SCOREBOARD_CELLS; cell++)
		if (strcmp(scoreboard_columns[cell].name, column) == 0)
			board->worker_totals[cell] += value;
}

static void import_restarts(struct scoreboard *board, const char *cause,
			    uint64_t value)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		if (strcmp(scoreboard_restart_names[i], cause) == 0)
			board->restarts[i] += value;
}

int scoreboard_import(struct scoreboard *board, const char *line)
{
	char kind[NAME_TEXT], name[NAME_TEXT];
	uint64_t value;
	int used = 0;

	if (sscanf(line, "%47s %47s %" SCNu64 "%n", kind, name, &value, &used) <
	    3)
		return -1;
	if (strcmp(kind, "worker_total") == 0)
		import_worker_total(board, name, value);
	else if (strcmp(kind, "restarts") == 0)
		import_restarts(board, name, value);
	else
		return import_total(board, name, value,
				    line + used + (line[used] == ' '));
	return 0;
}
