/* SPDX-License-Identifier: MIT */
/* framing_fixture.h - streams in segments, and what comes of them: the frames
 * as [one][two], and then how the stream ended. */
#ifndef COHORT_TESTS_FRAMING_FIXTURE_H
#define COHORT_TESTS_FRAMING_FIXTURE_H

#include "check.h"
#include "net/framing.h"

#define TEXT_BYTES   512
#define STREAM(text) text, sizeof(text) - 1

/* The framings of both test programs. */
static const struct cohort_framing lines __attribute__((unused)) = {.limit = 5};
static const struct cohort_framing crlf __attribute__((unused)) = {
	.kind = COHORT_FRAMING_DELIMITER,
	.delimiter = "\r\n",
	.delimiter_size = 2,
	.limit = 5,
};
static const struct cohort_framing aab __attribute__((unused)) = {
	.kind = COHORT_FRAMING_DELIMITER,
	.delimiter = "aab",
	.delimiter_size = 3,
	.limit = 5,
};
static const struct cohort_framing byte_length __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 1,
	.limit = 5,
};
static const struct cohort_framing little __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 2,
	.is_little_endian = true,
	.limit = 5,
};
static const struct cohort_framing four __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 4,
	.limit = 5,
};
static const struct cohort_framing eight __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 8,
	.limit = SIZE_MAX,
};
static const struct cohort_framing eight_little __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 8,
	.is_little_endian = true,
	.limit = 5,
};
static const struct cohort_framing fixed __attribute__((unused)) = {
	.kind = COHORT_FRAMING_FIXED,
	.size = 3,
};
static const struct cohort_framing netstring __attribute__((unused)) = {
	.kind = COHORT_FRAMING_NETSTRING,
	.limit = 12,
};
/* Frames as [one][two], then: . nothing left, ~ an unfinished part, + too long,
 * ! malformed. */
struct outcome {
	char text[TEXT_BYTES];
	size_t used;
};

static inline void add(struct outcome *outcome, const void *bytes, size_t size)
{
	REQUIRE(outcome->used + size < TEXT_BYTES);
	memcpy(outcome->text + outcome->used, bytes, size);
	outcome->used += size;
}

static inline void add_frame(struct outcome *outcome, const unsigned char *data,
			     size_t size)
{
	add(outcome, "[", 1);
	add(outcome, data, size);
	add(outcome, "]", 1);
}

static inline void add_end(struct outcome *outcome, enum framing_result result)
{
	static const char *const marks[] = {
		[FRAMING_FRAME] = ".",
		[FRAMING_PART] = "~",
		[FRAMING_TOO_LONG] = "+",
		[FRAMING_MALFORMED] = "!",
	};

	add(outcome, marks[result], 1);
}

/* The part that a transport would keep. */
struct part {
	unsigned char bytes[TEXT_BYTES];
	size_t size;
	size_t known;
};

/* As a transport does it, with one segment; anything but PART or FRAME ends
 * the stream. */
static inline enum framing_result feed(const struct cohort_framing *framing,
				       struct part *part,
				       const unsigned char *data, size_t size,
				       struct outcome *outcome)
{
	enum framing_result result = FRAMING_FRAME;
	struct framing_frame frame;

	while (size > 0) {
		size_t more = size;

		if (part->size > 0)
			more = framing_reach(framing, part->bytes, part->size,
					     data, size);
		REQUIRE(more >= 1 && more <= size);
		memcpy(part->bytes + part->size, data, more);
		result = framing_find(framing, part->bytes, part->size + more,
				      part->known, &frame);
		if (result > FRAMING_PART)
			return result;
		if (result == FRAMING_PART) {
			part->size += more;
			part->known = part->size;
			data += more;
			size -= more;
			CHECK(part->size <= framing_part_max(framing));
			continue;
		}
		/* Only what is complete is taken; and nothing is kept that
		 * belongs to the next one. */
		CHECK(frame.offset + frame.size <= frame.taken);
		CHECK(part->size == 0 || frame.taken == part->size + more);
		add_frame(outcome, part->bytes + frame.offset, frame.size);
		data += frame.taken - part->size;
		size -= frame.taken - part->size;
		part->size = part->known = 0;
	}
	return part->size > 0 ? FRAMING_PART : FRAMING_FRAME;
}

static inline void split(const struct cohort_framing *framing,
			 const void *stream, size_t size, size_t segment,
			 struct outcome *outcome)
{
	struct part part = {.size = 0};
	enum framing_result result = FRAMING_FRAME;
	size_t at;

	memset(outcome, 0, sizeof(*outcome));
	for (at = 0; at < size && result <= FRAMING_PART; at += segment)
		result = feed(
			framing, &part, (const unsigned char *)stream + at,
			segment < size - at ? segment : size - at, outcome);
	add_end(outcome, result);
}

/* The frame of a payload, behind what the stream holds already; the new size. */
static inline size_t wrap_into(unsigned char *stream, size_t used,
			       const struct cohort_framing *framing,
			       const unsigned char *payload, size_t size)
{
	struct framing_wrap wrap;

	CHECK(framing_wrap(framing, payload, size, &wrap) == 0);
	REQUIRE(used + size + 64 < 65536);
	memcpy(stream + used, wrap.head, wrap.head_size);
	used += wrap.head_size;
	memcpy(stream + used, payload, size);
	used += size;
	if (wrap.tail_size > 0)
		memcpy(stream + used, wrap.tail, wrap.tail_size);
	return used + wrap.tail_size;
}

#endif
