/* SPDX-License-Identifier: MIT */
/* test_rate.c - what a token bucket lets through, by a clock of our own. */
#include "net/rate.h"

#include "check.h"
#include "random.h"

#define START_MS 1000000

static void test_off(void)
{
	struct rate rate = {0};

	CHECK(rate_available(&rate, START_MS) == UINT64_MAX);
	rate_spend(&rate, UINT64_MAX);
	rate_return(&rate, UINT64_MAX);
	CHECK(rate_available(&rate, START_MS) == UINT64_MAX);
	CHECK(rate_burst(&rate) == UINT64_MAX);
	check_int(rate_wait_ms(&rate, UINT64_MAX), 0);
}

/* Full at first; then so many a second, and never more than the burst. */
static void test_refill(void)
{
	static const struct {
		uint64_t bytes_per_second;
		uint64_t burst;
		int64_t after_ms;
		uint64_t available;
	} rows[] = {
		{100000, 100000, 0, 0},
		{100000, 100000, 1, 100},
		{100000, 100000, 999, 99900},
		{100000, 100000, 1000, 100000},
		{100000, 100000, 1001, 100000},
		{100000, 100000, INT64_MAX - START_MS, 100000},
		{1, RATE_BURST_LEAST, 999, 0},
		{1, RATE_BURST_LEAST, 1000, 1},
		{1, RATE_BURST_LEAST, 1999, 1},
		{1, RATE_BURST_LEAST, 4095000, 4095},
		{1, RATE_BURST_LEAST, 100000000, RATE_BURST_LEAST},
		{RATE_MOST, RATE_MOST, 1, RATE_MOST / 1000},
		{RATE_MOST, RATE_MOST, INT64_MAX - START_MS, RATE_MOST},
		{UINT64_MAX, RATE_MOST, 500, RATE_MOST / 2},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rate rate = {0};

		rate_set(&rate, rows[i].bytes_per_second, START_MS);
		check_int(rate_burst(&rate), rows[i].burst);
		check_int(rate_available(&rate, START_MS), rows[i].burst);
		rate_spend(&rate, rows[i].burst);
		check_int(rate_available(&rate, START_MS + rows[i].after_ms),
			  rows[i].available);
	}
}

/* Asked every millisecond, it does not lose the fractions: 7 bytes a second
 * are 7 after a second, and 7000 after a thousand. */
static void test_fractions(void)
{
	struct rate rate = {0};
	uint64_t passed = 0;
	int64_t ms;

	rate_set(&rate, 7, START_MS);
	rate_spend(&rate, rate_burst(&rate));
	for (ms = 1; ms <= 1000000; ms++) {
		uint64_t bytes = rate_available(&rate, START_MS + ms);

		rate_spend(&rate, bytes);
		passed += bytes;
		if (ms == 1000)
			check_int(passed, 7);
	}
	check_int(passed, 7000);
}

/* A clock that goes back, or stands, brings nothing and takes nothing. */
static void test_clock_steps(void)
{
	struct rate rate = {0};

	rate_set(&rate, 10000, START_MS);
	rate_spend(&rate, 10000);
	check_int(rate_available(&rate, START_MS + 100), 1000);
	check_int(rate_available(&rate, START_MS + 100), 1000);
	check_int(rate_available(&rate, START_MS - 50000), 1000);
	check_int(rate_available(&rate, 0), 1000);
	check_int(rate_available(&rate, START_MS + 100), 1000);
	check_int(rate_available(&rate, START_MS + 101), 1010);
	check_int(rate_available(&rate, START_MS + 1000000), 10000);
}

