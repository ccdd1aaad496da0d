/* SPDX-License-Identifier: MIT */
/* test_timer_many.c - 100 000 timers, whose callbacks start, move and stop
 * one another, against an array of their deadlines. */
#include "event/timer.h"

#include <stdlib.h>

#include "check.h"
#include "random.h"

#define TIMERS     100000
#define STOPPED    INT64_C(-1)
#define CHANGES    20000
#define ROUNDS     120
#define HORIZON_MS 20000

struct item {
	struct timer timer;
	int64_t expected_ms;
};

static struct timers wheel;
static struct item items[TIMERS];
static struct random dice = {.state = 11};
static int64_t now_ms;        /* what the wheel is advanced to */
static int64_t last_fired_ms; /* in this call */
static int started_count;
static int fired_count;
static int bad_count;

static void start(struct item *item, int64_t deadline_ms)
{
	started_count += item->expected_ms == STOPPED;
	item->expected_ms = deadline_ms;
	timer_start(&wheel, &item->timer, deadline_ms);
}

static void stop(struct item *item)
{
	started_count -= item->expected_ms != STOPPED;
	item->expected_ms = STOPPED;
	timer_stop(&wheel, &item->timer);
}

/* Mostly near, some on the far levels. */
static int64_t draw_delay_ms(void)
{
	unsigned range = random_below(&dice, 20);

	if (range == 0)
		return 1 + random_below(&dice, UINT32_C(1) << 30);
	if (range < 4)
		return 1 + random_below(&dice, 64);
	return 1 + random_below(&dice, HORIZON_MS);
}

static struct item *draw_item(void)
{
	return &items[random_below(&dice, TIMERS)];
}

static void expired(struct timer *timer)
{
	struct item *item = list_entry(timer, struct item, timer);

	bad_count += timer_is_started(timer);
	bad_count += item->expected_ms != timer->deadline_ms;
	bad_count += item->expected_ms > now_ms;
	bad_count += item->expected_ms < last_fired_ms;
	last_fired_ms = item->expected_ms;
	item->expected_ms = STOPPED;
	started_count--;
	fired_count++;
	switch (random_below(&dice, 6)) {
	case 0: start(item, now_ms + draw_delay_ms()); break;
	case 1: stop(draw_item()); break;
	case 2: start(draw_item(), now_ms + draw_delay_ms()); break;
	default: break;
	}
}

static void change_some(void)
{
	int i;

	for (i = 0; i < CHANGES; i++)
		if (random_below(&dice, 4) == 0)
			stop(draw_item());
		else
			start(draw_item(), now_ms + draw_delay_ms());
}

/* The earliest deadline; the model's answer, which looks at every timer. */
static int64_t earliest(void)
{
	int64_t nearest_ms = INT64_MAX;
	int i, count = 0;

	for (i = 0; i < TIMERS; i++) {
		if (items[i].expected_ms == STOPPED)
			continue;
		count++;
		if (items[i].expected_ms < nearest_ms)
			nearest_ms = items[i].expected_ms;
	}
	bad_count += count != started_count;
	return nearest_ms;
}

static void advance_by(int64_t step_ms)
{
	now_ms += step_ms;
	last_fired_ms = 0;
	timers_advance(&wheel, now_ms);
	/* Whatever was due has run. */
	CHECK(earliest() > now_ms);
}

static void test_random_changes(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		int64_t wait_ms;

		change_some();
		wait_ms = timers_wait_ms(&wheel, now_ms);
		CHECK(wait_ms >= 0 && now_ms + wait_ms <= earliest());
		advance_by(random_below(&dice, i % 10 == 0 ? HORIZON_MS : 200));
	}
	CHECK(fired_count > TIMERS);
}

/* Waiting as long as the wheel says finds every timer at its very time. */
static void test_nobody_is_late_who_waits_as_told(void)
{
	int i, late_count = 0;

	for (i = 0; i < 300; i++) {
		int64_t due_ms = earliest();
		int64_t wait_ms = timers_wait_ms(&wheel, now_ms);

		late_count += now_ms + wait_ms > due_ms;
		advance_by(wait_ms);
	}
	check_int(late_count, 0);
}

static void test_all_can_be_stopped(void)
{
	int i, fired_before = fired_count;

	for (i = 0; i < TIMERS; i++)
		stop(&items[i]);
	check_int(started_count, 0);
	check_int(timers_wait_ms(&wheel, now_ms), -1);
	advance_by(INT64_C(1) << 43);
	check_int(fired_count, fired_before);
}

int main(void)
{
	int i;

	now_ms = INT64_C(1700000000000);
	timers_init(&wheel, now_ms);
	for (i = 0; i < TIMERS; i++) {
		timer_init(&items[i].timer, expired);
		items[i].expected_ms = STOPPED;
		start(&items[i], now_ms + draw_delay_ms());
	}
	test_random_changes();
	test_nobody_is_late_who_waits_as_told();
	test_all_can_be_stopped();
	check_int(bad_count, 0);
	return check_result();
}
