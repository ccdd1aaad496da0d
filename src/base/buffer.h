/* SPDX-License-Identifier: MIT */
/* buffer.h - bytes that wait to be sent: a queue of pooled chunks.
 *
 * A worker owns one pool; every transport owns a queue, which is three words
 * while it is empty.  Chunks return to the pool when they have been sent; the
 * pool keeps BUFFER_POOL_IDLE of them and frees the rest. */
#ifndef COHORT_BASE_BUFFER_H
#define COHORT_BASE_BUFFER_H

#include <stddef.h>
#include <sys/uio.h>

#define BUFFER_CHUNK_BYTES 16384 /* payload of a chunk */
#define BUFFER_POOL_IDLE   64    /* chunks kept for the next message */

struct buffer_chunk; /* opaque */

struct buffer_pool {
	struct buffer_chunk *idle; /* singly linked */
	unsigned idle_count;
};

struct buffer_queue {
	struct buffer_chunk *first; /* sent next */
	struct buffer_chunk *last;  /* appended to */
	size_t size_bytes;          /* everything queued */
};

void buffer_pool_init(struct buffer_pool *pool);
void buffer_pool_release(struct buffer_pool *pool); /* the idle chunks */

void buffer_queue_init(struct buffer_queue *queue);

/* Copy `size` bytes to the end.  0, or -1 with errno ENOMEM and the queue as
 * it was before. */
int buffer_append(struct buffer_queue *queue, struct buffer_pool *pool,
		  const void *data, size_t size);

/* Describe the first bytes in at most `limit` pieces for sendmsg(); returns
 * how many pieces were filled.  Valid until the queue is changed. */
int buffer_peek(const struct buffer_queue *queue, struct iovec *pieces,
		int limit);

/* Drop the first `size` bytes (at most size_bytes). */
void buffer_consume(struct buffer_queue *queue, struct buffer_pool *pool,
		    size_t size);

/* Drop everything. */
void buffer_clear(struct buffer_queue *queue, struct buffer_pool *pool);

#endif
