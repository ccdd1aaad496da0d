/* SPDX-License-Identifier: MIT */
/* test_closed.c - the connections that were closed last, of all workers. */
#include "metrics/scoreboard_internal.h"
#include "metrics/snapshot.h"
#include "scoreboard_fixture.h"

static void close_one(struct scoreboard_page *page, uint64_t id, int64_t at_ms,
		      unsigned service)
{
	const struct board_closed closed = {
		.id = id,
		.closed_ms = at_ms,
		.count = 1,
		.service = (uint16_t)service,
		.reason = COHORT_REASON_EOF,
	};

	scoreboard_note_closed(page, &closed);
}

static void closed_connections_are_the_newest_of_all(void)
{
	struct scoreboard *board = opened(), *reader = reader_of(board);
	struct scoreboard_page *living, *dead = taken(board, 3);
	struct board_closed closed[8];
	char names[8][SCOREBOARD_SERVICE_NAME];

	scoreboard_own(dead, 99, 1);
	close_one(dead, 1, 100, 0);
	close_one(dead, 2, 300, 1);
	scoreboard_add(&scoreboard_service(dead, 1)[SCOREBOARD_LIVE], 7);
	scoreboard_fold(board, dead);
	living = taken(board, 4);
	close_one(living, 1, 200, 0);
	close_one(living, 2, 400, 0);
	check_int(snapshot_closed(reader, closed, names, 8), 5);
	/* Now is later. */
	check_int(closed[0].count, 7);
	check_int(closed[0].reason, COHORT_REASON_WORKER_EXIT);
	check_int(closed[0].pid, 99);
	check_int(closed[0].slot, 3);
	check_string(names[0], "time");
	check_int(closed[1].closed_ms, 400);
	check_int(closed[1].slot, 4);
	check_int(closed[2].closed_ms, 300);
	check_string(names[2], "time");
	check_int(closed[2].slot, 3);
	check_int(closed[3].closed_ms, 200);
	check_int(closed[4].closed_ms, 100);
	check_string(names[4], "echo");
	check_int(snapshot_closed(reader, closed, names, 2), 2);
	check_int(closed[1].closed_ms, 400);
	check_int(snapshot_closed(reader, closed, names, 0), 0);
	scoreboard_close(reader);
	scoreboard_close(board);
}

/* One fewer than fit: a worker may be writing over the oldest. */
static void a_ring_keeps_the_last(void)
{
	static struct board_closed closed[BOARD_RETIRED + BOARD_HISTORY];
	static char names[BOARD_RETIRED + BOARD_HISTORY]
			 [SCOREBOARD_SERVICE_NAME];
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 0);
	unsigned i, count, total = 0;

	for (i = 1; i <= 5 * BOARD_HISTORY; i++)
		close_one(page, i, i, 0);
	count = snapshot_closed(board, closed, names, BOARD_RETIRED);
	check_int(count, BOARD_HISTORY - 1);
	check_int(closed[0].id, 5 * BOARD_HISTORY);
	check_int(closed[count - 1].id, 4 * BOARD_HISTORY + 2);
	for (i = 0; i < 20; i++) {
		total += BOARD_HISTORY;
		scoreboard_fold(board, page);
		page = taken(board, 0);
		for (unsigned j = 0; j < BOARD_HISTORY; j++)
			close_one(page, total + j + 1, total + j + 1, 0);
	}
	scoreboard_fold(board, page);
	count = snapshot_closed(board, closed, names,
				BOARD_RETIRED + BOARD_HISTORY);
	check_int(count, BOARD_RETIRED);
	check_int(closed[0].id, total + BOARD_HISTORY);
	scoreboard_close(board);
}

static void a_damaged_ring_harms_nobody(void)
{
	static const uint32_t damaged[][3] = {
		{0, BOARD_HISTORY, 80},
		{SCOREBOARD_PAGE_BYTES - 8, BOARD_HISTORY, 80},
		{UINT32_MAX & ~7U, BOARD_HISTORY, 80},
		{65536, UINT32_MAX, 80},
		{65536, BOARD_HISTORY, 0},
		{65536, BOARD_HISTORY, UINT32_MAX & ~7U},
		{65537, BOARD_HISTORY, 80},
	};
	struct scoreboard *board = opened();
	struct board_closed closed[4];
	char names[4][SCOREBOARD_SERVICE_NAME];
	struct scoreboard_page *page;
	size_t i;

	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		page = taken(board, 0);
		close_one(page, 1, 1, 0);
		memcpy(&page->history_offset, damaged[i], sizeof(damaged[i]));
		check_int(snapshot_closed(board, closed, names, 4), 0);
		scoreboard_fold(board, page);
		check_int(snapshot_closed(board, closed, names, 4), 0);
	}
	page = taken(board, 0);
	close_one(page, 1, 1, 2); /* there is no such service */
	check_int(snapshot_closed(board, closed, names, 4), 0);
	scoreboard_fold(board, page);
	check_int(snapshot_closed(board, closed, names, 4), 0);
	scoreboard_close(board);
}

int main(void)
{
	closed_connections_are_the_newest_of_all();
	a_ring_keeps_the_last();
	a_damaged_ring_harms_nobody();
	return check_result();
}
