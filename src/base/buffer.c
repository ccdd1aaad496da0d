/* SPDX-License-Identifier: MIT */
/* buffer.c - bytes that wait to be sent, in pooled chunks. */
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct buffer_chunk {
	struct buffer_chunk *next;
	unsigned begin; /* first byte not yet sent */
	unsigned end;   /* after the last byte */
	unsigned char bytes[BUFFER_CHUNK_BYTES];
};

void buffer_pool_init(struct buffer_pool *pool)
{
	pool->idle = NULL;
	pool->idle_count = 0;
}

void buffer_pool_release(struct buffer_pool *pool)
{
	struct buffer_chunk *chunk;

	while ((chunk = pool->idle) != NULL) {
		pool->idle = chunk->next;
		free(chunk);
	}
	pool->idle_count = 0;
}

static struct buffer_chunk *pool_take(struct buffer_pool *pool)
{
	struct buffer_chunk *chunk = pool->idle;

	if (chunk != NULL) {
		pool->idle = chunk->next;
		pool->idle_count--;
	} else {
		chunk = malloc(sizeof(*chunk));
		if (chunk == NULL) {
			errno = ENOMEM;
			return NULL;
		}
	}
	chunk->next = NULL;
	chunk->begin = 0;
	chunk->end = 0;
	return chunk;
}

static void pool_give(struct buffer_pool *pool, struct buffer_chunk *chunk)
{
	if (pool->idle_count >= BUFFER_POOL_IDLE) {
		free(chunk);
		return;
	}
	chunk->next = pool->idle;
	pool->idle = chunk;
	pool->idle_count++;
}

void buffer_queue_init(struct buffer_queue *queue)
{
	queue->first = NULL;
	queue->last = NULL;
	queue->size_bytes = 0;
}

/* Chunks for `size` bytes, linked; NULL if memory ran out. */
static struct buffer_chunk *chunks_take(struct buffer_pool *pool, size_t size)
{
	struct buffer_chunk *first = NULL, *chunk;

	for (;;) {
		chunk = pool_take(pool);
		if (chunk == NULL)
			break;
		chunk->next = first;
		first = chunk;
		if (size <= BUFFER_CHUNK_BYTES)
			return first;
		size -= BUFFER_CHUNK_BYTES;
	}
	while ((chunk = first) != NULL) {
		first = chunk->next;
		pool_give(pool, chunk);
	}
	errno = ENOMEM;
	return NULL;
}

static size_t chunk_fill(struct buffer_chunk *chunk, const unsigned char *data,
			 size_t size)
{
	size_t room = BUFFER_CHUNK_BYTES - chunk->end;

	if (size > room)
		size = room;
	memcpy(chunk->bytes + chunk->end, data, size);
	chunk->end += (unsigned)size;
	return size;
}

int buffer_append(struct buffer_queue *queue, struct buffer_pool *pool,
		  const void *data, size_t size)
{
	const unsigned char *bytes = data;
	struct buffer_chunk *fresh = NULL;
	size_t room = 0, filled = 0;

	if (size == 0)
		return 0;
	if (queue->last != NULL)
		room = BUFFER_CHUNK_BYTES - queue->last->end;
	if (size > room) {
		fresh = chunks_take(pool, size - room);
		if (fresh == NULL)
			return -1;
	}
	if (room > 0)
		filled = chunk_fill(queue->last, bytes, size);
	if (fresh != NULL && queue->last != NULL)
		queue->last->next = fresh;
	else if (fresh != NULL)
		queue->first = fresh;
	for (; fresh != NULL; fresh = fresh->next) {
		filled += chunk_fill(fresh, bytes + filled, size - filled);
		queue->last = fresh;
	}
	queue->size_bytes += size;
	return 0;
}

int buffer_peek(const struct buffer_queue *queue, struct iovec *pieces,
		int limit)
{
	struct buffer_chunk *chunk;
	int count = 0;

	for (chunk = queue->first; chunk != NULL && count < limit;
	     chunk = chunk->next) {
		pieces[count].iov_base = chunk->bytes + chunk->begin;
		pieces[count].iov_len = chunk->end - chunk->begin;
		count++;
	}
	return count;
}

static void drop_first(struct buffer_queue *queue, struct buffer_pool *pool)
{
	struct buffer_chunk *chunk = queue->first;

	queue->first = chunk->next;
	if (queue->first == NULL)
		queue->last = NULL;
	pool_give(pool, chunk);
}

void buffer_consume(struct buffer_queue *queue, struct buffer_pool *pool,
		    size_t size)
{
	if (size > queue->size_bytes)
		size = queue->size_bytes;
	queue->size_bytes -= size;
	while (queue->first != NULL) {
		struct buffer_chunk *chunk = queue->first;
		size_t held = chunk->end - chunk->begin;

		if (size < held) {
			chunk->begin += (unsigned)size;
			return;
		}
		size -= held;
		drop_first(queue, pool);
	}
}

void buffer_clear(struct buffer_queue *queue, struct buffer_pool *pool)
{
	buffer_consume(queue, pool, queue->size_bytes);
}
