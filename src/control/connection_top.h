/* SPDX-License-Identifier: MIT */
/* connection_top.h - the first so many of any number, in memory for these only.
 *
 * A heap whose root is the last of those that are among the first so far.  In
 * a worker and in the admin. */
#ifndef COHORT_CONTROL_CONNECTION_TOP_H
#define COHORT_CONTROL_CONNECTION_TOP_H

#include <stdbool.h>
#include <stdint.h>

struct connection_rank {
	uint64_t key;   /* the larger comes first … */
	uint64_t id;    /* … and of two with one key, the smaller id */
	uint32_t place; /* below `limit`, each but once: for what belongs to it
			 */
};

/* Zeroed memory may be released. */
struct connection_top {
	struct connection_rank *ranks; /* owned */
	uint32_t count;
	uint32_t limit;
};

/* 0, or -1 with errno ENOMEM.  `limit` is not 0. */
int connection_top_init(struct connection_top *top, uint32_t limit);
void connection_top_release(struct connection_top *top);

/* The place for it, perhaps of one that has to go, or -1: it is not among the
 * first. */
int64_t connection_top_offer(struct connection_top *top, uint64_t key,
			     uint64_t id);

/* First come first: no more can be offered after it. */
void connection_top_sort(struct connection_top *top);

#endif
