/* SPDX-License-Identifier: MIT */
/* board_publish.h - how the supervisor writes on the board (board.h).
 *
 * Nothing here allocates or fails, so it may be called from anywhere while a
 * worker is healed. */
#ifndef COHORT_METRICS_BOARD_PUBLISH_H
#define COHORT_METRICS_BOARD_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/board.h"
#include "metrics/scoreboard.h"

/* One more, of a counter; any cell as it is now. */
void board_count(struct scoreboard *scoreboard, enum board_cell cell);
void board_set(struct scoreboard *scoreboard, enum board_cell cell,
	       uint64_t value);
uint64_t board_get(const struct scoreboard *scoreboard, enum board_cell cell);

/* An event of this moment, for the time line; `slot` -1: of none.  Words that
 * are too long are cut. */
void board_note(struct scoreboard *scoreboard, enum board_event_kind kind,
		int slot, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Why the last reload or upgrade failed; "" when one has gone well. */
void board_set_failure(struct scoreboard *scoreboard, const char *words);

/* Slots and workers (by the number of their page) as they are now: at the end
 * of a turn.  Costs no reader anything if nothing has changed.  Workers from
 * `worker_high` on are zeroes, and were when it was shown last. */
struct board_picture {
	unsigned slot_count;
	unsigned slot_high; /* of the writer: what it keeps up to date */
	unsigned worker_high;
	struct board_slot slots[BOARD_SLOTS];
	struct board_worker workers[SCOREBOARD_PAGES];
};
void board_show(struct scoreboard *scoreboard,
		const struct board_picture *picture);

/* The row of a service; -1: there is none of that name (it gets one with the
 * first page for it). */
int board_find_service(const struct scoreboard *scoreboard, const char *name);
unsigned board_service_count(const struct scoreboard *scoreboard);
const char *board_service_name(const struct scoreboard *scoreboard,
			       unsigned row);
void board_set_service(struct scoreboard *scoreboard, unsigned row,
		       bool is_current, bool is_suspended);
/* Clients that wait in the listeners of a slot (in slot 0 those of a listener
 * that all share), and how many may in one. */
void board_set_queue(struct scoreboard *scoreboard, unsigned row, unsigned slot,
		     uint32_t length);
void board_set_queue_limit(struct scoreboard *scoreboard, unsigned row,
			   uint32_t limit);

#endif
