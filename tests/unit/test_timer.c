/* SPDX-License-Identifier: MIT */
/* test_timer.c - the wheel against a model that looks at every timer. */
#include "event/timer.h"

#include <stdlib.h>

#include "check.h"

#define TIMERS 2000

struct item {
	struct timer timer;
	int64_t expected_ms; /* -1: stopped */
	int fired_count;
};

static struct timers wheel;
static struct item items[TIMERS];
static int64_t last_fired_ms;
static int64_t fired_total;

static void fired(struct timer *timer)
{
	struct item *item = list_entry(&timer->node, struct item, timer.node);

	CHECK(!timer_is_started(timer));
	CHECK(item->expected_ms >= 0);
	CHECK(timer->deadline_ms >= last_fired_ms);
	last_fired_ms = timer->deadline_ms;
	item->expected_ms = -1;
	item->fired_count++;
	fired_total++;
}

static uint64_t random_state = 88172645463325252u;
static uint64_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int64_t nearest_expected(void)
{
	int64_t nearest = -1;
	int i;

	for (i = 0; i < TIMERS; i++)
		if (items[i].expected_ms >= 0 &&
		    (nearest < 0 || items[i].expected_ms < nearest))
			nearest = items[i].expected_ms;
	return nearest;
}

static void change_some(int64_t now_ms)
{
	int n;

	for (n = 0; n < 50; n++) {
		struct item *item = &items[draw() % TIMERS];
		int64_t delay =
			(int64_t)(draw() % (UINT64_C(1) << draw() % 36));

		if (draw() % 4 == 0) {
			timer_stop(&wheel, &item->timer);
			item->expected_ms = -1;
		} else {
			timer_start(&wheel, &item->timer, now_ms + 1 + delay);
			item->expected_ms = now_ms + 1 + delay;
		}
	}
}

static void advance_to(int64_t now_ms)
{
	int i, late = 0;

	last_fired_ms = 0;
	timers_advance(&wheel, now_ms);
	for (i = 0; i < TIMERS; i++)
		late += items[i].expected_ms >= 0 &&
			items[i].expected_ms <= now_ms;
	check_int(late, 0);
}

static void never(struct timer *timer)
{
	(void)timer;
}

/* A loop at rest wakes up once for each deadline. */
static void test_rests_until_the_deadline(void)
{
	static const int64_t waits_ms[] = {1,    63,    64,     250,    2000,
					   5000, 30000, 300000, 3600000};
	struct timer timer;
	size_t i;
	int64_t now_ms;

	for (i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++)
		for (now_ms = 5000000; now_ms < 5000130; now_ms++) {
			timers_init(&wheel, now_ms);
			timer_init(&timer, never);
			timer_start(&wheel, &timer, now_ms + waits_ms[i]);
			check_int(timers_rest_ms(&wheel, now_ms), waits_ms[i]);
			timer_start(&wheel, &timer, now_ms);
			check_int(timers_rest_ms(&wheel, now_ms), 0);
			timer_stop(&wheel, &timer);
			check_int(timers_rest_ms(&wheel, now_ms), -1);
		}
}

/* So many in one bucket are not looked at: the bound is coarse. */
static void test_rests_less_among_many(void)
{
	struct timer timers[64];
	int i;

	timers_init(&wheel, 1 << 20);
	for (i = 0; i < 64; i++) {
		timer_init(&timers[i], never);
		timer_start(&wheel, &timers[i], (1 << 20) + 100);
	}
	check_int(timers_rest_ms(&wheel, 1 << 20), 64);
	timer_stop(&wheel, &timers[7]);
	check_int(timers_rest_ms(&wheel, 1 << 20), 100);
}

