/* SPDX-License-Identifier: MIT */
/* test_scoreboard.c - nothing that a worker counted is ever lost. */
#include "metrics/scoreboard.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "metrics/scoreboard_layout.h"

#define WORKER_EXIT (SCOREBOARD_CLOSED + COHORT_REASON_WORKER_EXIT)

static const char *const services[] = {"echo", "time"};

static struct scoreboard *opened(void)
{
	struct error error;
	struct scoreboard *board = scoreboard_open(&error);

	CHECK(board != NULL);
	return board;
}

static struct scoreboard_page *taken(struct scoreboard *board)
{
	struct scoreboard_page *page =
		scoreboard_take(board, 3, 7, services, 2);

	CHECK(page != NULL);
	return page;
}

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
	struct scoreboard_page *page = taken(board);
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
	struct scoreboard_page *old = taken(board), *young = taken(board);

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
	struct scoreboard_page *page = taken(board);
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
	struct scoreboard_page *page = taken(board);
	uint64_t counted;
	int ready[2];
	char byte;
	pid_t pid;

	CHECK(pipe(ready) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		count_for_ever(page, ready[1]);
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
		pages[i] = taken(board);
		scoreboard_own(pages[i], 1, 1);
		scoreboard_add(
			&scoreboard_service(pages[i], 0)[SCOREBOARD_ACCEPTED],
			1);
	}
	CHECK(scoreboard_take(board, 0, 0, services, 2) == NULL);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
		  SCOREBOARD_PAGES);
	scoreboard_fold(board, pages[500]);
	pages[500] = taken(board);
	CHECK(is_clean(pages[500]));
	CHECK(scoreboard_take(board, 0, 0, services, 2) == NULL);
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		scoreboard_fold(board, pages[i]);
	check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
		  SCOREBOARD_PAGES);
	CHECK(taken(board) != NULL);
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
	struct scoreboard_page *page = taken(board);

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
	struct scoreboard_page *page = taken(board);
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
		page = taken(board);
		scoreboard_service(page, 0)[SCOREBOARD_ACCEPTED] = 1;
		memcpy(page, damaged[i], sizeof(damaged[i]));
		check_int(scoreboard_total(board, "echo", SCOREBOARD_ACCEPTED),
			  0);
		scoreboard_fold(board, page);
		CHECK(is_clean(taken(board)));
	}
	page = taken(board);
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

/* Another build's view of the board, as after an exec. */
static struct scoreboard *handed_over(const struct scoreboard *board)
{
	struct error error;
	struct text text = {0};
	struct scoreboard *next =
		scoreboard_adopt(dup(scoreboard_descriptor(board)), &error);
	char *line;

	CHECK(next != NULL);
	scoreboard_export(board, &text);
	CHECK(text.size > 0);
	for (line = text.bytes ? strtok(text.bytes, "\n") : NULL; line;
	     line = strtok(NULL, "\n"))
		CHECK(scoreboard_import(next, line) == 0);
	text_release(&text);
	return next;
}

/* Nobody was retired before: all totals are zero. */
static void what_the_living_have_counted_outlives_a_hand_over(void)
{
	struct scoreboard *board = opened(), *next;
	struct scoreboard_page *page = taken(board);
	unsigned index = scoreboard_index(board, page);

	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 5);
	next = handed_over(board);
	scoreboard_fold(next, scoreboard_retake(next, index));
	CHECK(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED) == 5);
	CHECK(scoreboard_total(next, "echo", SCOREBOARD_ACCEPTED) == 0);
	scoreboard_close(next);
	scoreboard_close(board);
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
	what_the_living_have_counted_outlives_a_hand_over();
	return check_result();
}
