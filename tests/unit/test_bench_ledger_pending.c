/* SPDX-License-Identifier: MIT */
/* test_bench_ledger_pending.c - verdicts that wait until the fate of a worker
 * is known, or long enough. */
#include "ledger_pending.h"

#include <unistd.h>

#include "base/clock.h"
#include "check.h"

#define PATIENCE_S 60 /* then a loop that never stops ends the program */
#define LOOKS      3  /* until the worker is seen dead */

static const struct ledger_loss loss = {
	.ending = LEDGER_RESET,
	.phase = LEDGER_PHASE_EXCHANGE,
	.is_worker_known = true,
	.is_reply_counted = true,
};

static int looks;

static enum ledger_fate always_dead(int pid)
{
	(void)pid;
	return LEDGER_FATE_DEAD;
}

static enum ledger_fate dead_in_the_end(int pid)
{
	(void)pid;
	return ++looks < LOOKS ? LEDGER_FATE_UNSURE : LEDGER_FATE_DEAD;
}

static enum ledger_fate never_known(int pid)
{
	(void)pid;
	looks++;
	return LEDGER_FATE_UNSURE;
}

static struct loop loop;

static void emptied(struct ledger_pending *pending)
{
	(void)pending;
	loop_stop(&loop);
}

/* Of two connections of the same worker; the time it took to decide. */
static int64_t judge(enum ledger_fate (*fate_of)(int pid),
		     enum ledger_entry expected)
{
	const struct ledger_event event = {.pid = 7};
	struct ledger_pending pending;
	struct ledger_book book;
	struct error error;
	int64_t began_ms = clock_now_ms();

	REQUIRE(loop_init(&loop, &error) == 0);
	REQUIRE(ledger_book_init(&book, NULL, &error) == 0);
	ledger_pending_init(&pending, &loop, &book, emptied);
	pending.fate_of = fate_of;
	looks = 0;
	ledger_pending_judge(&pending, &loss, &event);
	ledger_pending_judge(&pending, &loss, &event);
	if (!ledger_pending_is_empty(&pending))
		CHECK(loop_run(&loop, &error) == 0);
	check_int(book.counts[expected], 2);
	CHECK(ledger_pending_is_empty(&pending));
	ledger_pending_release(&pending);
	ledger_book_release(&book);
	loop_release(&loop);
	return clock_now_ms() - began_ms;
}

/* What is undecided at the end is dropped, and its memory freed. */
static void test_release(void)
{
	const struct ledger_event event = {.pid = 7};
	struct ledger_pending pending;
	struct ledger_book book;
	struct error error;

	REQUIRE(loop_init(&loop, &error) == 0);
	REQUIRE(ledger_book_init(&book, NULL, &error) == 0);
	ledger_pending_init(&pending, &loop, &book, emptied);
	pending.fate_of = never_known;
	ledger_pending_judge(&pending, &loss, &event);
	CHECK(!ledger_pending_is_empty(&pending));
	ledger_pending_release(&pending);
	CHECK(ledger_pending_is_empty(&pending));
	ledger_book_release(&book);
	loop_release(&loop);
}

int main(void)
{
	alarm(PATIENCE_S);
	judge(always_dead, LEDGER_LOST);
	check_int(looks, 0);
	CHECK(judge(dead_in_the_end, LEDGER_LOST) >= LEDGER_LOOK_MS);
	CHECK(looks >= LOOKS);
	CHECK(judge(never_known, LEDGER_RESET_AFTER) >= LEDGER_FATE_MS);
	CHECK(looks > LOOKS);
	test_release();
	return check_result();
}
