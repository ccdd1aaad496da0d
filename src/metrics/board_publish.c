/* SPDX-License-Identifier: MIT */
/* board_publish.c - the supervisor writes on the board. */
#include "metrics/board_publish.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/scoreboard_internal.h"

void board_begin(struct scoreboard *scoreboard)
{
	struct board *board = scoreboard->board;

	if (scoreboard->writing_depth++ > 0)
		return;
	/* One that was killed may have left it odd. */
	__atomic_store_n(&board->sequence, board->sequence | 1,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void board_end(struct scoreboard *scoreboard)
{
	struct board *board = scoreboard->board;

	if (--scoreboard->writing_depth == 0)
		__atomic_store_n(&board->sequence, board->sequence + 1,
				 __ATOMIC_RELEASE);
}

/* ---- Cells ----------------------------------------------------------- */

void board_count(struct scoreboard *scoreboard, enum board_cell cell)
{
	scoreboard_add(&scoreboard->board->cells[cell], 1);
}

void board_set(struct scoreboard *scoreboard, enum board_cell cell,
	       uint64_t value)
{
	scoreboard_store(&scoreboard->board->cells[cell], value);
}

uint64_t board_get(const struct scoreboard *scoreboard, enum board_cell cell)
{
	return scoreboard_load(&scoreboard->board->cells[cell]);
}

/* ---- Words ----------------------------------------------------------- */

void board_note(struct scoreboard *scoreboard, enum board_event_kind kind,
		int slot, const char *format, ...)
{
	struct board *board = scoreboard->board;
	struct board_event *event =
		&board->events[board->event_count % BOARD_EVENTS];
	va_list arguments;

	board_begin(scoreboard);
	memset(event, 0, sizeof(*event));
	event->wall_ms = clock_wall_ms();
	event->kind = kind;
	event->slot = slot;
	va_start(arguments, format);
	vsnprintf(event->words, sizeof(event->words), format, arguments);
	va_end(arguments);
	board->event_count++;
	board_end(scoreboard);
}

void board_set_failure(struct scoreboard *scoreboard, const char *words)
{
	char *failure = scoreboard->board->failure;

	board_begin(scoreboard);
	memset(failure, 0, BOARD_FAILURE);
	memcpy(failure, words, strnlen(words, BOARD_FAILURE - 1));
	board_end(scoreboard);
}

/* ---- Slots and workers ----------------------------------------------- */

/* Both are zeroed memory that is filled by members, padding stays 0. */
static bool is_shown(const struct board *board,
		     const struct board_picture *picture)
{
	return board->slot_count == picture->slot_count &&
	       memcmp(board->slots, picture->slots, sizeof(board->slots)) ==
		       0 &&
	       memcmp(board->workers, picture->workers,
		      picture->worker_high * sizeof(board->workers[0])) == 0;
}

void board_show(struct scoreboard *scoreboard,
		const struct board_picture *picture)
{
	struct board *board = scoreboard->board;

	if (is_shown(board, picture))
		return;
	board_begin(scoreboard);
	board->slot_count = picture->slot_count;
	memcpy(board->slots, picture->slots, sizeof(board->slots));
	memcpy(board->workers, picture->workers, sizeof(board->workers));
	board_end(scoreboard);
}

/* ---- Services -------------------------------------------------------- */

int board_find_service(const struct scoreboard *scoreboard, const char *name)
{
	unsigned i, count = board_service_count(scoreboard);

	for (i = 0; i < count; i++)
		if (scoreboard_is_named(scoreboard->board->services[i].name,
					name))
			return (int)i;
	return -1;
}

/* Another build may be writing something else there, for a reader. */
unsigned board_service_count(const struct scoreboard *scoreboard)
{
	uint32_t count = __atomic_load_n(&scoreboard->board->service_count,
					 __ATOMIC_RELAXED);

	return count < BOARD_SERVICES ? count : BOARD_SERVICES;
}

const char *board_service_name(const struct scoreboard *scoreboard,
			       unsigned row)
{
	return scoreboard->board->services[row].name;
}

static void put(uint32_t *place, uint32_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELAXED);
}

void board_set_service(struct scoreboard *scoreboard, unsigned row,
		       bool is_current, bool is_suspended)
{
	struct board_service *service = &scoreboard->board->services[row];

	put(&service->is_current, is_current);
	put(&service->is_suspended, is_suspended);
}

void board_set_queue(struct scoreboard *scoreboard, unsigned row, unsigned slot,
		     uint32_t length)
{
	put(&scoreboard->board->services[row].queue_by_slot[slot], length);
}

void board_set_queue_limit(struct scoreboard *scoreboard, unsigned row,
			   uint32_t limit)
{
	put(&scoreboard->board->services[row].queue_limit, limit);
}
