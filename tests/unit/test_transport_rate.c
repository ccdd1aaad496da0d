/* SPDX-License-Identifier: MIT */
/* test_transport_rate.c - byte_rate: no more than it allows goes through, all
 * of it in the end, and nobody is blamed for waiting.
 *
 * What may have gone through is asserted from the time that has passed, never
 * that it was fast. */
#include "net/transport.h"

#include "rate_fixture.h"

static void test_reads(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct meter meter;

	world->settings.byte_rate = 100 * KILO;
	meter = meter_begin(world, 100 * KILO);
	client = open_any(world, &record, is_tcp);
	while (record.received_bytes < 130 * KILO &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		client_push(&client, 130 * KILO);
		turn(world);
		check_meter(&meter, record.received_bytes);
	}
	check_int(record.received_bytes, 130 * KILO);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

static void test_writes(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct meter meter;
	size_t i;

	world->settings.byte_rate = 100 * KILO;
	meter = meter_begin(world, 100 * KILO);
	client = open_any(world, &record, is_tcp);
	for (i = 0; i < 13; i++)
		check_int(write_bytes(record.t, i * 10 * KILO, 10 * KILO), 0);
	CHECK(cohort_queued(record.t) >= 30 * KILO);
	while (client.received < 130 * KILO &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		client_pull(&client);
		check_meter(&meter, client.received);
		turn(world);
	}
	check_int(client.received, 130 * KILO);
	CHECK(!client.is_corrupt);
	client_close(&client);
	world_close(world);
}

/* ---- Every way of receiving, and files ------------------------------- */

static unsigned char space[BLOCK_BYTES];

static void *get_space(struct cohort_transport *t, void *session, size_t *size)
{
	(void)t;
	(void)session;
	*size = sizeof(space);
	return space;
}

static void got_space(struct cohort_transport *t, void *session, size_t size)
{
	received(t, session, space, size);
}

static const struct cohort_framing by_tens = {
	.kind = COHORT_FRAMING_FIXED,
	.size = 10,
};

static void discard_it(struct record *record)
{
	cohort_discard_input(record->t);
}

static void test_receivers(void)
{
	struct cohort_protocol buffered = recorder, framed = recorder;
	const struct {
		const struct cohort_protocol *protocol;
		act *on_made;
	} rows[] = {
		{&buffered, NULL}, {&framed, NULL}, {&recorder, discard_it}};
	size_t i;

	buffered.data_received = NULL;
	buffered.buffer_get = get_space;
	buffered.buffer_updated = got_space;
	framed.data_received = NULL;
	framed.framing = &by_tens;
	framed.frame_received = received;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_open();
		struct record record = {.on_made = rows[i / 2].on_made};
		struct client client;
		struct meter meter = meter_begin(world, 50 * KILO);

		world->settings.byte_rate = 50 * KILO;
		world->service.protocol = rows[i / 2].protocol;
		client = open_any(world, &record, i % 2 == 0);
		while (count_of(world, SCOREBOARD_RECEIVED_BYTES) < 70 * KILO &&
		       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
			client_push(&client, 70 * KILO);
			turn(world);
			check_meter(&meter,
				    count_of(world, SCOREBOARD_RECEIVED_BYTES));
		}
		client_close(&client);
		turn_until(world, !is_alive(&record));
		check_int(record.received_bytes,
			  rows[i / 2].on_made != NULL ? 0 : 70 * KILO);
		check_end(&record, COHORT_REASON_EOF, 0);
		world_close(world);
	}
}

