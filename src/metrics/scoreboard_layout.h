/* SPDX-License-Identifier: MIT */
/* scoreboard_layout.h - how a page of the scoreboard lies in memory.
 *
 * For scoreboard.c and its test; everybody else goes through scoreboard.h.
 *
 *	header | cells of the worker | service: name, cells | service … | history
 *
 * A page is read by what its header says and not by what this build would
 * have written, because after an upgrade the pages of the older workers are
 * still there.  So that this works in both directions:
 * - a cell keeps its place: new ones go to the end of their enum, a new
 *   reason to the end of enum cohort_reason (the cells after the reasons
 *   then move, and `reason_count` tells by how much);
 * - the kind of a cell never changes;
 * - the cells of the worker begin where they do, whatever SCOREBOARD_LAYOUT is:
 *   the turns of any worker are watched, of whatever build;
 * - a cell that the page lacks counts 0, one that this build does not know is
 *   left out. */
#ifndef COHORT_METRICS_SCOREBOARD_LAYOUT_H
#define COHORT_METRICS_SCOREBOARD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/scoreboard.h"

/* 64 bytes, a cache line; 0 in `version` is a page nobody has. */
struct scoreboard_page {
	uint32_t version; /* SCOREBOARD_LAYOUT */
	uint32_t cell_count;
	uint32_t service_count;
	uint32_t service_cell_count;
	uint32_t reason_count; /* of the cells from SCOREBOARD_CLOSED on */
	uint32_t name_bytes;   /* SCOREBOARD_SERVICE_NAME */
	/* The ring of closed connections: where it begins (0: there is none),
	 * how many fit, and how large one is. */
	uint32_t history_offset;
	uint32_t history_count;
	uint32_t closed_bytes;
	uint32_t index;       /* of the page, for its worker */
	uint32_t reserved[6]; /* 0 */
};

/* Where it begins: the number of entries there ever were, which is stored when
 * one is whole.  While entry `written_count` is being written, the one that had
 * its place before is not to be trusted. */
struct scoreboard_history {
	uint64_t written_count;
	struct board_closed entries[BOARD_HISTORY];
};

/* From one service's name to the next. */
#define SCOREBOARD_SERVICE_BYTES                                               \
	(SCOREBOARD_SERVICE_NAME + SCOREBOARD_SERVICE_CELLS * sizeof(uint64_t))

/* Header and cells of a page with all its services.  Builds that have pages of
 * another size cannot take over from each other, so there is room for more
 * cells than there are: what is not used costs addresses, but no memory. */
#define SCOREBOARD_PAGE_ROUND 4096
#define SCOREBOARD_PAGE_BYTES ((size_t)256 * 1024)
#define SCOREBOARD_PAGE_USED                                                   \
	(sizeof(struct scoreboard_page) +                                      \
	 SCOREBOARD_CELLS * sizeof(uint64_t) +                                 \
	 SCOREBOARD_SERVICES * SCOREBOARD_SERVICE_BYTES +                      \
	 sizeof(struct scoreboard_history))
_Static_assert(SCOREBOARD_PAGE_USED <= SCOREBOARD_PAGE_BYTES,
	       "a page has to hold all the cells");
_Static_assert(SCOREBOARD_PAGE_BYTES % SCOREBOARD_PAGE_ROUND == 0,
	       "no two workers may write to one page of memory, or one line");

/* A page to be read.  The header is a copy: the worker could write there until
 * its last moment, and may have died of writing where it should not. */
struct scoreboard_view {
	struct scoreboard_page header;
	const unsigned char *bytes;
};

/* Does the header describe something that fits into a page?  If not, nothing
 * below may be asked. */
bool scoreboard_look(struct scoreboard_view *view,
		     const struct scoreboard_page *page);

/* More than a worker can have counted, bytes or microseconds, in its life. */
#define SCOREBOARD_COUNT_MAX ((uint64_t)1 << 56)

/* Our `cell` of the worker, of one of its services: 0 if the page lacks it, or
 * has a count there that cannot be. */
uint64_t scoreboard_read_cell(const struct scoreboard_view *view,
			      unsigned cell);
uint64_t scoreboard_read_service(const struct scoreboard_view *view,
				 unsigned service, unsigned cell);
/* Its name, whatever is there; returns `out`. */
char *scoreboard_read_name(char out[SCOREBOARD_SERVICE_NAME],
			   const struct scoreboard_view *view,
			   unsigned service);

/* The entries of its ring: the number of the next one, and how many before it
 * can be asked for. */
uint64_t scoreboard_history_next(const struct scoreboard_view *view);
unsigned scoreboard_history_count(const struct scoreboard_view *view);
/* Number `number` of them; false: it is gone, or makes no sense. */
bool scoreboard_read_closed(const struct scoreboard_view *view, uint64_t number,
			    struct board_closed *closed);

/* Lay out the page of this build: counts, and where the ring is. */
void scoreboard_write_layout(struct scoreboard_page *page,
			     unsigned service_count);
/* What of a page with so many services is ever written to. */
size_t scoreboard_used_bytes(unsigned service_count);

/* SCOREBOARD_SERVICE_NAME bytes, padded with NULs. */
char *scoreboard_service_name(struct scoreboard_page *page, unsigned service);

#endif
