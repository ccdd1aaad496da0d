/* SPDX-License-Identifier: MIT */
/* mutation.h - bytes that were good, changed at random: what fuzz tests feed
 * to parsers. */
#ifndef COHORT_TESTS_MUTATION_H
#define COHORT_TESTS_MUTATION_H

#include <stdlib.h>
#include <string.h>

#include "random.h"

#define MUTATION_BYTES 8192

/* Strings that a parser is likely to do something special for. */
struct mutation_pieces {
	const char *const *list;
	unsigned count;
};

struct mutation_sample {
	char bytes[MUTATION_BYTES];
	size_t size; /* less than MUTATION_BYTES */
};

static inline void mutation_begin(struct mutation_sample *sample,
				  const char *text)
{
	sample->size = strlen(text);
	memcpy(sample->bytes, text, sample->size);
}

static inline void mutation_replace(struct mutation_sample *sample, size_t at,
				    size_t removed, const char *piece,
				    size_t size)
{
	if (sample->size - removed + size >= MUTATION_BYTES)
		return;
	memmove(sample->bytes + at + size, sample->bytes + at + removed,
		sample->size - at - removed);
	memcpy(sample->bytes + at, piece, size);
	sample->size += size - removed;
}

/* A byte changed, some removed, a piece put in, or some said again. */
static inline void mutation_edit(struct mutation_sample *sample,
				 struct random *random,
				 const struct mutation_pieces *pieces)
{
	size_t at = random_below(random, (unsigned)sample->size + 1);
	size_t left = sample->size - at;
	size_t size = random_below(random, 16);
	const char *piece = pieces->list[random_below(random, pieces->count)];
	char copy[16];
	char byte = (char)random_below(random, 256);

	if (size > left)
		size = left;
	memcpy(copy, sample->bytes + at, size);
	switch (random_below(random, 4)) {
	case 0: mutation_replace(sample, at, left > 0, &byte, 1); break;
	case 1: mutation_replace(sample, at, size, "", 0); break;
	case 2: mutation_replace(sample, at, 0, piece, strlen(piece)); break;
	default:
		mutation_replace(
			sample,
			random_below(random, (unsigned)sample->size + 1), 0,
			copy, size);
	}
}

/* `usual`, or what COHORT_FUZZ_ROUNDS asks for. */
static inline long mutation_rounds(long usual)
{
	const char *wanted = getenv("COHORT_FUZZ_ROUNDS");

	return wanted ? strtol(wanted, NULL, 10) : usual;
}

#endif
