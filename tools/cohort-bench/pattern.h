/* SPDX-License-Identifier: MIT */
/* pattern.h - the bytes that a connection sends, and expects back.
 *
 * Each byte is a function of the connection's number and of its offset in
 * the connection's stream, so that bytes of another connection, bytes out of
 * order, lost or doubled ones all differ.  Nothing is stored: what was sent is
 * made again to compare it.
 *
 * A block of random words is shared by all.  A stream is that block over and
 * over, each time under another mask, from the connection's own sequence of
 * masks: an exclusive or for each word, so that the client that makes the
 * bytes and checks them costs less than the server that moves them. */
#ifndef COHORT_BENCH_PATTERN_H
#define COHORT_BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_WORDS 512 /* a page: stays in the fastest cache */
#define PATTERN_BYTES (PATTERN_WORDS * sizeof(uint64_t))

struct pattern {
	uint64_t words[PATTERN_WORDS];
};

/* Always the same block. */
void pattern_init(struct pattern *pattern);

/* Where in which stream. */
struct pattern_place {
	uint64_t connection;
	uint64_t offset;
};

/* Write the `size` bytes from `place` on to `out`. */
void pattern_fill(const struct pattern *pattern, struct pattern_place place,
		  void *out, size_t size);

/* How many of the first bytes of `data` are what they should be: `size` if
 * all are. */
size_t pattern_match(const struct pattern *pattern, struct pattern_place place,
		     const void *data, size_t size);

#endif
