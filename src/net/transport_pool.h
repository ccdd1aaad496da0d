/* SPDX-License-Identifier: MIT */
/* transport_pool.h - memory of transports that have ended, kept for the next
 * ones: a warm worker allocates nothing for a connection. */
#ifndef COHORT_NET_TRANSPORT_POOL_H
#define COHORT_NET_TRANSPORT_POOL_H

#include <stddef.h>

#define TRANSPORT_POOL_MAX 1024 /* pieces that are kept */

/* Zeroed memory is an empty pool. */
struct transport_pool {
	void *first; /* singly linked through the first bytes of each */
	unsigned count;
	size_t bytes; /* of each of them: the most that was ever asked for */
};

/* At least `*bytes`, a pointer's or more, zeroed; how many they are is left
 * there, to be told when they are given back.  NULL with errno ENOMEM. */
void *transport_pool_take(struct transport_pool *pool, size_t *bytes);
void transport_pool_give(struct transport_pool *pool, void *memory,
			 size_t bytes);
void transport_pool_release(struct transport_pool *pool);

#endif
