/* SPDX-License-Identifier: MIT */
/* test_transport_rate_shared.c - byte_rate: who is held ends, or waits, without
 * being blamed for it; and what a service's transports share. */
#include "net/transport.h"

#include "rate_fixture.h"

#define CLIENTS    4
#define MANY_BYTES (10 * KILO)

/* ---- Ends and timeouts ----------------------------------------------- */

/* After close it is held for longer than linger_timeout and write_timeout, and
 * is not cut. */
static void test_close_flushes(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct meter meter;

	world->settings.byte_rate = 4; /* held for a quarter of a second */
	world->settings.linger_timeout_ms = SHORT_MS;
	world->settings.write_timeout_ms = SHORT_MS;
	meter = meter_begin(world, 4);
	client = open_any(world, &record, is_tcp);
	check_int(write_bytes(record.t, 0, RATE_BURST_LEAST + 2), 0);
	turn(world);
	check_int(cohort_queued(record.t), 2);
	cohort_close(record.t);
	client_pull_to_end(world, &client);
	check_meter(&meter, client.received);
	check_int(client.received, RATE_BURST_LEAST + 2);
	check_int(client.error, 0);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

/* A peer that takes nothing is still found, when it is its turn. */
static void test_write_timeout(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.byte_rate = 10000 * KILO;
	world->settings.write_timeout_ms = SHORT_MS;
	client = open_tcp(world, &record);
	check_int(write_bytes(record.t, 0, 5000 * KILO), 0);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_WRITE_TIMEOUT, 0);
	client_close(&client);
	world_close(world);
}

/* Held for longer than every timeout: waiting for our own rate is no fault of
 * the peer's, neither before nor after it. */
static void test_held_is_not_idle(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	int64_t held_ms = 0;

	world->settings.byte_rate = 4; /* held for a quarter of a second */
	world->settings.idle_timeout_ms = SHORT_MS;
	world->settings.write_timeout_ms = SHORT_MS;
	client = open_tcp(world, &record);
	check_int(write_bytes(record.t, 0, RATE_BURST_LEAST + 1), 0);
	turn(world);
	while (is_alive(&record) && cohort_queued(record.t) > 0) {
		int64_t before_ms = world->loop.now_ms;

		turn(world);
		held_ms += world->loop.now_ms - before_ms;
		CHECK(is_alive(&record) && !cohort_is_closing(record.t));
	}
	CHECK(held_ms > SHORT_MS);
	/* Now it is idle by itself. */
	client_pull_to_end(world, &client);
	check_int(client.received, RATE_BURST_LEAST + 1);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_IDLE_TIMEOUT, 0);
	world_close(world);
}

/* A reset and an abort find it held. */
static void test_ends_while_held(void)
{
	struct world *world = world_open();
	struct record reset = {0}, aborted = {0}, drained = {0};
	struct client clients[3];

	world->settings.byte_rate = 1;
	world->settings.byte_rate_service = 1;
	service_set_byte_rate(&world->service, 1);
	clients[0] = open_tcp(world, &reset);
	clients[1] = open_tcp(world, &aborted);
	clients[2] = open_tcp(world, &drained);
	client_push(&clients[0], 20 * KILO);
	client_push(&clients[1], 20 * KILO);
	check_int(write_bytes(aborted.t, 0, 20 * KILO), 0);
	check_int(write_bytes(drained.t, 0, 20 * KILO), 0);
	turn_for(world, SHORT_MS);
	CHECK(drained.t->is_output_held);
	client_reset(&clients[0]);
	turn_until(world, !is_alive(&reset));
	check_end(&reset, COHORT_REASON_PEER_RESET, ECONNRESET);
	cohort_abort(aborted.t);
	turn_until(world, !is_alive(&aborted));
	check_end(&aborted, COHORT_REASON_LOCAL_CLOSE, 0);
	/* The bound of a drain: closed in good order, then cut. */
	transport_close(drained.t, COHORT_REASON_SHUTDOWN);
	turn_for(world, SHORT_MS);
	CHECK(is_alive(&drained));
	transport_abort(drained.t, COHORT_REASON_SHUTDOWN);
	turn_until(world, !is_alive(&drained));
	check_end(&drained, COHORT_REASON_SHUTDOWN, 0);
	CHECK(list_is_empty(&world->service.rates[RATE_IN].waiters));
	CHECK(list_is_empty(&world->service.rates[RATE_OUT].waiters));
	client_close(&clients[1]);
	client_close(&clients[2]);
	world_close(world);
}

