/* SPDX-License-Identifier: MIT */
/* test_buffer.c - the queue of chunks against a flat array. */
#include "base/buffer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "check.h"
#include "random.h"
#include "without_memory.h"

#define MODEL_BYTES (4 << 20)
#define PIECES      8

struct world {
	struct buffer_pool pool;
	struct buffer_queue queue;
	unsigned char *model; /* the bytes from begin to end are queued */
	size_t begin;
	size_t end;
};

static void world_open(struct world *world)
{
	size_t i;

	buffer_pool_init(&world->pool);
	buffer_queue_init(&world->queue);
	world->model = malloc(MODEL_BYTES);
	for (i = 0; i < MODEL_BYTES; i++)
		world->model[i] = (unsigned char)(i * 31 + (i >> 8));
	world->begin = 0;
	world->end = 0;
}

static void world_close(struct world *world)
{
	buffer_clear(&world->queue, &world->pool);
	check_int(world->queue.size_bytes, 0);
	CHECK(world->queue.first == NULL && world->queue.last == NULL);
	buffer_pool_release(&world->pool);
	check_int(world->pool.idle_count, 0);
	free(world->model);
}

static void append(struct world *world, size_t size)
{
	CHECK(buffer_append(&world->queue, &world->pool,
			    world->model + world->end, size) == 0);
	world->end += size;
}

static void consume(struct world *world, size_t size)
{
	buffer_consume(&world->queue, &world->pool, size);
	world->begin += size;
}

/* What is described is the beginning of what is queued, without holes or
 * empty pieces, and as much of it as `limit` pieces can be. */
static void check_pieces(const struct world *world, int limit)
{
	size_t queued = world->end - world->begin;
	struct iovec pieces[PIECES];
	size_t seen = 0;
	int count = buffer_peek(&world->queue, pieces, limit);
	int i, bad = 0;

	check_int(world->queue.size_bytes, queued);
	CHECK(count >= 0 && count <= limit);
	for (i = 0; i < count; i++) {
		bad += pieces[i].iov_len == 0 ||
		       seen + pieces[i].iov_len > queued;
		bad += memcmp(pieces[i].iov_base,
			      world->model + world->begin + seen,
			      pieces[i].iov_len) != 0;
		seen += pieces[i].iov_len;
	}
	check_int(bad, 0);
	CHECK(count == limit || seen == queued);
}

static void test_against_the_model(void)
{
	struct random random = {.state = 4};
	struct world world;

	world_open(&world);
	while (world.end < MODEL_BYTES - 3 * BUFFER_CHUNK_BYTES) {
		size_t queued = world.end - world.begin;

		if (random_below(&random, 2) == 0)
			append(&world,
			       random_below(&random, 8) == 0
				       ? random_below(&random,
						      3 * BUFFER_CHUNK_BYTES)
				       : random_below(&random, 100));
		else if (random_below(&random, 8) == 0)
			consume(&world, queued);
		else
			consume(&world,
				random_below(&random, (unsigned)queued + 1));
		check_pieces(&world, 1 + (int)random_below(&random, PIECES));
	}
	world_close(&world);
}

static const size_t edges[] = {
	1,
	BUFFER_CHUNK_BYTES - 1,
	BUFFER_CHUNK_BYTES,
	BUFFER_CHUNK_BYTES + 1,
	2 * BUFFER_CHUNK_BYTES,
};
#define EDGES (sizeof(edges) / sizeof(edges[0]))

static void test_the_edges_of_chunks(void)
{
	struct world world;
	size_t i, j;

	world_open(&world);
	for (i = 0; i < EDGES * EDGES; i++) {
		append(&world, edges[i / EDGES]);
		append(&world, edges[i % EDGES]);
		for (j = 0; j < 2; j++) {
			check_pieces(&world, PIECES);
			consume(&world,
				j == 0 ? edges[i % EDGES] : edges[i / EDGES]);
		}
		CHECK(world.queue.first == NULL && world.queue.last == NULL);
	}
	world_close(&world);
}

static void test_nothing_changes_nothing(void)
{
	struct iovec piece;
	struct world world;

	world_open(&world);
	append(&world, 0);
	consume(&world, 0);
	CHECK(world.queue.first == NULL);
	check_int(buffer_peek(&world.queue, &piece, 1), 0);
	append(&world, 10);
	consume(&world, 0);
	check_pieces(&world, 1);
	/* More than there is takes what there is. */
	buffer_consume(&world.queue, &world.pool, 1000);
	check_int(world.queue.size_bytes, 0);
	world_close(&world);
}

/* A full chunk's room is used before another is taken. */
static void test_small_pieces_share_a_chunk(void)
{
	struct iovec pieces[PIECES];
	struct world world;
	int i;

	world_open(&world);
	for (i = 0; i < BUFFER_CHUNK_BYTES; i++)
		append(&world, 1);
	check_int(buffer_peek(&world.queue, pieces, PIECES), 1);
	append(&world, 1);
	check_int(buffer_peek(&world.queue, pieces, PIECES), 2);
	world_close(&world);
}

static void test_a_burst_does_not_stay(void)
{
	const size_t burst = (BUFFER_POOL_IDLE + 50) * BUFFER_CHUNK_BYTES;
	struct world world;

	world_open(&world);
	append(&world, burst);
	consume(&world, burst - 1);
	check_int(world.pool.idle_count, BUFFER_POOL_IDLE);
	/* What is idle is used before the heap is. */
	append(&world, BUFFER_CHUNK_BYTES * 2);
	check_int(world.pool.idle_count, BUFFER_POOL_IDLE - 2);
	world_close(&world);
}

/* ---- Without memory -------------------------------------------------- */

static void test_without_memory_the_queue_stays_as_it_was(void)
{
	const size_t size = 3 << 20;
	struct rlimit before;
	struct world world;
	size_t held;

	world_open(&world);
	append(&world, 100);
	forbid_memory(&before);
	errno = 0;
	check_int(buffer_append(&world.queue, &world.pool, world.model, size),
		  -1);
	check_int(errno, ENOMEM);
	held = world.queue.size_bytes;
	allow_memory(&before);
	check_int(held, 100);
	check_pieces(&world, PIECES);
	append(&world, 3 * BUFFER_CHUNK_BYTES);
	check_pieces(&world, PIECES);
	world_close(&world);
}

int main(void)
{
	check_without_memory(test_without_memory_the_queue_stays_as_it_was);
	test_against_the_model();
	test_the_edges_of_chunks();
	test_nothing_changes_nothing();
	test_small_pieces_share_a_chunk();
	test_a_burst_does_not_stay();
	return check_result();
}
