/* SPDX-License-Identifier: MIT */
/* test_bench_pattern.c - the client's bytes: made again, and told apart. */
#include "pattern.h"

#include <string.h>

#include "check.h"

#define STREAM_BYTES (3 * PATTERN_BYTES + 100)

static struct pattern pattern;

static struct pattern_place at_place(uint64_t connection, uint64_t offset)
{
	return (struct pattern_place){connection, offset};
}

/* However a stream is cut, its bytes are the same. */
static void test_any_cut(void)
{
	unsigned char whole[STREAM_BYTES], pieces[STREAM_BYTES];
	size_t step, at, size;

	pattern_fill(&pattern, at_place(7, 0), whole, sizeof(whole));
	for (step = 1; step < 40; step++) {
		memset(pieces, 0, sizeof(pieces));
		for (at = 0; at < sizeof(pieces); at += size) {
			size = sizeof(pieces) - at < step ? sizeof(pieces) - at
							  : step;
			pattern_fill(&pattern, at_place(7, at), pieces + at,
				     size);
			CHECK(pattern_match(&pattern, at_place(7, at),
					    whole + at, size) == size);
		}
		CHECK(memcmp(whole, pieces, sizeof(whole)) == 0);
	}
}

/* One changed byte is found, where it is. */
static void test_changed_byte(void)
{
	unsigned char bytes[100];
	size_t i;

	pattern_fill(&pattern, at_place(1, 13), bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 1;
		check_int((int)pattern_match(&pattern, at_place(1, 13), bytes,
					     sizeof(bytes)),
			  (int)i);
		bytes[i] ^= 1;
	}
	check_int((int)pattern_match(&pattern, at_place(1, 13), bytes,
				     sizeof(bytes)),
		  (int)sizeof(bytes));
	check_int((int)pattern_match(&pattern, at_place(1, 13), bytes, 0), 0);
}

/* Another connection, and a shift by any small number, are not taken for the
 * right bytes. */
static void test_told_apart(void)
{
	unsigned char bytes[64];
	uint64_t other;

	pattern_fill(&pattern, at_place(1000, 4096), bytes, sizeof(bytes));
	for (other = 0; other < 2000; other++) {
		if (other != 1000)
			CHECK(pattern_match(&pattern, at_place(other, 4096),
					    bytes, sizeof(bytes)) < 8);
		if (other != 0)
			CHECK(pattern_match(&pattern,
					    at_place(1000, 4096 + other), bytes,
					    sizeof(bytes)) < 8);
	}
}

/* The same block comes again, but never under the same mask: what a lost or
 * doubled block shifts is told apart too. */
static void test_masks(void)
{
	unsigned char bytes[64];
	uint64_t blocks;

	pattern_fill(&pattern, at_place(5, 1000 * PATTERN_BYTES), bytes,
		     sizeof(bytes));
	for (blocks = 0; blocks < 2000; blocks++)
		CHECK((pattern_match(&pattern,
				     at_place(5, blocks * PATTERN_BYTES), bytes,
				     sizeof(bytes)) == sizeof(bytes)) ==
		      (blocks == 1000));
}

int main(void)
{
	pattern_init(&pattern);
	test_masks();
	test_any_cut();
	test_changed_byte();
	test_told_apart();
	return check_result();
}
