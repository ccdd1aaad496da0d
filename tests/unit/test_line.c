/* SPDX-License-Identifier: MIT */
/* test_line.c - the echo by lines, its capitals and its limit. */
#include "protocols/protocols.h"

#include "transport_fixture.h"

/* As the directives of line.c lay it out; test_directives checks it. */
struct options {
	bool is_upper_case;
	uint64_t limit;
};

static void test_directives(void)
{
	const struct cohort_directive *row = protocol_line.directives;

	check_string(protocol_line.name, "line");
	check_string(row[0].name, "upper_case");
	check_int(row[0].offset, offsetof(struct options, is_upper_case));
	check_string(row[1].name, "limit");
	check_string(row[1].initial, "64k");
	check_int(row[1].offset, offsetof(struct options, limit));
	check_int(protocol_line.options_size, sizeof(struct options));
	CHECK(row[2].name == NULL);
}

/* Send, half-close, and compare all that comes back. */
static void test_exchange(const struct options *options, const char *sent,
			  const char *expected, enum cohort_reason reason)
{
	struct world *world = world_open();
	struct client client;
	char answer[256] = "";
	size_t used = 0;
	ssize_t size = 1;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	world->service.protocol = &protocol_line;
	world->service.protocol_options = options;
	client = open_tcp(world, NULL);
	check_int(send(client.fd, sent, strlen(sent), 0), strlen(sent));
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	while (size != 0 && clock_now_ms() < until_ms) {
		turn(world);
		size = recv(client.fd, answer + used, sizeof(answer) - 1 - used,
			    0);
		if (size < 0 && errno != EAGAIN)
			break;
		used += size > 0 ? (size_t)size : 0;
	}
	check_string(answer, expected);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(count_of(world, SCOREBOARD_CLOSED + reason), 1);
	world_close(world);
}

/* A line longer than the block it is written in. */
static void test_long_capitals(void)
{
	static const struct options options = {true, 65536};
	struct world *world = world_open();
	struct client client;
	char bytes[10001], answer[10001] = "";
	size_t used = 0, i;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	for (i = 0; i < 10000; i++)
		bytes[i] = (char)('a' + i % 23);
	bytes[10000] = '\n';
	world->service.protocol = &protocol_line;
	world->service.protocol_options = &options;
	client = open_tcp(world, NULL);
	check_int(send(client.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	while (used < sizeof(answer) && clock_now_ms() < until_ms) {
		ssize_t size = recv(client.fd, answer + used,
				    sizeof(answer) - used, 0);

		used += size > 0 ? (size_t)size : 0;
		turn(world);
	}
	check_int(used, sizeof(answer));
	for (i = 0; i < 10000; i++)
		bytes[i] = (char)(bytes[i] - 32);
	CHECK(memcmp(answer, bytes, sizeof(bytes)) == 0);
	client_close(&client);
	world_close(world);
}

int main(void)
{
	static const struct options plain = {false, 65536};
	static const struct options capitals = {true, 65536};
	static const struct options five = {false, 5};

	test_directives();
	test_exchange(&plain, "one\nTwo\r\n\n last", "one\nTwo\r\n\n last\n",
		      COHORT_REASON_EOF);
	test_exchange(NULL, "one\n", "one\n", COHORT_REASON_EOF);
	test_exchange(&capitals, "one {\xe4}\nTwo\r\nz",
		      "ONE {\xe4}\nTWO\r\nZ\n", COHORT_REASON_EOF);
	test_exchange(&five, "hello\n", "hello\n", COHORT_REASON_EOF);
	test_exchange(&five, "hello!\n", "", COHORT_REASON_PROTOCOL_ERROR);
	test_exchange(&five, "last!!", "", COHORT_REASON_PROTOCOL_ERROR);
	test_long_capitals();
	return check_result();
}
