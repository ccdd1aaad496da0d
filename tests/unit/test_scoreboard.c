/* SPDX-License-Identifier: MIT */
/* test_scoreboard.c - nothing that a worker counted is ever lost. */
#include "metrics/scoreboard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metrics/board_publish.h"
#include "metrics/scoreboard_internal.h"
#include "scoreboard_fixture.h"

static void every_cell_has_a_name_of_its_own(void)
{
	unsigned i, j;

	for (i = 0; i < SCOREBOARD_CELLS; i++)
		CHECK(scoreboard_columns[i].name != NULL);
	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++) {
		CHECK(scoreboard_service_columns[i].name != NULL);
		for (j = 0; j < i; j++)
			CHECK(strcmp(scoreboard_service_columns[i].name,
				     scoreboard_service_columns[j].name) != 0);
	}
	for (i = 0; i < SCOREBOARD_CALLBACKS; i++)
		CHECK(scoreboard_callback_names[i] != NULL);
	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		CHECK(scoreboard_restart_names[i] != NULL);
	check_string(scoreboard_service_columns[WORKER_EXIT].name,
		     "closed_worker_exit");
}

static void a_page_says_whose_it_is(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);
	uint64_t *cells = scoreboard_cells(page);

	scoreboard_own(page, 4711, 99);
	check_int(scoreboard_load(&cells[SCOREBOARD_SLOT]), 3);
	check_int(scoreboard_load(&cells[SCOREBOARD_GENERATION]), 7);
	check_int(scoreboard_load(&cells[SCOREBOARD_PID]), 4711);
	check_int(scoreboard_load(&cells[SCOREBOARD_STARTED_MS]), 99);
	check_int(scoreboard_load(&cells[SCOREBOARD_HEARTBEAT_MS]), 99);
	check_string(scoreboard_service_name(page, 1), "time");
	CHECK((uintptr_t)page % SCOREBOARD_PAGE_ROUND == 0);
	scoreboard_close(board);
}

static void totals_are_of_the_living_and_the_retired(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *old = taken(board, 3), *young = taken(board, 3);

	scoreboard_add(&scoreboard_service(old, 0)[SCOREBOARD_ACCEPTED], 5);
	scoreboard_add(&scoreboard_service(old, 0)[SCOREBOARD_LIVE], 2);
	scoreboard_add(&scoreboard_service(old, 0)[SCOREBOARD_OUT_LIVE], 5);
	scoreboard_add(&scoreboard_service(old, 1)[SCOREBOARD_ACCEPTED], 100);
	scoreboard_add(&scoreboard_service(young, 0)[SCOREBOARD_ACCEPTED], 3);
	scoreboard_add(&scoreboard_service(young, 0)[SCOREBOARD_LIVE], 1);
	scoreboard_add(&scoreboard_cells(old)[SCOREBOARD_TURNS], 10);
	scoreboard_add(&scoreboard_cells(young)[SCOREBOARD_TURNS], 1);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED), 8);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_LIVE), 3);
	scoreboard_fold(board, old);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED), 8);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_LIVE), 1);
	check_int(scoreboard_total(board, "echo", WORKER_EXIT), 2);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_OUT_CLOSED), 5);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 100);
	check_int(scoreboard_worker_total(board, SCOREBOARD_TURNS), 11);
	check_int(scoreboard_worker_total(board, SCOREBOARD_SLOT), 0);
	check_int(scoreboard_total(board, "nobody", SCOREBOARD_ACCEPTED), 0);
	scoreboard_close(board);
}

static void every_counter_is_folded_and_no_gauge(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);
	bool is_counter;
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (i != SCOREBOARD_LIVE && i != SCOREBOARD_OUT_LIVE)
			scoreboard_store(&scoreboard_service(page, 1)[i],
					 i + 1);
	for (i = SCOREBOARD_TURNS; i < SCOREBOARD_CELLS; i++)
		scoreboard_store(&scoreboard_cells(page)[i], i + 1);
	scoreboard_fold(board, page);
	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++) {
		is_counter = scoreboard_service_columns[i].kind ==
			     SCOREBOARD_KIND_COUNTER;
		check_int(scoreboard_total(board, "time", i),
			  is_counter ? i + 1 : 0);
	}
	for (i = SCOREBOARD_TURNS; i < SCOREBOARD_CELLS; i++) {
		is_counter =
			scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER;
		check_int(scoreboard_worker_total(board, i),
			  is_counter ? i + 1 : 0);
	}
	scoreboard_close(board);
}

