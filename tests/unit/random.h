/* SPDX-License-Identifier: MIT */
/* random.h - numbers that are the same in every run (splitmix64). */
#ifndef COHORT_TESTS_RANDOM_H
#define COHORT_TESTS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed */
};

/* From 0 to `bound` - 1. */
static inline unsigned random_below(struct random *random, unsigned bound)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % bound);
}

#endif
