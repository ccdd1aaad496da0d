/* SPDX-License-Identifier: MIT */
/* test_backoff.c - how long a slot waits, and how much is said about it. */
#include "process/backoff.h"

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A slot's history: it starts when the last wait is over, and dies. */
struct step {
	int64_t lived_ms;
	bool is_early;
	int64_t wait_ms; /* expected */
	bool is_said;    /* expected */
};

static void run(int64_t first_ms, int64_t limit_ms, const struct step *steps,
		size_t count)
{
	struct backoff backoff;
	int64_t now_ms = 1000000;
	size_t i;

	backoff_init(&backoff, first_ms, limit_ms);
	for (i = 0; i < count; i++) {
		backoff_note_start(&backoff, now_ms);
		now_ms += steps[i].lived_ms;
		check_int(
			backoff_note_death(&backoff, steps[i].is_early, now_ms),
			steps[i].wait_ms);
		check_int(backoff_may_say(&backoff, now_ms), steps[i].is_said);
		now_ms += steps[i].wait_ms;
	}
}

static void test_early_deaths_double_the_wait_up_to_its_limit(void)
{
	static const struct step steps[] = {
		{5, true, 100, true},   {5, true, 200, true},
		{5, true, 400, true},   {5, true, 800, true},
		{5, true, 1600, true},  {5, true, 3200, true},
		{5, true, 6400, true},  {5, true, 10000, true},
		{5, true, 10000, true}, {5, true, 10000, true},
	};

	run(100, 10000, steps, COUNT(steps));
}

/* Waits may be cut short because nobody serves: the lines are not. */
static void test_a_crash_loop_floods_no_log(void)
{
	struct backoff backoff;
	int64_t now_ms;
	int said = 0;

	backoff_init(&backoff, 100, 30000);
	for (now_ms = 0; now_ms < 600000; now_ms += BACKOFF_NOBODY_MS) {
		backoff_note_start(&backoff, now_ms);
		backoff_note_death(&backoff, true, now_ms);
		said += backoff_may_say(&backoff, now_ms);
	}
	/* 100 ms doubled nine times is over 30 s; then one in 30 s. */
	check_int(said, 10 + 600000 / 30000 - 1);
}

static void test_any_other_death_ends_the_row(void)
{
	static const struct step steps[] = {
		{5, true, 100, true},   {5, true, 200, true},
		{5000, false, 0, true}, {5, true, 100, true},
		{5, true, 200, true},
	};

	run(100, 30000, steps, COUNT(steps));
}

/* The fault of a plug-in is early whenever it comes. */
static void test_a_long_good_life_ends_the_row(void)
{
	static const struct step steps[] = {
		{5, true, 100, true},
		{5, true, 200, true},
		{BACKOFF_WELL_MS - 1, true, 400, true},
		{BACKOFF_WELL_MS, true, 100, true},
		{5, true, 200, true},
	};
	static const struct step slow_steps[] = {
		{5, true, 40000, true},
		{BACKOFF_WELL_MS, true, 80000, true},
		{159999, true, 160000, true},
		{320000, true, 40000, true},
	};

	run(100, 30000, steps, COUNT(steps));
	run(40000, 300000, slow_steps, COUNT(slow_steps));
}

static void test_another_configuration_ends_the_row(void)
{
	struct backoff backoff;
	int i;

	backoff_init(&backoff, 100, 30000);
	for (i = 0; i < 5; i++)
		backoff_note_death(&backoff, true, 1000000);
	backoff_forget(&backoff, 1000000);
	check_int(backoff_note_death(&backoff, true, 1000000), 100);
	check_int(backoff_may_say(&backoff, 1000000), true);
	/* It serves from then on, and was not well before. */
	backoff_forget(&backoff, 2000000);
	backoff_note_death(&backoff, true, 2000001);
	check_int(backoff_note_death(&backoff, true, 2000001), 200);
}

static void test_a_slot_starts_at_most_ten_times_a_second(void)
{
	static const struct step steps[] = {
		{0, false, 100, true}, {30, false, 70, true},
		{99, false, 1, true},  {100, false, 0, true},
		{0, true, 100, true},
	};

	run(50, 30000, steps, COUNT(steps));
}

static void test_a_limit_below_the_first_wait_is_the_wait(void)
{
	static const struct step steps[] = {
		{5, true, 200, true},
		{5, true, 200, false},
	};

	run(300, 200, steps, COUNT(steps));
}

static void test_no_delay_still_keeps_the_gap(void)
{
	static const struct step steps[] = {
		{5, true, 95, true},
		{5, true, 95, false},
		{5, true, 95, false},
	};

	run(0, 30000, steps, COUNT(steps));
}

static void test_a_limit_without_end_does_not_overflow(void)
{
	struct backoff backoff;
	int64_t wait_ms = 0;
	int i;

	backoff_init(&backoff, 100, INT64_MAX / 4);
	for (i = 0; i < 100; i++)
		wait_ms = backoff_note_death(&backoff, true, 0);
	check_int(wait_ms, INT64_MAX / 4);
}

static void test_deaths_that_are_not_early_flood_no_log(void)
{
	struct backoff backoff;
	int64_t now_ms;
	int said = 0;

	backoff_init(&backoff, 100, 30000);
	for (now_ms = 0; now_ms < 100000; now_ms += 100) {
		backoff_note_start(&backoff, now_ms);
		backoff_note_death(&backoff, false, now_ms + 90);
		said += backoff_may_say(&backoff, now_ms + 90);
	}
	check_int(said, BACKOFF_LINES + 100000 / BACKOFF_LINE_MS - 1);
}

static void test_nobody_waits_long_while_nobody_serves(void)
{
	check_int(backoff_cap(30000, true), 30000);
	check_int(backoff_cap(30000, false), BACKOFF_NOBODY_MS);
	check_int(backoff_cap(7, false), 7);
}

int main(void)
{
	test_early_deaths_double_the_wait_up_to_its_limit();
	test_a_crash_loop_floods_no_log();
	test_any_other_death_ends_the_row();
	test_a_long_good_life_ends_the_row();
	test_another_configuration_ends_the_row();
	test_a_slot_starts_at_most_ten_times_a_second();
	test_a_limit_below_the_first_wait_is_the_wait();
	test_no_delay_still_keeps_the_gap();
	test_a_limit_without_end_does_not_overflow();
	test_deaths_that_are_not_early_flood_no_log();
	test_nobody_waits_long_while_nobody_serves();
	return check_result();
}
