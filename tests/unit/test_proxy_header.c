/* SPDX-License-Identifier: MIT */
/* test_proxy_header.c - what is a PROXY header, what is one in part, what is
 * wrong with it, and what is none. */
#include "net/proxy_header.h"

#include "check.h"

#define LIMIT 4096

static const char *const result_names[] = {
	[PROXY_HEADER_UNDECIDED] = "undecided",
	[PROXY_HEADER_PARTIAL] = "partial",
	[PROXY_HEADER_WHOLE] = "whole",
	[PROXY_HEADER_ABSENT] = "absent",
	[PROXY_HEADER_BAD] = "bad",
};

#define check_result_of(result, expected)                                      \
	check_string(result_names[result], result_names[expected])

/* ---- Version 1 ---- */

#define FFFF "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

struct line {
	const char *text;
	enum proxy_header_result result;
	const char *peer; /* NULL: the connection's own */
	const char *local;
};

static const struct line lines[] = {
	{"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
	 PROXY_HEADER_WHOLE, "192.168.0.1:56324", "192.168.0.11:443"},
	{"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", PROXY_HEADER_WHOLE,
	 "255.255.255.255:65535", "0.0.0.0:0"},
	{"PROXY TCP6 2001:DB8::1 ::1 1 65535\r\n", PROXY_HEADER_WHOLE,
	 "[2001:db8::1]:1", "[::1]:65535"},
	{"PROXY TCP6 " FFFF " " FFFF " 65535 65535\r\n", PROXY_HEADER_WHOLE,
	 "[" FFFF "]:65535", "[" FFFF "]:65535"},
	{"PROXY TCP6 fe80::1 :: 1 2\r\n", PROXY_HEADER_WHOLE, "[fe80::1]:1",
	 "[::]:2"},
	{"PROXY UNKNOWN\r\n", PROXY_HEADER_WHOLE, NULL, NULL},
	{"PROXY UNKNOWN " FFFF " " FFFF " 65535 65535\r\n", PROXY_HEADER_WHOLE,
	 NULL, NULL},
	{"PROXY UNKNOWN \xff what \r ever\r\n", PROXY_HEADER_WHOLE, NULL, NULL},
	{"PROXY UNKNOWN \r\n", PROXY_HEADER_WHOLE, NULL, NULL},

	{"PROXY UNKNOWN what\never\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY UNKNOWNS\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY unknown\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY \r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY \n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 \r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1  2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4\t5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.08 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 ::1 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP6 ::1 fe80::1%1 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP6 [::1] ::1 1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", PROXY_HEADER_BAD, NULL,
	 NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", PROXY_HEADER_BAD, NULL,
	 NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 00\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", PROXY_HEADER_BAD, NULL, NULL},
	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n", PROXY_HEADER_BAD, NULL, NULL},

	{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r", PROXY_HEADER_PARTIAL, NULL, NULL},
	{"PROXY ", PROXY_HEADER_PARTIAL, NULL, NULL},
	{"PROXY", PROXY_HEADER_UNDECIDED, NULL, NULL},
	{"P", PROXY_HEADER_UNDECIDED, NULL, NULL},
	{"", PROXY_HEADER_UNDECIDED, NULL, NULL},
	{"\r\n", PROXY_HEADER_UNDECIDED, NULL, NULL},
	{"PROXYING", PROXY_HEADER_ABSENT, NULL, NULL},
	{"PROXY\tTCP4 ", PROXY_HEADER_ABSENT, NULL, NULL},
	{"proxy TCP4 ", PROXY_HEADER_ABSENT, NULL, NULL},
	{"Q", PROXY_HEADER_ABSENT, NULL, NULL},
	{"\r\n\r\n\r\n", PROXY_HEADER_ABSENT, NULL, NULL},
	{"GET / HTTP/1.1\r\n", PROXY_HEADER_ABSENT, NULL, NULL},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	check_string(address_format(text, address), expected);
}

static void test_lines(void)
{
	struct proxy_header header;
	enum proxy_header_result result;
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		const struct line *line = &lines[i];

		result = proxy_header_parse(&header, line->text,
					    strlen(line->text), LIMIT);
		check_note(result == line->result, __FILE__, __LINE__,
			   line->text);
		CHECK((result == PROXY_HEADER_BAD) == (header.fault != NULL));
		if (result != PROXY_HEADER_WHOLE)
			continue;
		check_int(header.version, COHORT_PROXY_V1);
		check_int(header.size_bytes, strlen(line->text));
		check_int(header.tlvs_bytes, 0);
		check_int(header.has_addresses, line->peer != NULL);
		if (line->peer == NULL)
			continue;
		check_address(&header.peer, line->peer);
		check_address(&header.local, line->local);
	}
}

/* 107 bytes with the CRLF, and not one more. */
static void test_longest_line(void)
{
	struct proxy_header header;
	char line[120];
	size_t size;

	for (size = 16; size <= sizeof(line); size++) {
		memset(line, 'x', size);
		memcpy(line, "PROXY UNKNOWN ", 14);
		check_result_of(proxy_header_parse(&header, line, size, LIMIT),
				size < 107 ? PROXY_HEADER_PARTIAL
					   : PROXY_HEADER_BAD);
		memcpy(line + size - 2, "\r\n", 2);
		check_result_of(proxy_header_parse(&header, line, size, LIMIT),
				size <= 107 ? PROXY_HEADER_WHOLE
					    : PROXY_HEADER_BAD);
	}
}

static void test_nul_in_line(void)
{
	static const char line[] = "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\0 3\r\n";
	struct proxy_header header;

	check_result_of(
		proxy_header_parse(&header, line, sizeof(line) - 1, LIMIT),
		PROXY_HEADER_BAD);
}

/* ---- Version 2 ---- */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4      "\1\2\3\4\5\6\7\10\1\2\0\120" /* 1.2.3.4:258 5.6.7.8:80 */
#define IPV6                                                                   \
	"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"                                \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"                                     \
	"\xff\xff\0\1"

/* The bytes after the signature. */
struct block {
	const char *what;
	const char *bytes;
	size_t size;
	enum proxy_header_result result;
	const char *peer;
	size_t tlvs_bytes;
};

#define BLOCK(what, bytes, result, peer, tlvs)                                 \
	{                                                                      \
		what, bytes, sizeof(bytes) - 1, PROXY_HEADER_##result, peer,   \
			tlvs                                                   \
	}

/* clang-format off */
static const struct block blocks[] = {
	BLOCK("TCP over IPv4", "\x21\x11\0\14" IPV4, WHOLE, "1.2.3.4:258", 0),
	BLOCK("TCP over IPv6", "\x21\x21\0\44" IPV6, WHOLE, "[2001:db8::1]:65535", 0),
	BLOCK("with a TLV", "\x21\x11\0\20" IPV4 "\4\0\1x", WHOLE, "1.2.3.4:258", 4),
	BLOCK("an empty TLV", "\x21\x11\0\17" IPV4 "\5\0\0", WHOLE, "1.2.3.4:258", 3),
	BLOCK("an unknown TLV", "\x21\x11\0\20" IPV4 "\xff\0\1x", WHOLE, "1.2.3.4:258", 4),
	BLOCK("local", "\x20\0\0\0", WHOLE, NULL, 0),
	BLOCK("local, of any family", "\x20\xff\0\2xx", WHOLE, NULL, 0),
	BLOCK("local, with addresses", "\x20\x11\0\14" IPV4, WHOLE, NULL, 0),
	BLOCK("unspecified", "\x21\0\0\0", WHOLE, NULL, 0),
	BLOCK("unspecified, with a TLV", "\x21\0\0\4\4\0\1x", WHOLE, NULL, 4),
	BLOCK("an unspecified stream", "\x21\1\0\0", WHOLE, NULL, 0),
	BLOCK("UDP over IPv4", "\x21\x12\0\20" IPV4 "\4\0\1x", WHOLE, NULL, 4),
	BLOCK("IPv4, no protocol", "\x21\x10\0\1x", WHOLE, NULL, 0),

	BLOCK("version 1", "\x11\x11\0\14" IPV4, BAD, NULL, 0),
	BLOCK("version 3", "\x31\x11\0\14" IPV4, BAD, NULL, 0),
	BLOCK("command 2", "\x22\x11\0\14" IPV4, BAD, NULL, 0),
	BLOCK("command 15", "\x2f", BAD, NULL, 0),
	BLOCK("family 4", "\x21\x41\0\14" IPV4, BAD, NULL, 0),
	BLOCK("protocol 3", "\x21\x13\0\14" IPV4, BAD, NULL, 0),
	BLOCK("protocol 3 at once", "\x21\x13", BAD, NULL, 0),
	BLOCK("IPv4 in 11 bytes", "\x21\x11\0\13" IPV4, BAD, NULL, 0),
	BLOCK("IPv4 without", "\x21\x11\0\0", BAD, NULL, 0),
	BLOCK("IPv6 in 35 bytes", "\x21\x21\0\43" IPV6, BAD, NULL, 0),
	BLOCK("a unix socket in 12 bytes", "\x21\x31\0\14" IPV4, BAD, NULL, 0),
	BLOCK("UDP in 11 bytes", "\x21\x12\0\13" IPV4, BAD, NULL, 0),
	BLOCK("half a TLV", "\x21\x11\0\16" IPV4 "\4\0", BAD, NULL, 0),
	BLOCK("a TLV too long by one", "\x21\x11\0\20" IPV4 "\4\0\2x", BAD, NULL, 0),
	BLOCK("a TLV too short by one", "\x21\x11\0\20" IPV4 "\4\0\0x", BAD, NULL, 0),
	BLOCK("unspecified, and no TLV", "\x21\0\0\1x", BAD, NULL, 0),
	BLOCK("a short checksum", "\x21\x11\0\22" IPV4 "\3\0\3xxx", BAD, NULL, 0),
	BLOCK("a wrong checksum", "\x21\x11\0\23" IPV4 "\3\0\4\0\0\0\0", BAD, NULL, 0),

	BLOCK("nothing yet", "", PARTIAL, NULL, 0),
	BLOCK("three bytes", "\x21\x11\0", PARTIAL, NULL, 0),
	BLOCK("no addresses yet", "\x21\x11\0\14", PARTIAL, NULL, 0),
	BLOCK("4080 bytes announced", "\x21\x11\17\360", PARTIAL, NULL, 0),
	BLOCK("4081 bytes announced", "\x21\x11\17\361", BAD, NULL, 0),
};
/* clang-format on */

static void test_blocks(void)
{
	unsigned char bytes[128];
	struct proxy_header header;
	enum proxy_header_result result;
	size_t i;

	memcpy(bytes, SIGNATURE, 12);
	for (i = 0; i < COUNT(blocks); i++) {
		const struct block *block = &blocks[i];

		memcpy(bytes + 12, block->bytes, block->size);
		result = proxy_header_parse(&header, bytes, 12 + block->size,
					    LIMIT);
		check_note(result == block->result, __FILE__, __LINE__,
			   block->what);
		CHECK((result == PROXY_HEADER_BAD) == (header.fault != NULL));
		if (result != PROXY_HEADER_WHOLE)
			continue;
		check_int(header.version, COHORT_PROXY_V2);
		check_int(header.size_bytes, 12 + block->size);
		check_int(header.tlvs_bytes, block->tlvs_bytes);
		check_int(header.has_addresses, block->peer != NULL);
		if (block->peer != NULL)
			check_address(&header.peer, block->peer);
	}
}

/* Both ends of a unix socket, as they are written and shown. */
static void test_paths(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} paths[] = {
		{"/run/a b", 8, "unix:/run/a b"},
		{"/x\0junk", 7, "unix:/x"},
		{"", 0, "unix:"},
		{"\0name", 5, "unix:@name"},
		{"\0a\0b", 4, "unix:@a@b"},
	};
	unsigned char bytes[232] = SIGNATURE "\x21\x31\0\xd8";
	struct proxy_header header;
	size_t i;

	for (i = 0; i < COUNT(paths); i++) {
		memset(bytes + 16, 0, 216);
		memcpy(bytes + 16, paths[i].bytes, paths[i].size);
		memset(bytes + 124, '/', 108); /* no room for a NUL */
		check_result_of(
			proxy_header_parse(&header, bytes, sizeof(bytes), 232),
			PROXY_HEADER_WHOLE);
		check_int(header.peer.kind, ADDRESS_UNIX);
		check_address(&header.peer, paths[i].text);
		check_int(strlen(address_format((char[ADDRESS_TEXT]){0},
						&header.local)),
			  5 + 108);
	}
}

