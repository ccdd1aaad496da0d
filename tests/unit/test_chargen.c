/* SPDX-License-Identifier: MIT */
/* test_chargen.c - RFC 864: every line, at any speed, in no memory. */
#include <signal.h>

#include "protocols/protocols.h"

#include "transport_fixture.h"

#define LINE_BYTES 74
#define LINES      95

/* By the RFC's own words: line n begins with character n of the ring. */
static unsigned char expected_at(size_t offset)
{
	size_t line = offset / LINE_BYTES, column = offset % LINE_BYTES;

	if (column >= 72)
		return column == 72 ? '\r' : '\n';
	return (unsigned char)(' ' + (line % LINES + column) % LINES);
}

static struct world *open_chargen(void)
{
	struct world *world = world_open();
	struct error error;

	world->service.protocol = &protocol_chargen;
	REQUIRE(service_start(&world->service, &error) == 0);
	return world;
}

static void close_chargen(struct world *world)
{
	while (world->service.live_count > 0) {
		transport_abort(transport_rotate(&world->service),
				COHORT_REASON_SHUTDOWN);
		turn(world);
	}
	service_stop(&world->service);
	world_close(world);
}

/* Read what is there, at most `limit` bytes of it. */
static void pull_lines(struct client *client, size_t limit)
{
	unsigned char bytes[BLOCK_BYTES];
	ssize_t i, size;

	if (limit > sizeof(bytes))
		limit = sizeof(bytes);
	size = recv(client->fd, bytes, limit, 0);
	for (i = 0; i < size; i++)
		if (bytes[i] != expected_at(client->received++))
			client->is_corrupt = true;
}

/* Past the end of the file that is sent again and again. */
static void test_stream(bool is_tcp)
{
	struct world *world = open_chargen();
	struct record unused = {0};
	struct client client =
		is_tcp ? open_tcp(world, &unused) : open_unix(world, &unused);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	client_push(&client, 1000); /* is thrown away */
	while (client.received < 5000000 && clock_now_ms() < until_ms) {
		pull_lines(&client, client.received % 4096 + 1000);
		turn(world);
	}
	CHECK(client.received >= 5000000 && !client.is_corrupt);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 1000);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_PEER_RESET),
		  1);
	close_chargen(world);
}

/* A client that has ended its half is spoken to like any other. */
static void test_half_closed(void)
{
	struct world *world = open_chargen();
	struct record unused = {0};
	struct client client = open_tcp(world, &unused);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	while (client.received < 3000000 && clock_now_ms() < until_ms) {
		turn(world);
		pull_lines(&client, BLOCK_BYTES);
	}
	CHECK(client.received >= 3000000 && !client.is_corrupt);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	close_chargen(world);
}

/* Whoever does not read costs nothing, and does not keep others waiting. */
static void test_deaf(void)
{
	struct world *world = open_chargen();
	struct record unused = {0};
	struct client deaf[20], client;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	int i;

	for (i = 0; i < 20; i++)
		deaf[i] = open_tcp(world, &unused);
	turn_for(world, 30);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	client = open_tcp(world, &unused);
	while (client.received < 1000000 && clock_now_ms() < until_ms) {
		turn(world);
		pull_lines(&client, BLOCK_BYTES);
	}
	CHECK(client.received >= 1000000 && !client.is_corrupt);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	for (i = 0; i < 20; i++)
		client_reset(&deaf[i]);
	turn_until(world, world->service.live_count == 1);
	client_close(&client);
	close_chargen(world);
}

/* After close the pass that has begun ends in order. */
static void test_close(void)
{
	struct world *world = open_chargen();
	struct record unused = {0};
	struct client client = open_tcp(world, &unused);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	char byte;

	transport_close(transport_rotate(&world->service),
			COHORT_REASON_SHUTDOWN);
	while (world->service.live_count > 0 && clock_now_ms() < until_ms) {
		pull_lines(&client, BLOCK_BYTES);
		turn(world);
		if (recv(client.fd, &byte, 1, MSG_PEEK) == 0)
			shutdown(client.fd, SHUT_WR); /* once or twice */
	}
	CHECK(client.received > 0 && !client.is_corrupt);
	check_int(client.received % LINE_BYTES, 0);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_SHUTDOWN),
		  1);
	client_close(&client);
	close_chargen(world);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	test_stream(true);
	test_stream(false);
	test_half_closed();
	test_deaf();
	test_close();
	return check_result();
}
