/* SPDX-License-Identifier: MIT */
/* test_transport_read.c - delivery: in order, in its share of a turn, not while
 * paused, not after close; and the end of the peer's half. */
#include "net/transport.h"

#include "transport_fixture.h"

#define MEGABYTE ((size_t)1 << 20)

static void pause_it(struct record *record)
{
	cohort_pause_reading(record->t);
	cohort_pause_reading(record->t);
	CHECK(!cohort_is_reading(record->t));
}

static void pause_and_resume(struct record *record)
{
	cohort_pause_reading(record->t);
	cohort_resume_reading(record->t);
	cohort_resume_reading(record->t);
	CHECK(cohort_is_reading(record->t));
}

static void close_it(struct record *record)
{
	cohort_close(record->t);
	cohort_resume_reading(record->t);
	CHECK(!cohort_is_reading(record->t));
}

static void write_ten(struct record *record)
{
	CHECK(write_bytes(record->t, 0, 10) == 0);
}

/* Push all bytes, turning the loop meanwhile. */
static void push_all(struct world *world, struct client *client, size_t total)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (client->sent < total && clock_now_ms() < until_ms) {
		client_push(client, total);
		turn(world);
	}
	check_int(client->sent, total);
}

static void test_stream(void)
{
	struct world *world = world_open();
	struct record tcp = {0}, local = {0};
	struct client client = open_tcp(world, &tcp);

	push_all(world, &client, 8 * MEGABYTE);
	turn_until(world, tcp.received_bytes == 8 * MEGABYTE);
	client_close(&client);
	client = open_unix(world, &local);
	push_all(world, &client, 8 * MEGABYTE);
	turn_until(world, local.received_bytes == 8 * MEGABYTE);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_string(tcp.events, "mdel");
	check_string(local.events, "mdel");
	check_end(&tcp, COHORT_REASON_EOF, 0);
	check_end(&local, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* A byte at a time, each its own segment; then bytes and FIN together. */
static void test_small_pieces(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	int on = 1;
	size_t i;

	CHECK(setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on,
			 sizeof(on)) == 0);
	for (i = 1; i <= 50; i++) {
		client_push(&client, i);
		turn_until(world, record.received_bytes == i);
	}
	check_int(record.chunk_count, 50);
	client_push(&client, 60);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_int(record.received_bytes, 60);
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* The urgent byte stops the read short of what follows it, and is itself not
 * part of the stream. */
static void test_urgent(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	int i;

	for (i = 1; i <= 20; i++) {
		client_push(&client, client.sent + 7);
		check_int(send(client.fd, "!", 1, MSG_OOB), 1);
		client_push(&client, client.sent + 5);
		/* A newer urgent byte would make this one an ordinary one. */
		turn_until(world, record.received_bytes == client.sent);
	}
	CHECK(!record.is_corrupt);
	client_close(&client);
	world_close(world);
}

/* ---- Its share ---- */

/* A client that always has more gets a bounded share of a turn, so that the
 * other one, whose event comes later, is served in the same turn. */
static void test_share(void)
{
	struct world *world = world_open();
	struct record greedy = {0}, modest = {0};
	struct client loud = open_unix(world, &greedy);
	struct client quiet = open_unix(world, &modest);
	int space = 8 << 20;
	unsigned most = 0;

	CHECK(setsockopt(loud.fd, SOL_SOCKET, SO_SNDBUFFORCE, &space,
			 sizeof(space)) == 0 ||
	      setsockopt(loud.fd, SOL_SOCKET, SO_SNDBUF, &space,
			 sizeof(space)) == 0);
	client_push(&loud, 4 * MEGABYTE);
	client_push(&quiet, 10);
	while (greedy.received_bytes < loud.sent) {
		unsigned before = greedy.chunk_count;

		turn(world);
		if (greedy.chunk_count == before)
			break;
		if (greedy.chunk_count - before > most)
			most = greedy.chunk_count - before;
		check_int(modest.received_bytes, 10);
	}
	check_int(greedy.received_bytes, loud.sent);
	check_int(greedy.largest_chunk <= SERVICE_READ_BYTES, 1);
	/* The event's share, and the tasks' two rounds. */
	CHECK(most <= 3 * TRANSPORT_TURN_READS);
	client_close(&loud);
	client_close(&quiet);
	world_close(world);
}

/* ---- Pausing ---- */

static void test_pause(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = pause_it};
	struct client client = open_tcp(world, &record);

	client_push(&client, 3 * (size_t)SERVICE_READ_BYTES);
	turn_until(world, record.received_bytes > 0);
	turn_for(world, 30);
	check_int(record.chunk_count, 1); /* no second one, at once */
	check_int(count_of(world, SCOREBOARD_READ_PAUSES), 1);
	record.on_data = NULL;
	CHECK(!cohort_is_reading(record.t));
	cohort_resume_reading(record.t);
	CHECK(cohort_is_reading(record.t));
	/* No edge comes for what is there already. */
	turn_until(world, record.received_bytes == client.sent);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* From connection_made on: what came meanwhile, and the EOF, wait. */
static void test_pause_first(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = pause_it};
	struct client client = open_tcp(world, &record);

	client_push(&client, 1000);
	client_close(&client);
	turn_for(world, 30);
	check_string(record.events, "m");
	cohort_resume_reading(record.t);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	check_int(record.received_bytes, 1000);
	world_close(world);
}

static void write_much_and_pause(struct record *record)
{
	CHECK(write_bytes(record->t, 0, 8 * MEGABYTE) == 0);
	cohort_pause_reading(record->t);
}

/* What the library holds it gives back, what the protocol paused it does not. */
static void test_hold(void)
{
	struct cohort_protocol holding = recorder;
	struct record record = {.on_data = write_much_and_pause};
	struct world *world = world_open();
	struct client client;

	holding.holds_reading = true;
	world->service.protocol = &holding;
	client = open_tcp(world, &record);
	client_push(&client, 10);
	turn_until(world, strchr(record.events, 'p') != NULL);
	cohort_resume_reading(record.t);
	CHECK(!cohort_is_reading(record.t));
	cohort_pause_reading(record.t);
	while (client.received < 8 * MEGABYTE && !client.is_ended) {
		client_pull(&client);
		turn(world);
	}
	turn_until(world, strchr(record.events, 'r') != NULL);
	CHECK(!cohort_is_reading(record.t));
	record.on_data = NULL;
	client_push(&client, 20);
	turn_for(world, 20);
	check_int(record.received_bytes, 10);
	cohort_resume_reading(record.t);
	turn_until(world, record.received_bytes == 20);
	client_close(&client);
	world_close(world);
}

static void test_pause_and_resume_inside(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = pause_and_resume};
	struct client client = open_tcp(world, &record);

	push_all(world, &client, MEGABYTE);
	turn_until(world, record.received_bytes == MEGABYTE);
	client_close(&client);
	world_close(world);
}