/* Count until killed; tell the parent when the first thousand are done. */
static void count_for_ever(struct scoreboard_page *page, int fd)
{
	uint64_t *cells = scoreboard_service(page, 0);

	scoreboard_own(page, getpid(), 1);
	scoreboard_store(&cells[SCOREBOARD_LIVE], 4);
	for (;;) {
		scoreboard_add(&cells[SCOREBOARD_RECEIVED_BYTES], 1);
		if (cells[SCOREBOARD_RECEIVED_BYTES] == 1000 &&
		    write(fd, "", 1) != 1)
			_exit(1);
	}
}

static void what_a_killed_child_counted_is_not_lost(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);
	uint64_t counted;
	int ready[2];
	char byte;
	pid_t pid;

	CHECK(pipe(ready) == 0);
	CHECK(scoreboard_lend(page) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		count_for_ever(page, ready[1]);
	scoreboard_end_lending(page);
	check_int(read(ready[0], &byte, 1), 1);
	check_int(scoreboard_load(&scoreboard_cells(page)[SCOREBOARD_PID]),
		  pid);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	counted = scoreboard_total(board, "echo", SCOREBOARD_RECEIVED_BYTES);
	CHECK(counted >= 1000);
	scoreboard_fold(board, page);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_RECEIVED_BYTES),
		  counted);
	check_int(scoreboard_total(board, "echo", WORKER_EXIT), 4);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_LIVE), 0);
	scoreboard_close(board);
	close(ready[0]);
	close(ready[1]);
}

/* Does a child find memory where `page` is?  It is killed, so that valgrind does
 * not look at its end for what it may have left there. */
static bool is_inherited(struct scoreboard_page *page)
{
	int ends[2];
	char answer = '?';
	pid_t pid;

	REQUIRE(pipe(ends) == 0);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		answer = msync(page, SCOREBOARD_PAGE_ROUND, MS_ASYNC) == 0
				 ? 'y'
				 : 'n';
		while (write(ends[1], &answer, 1) == 1)
			pause();
		_exit(1);
	}
	check_int(read(ends[0], &answer, 1), 1);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	close(ends[0]);
	close(ends[1]);
	return answer == 'y';
}

static void a_child_has_only_what_it_is_lent(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *one = taken(board, 3), *other = taken(board, 3);

	CHECK(scoreboard_lend(one) == 0);
	CHECK(is_inherited(one));
	CHECK(!is_inherited(other));
	scoreboard_end_lending(one);
	CHECK(!is_inherited(one));
	scoreboard_close(board);
}

static bool is_clean(struct scoreboard_page *page)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (scoreboard_service(page, 0)[i] != 0)
			return false;
	return scoreboard_cells(page)[SCOREBOARD_PID] == 0;
}

static void pages_run_out_and_come_back_clean(void)
{
	static struct scoreboard_page *pages[SCOREBOARD_PAGES];
	struct scoreboard *board = opened();
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++) {
		pages[i] = taken(board, 3);
		scoreboard_own(pages[i], 1, 1);
		scoreboard_add(
			&scoreboard_service(pages[i], 0)[SCOREBOARD_ACCEPTED],
			1);
	}
	CHECK(scoreboard_take(board, 0, 0, services, 2) == NULL);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
		  SCOREBOARD_PAGES);
	scoreboard_fold(board, pages[500]);
	pages[500] = taken(board, 3);
	CHECK(is_clean(pages[500]));
	CHECK(scoreboard_take(board, 0, 0, services, 2) == NULL);
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		scoreboard_fold(board, pages[i]);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
		  SCOREBOARD_PAGES);
	CHECK(taken(board, 3) != NULL);
	scoreboard_close(board);
}

static void there_is_room_for_every_service(void)
{
	static char names[SCOREBOARD_SERVICES][SCOREBOARD_SERVICE_NAME];
	const char *list[SCOREBOARD_SERVICES];
	struct scoreboard *board = opened();
	struct scoreboard_page *page;
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICES; i++) {
		snprintf(names[i], sizeof(names[i]), "service-%u", i);
		list[i] = names[i];
	}
	memset(names[9], 'x', SCOREBOARD_SERVICE_NAME - 1);
	page = scoreboard_take(board, 0, 0, list, SCOREBOARD_SERVICES);
	CHECK(page != NULL);
	for (i = 0; i < SCOREBOARD_SERVICES; i++)
		scoreboard_add(
			&scoreboard_service(page, i)[SCOREBOARD_ACCEPTED], i);
	scoreboard_fold(board, page);
	for (i = 0; i < SCOREBOARD_SERVICES; i++)
		check_int(scoreboard_total(board, list[i], SCOREBOARD_ACCEPTED),
			  i);
	scoreboard_close(board);
}

/* The page of a build that had one reason, one worker cell and the last
 * gauge less: made by hand, as such a build would have laid it out. */
