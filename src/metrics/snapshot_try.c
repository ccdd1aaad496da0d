/* SPDX-License-Identifier: MIT */
/* snapshot_try.c - what was read while somebody wrote is read again. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "metrics/board_format.h"
#include "metrics/board_publish.h"
#include "metrics/snapshot_internal.h"

#define NAP_NS 50000

/* Writers take microseconds; a new build of the program, some milliseconds. */
static void nap(void)
{
	const struct timespec pause = {.tv_nsec = NAP_NS};

	nanosleep(&pause, NULL);
}

bool board_is_known(const struct scoreboard *scoreboard)
{
	struct board_format format;

	board_fill_format(&format);
	return memcmp(&scoreboard->board->format, &format, sizeof(format)) == 0;
}

int snapshot_try(const struct scoreboard *scoreboard,
		 int (*take)(const struct scoreboard *, void *context),
		 void *context)
{
	const struct board *board = scoreboard->board;
	int64_t until_ms = clock_now_ms() + SNAPSHOT_WAIT_MS;
	uint32_t sequence;
	int result;

	do {
		sequence = board_sequence(board);
		if (sequence % 2 == 0 && board_is_known(scoreboard)) {
			result = take(scoreboard, context);
			if (result < 0 || board_is_unchanged(board, sequence))
				return result;
		}
		nap();
	} while (clock_now_ms() < until_ms);
	errno = EAGAIN;
	return -1;
}

/* ---- Rows ------------------------------------------------------------- */

static uint16_t find_row(const struct scoreboard *scoreboard, const char *name,
			 unsigned guess)
{
	int row;

	if (guess < board_service_count(scoreboard) &&
	    scoreboard_is_named(board_service_name(scoreboard, guess), name))
		return (uint16_t)guess;
	row = board_find_service(scoreboard, name);
	return row < 0 ? SNAPSHOT_NO_ROW : (uint16_t)row;
}

void snapshot_find_rows(struct snapshot_rows *rows,
			const struct scoreboard *scoreboard,
			const struct scoreboard_view *view)
{
	char name[SCOREBOARD_SERVICE_NAME];
	unsigned i, guess;

	for (i = 0; i < view->header.service_count; i++) {
		guess = i < rows->count ? rows->rows[i] : i;
		scoreboard_read_name(name, view, i);
		rows->rows[i] = find_row(scoreboard, name, guess);
	}
	rows->count = view->header.service_count;
}
