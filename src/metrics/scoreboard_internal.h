/* SPDX-License-Identifier: MIT */
/* scoreboard_internal.h - what the files of the scoreboard share.
 *
 *	scoreboard.c         memory and the life of a page
 *	scoreboard_totals.c  what was counted, all told
 *	scoreboard_layout.c  how a page lies in memory
 *	scoreboard_names.c   the names of everything */
#ifndef COHORT_METRICS_SCOREBOARD_INTERNAL_H
#define COHORT_METRICS_SCOREBOARD_INTERNAL_H

#include <stdbool.h>

#include "metrics/scoreboard_layout.h"

/* What retired workers have counted for one service. */
struct total {
	char name[SCOREBOARD_SERVICE_NAME];
	uint64_t cells[SCOREBOARD_SERVICE_CELLS];
};

struct scoreboard {
	int fd; /* kept: the successor of an upgrade maps it again */
	unsigned char *memory;
	/* Beside the pages, not in them: reading a page that nobody ever
	 * touched would make the kernel back it. */
	bool is_taken[SCOREBOARD_PAGES];
	unsigned short free_pages[SCOREBOARD_PAGES]; /* a stack */
	unsigned free_count;
	struct total *totals;
	unsigned total_count;
	unsigned total_room;
	uint64_t worker_totals[SCOREBOARD_CELLS];
	uint64_t restarts[SCOREBOARD_RESTARTS];
};

struct scoreboard_page *scoreboard_page_at(const struct scoreboard *board,
					   unsigned i);

/* A row of totals for the service: 0, or -1 if memory is out. */
int scoreboard_ensure_total(struct scoreboard *board, const char *name);

/* Add what a page of a dead worker has counted. */
void scoreboard_fold_counters(struct scoreboard *board,
			      struct scoreboard_page *page);

#endif
