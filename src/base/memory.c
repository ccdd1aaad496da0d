/* SPDX-License-Identifier: MIT */
/* memory.c - an arena of blocks, and memory that start-up must have. */
#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define ARENA_BLOCK_BYTES 8192

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t room;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct arena_block *blocks; /* the newest first */
};

void *memory_require(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		log_fatal(1, "out of memory (%zu bytes)", count * size);
	return memory;
}

struct arena *arena_new(void)
{
	return memory_require(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	struct arena_block *block;

	if (arena == NULL)
		return;
	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
	size_t room = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
	struct arena_block *block;

	block = memory_require(1, sizeof(*block) + room);
	block->room = room;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	const size_t unit = alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	void *memory;

	if (size > (size_t)-1 / 2)
		log_fatal(1, "out of memory (%zu bytes)", size);
	size = (size + unit - 1) / unit * unit;
	if (block == NULL || block->room - block->used < size)
		block = arena_grow(arena, size);
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_take(arena, size + 1);

	memcpy(copy, text, size);
	return copy;
}
