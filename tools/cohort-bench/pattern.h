/* SPDX-License-Identifier: MIT */
/* pattern.h - the bytes that a connection sends, and expects back.
 *
 * Each byte is a function of the connection's number and of its offset in
 * the connection's stream, so that bytes of another connection, bytes out of
 * order, lost or doubled ones all differ.  Nothing is stored: what was sent is
 * made again to compare it. */
#ifndef COHORT_BENCH_PATTERN_H
#define COHORT_BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Write the `size` bytes from `offset` on to `out`. */
void pattern_fill(uint64_t connection, uint64_t offset, void *out, size_t size);

/* How many of the first bytes of `data` are what they should be: `size` if
 * all are. */
size_t pattern_match(uint64_t connection, uint64_t offset, const void *data,
		     size_t size);

#endif
