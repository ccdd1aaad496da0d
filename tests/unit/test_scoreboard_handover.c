/* SPDX-License-Identifier: MIT */
/* test_scoreboard_handover.c - nothing that was counted is lost on the way to
 * another supervisor. */
#include <unistd.h>

#include "metrics/board_publish.h"
#include "metrics/scoreboard_internal.h"
#include "metrics/snapshot.h"
#include "scoreboard_fixture.h"

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
	CHECK(scoreboard_take_over(next) == 0);
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
	struct scoreboard_page *page = taken(board, 3);
	unsigned index = scoreboard_index(board, page);

	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 5);
	next = handed_over(board);
	CHECK(scoreboard_retake(next, index) == scoreboard_at(next, index));
	scoreboard_settle(next);
	scoreboard_fold(next, scoreboard_at(next, index));
	CHECK(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED) == 5);
	CHECK(scoreboard_total(next, "echo", SCOREBOARD_ACCEPTED) == 0);
	scoreboard_close(next);
	scoreboard_close(board);
}

/* What the memory has is newer than a text of a while ago; what a text has is
 * all that there is, where the memory was laid out by others. */
static void totals_outlive_a_hand_over(bool is_foreign)
{
	struct scoreboard *board = opened(), *next;
	struct scoreboard_page *page = taken(board, 3);
	struct text text = {0};

	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 5);
	scoreboard_fold(board, page);
	board_count(board, BOARD_RELOADS_SUCCESS);
	board_set(board, BOARD_PHASE, BOARD_PHASE_DRAINING);
	scoreboard_count_restart(board, SCOREBOARD_RESTART_HUNG);
	if (is_foreign)
		board->board->format.bytes++;
	next = handed_over(board);
	scoreboard_settle(next);
	check_int(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED), 5);
	check_int(scoreboard_restart_total(next, SCOREBOARD_RESTART_HUNG), 1);
	check_int(board_get(next, BOARD_RELOADS_SUCCESS), 1);
	if (is_foreign)
		check_int(board_get(next, BOARD_PHASE), 0);
	scoreboard_export(next, &text);
	CHECK(strstr(text.bytes, "slot_total 3 5 time\n") != NULL);
	CHECK(strstr(text.bytes, "phase") == NULL);
	text_release(&text);
	scoreboard_close(next);
	scoreboard_close(board);
}

/* A supervisor was killed while it folded the page: the counts are in the totals
 * already, and the successor may know the worker still. */
static void a_page_is_never_counted_twice(bool is_known)
{
	struct scoreboard *board = opened(), *next;
	struct scoreboard_page *page = taken(board, 3);
	unsigned index = scoreboard_index(board, page);
	struct scoreboard_view view;

	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_ACCEPTED], 5);
	board_begin(board);
	scoreboard_begin_fold(board, index);
	CHECK(scoreboard_look(&view, page));
	scoreboard_fold_counters(board, index, &view);
	next = handed_over(board);
	if (is_known)
		CHECK(scoreboard_retake(next, index) != NULL);
	scoreboard_settle(next);
	check_int(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED), 5);
	if (is_known)
		scoreboard_fold(next, scoreboard_at(next, index));
	check_int(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED), 5);
	check_int(next->free_count, SCOREBOARD_PAGES);
	check_int(next->board->pages[index].is_living, 0);
	scoreboard_close(next);
	scoreboard_close(board);
}

static bool is_pid_7_alive(pid_t pid, int64_t started_ms)
{
	check_int(started_ms, 1000 * pid);
	return pid == 7;
}

/* Their supervisor was killed before it had told anybody of them. */
static void pages_of_unknown_workers_are_swept(void)
{
	struct scoreboard *board = opened(), *next, *after;
	struct scoreboard_page *pages[] = {taken(board, 3), taken(board, 4)};
	struct snapshot snapshot = {0};

	scoreboard_own(pages[0], 7, 7000);
	scoreboard_own(pages[1], 8, 8000);
	scoreboard_add(&scoreboard_service(pages[1], 1)[SCOREBOARD_ACCEPTED],
		       5);
	next = handed_over(board);
	scoreboard_settle(next);
	REQUIRE(snapshot_take(&snapshot, next) == 0);
	check_int(snapshot.worker_count, 0);
	check_int(snapshot.services[1].cells[SCOREBOARD_ACCEPTED], 5);
	check_int(scoreboard_sweep(next, is_pid_7_alive), 1);
	check_int(scoreboard_sweep(next, is_pid_7_alive), 0);
	check_int(next->free_count, SCOREBOARD_PAGES - 1);
	check_int(scoreboard_total(next, "time", SCOREBOARD_ACCEPTED), 5);
	/* The next supervisor knows the one that is left. */
	after = handed_over(next);
	CHECK(scoreboard_retake(after, scoreboard_index(board, pages[0])) !=
	      NULL);
	scoreboard_settle(after);
	REQUIRE(snapshot_take(&snapshot, after) == 0);
	check_int(snapshot.worker_count, 1);
	check_int(scoreboard_sweep(after, is_pid_7_alive), 0);
	snapshot_release(&snapshot);
	scoreboard_close(after);
	scoreboard_close(next);
	scoreboard_close(board);
}

static void lines_that_are_no_totals_are_refused(void)
{
	static const char *const lines[] = {
		"total accepted 5",      "slot_total 256 5 echo",
		"slot_total 1 5",        "bored reloads_success 5",
		"board reloads_success", "",
	};
	struct scoreboard *board = opened();
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check_int(scoreboard_import(board, lines[i]), -1);
	check_int(scoreboard_import(board, "board of_another_build 5"), 0);
	scoreboard_close(board);
}

int main(void)
{
	what_the_living_have_counted_outlives_a_hand_over();
	totals_outlive_a_hand_over(false);
	totals_outlive_a_hand_over(true);
	a_page_is_never_counted_twice(false);
	a_page_is_never_counted_twice(true);
	pages_of_unknown_workers_are_swept();
	lines_that_are_no_totals_are_refused();
	return check_result();
}
