/* SPDX-License-Identifier: MIT */
/* scoreboard_fixture.h - a scoreboard with pages for two services. */
#ifndef COHORT_TESTS_SCOREBOARD_FIXTURE_H
#define COHORT_TESTS_SCOREBOARD_FIXTURE_H

#include "check.h"
#include "metrics/scoreboard.h"

#define WORKER_EXIT (SCOREBOARD_CLOSED + COHORT_REASON_WORKER_EXIT)

static const char *const services[] = {"echo", "time"};

static inline struct scoreboard *opened(void)
{
	struct error error;
	struct scoreboard *board = scoreboard_open(&error);

	REQUIRE(board != NULL);
	return board;
}

static inline struct scoreboard_page *taken(struct scoreboard *board,
					    unsigned slot)
{
	struct scoreboard_page *page =
		scoreboard_take(board, slot, 7, services, 2);

	REQUIRE(page != NULL);
	return page;
}

/* As another process has it. */
static inline struct scoreboard *reader_of(const struct scoreboard *board)
{
	struct error error;
	struct scoreboard *reader =
		scoreboard_map_reader(scoreboard_open_reader(board), &error);

	REQUIRE(reader != NULL);
	return reader;
}

#endif