static void test_tlvs(void)
{
	static const unsigned char tlvs[] = "\4\0\2\5\0\5\0\3abc\2\0\0\5\0\1x";
	const void *value = NULL;
	size_t size = 99;

	CHECK(proxy_header_find_tlv(tlvs, sizeof(tlvs) - 1, 5, &value, &size) ==
	      0);
	check_int(size, 3);
	CHECK(memcmp(value, "abc", 3) == 0);
	CHECK(proxy_header_find_tlv(tlvs, sizeof(tlvs) - 1, 2, &value, &size) ==
	      0);
	check_int(size, 0);
	CHECK(proxy_header_find_tlv(tlvs, sizeof(tlvs) - 1, 0, &value, &size) <
	      0);
	CHECK(proxy_header_find_tlv(tlvs, sizeof(tlvs) - 1, 261, &value,
				    &size) < 0);
	CHECK(proxy_header_find_tlv(tlvs, 0, 5, &value, &size) < 0);
}

/* The expected value is another implementation's. */
static void test_checksum(void)
{
	unsigned char bytes[] = SIGNATURE "\x21\x11\0\23" IPV4 "\3\0\4\0\0\0\0";
	struct proxy_header header;
	size_t i, size = sizeof(bytes) - 1;

	memcpy(bytes + size - 4, "\xa6\xcf\x3b\x09", 4);
	check_result_of(proxy_header_parse(&header, bytes, size, LIMIT),
			PROXY_HEADER_WHOLE);
	for (i = 16; i < size; i++) {
		if (i >= 28 && i <= 30)
			continue; /* the TLV itself */
		bytes[i] ^= 1;
		check_result_of(proxy_header_parse(&header, bytes, size, LIMIT),
				PROXY_HEADER_BAD);
		bytes[i] ^= 1;
	}
}

int main(void)
{
	test_lines();
	test_longest_line();
	test_nul_in_line();
	test_blocks();
	test_paths();
	test_tlvs();
	test_checksum();
	return check_result();
}
