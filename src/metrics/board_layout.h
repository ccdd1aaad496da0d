/* SPDX-License-Identifier: MIT */
/* board_layout.h - how the board lies in memory, behind the pages.
 *
 * For the files of metrics/ alone.  Its one writer is the supervisor.  What
 * belongs together is written between board_begin and board_end; a reader takes
 * a copy and throws it away if `sequence` was odd, or another one afterwards.
 * Single numbers (cells, queues, flags) are stored by themselves.
 *
 * The totals of retired workers are here alone, and in the text of a hand-over:
 * a build with another layout begins with zeros, and reads the text. */
#ifndef COHORT_METRICS_BOARD_LAYOUT_H
#define COHORT_METRICS_BOARD_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/scoreboard.h"

#define BOARD_LAYOUT   1
#define BOARD_SERVICES 1024 /* with totals: those configured, and before */

enum board_page_mark {
	BOARD_PAGE_NONE,
	BOARD_PAGE_LEFT,    /* of a worker that its supervisor does not know */
	BOARD_PAGE_FOLDING, /* its counts are, or may be, in the totals */
};

/* A page of the scoreboard, by its number. */
struct board_page {
	uint8_t is_living; /* it counts for somebody */
	uint8_t mark;      /* enum board_page_mark */
	uint16_t slot;
};

/* A row of totals: what retired workers have counted for a service, and what
 * is known of it now. */
struct board_service {
	char name[SCOREBOARD_SERVICE_NAME]; /* padded with NULs */
	uint64_t stamp; /* of the last time that somebody asked for it */
	uint32_t is_current;
	uint32_t is_suspended;
	uint32_t queue_limit;
	uint32_t reserved;
	uint32_t queue_by_slot[BOARD_SLOTS];
	uint64_t accepted_by_slot[BOARD_SLOTS];
	uint64_t cells[SCOREBOARD_SERVICE_CELLS];
};

/* Which build's board this is: all of these have to be the same. */
struct board_format {
	uint32_t version;
	uint32_t bytes;
	uint32_t cell_count;
	uint32_t worker_cell_count;
	uint32_t service_cell_count;
	uint32_t reason_count;
};

struct board {
	struct board_format format;
	uint32_t sequence; /* odd: somebody writes */
	uint32_t service_count;
	uint64_t stamp;
	uint64_t cells[BOARD_CELLS];
	uint64_t restarts[SCOREBOARD_RESTARTS];
	uint64_t worker_totals[SCOREBOARD_CELLS];
	struct board_page pages[SCOREBOARD_PAGES];
	struct board_slot slots[BOARD_SLOTS];
	struct board_worker workers[SCOREBOARD_PAGES];
	uint32_t slot_count;
	uint32_t reserved;
	char failure[BOARD_FAILURE];
	uint64_t event_count;  /* that there ever were */
	uint64_t closed_count; /* the same of `closed` */
	struct board_event events[BOARD_EVENTS];
	struct board_closed closed[BOARD_RETIRED];
	struct board_service services[BOARD_SERVICES];
};

/* Builds that reserve another room cannot take over from each other; what is
 * not used costs addresses, but no memory. */
#define BOARD_BYTES ((size_t)8 * 1024 * 1024)
_Static_assert(sizeof(struct board) <= BOARD_BYTES,
	       "the board has to fit behind the pages");

static inline void board_fill_format(struct board_format *format)
{
	*format = (struct board_format){
		.version = BOARD_LAYOUT,
		.bytes = sizeof(struct board),
		.cell_count = BOARD_CELLS,
		.worker_cell_count = SCOREBOARD_CELLS,
		.service_cell_count = SCOREBOARD_SERVICE_CELLS,
		.reason_count = COHORT_REASONS,
	};
}

/* ---- One writer, any readers ---- */

/* May be nested: the outermost pair counts. */
void board_begin(struct scoreboard *scoreboard);
void board_end(struct scoreboard *scoreboard);

/* Reader: a number for board_is_unchanged, or an odd one: not now. */
static inline uint32_t board_sequence(const struct board *board)
{
	return __atomic_load_n(&board->sequence, __ATOMIC_ACQUIRE);
}
/* Was all that was read since then of one moment? */
static inline bool board_is_unchanged(const struct board *board,
				      uint32_t sequence)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&board->sequence, __ATOMIC_RELAXED) == sequence;
}

#endif