/* More than was available is paid for by waiting. */
static void test_debt(void)
{
	struct rate rate = {0};

	rate_set(&rate, 10000, START_MS);
	rate_spend(&rate, 30000);
	check_int(rate_available(&rate, START_MS), 0);
	check_int(rate_available(&rate, START_MS + 2000), 0);
	check_int(rate_available(&rate, START_MS + 2001), 10);
	rate_return(&rate, 5);
	check_int(rate_available(&rate, START_MS + 2001), 15);
	rate_return(&rate, UINT64_MAX);
	check_int(rate_available(&rate, START_MS + 2001), 10000);
	rate_spend(&rate, UINT64_MAX);
	rate_spend(&rate, UINT64_MAX);
	rate_spend(&rate, UINT64_MAX);
	check_int(rate_available(&rate, START_MS + 3000), 0);
	CHECK(rate_wait_ms(&rate, 1) > 0);
}

/* The wait is the shortest after which they are there. */
static void test_wait(void)
{
	static const uint64_t rates[] = {1,    3,       999,      1000,
					 1001, 1234567, RATE_MOST};
	static const uint64_t sizes[] = {1, 2, 100, 4096, 65536, UINT64_MAX};
	size_t i, n;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
			struct rate rate = {0};
			uint64_t wanted = sizes[n];
			int64_t wait_ms;

			rate_set(&rate, rates[i], START_MS);
			check_int(rate_wait_ms(&rate, wanted), 0);
			rate_spend(&rate, rate_burst(&rate));
			if (wanted > rate_burst(&rate))
				wanted = rate_burst(&rate);
			wait_ms = rate_wait_ms(&rate, sizes[n]);
			CHECK(wait_ms > 0);
			CHECK(rate_available(&rate, START_MS + wait_ms - 1) <
			      wanted);
			CHECK(rate_available(&rate, START_MS + wait_ms) >=
			      wanted);
			check_int(rate_wait_ms(&rate, wanted), 0);
		}
	}
}

static void test_portion(void)
{
	struct rate rate = {0};

	rate_set(&rate, 1, START_MS);
	check_int(rate_portion(&rate), 1);
	rate_set(&rate, 1000000, START_MS);
	check_int(rate_portion(&rate), 20000);
	CHECK(rate_portion(&rate) <= rate_burst(&rate));
}

/* Another rate: the credit is kept, and is not more than the new burst. */
static void test_change(void)
{
	struct rate rate = {0};

	rate_set(&rate, 10000, START_MS);
	rate_spend(&rate, 10000);
	rate_set(&rate, 50000, START_MS + 100); /* the old rate until here */
	check_int(rate_available(&rate, START_MS + 100), 1000);
	check_int(rate_available(&rate, START_MS + 200), 6000);
	rate_set(&rate, 5000, START_MS + 200);
	check_int(rate_available(&rate, START_MS + 200), 5000);
	rate_set(&rate, 5000, START_MS + 200);
	check_int(rate_available(&rate, START_MS + 200), 5000);
	rate_set(&rate, 0, START_MS + 200);
	CHECK(rate_available(&rate, START_MS + 200) == UINT64_MAX);
	rate_set(&rate, 20000, START_MS + 300);
	check_int(rate_available(&rate, START_MS + 300), 20000);
}

/* Whatever is asked and taken when: never more than rate * time + burst. */
static void test_bound(void)
{
	struct random random = {.state = 4711};
	unsigned round;

	for (round = 0; round < 200; round++) {
		uint64_t bytes_per_second = 1 + random_below(&random, 1 << 20);
		struct rate rate = {0};
		uint64_t passed = 0;
		int64_t now_ms = START_MS;
		unsigned i;

		rate_set(&rate, bytes_per_second, now_ms);
		for (i = 0; i < 1000; i++) {
			uint64_t bytes = rate_available(&rate, now_ms);
			uint64_t most = (uint64_t)(now_ms - START_MS) *
						bytes_per_second / 1000 +
					rate_burst(&rate);

			if (random_below(&random, 3) > 0)
				bytes = random_below(&random,
						     (uint32_t)bytes + 1);
			rate_spend(&rate, bytes);
			passed += bytes;
			CHECK(passed <= most);
			now_ms += random_below(&random, 50);
		}
	}
}

int main(void)
{
	test_off();
	test_refill();
	test_fractions();
	test_clock_steps();
	test_debt();
	test_wait();
	test_portion();
	test_change();
	test_bound();
	return check_result();
}
