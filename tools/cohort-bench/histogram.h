/* SPDX-License-Identifier: MIT */
/* histogram.h - latencies in logarithmic buckets, from 1 µs to 60 s.
 *
 * Each power of two is cut into 32 buckets of equal width, so that a value
 * read back is at most 1/32 above the one recorded, whatever its size, and
 * exact below 64 µs (as HdrHistogram does it). */
#ifndef COHORT_BENCH_HISTOGRAM_H
#define COHORT_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_LIMIT_US 60000000 /* longer ones count as this long */
#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_BUCKETS  704 /* of the limit, plus one */

/* Zeroed memory is an empty one. */
struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t total_count;
	uint64_t sum_us;
	uint64_t max_us; /* as it was, beyond the limit too */
};

void histogram_add(struct histogram *histogram, int64_t value_us);

/* The value that `permille` of 1000 values do not exceed (500: the median):
 * the upper end of its bucket, never above the largest; 0 if it is empty. */
uint64_t histogram_quantile_us(const struct histogram *histogram,
			       unsigned permille);

double histogram_mean_us(const struct histogram *histogram);

#endif