static void test_against_the_model(void)
{
	int64_t now_ms = 123456789;
	int round, i;

	timers_init(&wheel, now_ms);
	for (i = 0; i < TIMERS; i++) {
		timer_init(&items[i].timer, fired);
		items[i].expected_ms = -1;
	}
	for (round = 0; round < 3000; round++) {
		int64_t wait_ms, rest_ms, nearest;

		change_some(now_ms);
		wait_ms = timers_wait_ms(&wheel, now_ms);
		/* What it remembers is what it would find. */
		wheel.is_next_known = false;
		check_int(wait_ms, timers_wait_ms(&wheel, now_ms));
		nearest = nearest_expected();
		CHECK(nearest < 0 ||
		      (wait_ms >= 0 && now_ms + wait_ms <= nearest));
		rest_ms = timers_rest_ms(&wheel, now_ms);
		CHECK(nearest < 0 ||
		      (rest_ms >= wait_ms && now_ms + rest_ms <= nearest));
		now_ms += round % 3 ? (int64_t)(draw() % 100) : wait_ms;
		if (round % 100 == 0)
			now_ms += (int64_t)(draw() % (UINT64_C(1) << 34));
		advance_to(now_ms);
	}
	CHECK(fired_total > 10000);
}

static int restarts;
static void start_again(struct timer *timer)
{
	restarts++;
	timer_start(&wheel, timer, 0);
}

static void test_a_timer_started_for_the_past_runs_in_the_next_call(void)
{
	struct timer timer;

	timers_init(&wheel, 1000);
	timer_init(&timer, start_again);
	restarts = 0;
	timer_start(&wheel, &timer, 5);
	check_int(timers_wait_ms(&wheel, 1000), 0);
	timers_advance(&wheel, 1000);
	check_int(restarts, 1);
	check_int(timers_wait_ms(&wheel, 1000), 0);
	/* However long ago the last call was. */
	timers_advance(&wheel, 9000);
	check_int(restarts, 2);
	timers_advance(&wheel, 9000);
	check_int(restarts, 3);
	timer_stop(&wheel, &timer);
	timer_stop(&wheel, &timer);
	CHECK(!timer_is_started(&timer));
	check_int(timers_wait_ms(&wheel, 9000), -1);
	timers_advance(&wheel, 50000);
	check_int(restarts, 3);
}

static int64_t catching_up_to_ms;
static void start_at_the_target(struct timer *timer)
{
	restarts++;
	timer_start(&wheel, timer, catching_up_to_ms);
}

/* The wheel is behind: the callback's present is the end of the call. */
static void test_so_does_one_for_the_time_that_the_call_is_about(void)
{
	struct timer timer;

	timers_init(&wheel, 0);
	timer_init(&timer, start_at_the_target);
	restarts = 0;
	timer_start(&wheel, &timer, 100);
	catching_up_to_ms = 3000;
	timers_advance(&wheel, 3000);
	check_int(restarts, 1);
	catching_up_to_ms = 3001;
	timers_advance(&wheel, 3000);
	check_int(restarts, 2);
	check_int(timers_wait_ms(&wheel, 3000), 1);
	timer_stop(&wheel, &timer);
}

static const int64_t delays_ms[] = {
	1, 63, 64, 65, 4095, 4096, 262144, 1 << 24, 1 << 30, INT64_C(1) << 40};

static void test_without_a_timer_there_is_nothing_to_wait_for(void)
{
	const size_t count = sizeof(delays_ms) / sizeof(delays_ms[0]);
	struct timer timers[2];
	size_t i;

	timers_init(&wheel, 4000);
	check_int(timers_wait_ms(&wheel, 4000), -1);
	for (i = 0; i < count; i++) {
		timer_init(&timers[0], fired);
		timer_init(&timers[1], fired);
		timer_start(&wheel, &timers[0], 4000 + delays_ms[i]);
		timer_start(&wheel, &timers[1], 4000 + delays_ms[i]);
		timer_stop(&wheel, &timers[0]);
		CHECK(timers_wait_ms(&wheel, 4000) >= 0);
		timer_stop(&wheel, &timers[1]);
		check_int(timers_wait_ms(&wheel, 4000), -1);
	}
}

