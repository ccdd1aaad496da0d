/* SPDX-License-Identifier: MIT */
/* test_transport_connect.c - outgoing transports: they exist at once, and then
 * are connected or lost. */
#include "net/transport.h"

#include "connect_fixture.h"

/* ---- Connected ---- */

static void test_exchange(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;
	struct cohort_info info;

	CHECK(dial_world(world, &record) != NULL);
	check_string(record.events, ""); /* never from inside */
	CHECK(!cohort_is_closing(record.t));
	CHECK(cohort_worker_find(worker_of(world), record.id) == record.t);
	turn_until(world, record.events[0] == 'm');
	peer = accept_peer(world);
	check_int(count_of(world, SCOREBOARD_CONNECTED), 1);
	check_int(count_of(world, SCOREBOARD_OUT_LIVE), 1);
	client_push(&peer, 1000);
	turn_until(world, record.received_bytes == 1000);
	CHECK(write_bytes(record.t, 0, 500) == 0);
	pull_until(world, &peer, peer.received == 500);
	cohort_info(record.t, &info);
	check_int(info.received_bytes, 1000);
	check_int(info.sent_bytes, 500);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	check_end(&record, COHORT_REASON_EOF, 0);
	CHECK(cohort_worker_find(worker_of(world), record.id) == NULL);
	check_int(count_of(world, SCOREBOARD_OUT_RECEIVED_BYTES), 1000);
	check_int(count_of(world, SCOREBOARD_OUT_SENT_BYTES), 500);
	check_int(count_of(world, SCOREBOARD_OUT_CLOSED), 1);
	/* It is nobody's client. */
	check_int(count_of(world, SCOREBOARD_ACCEPTED), 0);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 0);
	check_int(count_of(world, SCOREBOARD_SENT_BYTES), 0);
	check_int(closed_count(world), 0);
	world_close(world);
}

/* What is written, and the end of it, waits until it is connected. */
static void test_written_before(size_t first)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_KEEP};
	struct client peer;

	CHECK(dial_world(world, &record) != NULL);
	CHECK(write_bytes(record.t, 0, first) == 0);
	check_int(cohort_queued(record.t), first);
	CHECK(write_bytes(record.t, first, first / 2) == 0);
	cohort_write_eof(record.t);
	CHECK(cohort_write(record.t, "x", 1) < 0 && errno == EPIPE);
	turn_until(world, record.events[0] == 'm');
	peer = accept_peer(world);
	client_pull_to_end(world, &peer);
	check_int(peer.received, first + first / 2);
	check_int(peer.error, 0);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* No callback comes before connection_made. */
static void test_made_is_first(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	CHECK(dial_world(world, &record) != NULL);
	CHECK(write_bytes(record.t, 0, 4 << 20) == 0);
	cohort_set_timer(record.t, 0);
	world->worker.is_draining = true;
	transport_announce_drain(record.t);
	check_string(record.events, "");
	turn_until(world, strchr(record.events, 't') != NULL);
	check_int(record.events[0], 'm');
	CHECK(strchr(record.events, 'p') != NULL);
	CHECK(strchr(record.events, 'D') != NULL);
	peer = accept_peer(world);
	pull_until(world, &peer, peer.received == 4 << 20);
	turn_until(world, strchr(record.events, 'r') != NULL);
	check_int(world->drained_count, 0);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_int(world->drained_count, 1);
	world_close(world);
}

static void test_no_client_timeouts(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	world->settings.idle_timeout_ms = 5;
	world->settings.first_byte_timeout_ms = 5;
	world->settings.lifetime_ms = 5;
	CHECK(dial_world(world, &record) != NULL);
	turn_until(world, record.events[0] == 'm');
	peer = accept_peer(world);
	turn_for(world, 50);
	CHECK(is_alive(&record));
	cohort_set_timer(record.t, 1);
	turn_until(world, strchr(record.events, 't') != NULL);
	world->settings.write_timeout_ms = 20;
	write_until_queued(record.t, 0, 60000);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_WRITE_TIMEOUT, 0);
	client_close(&peer);
	world_close(world);
}

/* ---- Not connected ---- */

static void test_refused(void)
{
	struct world *world = world_open();
	struct record record = {0};
	char text[ADDRESS_ROOM];
	int fd = nobody(text);

	CHECK(dial(world, &record, text) != NULL);
	check_string(record.events, "");
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, ECONNREFUSED);
	check_int(count_of(world, SCOREBOARD_CONNECTED), 0);
	check_int(count_of(world, SCOREBOARD_CONNECT_FAILED), 1);
	check_int(count_of(world, SCOREBOARD_OUT_CLOSED), 0);
	close(fd);
	world_close(world);
}

static void test_no_such_path(void)
{
	struct world *world = world_open();
	struct record record = {0};

	CHECK(dial(world, &record, "unix:/nowhere/at/all") != NULL);
	check_string(record.events, "");
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, ENOENT);
	world_close(world);
}

static struct cohort_transport *dial_hole(struct world *world,
					  struct record *record,
					  const struct hole *hole,
					  int64_t timeout_ms)
{
	const struct cohort_connect how = {
		.address = hole->text,
		.timeout_ms = timeout_ms,
		.protocol = &recorder,
	};

	return dial_as(world, record, &how);
}

