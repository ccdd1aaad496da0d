/* SPDX-License-Identifier: MIT */
/* test_transport_close.c - the ways to end: in good order, at once, by the
 * peer; the reason is the right one, and no byte is lost that was promised. */
#include "net/transport.h"

#include "transport_fixture.h"

#define MEGABYTE ((size_t)1 << 20)

static void close_it(struct record *record)
{
	cohort_close(record->t);
	cohort_close(record->t);
	CHECK(cohort_is_closing(record->t));
}

static void abort_it(struct record *record)
{
	cohort_abort(record->t);
	cohort_abort(record->t);
	cohort_close(record->t);
}

static void fail_it(struct record *record)
{
	cohort_fail(record->t);
}

static void pause_it(struct record *record)
{
	cohort_pause_reading(record->t);
}

static void push_some(struct client *client)
{
	client_push(client, client->sent + 200000);
}

/* Every queued byte arrives, although the peer goes on sending, and no reset
 * follows; connection_lost waits for the peer's EOF. */
static void test_close_delivers(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = close_it};
	struct client client = open_tcp(world, &record);
	size_t written = write_until_queued(record.t, 0, MEGABYTE);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (client.received < written && clock_now_ms() < until_ms) {
		push_some(&client);
		turn(world);
		client_pull(&client);
		push_some(&client);
	}
	client_pull_to_end(world, &client);
	check_int(client.received, written);
	check_int(client.error, 0);
	push_some(&client);
	turn_for(world, 20);
	CHECK(is_alive(&record));
	check_string(record.events, "mpd");
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	check_int(record.chunk_count, 1);
	world_close(world);
}

/* A peer that first sends everything and reads only then. */
static void test_peer_that_writes_first(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {.on_made = pause_it};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);
	size_t written = write_until_queued(record.t, 0, 300000);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	int i;

	for (i = 0; i < 5; i++) { /* until both sides are full */
		client_push(&client, 8 * MEGABYTE);
		turn_for(world, 5);
	}
	CHECK(client.sent < 8 * MEGABYTE);
	cohort_close(record.t);
	while (client.sent < 8 * MEGABYTE && clock_now_ms() < until_ms) {
		client_push(&client, 8 * MEGABYTE);
		turn(world);
	}
	check_int(client.sent, 8 * MEGABYTE);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &client);
	check_int(client.received, written);
	check_int(client.error, 0);
	check_int(record.received_bytes, 0);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

/* The peer's EOF is here: no lingering, also after a flush. */
static void test_close_after_eof(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	size_t written = write_until_queued(record.t, 0, 100000);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, strchr(record.events, 'e') != NULL);
	CHECK(is_alive(&record) && cohort_is_closing(record.t));
	client_pull_to_end(world, &client);
	check_int(client.received, written);
	check_int(client.error, 0);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	client_close(&client);
	world_close(world);
}

/* What arrived while reading was paused, EOF and all: no edge comes for it. */
static void test_close_while_paused(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = pause_it};
	struct client client = open_tcp(world, &record);

	client_push(&client, 300000);
	client_close(&client);
	turn_for(world, 10);
	cohort_close(record.t);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "ml");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

static void test_linger_timeout(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = close_it};
	int64_t begin_ms;
	struct client client;

	world->settings.linger_timeout_ms = 50;
	world->settings.idle_timeout_ms = 20; /* does not run any more */
	client = open_tcp(world, &record);
	client_push(&client, 1);
	begin_ms = world->loop.now_ms;
	turn_until(world, strchr(record.events, 'd') != NULL);
	while (is_alive(&record) && clock_now_ms() < begin_ms + PATIENCE_MS) {
		push_some(&client); /* no byte of it prolongs the life */
		turn(world);
	}
	CHECK(world->loop.now_ms >= begin_ms + 50);
	check_string(record.events, "mdl");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