static void test_time_that_goes_backwards_changes_nothing(void)
{
	struct item *item = &items[0];
	struct timer timer;

	timers_init(&wheel, 1000);
	timer_init(&item->timer, fired);
	item->fired_count = 0;
	item->expected_ms = 1500;
	last_fired_ms = 0;
	timer_start(&wheel, &item->timer, 1500);
	timer_init(&timer, start_again);
	timer_start(&wheel, &timer, 900);
	restarts = 0;
	timers_advance(&wheel, 400);
	check_int(item->fired_count, 0);
	check_int(restarts, 0);
	timers_advance(&wheel, 1000);
	check_int(restarts, 1);
	timer_stop(&wheel, &timer);
	timers_advance(&wheel, 1499);
	check_int(item->fired_count, 0);
	timers_advance(&wheel, 1500);
	check_int(item->fired_count, 1);
	check_int(timers_wait_ms(&wheel, 1500), -1);
}

static struct timer victim;
static void stop_the_other(struct timer *timer)
{
	(void)timer;
	timer_stop(&wheel, &victim);
}

static void test_a_callback_may_stop_a_timer_that_is_due_as_well(void)
{
	struct timer killer;

	timers_init(&wheel, 0);
	timer_init(&killer, stop_the_other);
	timer_init(&victim, start_again);
	timer_start(&wheel, &killer, 10);
	timer_start(&wheel, &victim, 10);
	restarts = 0;
	timers_advance(&wheel, 20);
	check_int(restarts, 0);
}

/* A round of the wheel is 2^42 ms: deadlines in the next one, in the bucket
 * of the present one and many rounds away. */
static const struct {
	int64_t now_ms;
	int64_t deadline_ms;
} far_away[] = {
	{7, INT64_C(1) << 44},
	{7, (INT64_C(1) << 42) + 7},
	{7, (INT64_C(1) << 42) + 8},
	{(INT64_C(1) << 42) - 100, (INT64_C(1) << 42) + 900},
	{(INT64_C(1) << 42) - 100, (INT64_C(1) << 42) + (INT64_C(1) << 40)},
	{INT64_C(5) << 39, INT64_C(5) << 45},
};

static void test_deadlines_in_other_rounds_of_the_wheel(void)
{
	const size_t count = sizeof(far_away) / sizeof(far_away[0]);
	struct item *item = &items[0];
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t far_ms = far_away[i].deadline_ms;

		timers_init(&wheel, far_away[i].now_ms);
		timer_init(&item->timer, fired);
		item->fired_count = 0;
		item->expected_ms = far_ms;
		last_fired_ms = 0;
		timer_start(&wheel, &item->timer, far_ms);
		timers_advance(&wheel, far_ms - 1);
		check_int(item->fired_count, 0);
		timers_advance(&wheel, far_ms);
		check_int(item->fired_count, 1);
	}
}

static void test_the_end_of_time_is_a_deadline_too(void)
{
	struct timer timer;

	timers_init(&wheel, 1000);
	timer_init(&timer, start_again);
	restarts = 0;
	timer_start(&wheel, &timer, INT64_MAX);
	CHECK(timers_wait_ms(&wheel, 1000) > 0);
	timers_advance(&wheel, INT64_C(1) << 50);
	check_int(restarts, 0);
	CHECK(timer_is_started(&timer));
	timer_stop(&wheel, &timer);
}

int main(void)
{
	test_rests_until_the_deadline();
	test_rests_less_among_many();
	test_against_the_model();
	test_a_timer_started_for_the_past_runs_in_the_next_call();
	test_so_does_one_for_the_time_that_the_call_is_about();
	test_without_a_timer_there_is_nothing_to_wait_for();
	test_time_that_goes_backwards_changes_nothing();
	test_a_callback_may_stop_a_timer_that_is_due_as_well();
	test_deadlines_in_other_rounds_of_the_wheel();
	test_the_end_of_time_is_a_deadline_too();
	return check_result();
}