static void test_black_hole(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct cohort_address address;
	struct hole hole;

	hole_open(&hole);
	CHECK(dial_hole(world, &record, &hole, 1000) != NULL);
	CHECK(write_bytes(record.t, 0, 100) == 0);
	turn_for(world, 20);
	CHECK(is_alive(&record));
	CHECK(cohort_peer(record.t, &address) < 0 && errno == ENOTCONN);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, ETIMEDOUT);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	hole_close(&hole);
	world_close(world);
}

/* What would be told waits until it is connected. */
static void test_nothing_is_told(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct hole hole;

	hole_open(&hole);
	CHECK(dial_hole(world, &record, &hole, PATIENCE_MS) != NULL);
	CHECK(write_bytes(record.t, 0, 1 << 20) == 0);
	cohort_set_timer(record.t, 0);
	world->worker.is_draining = true;
	transport_announce_drain(record.t);
	turn_for(world, 20);
	check_string(record.events, "");
	check_int(cohort_queued(record.t), 1 << 20);
	cohort_abort(record.t);
	turn(world);
	check_string(record.events, "l");
	hole_close(&hole);
	world_close(world);
}

typedef void ending(struct cohort_transport *t);

/* Given up while it connects. */
static void test_given_up(ending *end, bool is_written,
			  enum cohort_reason reason)
{
	struct world *world = world_open();
	struct record record = {0};
	struct hole hole;

	hole_open(&hole);
	CHECK(dial_hole(world, &record, &hole, PATIENCE_MS) != NULL);
	if (is_written)
		CHECK(write_bytes(record.t, 0, 100) == 0);
	turn(world);
	end(record.t);
	CHECK(cohort_is_closing(record.t));
	CHECK(cohort_write(record.t, "x", 1) < 0 && errno == EPIPE);
	check_string(record.events, "");
	turn(world); /* there is nothing to wait for */
	check_string(record.events, "l");
	check_end(&record, reason, 0);
	check_int(count_of(world, SCOREBOARD_CONNECT_FAILED), 1);
	hole_close(&hole);
	world_close(world);
}

/* Closed with bytes that were written: they are owed to the peer. */
static void test_closed_with_bytes(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	CHECK(dial_world(world, &record) != NULL);
	CHECK(write_bytes(record.t, 0, 100) == 0);
	cohort_close(record.t);
	cohort_close(record.t);
	turn_until(world, count_of(world, SCOREBOARD_CONNECTED) == 1);
	peer = accept_peer(world);
	client_pull_to_end(world, &peer);
	check_int(peer.received, 100);
	check_int(peer.error, 0);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

static void test_closed_with_bytes_and_refused(void)
{
	struct world *world = world_open();
	struct record record = {0};
	char text[ADDRESS_ROOM];
	int fd = nobody(text);

	CHECK(dial(world, &record, text) != NULL);
	CHECK(write_bytes(record.t, 0, 100) == 0);
	cohort_close(record.t);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_UPSTREAM, ECONNREFUSED);
	close(fd);
	world_close(world);
}

static void test_overflow(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct hole hole;

	hole_open(&hole);
	world->settings.write_limit_bytes = 1000;
	CHECK(dial_hole(world, &record, &hole, PATIENCE_MS) != NULL);
	CHECK(write_bytes(record.t, 0, 1000) == 0);
	CHECK(write_bytes(record.t, 1000, 1) < 0 && errno == ENOBUFS);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_WRITE_OVERFLOW, 0);
	hole_close(&hole);
	world_close(world);
}

/* The peer resets before we have looked, and after. */
static void test_reset(void)
{
	struct world *world = world_open();
	struct record early = {0}, late = {0};
	struct client peer;

	CHECK(dial_world(world, &early) != NULL);
	peer = accept_peer(world);
	client_reset(&peer);
	turn_until(world, !is_alive(&early));
	check_string(early.events, "l");
	check_end(&early, COHORT_REASON_UPSTREAM, ECONNRESET);
	CHECK(dial_world(world, &late) != NULL);
	turn_until(world, late.events[0] == 'm');
	peer = accept_peer(world);
	client_reset(&peer);
	turn_until(world, !is_alive(&late));
	check_string(late.events, "ml");
	check_end(&late, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* It closes at once, having said something or nothing. */
static void test_closing_at_once(size_t bytes)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	CHECK(dial_world(world, &record) != NULL);
	peer = accept_peer(world);
	client_push(&peer, bytes);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_string(record.events, bytes > 0 ? "mdel" : "mel");
	check_int(record.received_bytes, bytes);
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

int main(void)
{
	test_exchange();
	test_written_before(0);
	test_written_before(1000);
	test_made_is_first();
	test_no_client_timeouts();
	test_refused();
	test_no_such_path();
	test_black_hole();
	test_nothing_is_told();
	test_given_up(cohort_abort, true, COHORT_REASON_LOCAL_CLOSE);
	test_given_up(cohort_reset, false, COHORT_REASON_LOCAL_CLOSE);
	test_given_up(cohort_close, false, COHORT_REASON_LOCAL_CLOSE);
	test_given_up(cohort_fail, false, COHORT_REASON_PROTOCOL_ERROR);
	test_closed_with_bytes();
	test_closed_with_bytes_and_refused();
	test_overflow();
	test_reset();
	test_closing_at_once(0);
	test_closing_at_once(1000);
	return check_result();
}