/* A peer that takes nothing: the queue is dropped, and the error says so. */
static void test_linger_timeout_while_flushing(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.linger_timeout_ms = 50;
	client = open_tcp(world, &record);
	write_until_queued(record.t, 0, 100000);
	cohort_close(record.t);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, ETIMEDOUT);
	client_close(&client);
	world_close(world);
}

/* ---- At once ---- */

static void test_abort(void)
{
	struct world *world = world_open();
	struct record inside = {.on_data = abort_it}, outside = {0};
	struct client client = open_tcp(world, &inside);

	client_push(&client, 10);
	turn_until(world, !is_alive(&inside));
	check_string(inside.events, "mdl");
	check_end(&inside, COHORT_REASON_LOCAL_CLOSE, 0);
	client_pull_to_end(world, &client);
	client_close(&client);

	client = open_tcp(world, &outside);
	write_until_queued(outside.t, 0, 50000);
	abort_it(&outside);
	CHECK(is_alive(&outside)); /* not from inside the call */
	check_int(cohort_queued(outside.t), 0);
	turn(world);
	check_end(&outside, COHORT_REASON_LOCAL_CLOSE, 0);
	client_pull_to_end(world, &client);
	CHECK(client.received < 50000 * 10);
	client_close(&client);
	world_close(world);
}

