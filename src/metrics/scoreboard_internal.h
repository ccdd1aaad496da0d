/* SPDX-License-Identifier: MIT */
/* scoreboard_internal.h - what the files of the scoreboard share.
 *
 *	scoreboard.c         memory and the life of a page
 *	scoreboard_page.c    how a page lies in memory
 *	scoreboard_totals.c  what was counted, all told
 *	scoreboard_fold.c    what a dead worker leaves
 *	scoreboard_settle.c  which pages are whose, after another supervisor
 *	scoreboard_handover.c  the same in words, and from one build to another
 *	scoreboard_names.c   the names of everything
 *	board_publish.c      what the supervisor says of itself
 *	snapshot*.c          how others read all of it */
#ifndef COHORT_METRICS_SCOREBOARD_INTERNAL_H
#define COHORT_METRICS_SCOREBOARD_INTERNAL_H

#include <stdbool.h>

#include "metrics/board_layout.h"
#include "metrics/scoreboard_layout.h"

struct scoreboard {
	int fd; /* kept: the successor of an upgrade maps it again; -1: none */
	unsigned char *memory; /* pages, and behind them the board */
	struct board *board;
	unsigned writing_depth; /* board_begin without board_end */
	/* Beside the pages, not in them: reading a page that nobody ever
	 * touched would make the kernel back it. */
	bool is_taken[SCOREBOARD_PAGES];
	unsigned short free_pages[SCOREBOARD_PAGES]; /* a stack */
	unsigned free_count;
	uint64_t taking_since; /* rows asked for later are for that page */
	unsigned left_count;   /* BOARD_PAGE_LEFT */
	int64_t left_ms;       /* the last of them was */
};

struct scoreboard_page *scoreboard_page_at(const struct scoreboard *board,
					   unsigned i);

/* Are they the same, as far as a page can hold a name? */
bool scoreboard_is_named(const char *cut, const char *name);

/* Have the kernel back a part of the memory now: writing to a page that it
 * cannot back later would be a SIGBUS in whoever writes.  0, or -1/errno. */
int scoreboard_reserve(const struct scoreboard *scoreboard, size_t offset,
		       size_t size);
/* Make it zeros, and give its memory back. */
void scoreboard_clear(const struct scoreboard *scoreboard, size_t offset,
		      size_t size);

/* The row of totals of the service, a new one if need be; NULL with errno. */
struct board_service *scoreboard_need_total(struct scoreboard *scoreboard,
					    const char *name);

/* What nobody knew may be somebody's again. */
void scoreboard_forget_left(struct scoreboard *scoreboard);

/* Page `i` lives no more.  Whoever is killed from here on has counted it, as far
 * as a successor knows: once too few, but never twice. */
void scoreboard_begin_fold(struct scoreboard *scoreboard, unsigned i);

/* Add what page `i`, of a dead worker, has counted, and what it remembers. */
void scoreboard_fold_counters(struct scoreboard *scoreboard, unsigned i,
			      const struct scoreboard_view *view);

#endif