/* Nothing comes after close, although it is there. */
static void test_close_stops(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = close_it};
	struct client client = open_tcp(world, &record);

	client_push(&client, MEGABYTE);
	turn_until(world, record.received_bytes > 0);
	client_push(&client, 2 * MEGABYTE);
	turn_for(world, 20);
	check_int(record.chunk_count, 1);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdl");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

/* ---- The end of the peer's half ---- */

/* Verdict close: what eof_received writes still gets there. */
static void test_eof_close(void)
{
	struct world *world = world_open();
	struct record record = {.on_eof = write_ten};
	struct client client = open_tcp(world, &record);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_int(client.received, 10);
	check_int(client.error, 0);
	check_string(record.events, "mel");
	check_end(&record, COHORT_REASON_EOF, 0);
	client_close(&client);
	world_close(world);
}

/* Verdict keep: half-open until the protocol closes. */
static void test_eof_keep(void)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_KEEP};
	struct client client = open_tcp(world, &record);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, strcmp(record.events, "me") == 0);
	turn_for(world, 20);
	CHECK(is_alive(&record) && !cohort_is_closing(record.t));
	CHECK(!cohort_is_reading(record.t));
	write_ten(&record);
	turn_for(world, 10);
	client_pull(&client);
	check_int(client.received, 10);
	CHECK(!client.is_ended);
	cohort_close(record.t);
	client_pull_to_end(world, &client);
	check_int(client.error, 0);
	check_string(record.events, "mel");
	check_end(&record, COHORT_REASON_EOF, 0);
	client_close(&client);
	world_close(world);
}

/* write_eof of a half-open transport is its end. */
static void test_eof_keep_write_eof(void)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_KEEP};
	struct client client = open_tcp(world, &record);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, strcmp(record.events, "me") == 0);
	cohort_write_eof(record.t);
	client_pull_to_end(world, &client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	client_close(&client);
	world_close(world);
}

static void test_eof_abort(void)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_ABORT};
	struct client client = open_tcp(world, &record);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mel");
	check_end(&record, COHORT_REASON_PROTOCOL_ERROR, 0);
	client_close(&client);
	world_close(world);
}

int main(void)
{
	test_stream();
	test_small_pieces();
	test_urgent();
	test_share();
	test_pause();
	test_pause_first();
	test_hold();
	test_pause_and_resume_inside();
	test_close_stops();
	test_eof_close();
	test_eof_keep();
	test_eof_keep_write_eof();
	test_eof_abort();
	return check_result();
}