static void make_older(struct scoreboard_page *page)
{
	uint64_t *cells = scoreboard_cells(page);
	uint64_t *service;

	memset(cells, 0, SCOREBOARD_PAGE_BYTES - sizeof(*page));
	page->cell_count = SCOREBOARD_CELLS - 1;
	page->service_count = 1;
	page->reason_count = COHORT_REASONS - 1;
	page->service_cell_count = SCOREBOARD_SERVICE_CELLS - 2;
	cells[SCOREBOARD_TURNS] = 9;
	memcpy(scoreboard_service_name(page, 0), "echo", 5);
	service = scoreboard_service(page, 0);
	service[SCOREBOARD_ACCEPTED] = 6;
	service[WORKER_EXIT] = 1;
	service[SCOREBOARD_CLOSED + COHORT_REASONS - 1] = 5; /* its live */
}

static void a_page_of_an_older_layout_is_folded(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);

	make_older(page);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_LIVE), 5);
	scoreboard_fold(board, page);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED), 6);
	check_int(scoreboard_total(board, "echo", WORKER_EXIT), 6);
	check_int(scoreboard_total(board, "echo",
				   SCOREBOARD_CLOSED + COHORT_REASONS - 1),
		  0);
	check_int(scoreboard_worker_total(board, SCOREBOARD_TURNS), 9);
	check_int(scoreboard_worker_total(board, SCOREBOARD_ACCEPT_OTHER), 0);
	scoreboard_close(board);
}

static void a_page_of_a_newer_layout_is_folded(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);
	uint64_t *service;

	page->version = SCOREBOARD_LAYOUT + 1;
	page->service_count = 1;
	page->cell_count = SCOREBOARD_CELLS + 2;
	page->reason_count = COHORT_REASONS + 1;
	page->service_cell_count = SCOREBOARD_SERVICE_CELLS + 3;
	memcpy(scoreboard_service_name(page, 0), "time", 5);
	service = scoreboard_service(page, 0);
	memset(service, 0, page->service_cell_count * sizeof(*service));
	service[SCOREBOARD_ACCEPTED] = 6;
	service[SCOREBOARD_LIVE] = 77; /* its new reason */
	service[SCOREBOARD_LIVE + 1] = 2;
	scoreboard_fold(board, page);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 6);
	check_int(scoreboard_total(board, "time", WORKER_EXIT), 2);
	scoreboard_close(board);
}

/* Headers that a dying worker may leave behind: version, cells, services,
 * cells of a service, reasons, bytes of a name. */
#define HUGE_COUNT UINT32_MAX
static const uint32_t damaged[][6] = {
	{0, 0, 0, 0, 0, 0},
	{1, 16, HUGE_COUNT, 25, 18, 64},
	{1, 16, 2, 25, 18, 1},
	{1, HUGE_COUNT, 2, 25, 18, 64},
	{1, 16, 2, HUGE_COUNT, 18, 64},
	{1, 16, 256, 8000, 18, 64},
	{1, 16, 2, 25, HUGE_COUNT, 64},
	{1, 16, 2, 23, 18, 64},
};

static void a_damaged_page_harms_nobody(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page;
	size_t i;

	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		page = taken(board, 3);
		scoreboard_service(page, 0)[SCOREBOARD_ACCEPTED] = 1;
		memcpy(page, damaged[i], sizeof(damaged[i]));
		check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
			  0);
		scoreboard_fold(board, page);
		CHECK(is_clean(taken(board, 3)));
	}
	page = taken(board, 3);
	memset(scoreboard_service_name(page, 0), 'z', SCOREBOARD_SERVICE_NAME);
	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 2);
	scoreboard_fold(board, page);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 2);
	scoreboard_close(board);
}

static void restarts_are_counted_by_cause(void)
{
	struct scoreboard *board = opened();

	scoreboard_count_restart(board, SCOREBOARD_RESTART_CRASH);
	scoreboard_count_restart(board, SCOREBOARD_RESTART_CRASH);
	scoreboard_count_restart(board, SCOREBOARD_RESTART_KILLED);
	check_int(scoreboard_restart_total(board, SCOREBOARD_RESTART_CRASH), 2);
	check_int(scoreboard_restart_total(board, SCOREBOARD_RESTART_KILLED),
		  1);
	check_int(scoreboard_restart_total(board, SCOREBOARD_RESTART_EXIT), 0);
	scoreboard_close(board);
}

