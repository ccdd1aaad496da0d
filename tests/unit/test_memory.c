/* SPDX-License-Identifier: MIT */
/* test_memory.c - pieces of an arena are zeroed, aligned and apart. */
#include "base/memory.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

#define PIECES 3000

static bool is_filled_with(const unsigned char *bytes, size_t size, int value)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static size_t size_of_piece(int i)
{
	return i % 500 == 499 ? 20000 : (size_t)(i % 97);
}

static void test_pieces_are_apart(void)
{
	struct arena *arena = arena_new();
	unsigned char *pieces[PIECES];
	int i, bad = 0;

	for (i = 0; i < PIECES; i++) {
		size_t size = size_of_piece(i);

		pieces[i] = arena_take(arena, size);
		bad += (uintptr_t)pieces[i] % alignof(max_align_t) != 0;
		bad += !is_filled_with(pieces[i], size, 0);
		memset(pieces[i], i % 251, size);
	}
	for (i = 0; i < PIECES; i++)
		bad += !is_filled_with(pieces[i], size_of_piece(i), i % 251);
	check_int(bad, 0);
	arena_free(arena);
	arena_free(NULL);
}

static void test_copies_end_with_nul(void)
{
	struct arena *arena = arena_new();

	check_string(arena_copy(arena, "listening", 6), "listen");
	check_string(arena_copy(arena, "", 0), "");
	arena_free(arena);
}

static void test_required_memory_is_zeroed(void)
{
	unsigned char *memory = memory_require(10, 10);

	CHECK(is_filled_with(memory, 100, 0));
	free(memory);
}

int main(void)
{
	test_pieces_are_apart();
	test_copies_end_with_nul();
	test_required_memory_is_zeroed();
	return check_result();
}