/* ---- The service's --------------------------------------------------- */

static size_t sum_of(const struct record *records)
{
	size_t sum = 0, i;

	for (i = 0; i < CLIENTS; i++)
		sum += records[i].received_bytes;
	return sum;
}

/* All together no more, and while all want, none gets much more than its
 * part: a hog is not served before the others. */
static void test_shared_reads(void)
{
	struct world *world = world_open();
	struct record records[CLIENTS] = {{0}};
	struct client clients[CLIENTS];
	struct meter meter = meter_begin(world, 50 * KILO);
	size_t i, after_burst[CLIENTS] = {0};

	world->settings.byte_rate_service = 50 * KILO;
	service_set_byte_rate(&world->service, 50 * KILO);
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = open_any(world, &records[i], i % 2 == 0);
		client_push(&clients[i], 120 * KILO);
	}
	while (sum_of(records) < 90 * KILO &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		turn(world);
		for (i = 0; i < CLIENTS; i++) {
			client_push(&clients[i], 120 * KILO);
			if (sum_of(records) <= 50 * KILO)
				after_burst[i] = records[i].received_bytes;
		}
		check_meter(&meter, sum_of(records));
	}
	for (i = 0; i < CLIENTS; i++) {
		size_t part = records[i].received_bytes - after_burst[i];

		CHECK(part >= 5 * KILO && part <= 15 * KILO);
	}
	for (i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	world_close(world);
}

/* The same of writing; and all of it comes in the end. */
static void test_shared_writes(void)
{
	struct world *world = world_open();
	struct record records[CLIENTS] = {{0}};
	struct client clients[CLIENTS];
	struct meter meter = meter_begin(world, 30 * KILO);
	size_t i, sum = 0;

	world->settings.byte_rate_service = 30 * KILO;
	service_set_byte_rate(&world->service, 30 * KILO);
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = open_tcp(world, &records[i]);
		check_int(write_bytes(records[i].t, 0, MANY_BYTES), 0);
		cohort_close(records[i].t);
	}
	while (sum < CLIENTS * MANY_BYTES &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		turn(world);
		for (i = 0, sum = 0; i < CLIENTS; i++) {
			client_pull(&clients[i]);
			sum += clients[i].received;
		}
		check_meter(&meter, sum);
	}
	for (i = 0; i < CLIENTS; i++) {
		client_pull_to_end(world, &clients[i]);
		check_int(clients[i].received, MANY_BYTES);
		client_close(&clients[i]);
	}
	turn_until(world, world->service.live_count == 0);
	world_close(world);
}

/* Off again, or with more workers less: those who wait are not forgotten. */
static void test_shared_changes(void)
{
	struct world *world = world_open();
	struct record records[CLIENTS] = {{0}};
	struct client clients[CLIENTS];
	size_t i;

	world->settings.byte_rate_service = 1;
	service_set_byte_rate(&world->service, 1);
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = open_tcp(world, &records[i]);
		client_push(&clients[i], MANY_BYTES);
	}
	turn_for(world, SHORT_MS);
	CHECK(sum_of(records) <= RATE_BURST_LEAST + 10);
	service_set_byte_rate(&world->service, 0);
	turn_until(world, sum_of(records) == CLIENTS * MANY_BYTES);
	for (i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	world_close(world);
}

int main(void)
{
	test_close_flushes(true);
	test_close_flushes(false);
	test_write_timeout();
	test_held_is_not_idle();
	test_ends_while_held();
	test_shared_reads();
	test_shared_writes();
	test_shared_changes();
	return check_result();
}