/* A file is sent no faster, closed after it, and whole. */
static void test_file(void)
{
	char path[] = "/tmp/cohort-unit-rate-XXXXXX";
	static unsigned char bytes[70000];
	int fd = mkstemp(path);
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct meter meter = meter_begin(world, 50 * KILO);

	fill_bytes(bytes, 0, sizeof(bytes));
	REQUIRE(fd >= 0 && unlink(path) == 0);
	REQUIRE(write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
	world->settings.byte_rate = 50 * KILO;
	world->settings.linger_timeout_ms = 10 * SHORT_MS;
	client = open_tcp(world, &record);
	check_int(cohort_send_file(record.t, fd, 0, sizeof(bytes)), 0);
	cohort_close(record.t);
	while (!client.is_ended &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		turn(world);
		client_pull(&client);
		check_meter(&meter, client.received);
	}
	check_int(client.received, sizeof(bytes));
	CHECK(!client.is_corrupt);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	close(fd);
	world_close(world);
}

/* A message larger than the burst goes, in pieces. */
static void test_larger_than_burst(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct meter meter;

	world->settings.byte_rate = 20 * KILO;
	meter = meter_begin(world, 20 * KILO);
	client = open_tcp(world, &record);
	check_int(write_bytes(record.t, 0, 25 * KILO), 0);
	check_int(cohort_queued(record.t), 25 * KILO);
	turn(world);
	CHECK(cohort_queued(record.t) < 25 * KILO); /* in the same turn */
	pull_until(world, &client, client.received == 25 * KILO);
	check_meter(&meter, client.received);
	client_close(&client);
	world_close(world);
}

/* Both at once are two rates. */
static void echo(struct record *record)
{
	size_t sent = (size_t)(uintptr_t)cohort_queued(record->t);
	struct cohort_info info;

	cohort_info(record->t, &info);
	sent += (size_t)info.sent_bytes;
	CHECK(write_bytes(record->t, sent, record->received_bytes - sent) == 0);
}

static void test_both_ways(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = echo};
	struct client client;
	struct meter meter;

	world->settings.byte_rate = 50 * KILO;
	meter = meter_begin(world, 50 * KILO);
	client = open_tcp(world, &record);
	while (client.received < 60 * KILO &&
	       world->loop.now_ms < meter.begin_ms + PATIENCE_MS) {
		client_push(&client, 60 * KILO);
		client_pull(&client);
		turn(world);
		check_meter(&meter, record.received_bytes);
		check_meter(&meter, client.received);
	}
	check_int(client.received, 60 * KILO);
	client_close(&client);
	world_close(world);
}

/* Off costs nothing: not even its memory. */
static void test_off(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	CHECK(record.t->extras == NULL && !record.t->is_rated);
	check_int(cohort_set_byte_rate(record.t, 0), 0);
	CHECK(record.t->extras == NULL && !record.t->is_rated);
	client_close(&client);
	world_close(world);
}

/* ---- set_byte_rate --------------------------------------------------- */

static void limit_it(struct record *record)
{
	check_int(cohort_set_byte_rate(record->t, KILO), 0);
}

/* From within a callback on; off again, what was held goes at once. */
static void test_set(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = limit_it};
	struct client client = open_tcp(world, &record);
	struct meter meter = meter_begin(world, KILO);

	client_push(&client, 30 * KILO);
	check_int(write_bytes(record.t, 0, 30 * KILO), 0);
	turn_for(world, SHORT_MS);
	client_pull(&client);
	check_meter(&meter, client.received);
	check_meter(&meter, record.received_bytes);
	CHECK(cohort_queued(record.t) > 20 * KILO);
	check_int(cohort_set_byte_rate(record.t, UINT64_MAX), 0); /* no limit */
	turn_until(world, record.received_bytes == 30 * KILO);
	pull_until(world, &client, client.received == 30 * KILO);
	check_int(cohort_set_byte_rate(record.t, 0), 0);
	check_int(write_bytes(record.t, 30 * KILO, 10 * KILO), 0);
	check_int(cohort_queued(record.t), 0);
	cohort_abort(record.t);
	check_int(cohort_set_byte_rate(record.t, KILO), 0);
	client_close(&client);
	world_close(world);
}

/* The new protocol has the transport's rate, and both paused and held nothing
 * is lost. */
static void become_recorder(struct record *record)
{
	cohort_pause_reading(record->t);
}

static void test_pause_while_held(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = become_recorder};
	struct client client;

	world->settings.byte_rate = 20 * KILO;
	client = open_tcp(world, &record);
	client_push(&client, 24 * KILO);
	turn_until(world, record.received_bytes > 0);
	turn_for(world, SHORT_MS);
	check_int(record.chunk_count, 1);
	record.on_data = NULL;
	cohort_resume_reading(record.t);
	turn_until(world, record.received_bytes == 24 * KILO);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

int main(void)
{
	test_off();
	test_reads(true);
	test_reads(false);
	test_writes(true);
	test_writes(false);
	test_receivers();
	test_file();
	test_larger_than_burst();
	test_both_ways();
	test_set();
	test_pause_while_held();
	return check_result();
}
