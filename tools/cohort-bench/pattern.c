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

void pattern_init(struct pattern *pattern)
{
	uint64_t i;

	for (i = 0; i < PATTERN_WORDS; i++)
		pattern->words[i] = mix(i * GOLDEN_GAMMA);
}

/* Of the block that `place` is in. */
static uint64_t mask_at(struct pattern_place place)
{
	uint64_t seed = mix((place.connection + 1) * GOLDEN_GAMMA);

	return mix(seed + place.offset / PATTERN_BYTES * GOLDEN_GAMMA);
}

/* How many bytes there are from `place` up to the end of its block, or up to
 * `size`. */
static size_t stretch_of(struct pattern_place place, size_t size)
{
	size_t left = PATTERN_BYTES - (size_t)(place.offset % PATTERN_BYTES);

	return left < size ? left : size;
}

/* Bytes of one block, from `at` on; `at` and `size` need be no multiples of
 * a word. */
struct stretch {
	const uint64_t *words;
	uint64_t mask;
	size_t at, size;
};

static struct stretch stretch_at(const struct pattern *pattern,
				 struct pattern_place place, size_t size)
{
	return (struct stretch){
		.words = pattern->words,
		.mask = mask_at(place),
		.at = (size_t)(place.offset % PATTERN_BYTES),
		.size = stretch_of(place, size),
	};
}

/* A part of the word at `at`, up to its end or to `size`; its size. */
static size_t fill_piece(const struct stretch *stretch, size_t done,
			 unsigned char *out)
{
	size_t at = stretch->at + done, skipped = at % WORD_BYTES;
	size_t size = stretch->size - done;
	uint64_t word = stretch->words[at / WORD_BYTES] ^ stretch->mask;

	if (size > WORD_BYTES - skipped)
		size = WORD_BYTES - skipped;
	memcpy(out, (unsigned char *)&word + skipped, size);
	return size;
}

/* As many words as the machine can do at once, or the compiler in a row. */
typedef uint64_t eight_words __attribute__((vector_size(8 * WORD_BYTES)));

static size_t fill_eights(const uint64_t *words, uint64_t mask,
			  unsigned char *restrict out, size_t count)
{
	const eight_words masks = {mask, mask, mask, mask,
				   mask, mask, mask, mask};
	eight_words eight;
	size_t i;

	for (i = 0; i + 8 <= count; i += 8) {
		memcpy(&eight, words + i, sizeof(eight));
		eight ^= masks;
		memcpy(out + i * WORD_BYTES, &eight, sizeof(eight));
	}
	return i;
}

static void fill_words(const uint64_t *words, uint64_t mask,
		       unsigned char *restrict out, size_t count)
{
	size_t i = fill_eights(words, mask, out, count);

	for (; i < count; i++) {
		uint64_t word = words[i] ^ mask;

		memcpy(out + i * WORD_BYTES, &word, WORD_BYTES);
	}
}

static void fill_stretch(const struct stretch *stretch, unsigned char *out)
{
	size_t done = 0, count;

	if (stretch->at % WORD_BYTES != 0)
		done = fill_piece(stretch, 0, out);
	count = (stretch->size - done) / WORD_BYTES;
	fill_words(stretch->words + (stretch->at + done) / WORD_BYTES,
		   stretch->mask, out + done, count);
	done += count * WORD_BYTES;
	if (done < stretch->size)
		fill_piece(stretch, done, out + done);
}

void pattern_fill(const struct pattern *pattern, struct pattern_place place,
		  void *out, size_t size)
{
	unsigned char *to = out;

	while (size > 0) {
		struct stretch stretch = stretch_at(pattern, place, size);

		fill_stretch(&stretch, to);
		to += stretch.size;
		place.offset += stretch.size;
		size -= stretch.size;
	}
}

static size_t match_stretch(const struct stretch *stretch,
			    const unsigned char *data)
{
	unsigned char expected[PATTERN_BYTES];
	size_t i = 0;

	fill_stretch(stretch, expected);
	if (memcmp(data, expected, stretch->size) == 0)
		return stretch->size;
	while (data[i] == expected[i])
		i++;
	return i;
}

size_t pattern_match(const struct pattern *pattern, struct pattern_place place,
		     const void *data, size_t size)
{
	const unsigned char *from = data;
	size_t matched, done = 0;

	while (done < size) {
		struct stretch stretch =
			stretch_at(pattern, place, size - done);

		matched = match_stretch(&stretch, from + done);
		done += matched;
		place.offset += matched;
		if (matched < stretch.size)
			break;
	}
	return done;
}
