/* SPDX-License-Identifier: MIT */
/* scoreboard_settle.c - which pages are whose, after another supervisor.
 *
 * One that was killed may have forked workers that nobody has told of, and may
 * have died while it folded a page. */
#include "base/clock.h"
#include "metrics/board_publish.h"
#include "metrics/scoreboard_internal.h"

#define NAMELESS_MS 60000

void scoreboard_begin_fold(struct scoreboard *scoreboard, unsigned i)
{
	struct board_page *page = &scoreboard->board->pages[i];

	if (page->mark == BOARD_PAGE_LEFT && scoreboard->left_count > 0)
		scoreboard->left_count--;
	page->mark = BOARD_PAGE_FOLDING;
	page->is_living = false;
	/* A kill comes between any two of what is stored. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* ---- What is found ---------------------------------------------------- */

/* Its number is the supervisor's own: the worker may have spoiled its cell. */
static void note_living(struct scoreboard *scoreboard, unsigned i)
{
	struct board_page *page = &scoreboard->board->pages[i];
	struct scoreboard_view view;
	uint64_t slot = BOARD_SLOTS;

	if (page->is_living)
		return;
	if (scoreboard_look(&view, scoreboard_page_at(scoreboard, i)))
		slot = scoreboard_read_cell(&view, SCOREBOARD_SLOT);
	page->slot = slot < BOARD_SLOTS ? (uint16_t)slot : 0;
	page->is_living = true;
}

/* What it counted is in the totals; whose worker is still to be buried gets an
 * empty page. */
static void end_fold(struct scoreboard *scoreboard, unsigned i)
{
	size_t offset = i * SCOREBOARD_PAGE_BYTES;
	struct board_page *page = &scoreboard->board->pages[i];

	scoreboard_clear(scoreboard, offset, SCOREBOARD_PAGE_BYTES);
	if (scoreboard->is_taken[i] &&
	    scoreboard_reserve(scoreboard, offset, scoreboard_used_bytes(0)) ==
		    0)
		scoreboard_write_layout(scoreboard_page_at(scoreboard, i), 0);
	page->mark = BOARD_PAGE_NONE;
	page->is_living = scoreboard->is_taken[i];
}

static void settle_page(struct scoreboard *scoreboard, unsigned i)
{
	struct board_page *page = &scoreboard->board->pages[i];

	if (page->mark == BOARD_PAGE_FOLDING)
		end_fold(scoreboard, i);
	/* What nobody has spoken of counts on, and stays where it is: its
	 * worker may live. */
	else if (page->is_living && !scoreboard->is_taken[i])
		scoreboard_leave(scoreboard, i);
	else if (scoreboard->is_taken[i])
		note_living(scoreboard, i);
}

void scoreboard_settle(struct scoreboard *scoreboard)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		settle_page(scoreboard, i);
	board_end(scoreboard);
}

/* ---- What nobody knows ------------------------------------------------ */

void scoreboard_forget_left(struct scoreboard *scoreboard)
{
	struct board_page *pages = scoreboard->board->pages;
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (pages[i].mark == BOARD_PAGE_LEFT)
			pages[i].mark = BOARD_PAGE_NONE;
}

void scoreboard_leave(struct scoreboard *scoreboard, unsigned index)
{
	struct board_page *page;

	if (!scoreboard_retake(scoreboard, index))
		return;
	page = &scoreboard->board->pages[index];
	if (page->mark == BOARD_PAGE_FOLDING)
		return;
	page->mark = BOARD_PAGE_LEFT;
	scoreboard->left_count++;
	scoreboard->left_ms = clock_now_ms();
}

static bool is_gone(const struct scoreboard *scoreboard, unsigned i,
		    bool (*is_alive)(pid_t pid, int64_t started_ms))
{
	const struct board_page *page = &scoreboard->board->pages[i];
	struct scoreboard_view view;
	pid_t pid;

	if (!scoreboard->is_taken[i] || page->mark != BOARD_PAGE_LEFT)
		return false;
	if (!scoreboard_look(&view, scoreboard_page_at(scoreboard, i)))
		return true;
	pid = (pid_t)scoreboard_read_cell(&view, SCOREBOARD_PID);
	/* It was about to say who it is, or was never forked. */
	if (pid == 0)
		return clock_now_ms() - scoreboard->left_ms > NAMELESS_MS;
	return !is_alive(pid, (int64_t)scoreboard_read_cell(
				      &view, SCOREBOARD_STARTED_MS));
}

unsigned scoreboard_sweep(struct scoreboard *scoreboard,
			  bool (*is_alive)(pid_t pid, int64_t started_ms))
{
	unsigned i, count = 0;

	for (i = 0; i < SCOREBOARD_PAGES && scoreboard->left_count > 0; i++) {
		if (!is_gone(scoreboard, i, is_alive))
			continue;
		scoreboard_fold(scoreboard, scoreboard_page_at(scoreboard, i));
		count++;
	}
	return count;
}
