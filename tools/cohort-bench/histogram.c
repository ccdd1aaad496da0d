/* SPDX-License-Identifier: MIT */
/* histogram.c - latencies in logarithmic buckets. */
#include "histogram.h"

#define SUB_COUNT (1u << HISTOGRAM_SUB_BITS)

/* How far a value is shifted until only its first six bits are left. */
static unsigned shift_of(uint64_t value)
{
	unsigned top = 63 - (unsigned)__builtin_clzll(value | 1);

	return top > HISTOGRAM_SUB_BITS ? top - HISTOGRAM_SUB_BITS : 0;
}

static unsigned bucket_of(uint64_t value)
{
	unsigned shift = shift_of(value);

	return shift * SUB_COUNT + (unsigned)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t upper_end(unsigned bucket)
{
	unsigned shift = bucket / SUB_COUNT;

	/* The first two runs of SUB_COUNT are both exact. */
	shift = shift > 0 ? shift - 1 : 0;
	return ((uint64_t)(bucket - shift * SUB_COUNT + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t value_us)
{
	uint64_t value = value_us < 1 ? 1 : (uint64_t)value_us;

	if (value > histogram->max_us)
		histogram->max_us = value;
	histogram->sum_us += value;
	histogram->total_count++;
	if (value > HISTOGRAM_LIMIT_US)
		value = HISTOGRAM_LIMIT_US;
	histogram->counts[bucket_of(value)]++;
}

uint64_t histogram_quantile_us(const struct histogram *histogram,
			       unsigned permille)
{
	/* Rounded up: of three values the median is the second. */
	uint64_t rank = (histogram->total_count * permille + 999) / 1000;
	uint64_t seen = 0, value;
	unsigned i;

	if (histogram->total_count == 0)
		return 0;
	if (rank == 0)
		rank = 1;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen >= rank)
			break;
	}
	value = upper_end(i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1);
	return value < histogram->max_us ? value : histogram->max_us;
}

double histogram_mean_us(const struct histogram *histogram)
{
	if (histogram->total_count == 0)
		return 0;
	return (double)histogram->sum_us / (double)histogram->total_count;
}