/* abort of one that already closes drops what it still owed. */
static void test_abort_after_close(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	write_until_queued(record.t, 0, 50000);
	cohort_close(record.t);
	turn_for(world, 5);
	cohort_abort(record.t);
	turn(world);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

static void test_reset(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	cohort_reset(record.t);
	turn(world);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_pull_to_end(world, &client);
	check_int(client.error, ECONNRESET);
	client_close(&client);
	world_close(world);
}

static void test_fail(void)
{
	struct world *world = world_open();
	struct record failing = {.on_data = fail_it}, other = {0};
	struct client client = open_tcp(world, &failing);
	struct client neighbour = open_tcp(world, &other);

	client_push(&client, 10);
	turn_until(world, !is_alive(&failing));
	check_end(&failing, COHORT_REASON_PROTOCOL_ERROR, 0);
	client_push(&neighbour, 10);
	turn_until(world, other.received_bytes == 10);
	client_close(&client);
	client_close(&neighbour);
	world_close(world);
}

/* One transport's callback may end another: it is told afterwards. */
static struct record *victim;

static void abort_the_other(struct record *record)
{
	CHECK(is_alive(victim) && record->is_inside);
	victim->is_inside = true;
	cohort_abort(victim->t);
	victim->is_inside = false;
	check_string(victim->events, "m");
}

static void test_abort_of_another(void)
{
	struct world *world = world_open();
	struct record killer = {.on_data = abort_the_other}, other = {0};
	struct client client = open_tcp(world, &killer);
	struct client neighbour = open_tcp(world, &other);

	victim = &other;
	client_push(&client, 10);
	client_push(&neighbour, 10); /* found in the same turn */
	turn_until(world, !is_alive(&other));
	check_end(&other, COHORT_REASON_LOCAL_CLOSE, 0);
	check_string(other.events, "ml");
	client_close(&client);
	client_close(&neighbour);
	world_close(world);
}

/* ---- The peer resets ---- */

static void reset_and_wait(struct world *world, struct client *client,
			   struct record *record)
{
	client_reset(client);
	turn_until(world, record->t == NULL);
}

static void test_peer_reset(void)
{
	struct world *world = world_open();
	struct record reading = {0}, deaf = {0}, writing = {0};
	struct client client = open_tcp(world, &reading);

	reset_and_wait(world, &client, &reading);
	check_end(&reading, COHORT_REASON_PEER_RESET, ECONNRESET);
	check_string(reading.events, "ml");

	client = open_tcp(world, &deaf);
	cohort_pause_reading(deaf.t);
	turn(world);
	reset_and_wait(world, &client, &deaf);
	check_end(&deaf, COHORT_REASON_PEER_RESET, ECONNRESET);

	client = open_tcp(world, &writing);
	cohort_pause_reading(writing.t);
	write_until_queued(writing.t, 0, 50000);
	turn(world);
	reset_and_wait(world, &client, &writing);
	check_end(&writing, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* A write meets it first. */
static void test_peer_reset_met_by_write(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	client_reset(&client);
	check_int(write_bytes(record.t, 0, 10), -1);
	check_int(errno, EPIPE);
	CHECK(is_alive(&record) && cohort_is_closing(record.t));
	turn(world);
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* Half-open, and nobody reads or writes. */
static void test_peer_reset_half_open(void)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_KEEP};
	struct client client = open_tcp(world, &record);

	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, strcmp(record.events, "me") == 0);
	reset_and_wait(world, &client, &record);
	check_string(record.events, "mel");
	CHECK(record.end.error == ECONNRESET || record.end.error == EPIPE);
	check_int(record.end.reason, COHORT_REASON_PEER_RESET);
	world_close(world);
}

/* After close: while bytes are owed the reset is the reason; after the FIN it
 * is only a rude way to say EOF. */
static void test_peer_reset_after_close(void)
{
	struct world *world = world_open();
	struct record flushing = {0}, lingering = {0};
	struct client client = open_tcp(world, &flushing);

	write_until_queued(flushing.t, 0, 50000);
	cohort_close(flushing.t);
	turn_for(world, 5);
	reset_and_wait(world, &client, &flushing);
	check_end(&flushing, COHORT_REASON_PEER_RESET, ECONNRESET);

	client = open_tcp(world, &lingering);
	cohort_close(lingering.t);
	turn_for(world, 5);
	reset_and_wait(world, &client, &lingering);
	check_end(&lingering, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

/* ---- By the worker ---- */

static void test_named_reasons(void)
{
	struct world *world = world_open();
	struct record closed = {0}, killed = {0};
	struct client first = open_tcp(world, &closed);
	struct client second = open_tcp(world, &killed);

	transport_close(closed.t, COHORT_REASON_SHUTDOWN);
	transport_close(closed.t, COHORT_REASON_KILLED);
	transport_abort(killed.t, COHORT_REASON_KILLED);
	turn(world);
	check_end(&killed, COHORT_REASON_KILLED, 0);
	CHECK(is_alive(&closed));
	client_close(&first);
	turn_until(world, !is_alive(&closed));
	check_end(&closed, COHORT_REASON_SHUTDOWN, 0);
	client_close(&second);
	world_close(world);
}

static void test_reason_names(void)
{
	unsigned reason, other;

	for (reason = 0; reason < COHORT_REASONS; reason++)
		for (other = 0; other < reason; other++)
			CHECK(strcmp(cohort_reason_name(reason),
				     cohort_reason_name(other)) != 0);
	check_string(cohort_reason_name(COHORT_REASON_EOF), "eof");
	check_string(cohort_reason_name(COHORT_REASON_RESOURCE), "resource");
}

/* Why it was reset is told also if it was closed before. */
static void test_reset_for(bool is_closed_before)
{
	const struct cohort_end why = {COHORT_REASON_UPSTREAM, ECONNREFUSED};
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	if (is_closed_before)
		cohort_close(record.t);
	cohort_reset_for(record.t, &why);
	turn_until(world, record.t == NULL);
	check_end(&record, COHORT_REASON_UPSTREAM, ECONNREFUSED);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_UPSTREAM),
		  1);
	client_pull_to_end(world, &client);
	client_close(&client);
	world_close(world);
}

int main(void)
{
	test_close_delivers();
	test_peer_that_writes_first(true);
	test_peer_that_writes_first(false);
	test_close_after_eof();
	test_close_while_paused();
	test_linger_timeout();
	test_linger_timeout_while_flushing();
	test_abort();
	test_abort_after_close();
	test_reset();
	test_fail();
	test_abort_of_another();
	test_peer_reset();
	test_peer_reset_met_by_write();
	test_peer_reset_half_open();
	test_peer_reset_after_close();
	test_named_reasons();
	test_reason_names();
	test_reset_for(false);
	test_reset_for(true);
	return check_result();
}
