/* SPDX-License-Identifier: MIT */
/* transport_pool.c - a stack of pieces of one size. */
#include "net/transport_pool.h"

#include <stdlib.h>
#include <string.h>

void *transport_pool_take(struct transport_pool *pool, size_t *bytes)
{
	void *memory = pool->first;

	if (*bytes > pool->bytes) {
		transport_pool_release(pool);
		pool->bytes = *bytes;
		memory = NULL;
	}
	*bytes = pool->bytes;
	if (memory == NULL)
		return calloc(1, *bytes);
	pool->first = *(void **)memory;
	pool->count--;
	memset(memory, 0, *bytes);
	return memory;
}

void transport_pool_give(struct transport_pool *pool, void *memory,
			 size_t bytes)
{
	if (pool->count >= TRANSPORT_POOL_MAX || bytes != pool->bytes) {
		free(memory);
		return;
	}
	*(void **)memory = pool->first;
	pool->first = memory;
	pool->count++;
}

void transport_pool_release(struct transport_pool *pool)
{
	void *memory;

	while ((memory = pool->first) != NULL) {
		pool->first = *(void **)memory;
		free(memory);
	}
	pool->count = 0;
}
