/* SPDX-License-Identifier: MIT */
/* test_whoami.c - the line of JSON: whole, escaped, and only what is known. */
#include "protocols/protocols.h"

#include <sys/un.h>

#include "net/proxy_header.h"
#include "transport_fixture.h"

#define LINE_BYTES 16384
#define SIGNATURE  "\r\n\r\n\0\r\nQUIT\n"

/* What whoami says to a client that sends these bytes first. */
static void ask(char *line, enum service_proxy mode, const void *bytes,
		size_t size)
{
	struct world *world = world_open();
	struct client client;
	struct record unused = {0};
	size_t used = 0;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	world->service.protocol = &protocol_whoami;
	world->settings.proxy = mode;
	world->settings.proxy_timeout_ms = PATIENCE_MS;
	world->settings.proxy_limit_bytes = 8192;
	client = open_tcp(world, &unused);
	CHECK(send(client.fd, bytes, size, 0) == (ssize_t)size);
	while (clock_now_ms() < until_ms) {
		ssize_t got =
			recv(client.fd, line + used, LINE_BYTES - 1 - used, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		if (got > 0)
			used += (size_t)got;
		turn(world);
	}
	line[used] = '\0';
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(
		count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_LOCAL_CLOSE),
		1);
	world_close(world);
}

#define check_has(line, words) CHECK(strstr((line), (words)) != NULL)

/* One line, one object, no quote that ends a string too soon. */
static void check_shape(const char *line)
{
	size_t size = strlen(line), i;
	unsigned quotes = 0;

	REQUIRE(size > 2);
	CHECK(line[0] == '{' && strcmp(line + size - 2, "}\n") == 0);
	for (i = 0; i < size - 1; i++) {
		CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
		if (line[i] == '\\')
			i++;
		else if (line[i] == '"')
			quotes++;
	}
	CHECK(quotes % 2 == 0);
}

static void test_plain(void)
{
	char line[LINE_BYTES];

	ask(line, SERVICE_PROXY_OFF, "ignored", 7);
	check_shape(line);
	CHECK(strncmp(line, "{\"peer\":\"127.0.0.1:", 19) == 0);
	check_has(line, "\",\"local\":\"127.0.0.1:");
	check_has(line, ",\"worker\":7,\"service\":\"test\",\"id\":");
	check_has(line, ",\"rtt_us\":");
	check_has(line, ",\"rtt_variance_us\":");
	check_has(line, ",\"cwnd_segments\":");
	check_has(line, ",\"ssthresh_segments\":");
	check_has(line, ",\"retransmits_count\":0}\n");
	CHECK(strstr(line, "raw") == NULL && strstr(line, "proxy") == NULL);
}

static void test_header(void)
{
	static const char header[] = SIGNATURE
		"\x21\x11\0\x29"
		"\xc0\0\2\1\xc0\0\2\2\x13\x88\0\x50"
		"\2\0\6\"\\\n\x7f\0\xc3"
		"\x80\0\0" /* no part of a character */
		"\1\0\2h2"
		"\5\0\3\0\xab\xff"
		"\x30\0\3net";
	char line[LINE_BYTES];

	ask(line, SERVICE_PROXY_REQUIRED, header, sizeof(header) - 1);
	check_shape(line);
	check_has(line,
		  "{\"peer\":\"192.0.2.1:5000\","
		  "\"local\":\"192.0.2.2:80\",\"proxy\":2,"
		  "\"raw_peer\":\"127.0.0.1:");
	check_has(line, "\",\"raw_local\":\"127.0.0.1:");
	check_has(line,
		  "\"authority\":\"\\\"\\\\\\u000a\\u007f\\u0000\\ufffd\",");
	check_has(line, "\"alpn\":\"h2\",");
	check_has(line, "\"unique_id\":\"00abff\",");
	check_has(line, "\"netns\":\"net\",");
}

/* Paths of which each byte may be anything. */
static void test_paths(void)
{
	static const struct {
		const char *path, *json;
	} rows[] = {
		{"/a\"b\\c\n", "unix:/a\\\"b\\\\c\\u000a\""},
		{"/gr\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80",
		 "unix:/gr\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"/\xff\xc3/", "unix:/\\ufffd\\ufffd/\""},
		{"/\xc0\xaf", "unix:/\\ufffd\\ufffd\""},
		{"/\xe0\x80\xaf", "unix:/\\ufffd\\ufffd\\ufffd\""},
		{"/\xed\xa0\x80", "unix:/\\ufffd\\ufffd\\ufffd\""},
		{"/\xf4\x90\x80\x80", "unix:/\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"/\xf5", "unix:/\\ufffd\""},
		{"/\xe2\x82", "unix:/\\ufffd\\ufffd\""},
		{"/\xed\x9f\xbf\xee\x80\x80",
		 "unix:/\xed\x9f\xbf\xee\x80\x80\""},
	};
	unsigned char header[232];
	char line[LINE_BYTES];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(header, 0, sizeof(header));
		memcpy(header, SIGNATURE "\x21\x31\0\xd8", 16);
		memcpy(header + 16, rows[i].path, strlen(rows[i].path));
		ask(line, SERVICE_PROXY_REQUIRED, header, sizeof(header));
		check_shape(line);
		check_has(line, rows[i].json);
		check_has(line, "\"local\":\"unix:\",");
	}
}

/* All that is shown, as long as it can be, and escaped to the last byte; and
 * what is too long is left out. */
static void test_longest(void)
{
	static const unsigned char types[] = {
		COHORT_PROXY_TLV_ALPN, COHORT_PROXY_TLV_AUTHORITY,
		COHORT_PROXY_TLV_UNIQUE_ID, COHORT_PROXY_TLV_NETNS};
	size_t length, i, size;
	unsigned char header[2048];
	char line[LINE_BYTES];

	for (length = 255; length <= 256; length++) {
		memcpy(header, SIGNATURE "\x21\x31", 14);
		memset(header + 16, 1, 216);
		size = 232;
		for (i = 0; i < sizeof(types); i++) {
			header[size] = types[i];
			header[size + 1] = (unsigned char)(length >> 8);
			header[size + 2] = (unsigned char)length;
			memset(header + size + 3, 1, length);
			size += 3 + length;
		}
		header[14] = (unsigned char)((size - 16) >> 8);
		header[15] = (unsigned char)(size - 16);
		ask(line, SERVICE_PROXY_REQUIRED, header, size);
		check_shape(line);
		CHECK((strstr(line, "netns") != NULL) == (length == 255));
		check_int(strlen(line) > 6000, length == 255);
	}
}

int main(void)
{
	test_plain();
	test_header();
	test_paths();
	test_longest();
	return check_result();
}
