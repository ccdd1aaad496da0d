/* SPDX-License-Identifier: MIT */
/* test_transport_discard.c - input that is thrown away is counted, bounded and
 * ended like any other. */
#include "net/transport.h"

#include "transport_fixture.h"

#define MEGABYTE ((size_t)1 << 20)

static void discard_from_now(struct record *record)
{
	cohort_discard_input(record->t);
}

static void discard_and_pause(struct record *record)
{
	cohort_discard_input(record->t);
	cohort_pause_reading(record->t);
}

static void push_all(struct world *world, struct client *client, size_t total)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (client->sent < total && clock_now_ms() < until_ms) {
		client_push(client, total);
		turn(world);
	}
	check_int(client->sent, total);
}

/* Nothing reaches the protocol, every byte is counted, the end is told. */
static void test_counted(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {.on_made = discard_from_now};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);

	push_all(world, &client, 8 * MEGABYTE);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_string(record.events, "mel");
	check_end(&record, COHORT_REASON_EOF, 0);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 8 * MEGABYTE);
	world_close(world);
}

/* The chunk of the call itself was the last. */
static void test_from_data_received(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = discard_from_now};
	struct client client = open_tcp(world, &record);

	push_all(world, &client, 4 * MEGABYTE);
	turn_until(world,
		   count_of(world, SCOREBOARD_RECEIVED_BYTES) == 4 * MEGABYTE);
	check_int(record.chunk_count, 1);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mdel");
	world_close(world);
}

/* A pause holds the peer back, as ever. */
static void test_pause(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = discard_and_pause};
	struct client client = open_tcp(world, &record);
	size_t sent = client_push_to_stop(world, &client);

	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 0);
	cohort_resume_reading(record.t);
	turn_until(world, count_of(world, SCOREBOARD_RECEIVED_BYTES) == sent);
	client_close(&client);
	world_close(world);
}

/* The urgent mark makes a read short although there is more behind it. */
static void test_urgent_mark(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = discard_from_now};
	struct client client = open_tcp(world, &record);

	check_int(send(client.fd, "abc", 3, MSG_OOB), 3);
	check_int(send(client.fd, "defg", 4, 0), 4);
	turn_until(world, count_of(world, SCOREBOARD_RECEIVED_BYTES) >= 6);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_string(record.events, "mel");
	client_close(&client);
	world_close(world);
}

static void test_set_protocol(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = discard_from_now}, other = {0};
	struct client client = open_tcp(world, &record);

	client_push(&client, 100);
	turn_until(world, count_of(world, SCOREBOARD_RECEIVED_BYTES) == 100);
	other.t = record.t;
	other.received_bytes = 100;
	check_int(cohort_set_protocol(record.t, &recorder), 0);
	((struct session *)cohort_session(other.t))->record = &other;
	client_push(&client, 200);
	turn_until(world, other.received_bytes == 200);
	CHECK(!other.is_corrupt);
	client_close(&client);
	turn_until(world, other.t == NULL);
	check_string(other.events, "del");
	check_string(record.events, "m");
	world_close(world);
}

static void test_reset(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = discard_from_now};
	struct client client = open_tcp(world, &record);

	client_push(&client, 1000);
	turn_until(world, count_of(world, SCOREBOARD_RECEIVED_BYTES) == 1000);
	client_reset(&client);
	turn_until(world, record.t == NULL);
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* What comes after close is dropped the same way, and nobody is reset. */
static void test_after_close(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);

	check_int(write_bytes(record.t, 0, 1000), 0);
	cohort_close(record.t);
	push_all(world, &client, 4 * MEGABYTE);
	client_pull_to_end(world, &client);
	check_int(client.received, 1000);
	check_int(client.error, 0);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 0);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

int main(void)
{
	test_counted(true);
	test_counted(false);
	test_from_data_received();
	test_pause();
	test_urgent_mark();
	test_set_protocol();
	test_reset();
	test_after_close(true);
	test_after_close(false);
	return check_result();
}