/* A program that is reloaded for years, with other names each time. */
static void rows_of_totals_are_used_again(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page, *first = taken(board, 3);
	const char *names[1];
	char name[32];
	unsigned i;

	names[0] = name;
	for (i = 0; i < 3 * BOARD_SERVICES; i++) {
		snprintf(name, sizeof(name), "service-%u", i);
		page = scoreboard_take(board, 0, 1, names, 1);
		CHECK(page != NULL);
		scoreboard_add(
			&scoreboard_service(page, 0)[SCOREBOARD_ACCEPTED], 1);
		scoreboard_fold(board, page);
	}
	check_int(board_service_count(board), BOARD_SERVICES);
	check_int(scoreboard_total(board, name, SCOREBOARD_ACCEPTED), 1);
	check_int(board_find_service(board, "service-7"), -1);
	/* Whoever still counts keeps his row. */
	scoreboard_add(&scoreboard_service(first, 1)[SCOREBOARD_ACCEPTED], 2);
	scoreboard_fold(board, first);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 2);
	scoreboard_close(board);
}

static struct scoreboard_page *take_numbered(struct scoreboard *board,
					     unsigned first, unsigned count)
{
	static char names[SCOREBOARD_SERVICES][SCOREBOARD_SERVICE_NAME];
	const char *list[SCOREBOARD_SERVICES];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "service-%u", first + i);
		list[i] = names[i];
	}
	return scoreboard_take(board, 0, 1, list, count);
}

static void a_row_that_is_counted_for_is_never_taken_away(void)
{
	struct scoreboard *board = opened();
	unsigned i, step = SCOREBOARD_SERVICES;

	for (i = 0; i + step < BOARD_SERVICES; i += step)
		CHECK(take_numbered(board, i, step) != NULL);
	CHECK(take_numbered(board, i, step - 1) != NULL);
	/* One row is left, for two new names. */
	CHECK(take_numbered(board, 5000, 2) == NULL);
	check_int(errno, ENOSPC);
	CHECK(take_numbered(board, 6000, 1) != NULL);
	CHECK(take_numbered(board, 7000, 1) == NULL);
	for (i = 0; i < BOARD_SERVICES - 1; i++) {
		char name[SCOREBOARD_SERVICE_NAME];

		snprintf(name, sizeof(name), "service-%u", i);
		check_int(board_find_service(board, name), i);
	}
	scoreboard_close(board);
}

/* 2^64 - 1 more is one less. */
static void no_total_falls_by_what_a_worker_makes_up(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 3);

	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 5);
	scoreboard_fold(board, page);
	page = taken(board, 3);
	scoreboard_store(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED],
			 UINT64_MAX);
	scoreboard_store(&scoreboard_service(page, 1)[SCOREBOARD_LIVE],
			 UINT64_MAX);
	scoreboard_store(&scoreboard_cells(page)[SCOREBOARD_TURNS], UINT64_MAX);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 5);
	scoreboard_fold(board, page);
	check_int(scoreboard_total(board, "time", SCOREBOARD_ACCEPTED), 5);
	check_int(scoreboard_total(board, "time", WORKER_EXIT), 0);
	check_int(scoreboard_worker_total(board, SCOREBOARD_TURNS), 0);
	scoreboard_close(board);
}

static void an_observation_counts_in_its_bucket(void)
{
	static const struct {
		int64_t value;
		unsigned bucket;
	} rows[] = {
		{0, 0},        {999, 0},      {1000, 0},
		{1001, 1},     {20000, 4},    {4999999, 11},
		{5000000, 11}, {5000001, 12}, {INT64_MAX / 2, 12},
	};
	uint64_t cells[SCOREBOARD_LAG_BUCKETS + 1];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(cells, 0, sizeof(cells));
		scoreboard_observe(cells, scoreboard_lag_bounds_us,
				   SCOREBOARD_LAG_BUCKETS, rows[i].value);
		check_int(cells[rows[i].bucket], 1);
		check_int(cells[SCOREBOARD_LAG_BUCKETS], rows[i].value);
	}
}

int main(void)
{
	every_cell_has_a_name_of_its_own();
	a_page_says_whose_it_is();
	totals_are_of_the_living_and_the_retired();
	every_counter_is_folded_and_no_gauge();
	what_a_killed_child_counted_is_not_lost();
	pages_run_out_and_come_back_clean();
	there_is_room_for_every_service();
	a_page_of_an_older_layout_is_folded();
	a_page_of_a_newer_layout_is_folded();
	a_damaged_page_harms_nobody();
	restarts_are_counted_by_cause();
	rows_of_totals_are_used_again();
	a_row_that_is_counted_for_is_never_taken_away();
	no_total_falls_by_what_a_worker_makes_up();
	an_observation_counts_in_its_bucket();
	a_child_has_only_what_it_is_lent();
	return check_result();
}
