/* SPDX-License-Identifier: MIT */
/* test_proxy_header_build.c - what is built reads back as itself; cut at any
 * byte it is partial; with any byte changed it is never taken for what it was. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "check.h"
#include "net/proxy_header.h"
#include "random.h"

#define LIMIT         4096
#define SAMPLE_BYTES  320
#define RANDOM_ROUNDS 200000

/* ---- What is built ---- */

struct row {
	const char *peer, *local;
	const char *line;                   /* version 1 */
	const char *read_peer, *read_local; /* from version 2; NULL: none */
};

static const struct row rows[] = {
	{"1.2.3.4:5", "6.7.8.9:65535", "PROXY TCP4 1.2.3.4 6.7.8.9 5 65535\r\n",
	 "1.2.3.4:5", "6.7.8.9:65535"},
	{"[2001:db8::1]:5", "[::]:0", "PROXY TCP6 2001:db8::1 :: 5 0\r\n",
	 "[2001:db8::1]:5", "[::]:0"},
	{"[::ffff:1.2.3.4]:5", "[::ffff:6.7.8.9]:8",
	 "PROXY TCP4 1.2.3.4 6.7.8.9 5 8\r\n", "1.2.3.4:5", "6.7.8.9:8"},
	{"1.2.3.4:5", "[::ffff:6.7.8.9]:8",
	 "PROXY TCP4 1.2.3.4 6.7.8.9 5 8\r\n", "1.2.3.4:5", "6.7.8.9:8"},
	{"1.2.3.4:5", "[::1]:8",
	 "PROXY TCP6 0:0:0:0:0:ffff:102:304 ::1 5 8\r\n", "[::ffff:1.2.3.4]:5",
	 "[::1]:8"},
	{"unix:/a b", "unix:@c", "PROXY UNKNOWN\r\n", "unix:/a b", "unix:@c"},
	{"unix:/a", "1.2.3.4:5", "PROXY UNKNOWN\r\n", NULL, NULL},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct address address_of(const char *word)
{
	struct address address;
	struct error error;

	REQUIRE(address_parse(&address, word, &error) == 0);
	return address;
}

static void check_read(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	check_string(address_format(text, address), expected);
}

static void test_rows(void)
{
	unsigned char bytes[PROXY_HEADER_BUILT_MOST];
	struct proxy_header header;
	size_t i, size;

	for (i = 0; i < COUNT(rows); i++) {
		struct address peer = address_of(rows[i].peer);
		struct address local = address_of(rows[i].local);

		size = proxy_header_build(bytes, COHORT_PROXY_V1, &peer,
					  &local);
		check_int(size, strlen(rows[i].line));
		CHECK(memcmp(bytes, rows[i].line, size) == 0);
		CHECK(proxy_header_parse(&header, bytes, size, LIMIT) ==
		      PROXY_HEADER_WHOLE);
		size = proxy_header_build(bytes, COHORT_PROXY_V2, &peer,
					  &local);
		CHECK(proxy_header_parse(&header, bytes, size, LIMIT) ==
		      PROXY_HEADER_WHOLE);
		check_int(header.size_bytes, size);
		check_int(bytes[12], 0x21);
		check_int(header.has_addresses, rows[i].read_peer != NULL);
		if (rows[i].read_peer == NULL)
			continue;
		check_read(&header.peer, rows[i].read_peer);
		check_read(&header.local, rows[i].read_local);
	}
}

static void test_our_own(void)
{
	static const unsigned char local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
	unsigned char bytes[PROXY_HEADER_BUILT_MOST];

	check_int(proxy_header_build(bytes, COHORT_PROXY_V1, NULL, NULL), 15);
	CHECK(memcmp(bytes, "PROXY UNKNOWN\r\n", 15) == 0);
	check_int(proxy_header_build(bytes, COHORT_PROXY_V2, NULL, NULL), 16);
	CHECK(memcmp(bytes, local, 16) == 0);
}

/* ---- What is changed ---- */

struct sample {
	unsigned char bytes[SAMPLE_BYTES];
	size_t size;
};

/* A bit at a time: not the code under test. */
static uint32_t checksum(const unsigned char *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void append_tlv(struct sample *sample, unsigned type, const void *value,
		       size_t size)
{
	unsigned char *at = sample->bytes + sample->size;
	size_t length;

	at[0] = (unsigned char)type;
	at[1] = 0;
	at[2] = (unsigned char)size;
	memcpy(at + 3, value, size);
	sample->size += 3 + size;
	length = sample->size - 16;
	sample->bytes[14] = (unsigned char)(length >> 8);
	sample->bytes[15] = (unsigned char)length;
}

static void append_checksum(struct sample *sample)
{
	uint32_t crc;

	append_tlv(sample, COHORT_PROXY_TLV_CRC32C, "\0\0\0\0", 4);
	crc = htonl(checksum(sample->bytes, sample->size));
	memcpy(sample->bytes + sample->size - 4, &crc, 4);
}

static void build(struct sample *sample, const struct row *row,
		  enum cohort_proxy_version version)
{
	struct address peer = address_of(row->peer);
	struct address local = address_of(row->local);

	sample->size =
		proxy_header_build(sample->bytes, version, &peer, &local);
}

/* Bytes of exactly that size on the heap, so that a sanitizer sees whoever
 * looks behind them. */
static enum proxy_header_result parse(struct proxy_header *header,
				      const unsigned char *bytes, size_t size)
{
	unsigned char *exact = malloc(size > 0 ? size : 1);
	enum proxy_header_result result;

	REQUIRE(exact != NULL);
	memcpy(exact, bytes, size);
	result = proxy_header_parse(header, exact, size, LIMIT);
	if (result == PROXY_HEADER_WHOLE && header->tlvs != NULL) {
		size_t begin = (size_t)(header->tlvs - exact);

		CHECK(begin + header->tlvs_bytes == header->size_bytes);
		header->tlvs = bytes + begin;
	}
	free(exact);
	return result;
}

static void check_cuts(const struct sample *sample)
{
	size_t size, signature = sample->bytes[0] == 'P' ? 6 : 12;
	struct proxy_header header;

	for (size = 0; size < sample->size; size++)
		check_int(parse(&header, sample->bytes, size),
			  size < signature ? PROXY_HEADER_UNDECIDED
					   : PROXY_HEADER_PARTIAL);
	check_int(parse(&header, sample->bytes, sample->size),
		  PROXY_HEADER_WHOLE);
	check_int(header.size_bytes, sample->size);
}

/* Addresses that were read are those that stand there. */
static void check_addresses(const struct proxy_header *header,
			    const unsigned char *bytes)
{
	unsigned char again[PROXY_HEADER_BUILT_MOST];
	struct proxy_header reread;
	size_t size = proxy_header_build(again, header->version, &header->peer,
					 &header->local);

	CHECK(proxy_header_parse(&reread, again, size, LIMIT) ==
	      PROXY_HEADER_WHOLE);
	CHECK(reread.has_addresses);
	CHECK(address_is_equal(&reread.peer, &header->peer));
	CHECK(address_is_equal(&reread.local, &header->local));
	/* In IPv6 text one address has several forms, behind the NUL of a path
	 * there may be anything. */
	if (header->version == COHORT_PROXY_V1 && bytes[9] == '4')
		CHECK(size == header->size_bytes &&
		      memcmp(again, bytes, size) == 0);
	if (header->version == COHORT_PROXY_V2 && bytes[13] != 0x31)
		CHECK(memcmp(again + 16, bytes + 16, size - 16) == 0);
}

static void check_tlvs(const struct proxy_header *header,
		       const unsigned char *bytes)
{
	unsigned char zeroed[SAMPLE_BYTES + 64];
	const void *value;
	size_t size;
	uint32_t said;

	if (header->tlvs == NULL ||
	    proxy_header_find_tlv(header->tlvs, header->tlvs_bytes,
				  COHORT_PROXY_TLV_CRC32C, &value, &size) < 0)
		return;
	check_int(size, 4);
	memcpy(&said, value, 4);
	memcpy(zeroed, bytes, header->size_bytes);
	memset(zeroed + ((const unsigned char *)value - bytes), 0, 4);
	check_int(ntohl(said), checksum(zeroed, header->size_bytes));
}

/* Whatever the bytes are: an answer of WHOLE is right about them. */
static enum proxy_header_result check_answer(const unsigned char *bytes,
					     size_t size)
{
	struct proxy_header header;
	enum proxy_header_result result = parse(&header, bytes, size);

	if (result != PROXY_HEADER_WHOLE)
		return result;
	CHECK(header.size_bytes <= size);
	if (bytes[0] == 'P') {
		check_int(header.version, COHORT_PROXY_V1);
		CHECK(memcmp(bytes + header.size_bytes - 2, "\r\n", 2) == 0);
	} else {
		check_int(header.version, COHORT_PROXY_V2);
		check_int(header.size_bytes, 16 + bytes[14] * 256 + bytes[15]);
		check_tlvs(&header, bytes);
	}
	if (header.has_addresses)
		check_addresses(&header, bytes);
	return result;
}

/* A checksum leaves nothing but what makes the checksum itself disappear, or
 * the block unread. */
static bool may_pass_checksum(const unsigned char *bytes, size_t size)
{
	struct proxy_header header;
	const void *value;
	size_t found;

	return proxy_header_parse(&header, bytes, size, LIMIT) !=
		       PROXY_HEADER_WHOLE ||
	       header.tlvs == NULL ||
	       proxy_header_find_tlv(header.tlvs, header.tlvs_bytes,
				     COHORT_PROXY_TLV_CRC32C, &value,
				     &found) < 0;
}

/* Each byte, changed to each other value. */
static void check_corruptions(struct sample *sample, bool has_checksum)
{
	size_t at;
	unsigned change;

	for (at = 0; at < sample->size; at++) {
		for (change = 1; change < 256; change++) {
			sample->bytes[at] ^= (unsigned char)change;
			check_answer(sample->bytes, sample->size);
			if (has_checksum)
				CHECK(may_pass_checksum(sample->bytes,
							sample->size));
			sample->bytes[at] ^= (unsigned char)change;
		}
	}
}

static void test_samples(void)
{
	struct sample sample;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		build(&sample, &rows[i], COHORT_PROXY_V1);
		check_cuts(&sample);
		check_corruptions(&sample, false);
		build(&sample, &rows[i], COHORT_PROXY_V2);
		check_cuts(&sample);
		append_tlv(&sample, COHORT_PROXY_TLV_AUTHORITY, "a.b", 3);
		append_tlv(&sample, COHORT_PROXY_TLV_NOOP, "", 0);
		check_cuts(&sample);
		check_corruptions(&sample, false);
		append_checksum(&sample);
		check_cuts(&sample);
		check_corruptions(&sample, true);
	}
}

/* Which of two would be zeros while the other is computed? */
static void test_two_checksums(void)
{
	struct proxy_header header;
	struct sample sample;

	build(&sample, &rows[0], COHORT_PROXY_V2);
	append_tlv(&sample, COHORT_PROXY_TLV_CRC32C, "abcd", 4);
	append_checksum(&sample);
	check_int(parse(&header, sample.bytes, sample.size), PROXY_HEADER_BAD);
}

/* ---- What is random ---- */

/* What was said of a beginning holds for more: undecided and partial may become
 * anything, the rest stays. */
static void check_growing(const unsigned char *bytes, size_t size)
{
	enum proxy_header_result before = PROXY_HEADER_UNDECIDED;
	struct proxy_header header;
	size_t cut;

	for (cut = 0; cut <= size; cut++) {
		enum proxy_header_result now = parse(&header, bytes, cut);

		CHECK(now == before || before == PROXY_HEADER_UNDECIDED ||
		      before == PROXY_HEADER_PARTIAL);
		CHECK(now != PROXY_HEADER_UNDECIDED ||
		      before == PROXY_HEADER_UNDECIDED);
		before = now;
	}
}

/* Random bytes, and those that begin better and better. */
static void test_random(void)
{
	static const char begin[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1c";
	struct random random = {.state = 20261121};
	unsigned char bytes[SAMPLE_BYTES];
	size_t size, i, known;
	int round;

	for (round = 0; round < RANDOM_ROUNDS; round++) {
		size = random_below(&random, 64);
		for (i = 0; i < size; i++)
			bytes[i] = (unsigned char)random_below(&random, 256);
		known = random_below(&random, sizeof(begin));
		memcpy(bytes, begin, known < size ? known : size);
		if (size > 29 && round % 2)
			bytes[29] = 0; /* TLVs that often fit */
		check_answer(bytes, size);
		if (round % 100 == 0)
			check_growing(bytes, size);
	}
}

/* Lines of the right words in any order. */
static void test_random_lines(void)
{
	static const char *const words[] = {
		"PROXY ", "TCP4",    "TCP6", "UNKNOWN", " ", " ",
		" ",      "1.2.3.4", "::1",  "65535",   "0", "\r\n",
		"\n",     "\r",      "::",   ".",       "00"};
	struct random random = {.state = 4711};
	char line[200];
	int round;

	for (round = 0; round < RANDOM_ROUNDS / 4; round++) {
		unsigned left = random_below(&random, 12);
		size_t size = 6;

		memcpy(line, words[0], 6);
		while (left-- > 0) {
			const char *word =
				words[random_below(&random, COUNT(words))];

			memcpy(line + size, word, strlen(word));
			size += strlen(word);
		}
		check_answer((unsigned char *)line, size);
		if (round % 50 == 0)
			check_growing((unsigned char *)line, size);
	}
}

int main(void)
{
	test_rows();
	test_our_own();
	test_samples();
	test_two_checksums();
	test_random();
	test_random_lines();
	return check_result();
}
