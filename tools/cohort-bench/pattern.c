/* SPDX-License-Identifier: MIT */
/* pattern.c - bytes from the number of a connection and an offset. */
#include "pattern.h"

#include <string.h>

#define WORD_BYTES sizeof(uint64_t)

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators"
 * (2014): splitmix64, of which this is the n-th output.  Each connection
 * starts somewhere else in the sequence of 2^64. */
#define GOLDEN_GAMMA 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t seed_of(uint64_t connection)
{
	return mix((connection + 1) * GOLDEN_GAMMA);
}

static uint64_t word_at(uint64_t seed, uint64_t index)
{
	return mix(seed + index * GOLDEN_GAMMA);
}

/* How many bytes there are from `offset` up to the end of its word, or up to
 * `size`. */
static size_t piece_of(uint64_t offset, size_t size)
{
	size_t left = WORD_BYTES - (size_t)(offset % WORD_BYTES);

	return left < size ? left : size;
}

/* A part of the word at `offset`. */
static void fill_piece(uint64_t seed, uint64_t offset, unsigned char *out,
		       size_t size)
{
	uint64_t word = word_at(seed, offset / WORD_BYTES);

	memcpy(out, (unsigned char *)&word + offset % WORD_BYTES, size);
}

void pattern_fill(uint64_t connection, uint64_t offset, void *out, size_t size)
{
	uint64_t word, index, seed = seed_of(connection);
	unsigned char *to = out;
	size_t piece = piece_of(offset, size);

	fill_piece(seed, offset, to, piece);
	to += piece;
	offset += piece;
	size -= piece;
	for (index = offset / WORD_BYTES; size >= WORD_BYTES; index++) {
		word = word_at(seed, index);
		memcpy(to, &word, WORD_BYTES);
		to += WORD_BYTES;
		size -= WORD_BYTES;
	}
	if (size > 0)
		fill_piece(seed, index * WORD_BYTES, to, size);
}

/* The first bytes, of at most a word, that are what they should be. */
static size_t match_piece(uint64_t seed, uint64_t offset,
			  const unsigned char *data, size_t size)
{
	unsigned char expected[WORD_BYTES];
	size_t i = 0;

	fill_piece(seed, offset, expected, size);
	while (i < size && data[i] == expected[i])
		i++;
	return i;
}

size_t pattern_match(uint64_t connection, uint64_t offset, const void *data,
		     size_t size)
{
	uint64_t word, seed = seed_of(connection);
	const unsigned char *from = data;
	size_t piece = piece_of(offset, size);
	size_t done = match_piece(seed, offset, from, piece);

	if (done < piece)
		return done;
	for (; size - done >= WORD_BYTES; done += WORD_BYTES) {
		memcpy(&word, from + done, WORD_BYTES);
		if (word != word_at(seed, (offset + done) / WORD_BYTES))
			break;
	}
	/* The rest: a part of a word, or the word that differs. */
	piece = piece_of(offset + done, size - done);
	return done + match_piece(seed, offset + done, from + done, piece);
}
