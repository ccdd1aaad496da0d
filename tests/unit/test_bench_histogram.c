/* SPDX-License-Identifier: MIT */
/* test_bench_histogram.c - quantiles of the client's latencies. */
#include "histogram.h"

#include <string.h>

#include "check.h"

static void reset(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

/* A single value comes back at most 1/32 too large.  A larger one beside it
 * keeps the maximum from hiding the bucket's end. */
static void test_precision(void)
{
	struct histogram histogram;
	int64_t value;
	uint64_t found;

	for (value = 1; value < HISTOGRAM_LIMIT_US; value += 1 + value / 50) {
		reset(&histogram);
		histogram_add(&histogram, value);
		histogram_add(&histogram, 2 * HISTOGRAM_LIMIT_US);
		found = histogram_quantile_us(&histogram, 500);
		CHECK(found >= (uint64_t)value);
		CHECK(found <= (uint64_t)(value + value / 32));
		if (value < 64)
			CHECK(found == (uint64_t)value);
	}
}

static void test_quantiles(void)
{
	static const struct {
		unsigned permille;
		int expected;
	} rows[] = {
		{0, 1}, {100, 1}, {500, 5}, {501, 6}, {900, 9}, {1000, 10},
	};
	struct histogram histogram;
	size_t i;

	reset(&histogram);
	check_int((int)histogram_quantile_us(&histogram, 500), 0);
	CHECK(histogram_mean_us(&histogram) == 0);
	for (i = 1; i <= 10; i++)
		histogram_add(&histogram, (int64_t)i);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_int((int)histogram_quantile_us(&histogram,
						     rows[i].permille),
			  rows[i].expected);
	CHECK(histogram_mean_us(&histogram) == 5.5);
	check_int((int)histogram.max_us, 10);
}

/* Nothing is lost at the ends of the scale, and the maximum stays exact. */
static void test_ends(void)
{
	struct histogram histogram;

	reset(&histogram);
	histogram_add(&histogram, -5);
	histogram_add(&histogram, 0);
	check_int((int)histogram_quantile_us(&histogram, 1000), 1);
	histogram_add(&histogram, 10 * (int64_t)HISTOGRAM_LIMIT_US);
	check_int((int)histogram.total_count, 3);
	CHECK(histogram.max_us == 10 * (uint64_t)HISTOGRAM_LIMIT_US);
	CHECK(histogram_quantile_us(&histogram, 1000) >= HISTOGRAM_LIMIT_US);
}

int main(void)
{
	test_precision();
	test_quantiles();
	test_ends();
	return check_result();
}
