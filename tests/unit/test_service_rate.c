/* SPDX-License-Identifier: MIT */
/* test_service_rate.c - a shared rate by a clock of our own: who waits gets
 * its turn, in order and in equal parts; what nobody uses goes to others. */
#include "net/service_rate.h"

#include "check.h"

#define START_MS 1000000
#define RATE     100000 /* bytes a second: a portion of 2000 every 20 ms */
#define WAITERS  5

struct eater {
	struct service_rate_waiter waiter;
	uint64_t hunger; /* bytes it still wants */
	uint64_t eaten;
	unsigned woken_count;
	bool is_sick; /* wants nothing of what it is granted */
};

struct table {
	struct loop loop;
	struct service_rate rate;
	struct eater eaters[WAITERS];
	char order[64]; /* who was woken: 0 1 2 … */
};

static struct table table;

/* As much as it gets, until it has to wait. */
static void eat(struct eater *eater)
{
	while (eater->hunger > 0 && !eater->is_sick) {
		uint64_t bytes = service_rate_ask(&table.rate, &eater->waiter,
						  eater->hunger);

		if (bytes == 0)
			return;
		service_rate_spend(&table.rate, &eater->waiter, bytes);
		eater->hunger -= bytes;
		eater->eaten += bytes;
	}
}

static void woken(struct service_rate_waiter *waiter)
{
	struct eater *eater = list_entry(waiter, struct eater, waiter);
	size_t used = strlen(table.order);

	eater->woken_count++;
	if (used + 1 < sizeof(table.order))
		table.order[used] = (char)('0' + (eater - table.eaters));
	eat(eater);
	if (eater->waiter.granted_bytes > 0)
		service_rate_leave(&table.rate, &eater->waiter);
}

static void lay_table(uint64_t bytes_per_second)
{
	size_t i;

	memset(&table, 0, sizeof(table));
	table.loop.now_ms = START_MS;
	timers_init(&table.loop.timers, START_MS);
	service_rate_init(&table.rate, &table.loop);
	service_rate_set(&table.rate, bytes_per_second);
	for (i = 0; i < WAITERS; i++)
		service_rate_waiter_init(&table.eaters[i].waiter, woken);
}

static void pass(int64_t duration_ms)
{
	while (duration_ms-- > 0)
		timers_advance(&table.loop.timers, ++table.loop.now_ms);
}

static uint64_t eaten_by_all(void)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < WAITERS; i++)
		sum += table.eaters[i].eaten;
	return sum;
}

static void feed(size_t number, uint64_t hunger)
{
	table.eaters[number].hunger += hunger;
	eat(&table.eaters[number]);
}

static void check_idle(void)
{
	check_int(table.rate.waiters_count, 0);
	CHECK(list_is_empty(&table.rate.waiters));
	check_int(timers_wait_ms(&table.loop.timers, table.loop.now_ms), -1);
}

/* Nobody waits while there is enough, and no timer runs. */
static void test_enough(void)
{
	lay_table(RATE);
	feed(0, RATE / 2);
	feed(1, RATE / 2);
	check_int(eaten_by_all(), RATE);
	check_idle();
	lay_table(0);
	feed(0, UINT64_MAX);
	CHECK(table.eaters[0].eaten == UINT64_MAX);
	check_idle();
}

/* The first takes the burst; then all get equal parts, in order. */
static void test_fair(void)
{
	size_t i;
	int ms;

	lay_table(RATE);
	for (i = 0; i < WAITERS; i++)
		feed(i, 10 * RATE);
	check_int(table.eaters[0].eaten, RATE);
	table.eaters[0].eaten = 0;
	for (ms = 1; ms <= 10000; ms++) {
		pass(1);
		CHECK(eaten_by_all() <= (uint64_t)RATE * (uint64_t)ms / 1000);
	}
	CHECK(eaten_by_all() + 2 * RATE / RATE_PORTIONS >= 10 * RATE);
	for (i = 0; i < WAITERS; i++) {
		CHECK(table.eaters[i].eaten >= 9 * RATE / WAITERS);
		CHECK(table.eaters[i].eaten <= 11 * RATE / WAITERS);
	}
	CHECK(strncmp(table.order, "0123401234", 10) == 0);
}

/* Who comes while others wait goes behind them, however little it wants. */
static void test_no_overtaking(void)
{
	lay_table(RATE);
	feed(0, RATE + 1);
	feed(1, 100000);
	pass(10);
	feed(2, 1); /* there is enough for it */
	check_int(table.eaters[2].eaten, 0);
	pass(1000);
	check_int(table.eaters[2].eaten, 1);
	CHECK(strncmp(table.order, "012", 3) == 0);
	pass(1000);
	check_idle();
}

/* What one does not use is not lost: the others get it. */
static void test_unused(void)
{
	lay_table(RATE);
	feed(0, RATE);
	feed(1, 100000);
	feed(2, 200000);
	table.eaters[1].is_sick = true;
	pass(1000);
	check_int(table.eaters[1].woken_count, 1);
	check_int(table.eaters[1].eaten, 0);
	check_int(table.eaters[2].eaten +
			  rate_available(&table.rate.rate, table.loop.now_ms),
		  RATE);
}

/* Who leaves is not woken; twice is once. */
static void test_leave(void)
{
	lay_table(RATE);
	feed(0, RATE);
	feed(1, 1000);
	feed(2, 1000);
	service_rate_leave(&table.rate, &table.eaters[1].waiter);
	service_rate_leave(&table.rate, &table.eaters[1].waiter);
	check_int(table.rate.waiters_count, 1);
	pass(1000);
	check_int(table.eaters[1].woken_count, 0);
	check_int(table.eaters[2].eaten, 1000);
	check_idle();
}

/* A rate so low that a byte takes a second; and then none at all. */
static void test_low_and_off(void)
{
	size_t i;

	lay_table(1);
	feed(0, RATE_BURST_LEAST);
	for (i = 0; i < WAITERS; i++)
		feed(i, 1000);
	pass(999);
	check_int(eaten_by_all(), RATE_BURST_LEAST);
	pass(1);
	check_int(eaten_by_all(), RATE_BURST_LEAST + 1);
	service_rate_set(&table.rate, 0);
	pass(2);
	check_int(eaten_by_all(), RATE_BURST_LEAST + WAITERS * 1000);
	check_idle();
}

int main(void)
{
	test_enough();
	test_fair();
	test_no_overtaking();
	test_unused();
	test_leave();
	test_low_and_off();
	return check_result();
}
