/* SPDX-License-Identifier: MIT */
/* test_echo.c - RFC 862, and the older service that echoes once. */
#include "protocols/protocols.h"

#include "transport_fixture.h"

#define MEGABYTE ((size_t)1 << 20)

static struct client open_echo(struct world *world, const bool *once)
{
	struct record unused = {0};

	world->service.protocol = &protocol_echo;
	world->service.protocol_options = once;
	return open_tcp(world, &unused);
}

/* The directive's table says where the option is; nothing else does. */
static void test_directive(void)
{
	const struct cohort_directive *row = protocol_echo.directives;

	check_string(protocol_echo.name, "echo");
	check_string(row[0].name, "once");
	check_string(row[0].initial, "off");
	check_int(row[0].kind, COHORT_VALUE_BOOLEAN);
	check_int(row[0].offset, 0);
	check_int(protocol_echo.options_size, sizeof(bool));
	CHECK(row[1].name == NULL);
}

static void test_echo(const bool *once)
{
	struct world *world = world_open();
	struct client client = open_echo(world, once);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (client.received < 4 * MEGABYTE && clock_now_ms() < until_ms) {
		client_push(&client, 4 * MEGABYTE);
		turn(world);
		client_pull(&client);
	}
	check_int(client.received, 4 * MEGABYTE);
	/* The half-close comes after the last bytes, and so does the answer. */
	client_push(&client, 4 * MEGABYTE + 10);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_int(client.received, 4 * MEGABYTE + 10);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_EOF), 1);
	world_close(world);
}

/* It is not read from beyond the high mark and one chunk; all that it sent
 * comes back when it reads. */
static void test_deaf_client(void)
{
	struct world *world = world_open();
	struct client client = open_echo(world, NULL);
	size_t sent = client_push_to_stop(world, &client);

	CHECK(count_of(world, SCOREBOARD_QUEUED_BYTES) > 65536);
	CHECK(count_of(world, SCOREBOARD_QUEUED_BYTES) <=
	      65536 + SERVICE_READ_BYTES);
	check_int(count_of(world, SCOREBOARD_READ_PAUSES), 1);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_int(client.received, sent);
	check_int(client.error, 0);
	client_close(&client);
	world_close(world);
}

static void test_once(void)
{
	static const bool once = true;
	struct world *world = world_open();
	struct client client = open_echo(world, &once);

	client_push(&client, 12);
	turn_until(world, count_of(world, SCOREBOARD_SENT_BYTES) == 12);
	client_push(&client, 100000); /* too late, and no reason for a reset */
	client_pull_to_end(world, &client);
	check_int(client.received, 12);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(
		count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_LOCAL_CLOSE),
		1);
	world_close(world);
}

int main(void)
{
	static const bool off = false;

	test_directive();
	test_echo(&off);
	test_echo(NULL);
	test_deaf_client();
	test_once();
	return check_result();
}
