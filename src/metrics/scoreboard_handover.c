/* SPDX-License-Identifier: MIT */
/* scoreboard_handover.c - totals in words, for builds that lay them out in
 * another way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/scoreboard_internal.h"

#define NAME_TEXT 48 /* of a column */

/* ---- Out -------------------------------------------------------------- */

static void export_service(const struct board_service *service,
			   struct text *out)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		/* One line at least: the row has to be there when a page is
		 * folded. */
		if (service->cells[i] > 0 || i == 0)
			text_append(out, "total %s %" PRIu64 " %s\n",
				    scoreboard_service_columns[i].name,
				    service->cells[i], service->name);
	for (i = 0; i < BOARD_SLOTS; i++)
		if (service->accepted_by_slot[i] > 0)
			text_append(out, "slot_total %u %" PRIu64 " %s\n", i,
				    service->accepted_by_slot[i],
				    service->name);
}

void scoreboard_export(const struct scoreboard *scoreboard, struct text *out)
{
	const struct board *board = scoreboard->board;
	unsigned i;

	for (i = 0; i < board->service_count; i++)
		export_service(&board->services[i], out);
	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (board->worker_totals[i] > 0)
			text_append(out, "worker_total %s %" PRIu64 "\n",
				    scoreboard_columns[i].name,
				    board->worker_totals[i]);
	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		if (board->restarts[i] > 0)
			text_append(out, "restarts %s %" PRIu64 "\n",
				    scoreboard_restart_names[i],
				    board->restarts[i]);
	for (i = 0; i < BOARD_CELLS; i++)
		if (board_columns[i].kind != BOARD_KIND_GAUGE &&
		    board->cells[i] > 0)
			text_append(out, "board %s %" PRIu64 "\n",
				    board_columns[i].name, board->cells[i]);
}

/* ---- In --------------------------------------------------------------- */

/* As split by scoreboard_import. */
struct total_line {
	const char *name;
	uint64_t value;
	const char *service; /* "" if there is none */
};

static void raise(uint64_t *cell, uint64_t value)
{
	if (*cell < value)
		*cell = value;
}

static int import_total(struct scoreboard *scoreboard,
			const struct total_line *line)
{
	struct board_service *service = NULL;
	unsigned i;

	if (line->service[0] != '\0')
		service = scoreboard_need_total(scoreboard, line->service);
	if (!service)
		return -1;
	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (strcmp(scoreboard_service_columns[i].name, line->name) == 0)
			raise(&service->cells[i], line->value);
	return 0;
}

static int import_slot(struct scoreboard *scoreboard,
		       const struct total_line *line)
{
	struct board_service *service = NULL;
	unsigned long slot = strtoul(line->name, NULL, 10);

	if (line->service[0] != '\0' && slot < BOARD_SLOTS)
		service = scoreboard_need_total(scoreboard, line->service);
	if (!service)
		return -1;
	raise(&service->accepted_by_slot[slot], line->value);
	return 0;
}

static int import_worker(struct scoreboard *scoreboard,
			 const struct total_line *line)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (strcmp(scoreboard_columns[i].name, line->name) == 0)
			raise(&scoreboard->board->worker_totals[i],
			      line->value);
	return 0;
}

static int import_restarts(struct scoreboard *scoreboard,
			   const struct total_line *line)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		if (strcmp(scoreboard_restart_names[i], line->name) == 0)
			raise(&scoreboard->board->restarts[i], line->value);
	return 0;
}

static int import_cell(struct scoreboard *scoreboard,
		       const struct total_line *line)
{
	unsigned i;

	for (i = 0; i < BOARD_CELLS; i++)
		if (strcmp(board_columns[i].name, line->name) == 0)
			raise(&scoreboard->board->cells[i], line->value);
	return 0;
}

static const struct {
	const char *kind;
	int (*import)(struct scoreboard *, const struct total_line *line);
} rows[] = {
	{"total", import_total},         {"slot_total", import_slot},
	{"worker_total", import_worker}, {"restarts", import_restarts},
	{"board", import_cell},
};

int scoreboard_import(struct scoreboard *board, const char *line)
{
	char kind[NAME_TEXT], name[NAME_TEXT];
	struct total_line total = {.name = name};
	int used = 0;
	size_t i;

	if (sscanf(line, "%47s %47s %" SCNu64 "%n", kind, name, &total.value,
		   &used) < 3)
		return -1;
	total.service = line + used + (line[used] == ' ');
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].kind, kind) == 0)
			return rows[i].import(board, &total);
	return -1;
}
