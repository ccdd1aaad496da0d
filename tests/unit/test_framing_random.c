/* SPDX-License-Identifier: MIT */
/* test_framing_random.c - frames at random, beside a naive reference that sees
 * the whole stream at once, and streams with one byte that is wrong. */
#include "framing_fixture.h"
#include "random.h"

/* The naive reference: it sees everything, tries every end in turn. */
static size_t naive_end(const char *mark, size_t mark_size,
			const unsigned char *data, size_t size)
{
	size_t end;

	for (end = mark_size; end <= size; end++)
		if (memcmp(data + end - mark_size, mark, mark_size) == 0)
			return end;
	return 0;
}

/* Is there any way to go on after which the payload is within the limit? */
static bool may_still_end(const struct cohort_framing *framing,
			  const char *mark, size_t mark_size,
			  const unsigned char *data, size_t size)
{
	size_t payload, rest;

	for (payload = 0; payload <= framing->limit; payload++) {
		if (payload >= size)
			return true;
		rest = size - payload;
		if (rest < mark_size && memcmp(data + payload, mark, rest) == 0)
			return true;
	}
	return false;
}

static void naive_split(const struct cohort_framing *framing,
			const unsigned char *data, size_t size,
			struct outcome *outcome)
{
	bool is_line = framing->kind == COHORT_FRAMING_LINES;
	const char *mark = is_line ? "\n" : framing->delimiter;
	size_t mark_size = is_line ? 1 : framing->delimiter_size;
	enum framing_result result = FRAMING_FRAME;
	size_t end;

	memset(outcome, 0, sizeof(*outcome));
	while ((end = naive_end(mark, mark_size, data, size)) > 0) {
		size_t payload = end - mark_size;

		if (is_line && payload > 0 && data[payload - 1] == '\r')
			payload--;
		if (payload > framing->limit) {
			add_end(outcome, FRAMING_TOO_LONG);
			return;
		}
		add_frame(outcome, data, payload);
		data += end;
		size -= end;
	}
	mark_size += is_line;
	if (is_line)
		mark = "\r\n";
	if (size > 0)
		result = may_still_end(framing, mark, mark_size, data, size)
				 ? FRAMING_PART
				 : FRAMING_TOO_LONG;
	add_end(outcome, result);
}

/* Random bytes of the few that matter, in random segments. */
static void test_random(const struct cohort_framing *framing,
			const char *alphabet, uint64_t seed)
{
	struct random random = {seed};
	unsigned char stream[100];
	struct outcome naive, outcome;
	int round;

	for (round = 0; round < 20000; round++) {
		size_t size = random_below(&random, 60), at = 0, i;
		struct part part = {.size = 0};
		enum framing_result result = FRAMING_FRAME;

		for (i = 0; i < size; i++)
			stream[i] = (unsigned char)alphabet[random_below(
				&random, (unsigned)strlen(alphabet))];
		naive_split(framing, stream, size, &naive);
		memset(&outcome, 0, sizeof(outcome));
		while (at < size && result <= FRAMING_PART) {
			size_t segment = 1 + random_below(&random, 9);

			if (segment > size - at)
				segment = size - at;
			result = feed(framing, &part, stream + at, segment,
				      &outcome);
			at += segment;
		}
		add_end(&outcome, result);
		check_string(outcome.text, naive.text);
	}
}

/* ---- Sized kinds at random: what was wrapped comes back ---- */

static void test_round_trip(const struct cohort_framing *framing,
			    size_t longest, uint64_t seed)
{
	static unsigned char stream[65536];
	struct random random = {seed};
	int round;

	for (round = 0; round < 3000; round++) {
		struct outcome expected = {.used = 0}, outcome = {.used = 0};
		struct part part = {.size = 0};
		enum framing_result result = FRAMING_FRAME;
		size_t used = 0, at = 0, segment;
		unsigned count = random_below(&random, 10);

		while (count-- > 0) {
			unsigned char payload[16];
			size_t i, size = random_below(&random,
						      (unsigned)longest + 1);

			if (framing->kind == COHORT_FRAMING_FIXED)
				size = framing->size;
			for (i = 0; i < size; i++)
				payload[i] =
					(unsigned char)(1 +
							random_below(&random,
								     9));
			used = wrap_into(stream, used, framing, payload, size);
			add_frame(&expected, payload, size);
		}
		for (; at < used && result <= FRAMING_PART; at += segment) {
			segment = 1 + random_below(&random, 9);
			if (segment > used - at)
				segment = used - at;
			result = feed(framing, &part, stream + at, segment,
				      &outcome);
		}
		check_int(result, FRAMING_FRAME);
		check_string(outcome.text, expected.text);
	}
}

/* One byte of a good stream is another: any outcome but a crash, memory
 * bounded (feed checks it). */
static void test_corrupted(const struct cohort_framing *framing,
			   const char *stream, size_t size)
{
	unsigned char bytes[TEXT_BYTES];
	struct outcome outcome;
	size_t at, segment;
	unsigned value;

	for (at = 0; at < size; at++) {
		for (value = 0; value < 256; value++) {
			memcpy(bytes, stream, size);
			bytes[at] = (unsigned char)value;
			for (segment = 1; segment < 5; segment += 3)
				split(framing, bytes, size, segment, &outcome);
		}
	}
}

int main(void)
{
	test_random(&lines, "ab\r\n", 1);
	test_random(&crlf, "a\r\n", 2);
	test_random(&aab, "aabx", 3);
	test_round_trip(&byte_length, 5, 4);
	test_round_trip(&little, 5, 5);
	test_round_trip(&four, 5, 6);
	test_round_trip(&eight, 15, 7);
	test_round_trip(&eight_little, 5, 8);
	test_round_trip(&fixed, 3, 9);
	test_round_trip(&netstring, 12, 10);
	test_round_trip(&lines, 5, 11);
	test_corrupted(&four, STREAM("\0\0\0\3one\0\0\0\3two"));
	test_corrupted(&eight, STREAM("\0\0\0\0\0\0\0\3one"));
	test_corrupted(&netstring, STREAM("3:one,12:twelve bytes,0:,"));
	test_corrupted(&lines, STREAM("one\r\ntwo\n"));
	test_corrupted(&aab, STREAM("xaabaabyaaaab"));
	return check_result();
}
