/* SPDX-License-Identifier: MIT */
/* test_transport_buffer.c - the kernel writes into the protocol's memory. */
#include "net/transport_internal.h"

#include "transport_fixture.h"

#define MEGABYTE    ((size_t)1 << 20)
#define BUFFER_SIZE 1000

struct taker;
typedef void take_act(struct taker *taker, struct cohort_transport *t);

/* What the one transport of a test told, and what is wanted of it. */
static struct taker {
	unsigned char buffer[BUFFER_SIZE];
	size_t room; /* offered; 0: none */
	bool is_null;
	size_t received;
	unsigned asked_count;
	unsigned updated_count;
	bool is_corrupt;
	bool is_ended;
	bool is_lost;
	struct cohort_end end;
	take_act *on_get;
	take_act *on_updated;
} taker;

static struct cohort_transport *latest;

static void taker_made(struct cohort_transport *t, void *session)
{
	(void)session;
	latest = t;
}

static void *taker_get(struct cohort_transport *t, void *session, size_t *size)
{
	(void)session;
	CHECK(cohort_is_reading(t));
	taker.asked_count++;
	if (taker.on_get != NULL)
		taker.on_get(&taker, t);
	*size = taker.room;
	return taker.is_null ? NULL : taker.buffer;
}

static void taker_updated(struct cohort_transport *t, void *session,
			  size_t size)
{
	(void)session;
	CHECK(size >= 1 && size <= taker.room && cohort_is_reading(t));
	if (!are_bytes_right(taker.buffer, taker.received, size))
		taker.is_corrupt = true;
	taker.received += size;
	taker.updated_count++;
	if (taker.on_updated != NULL)
		taker.on_updated(&taker, t);
}

static enum cohort_verdict taker_ended(struct cohort_transport *t,
				       void *session)
{
	(void)t;
	(void)session;
	taker.is_ended = true;
	return COHORT_CLOSE;
}

static void taker_lost(struct cohort_transport *t, void *session,
		       const struct cohort_end *end)
{
	(void)t;
	(void)session;
	taker.is_lost = true;
	taker.end = *end;
}

/* Of two sessions the second may be where the one before both was. */
#define SESSION_SIZE 2000

static const struct cohort_protocol taking = {
	.session_size = SESSION_SIZE,
	.name = "taking",
	.connection_made = taker_made,
	.buffer_get = taker_get,
	.buffer_updated = taker_updated,
	.eof_received = taker_ended,
	.connection_lost = taker_lost,
};

static struct world *open_world(void)
{
	struct world *world = world_open();

	memset(&taker, 0, sizeof(taker));
	taker.room = BUFFER_SIZE;
	world->service.protocol = &taking;
	return world;
}

static void close_world(struct world *world, struct client *client)
{
	client_close(client);
	turn_until(world, world->service.live_count == 0);
	CHECK(taker.is_lost && !taker.is_corrupt);
	world_close(world);
}

/* All of it, in order, then the end of file. */
static void test_stream(void)
{
	struct world *world = open_world();
	struct client client = open_tcp(world, NULL);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (taker.received < MEGABYTE && clock_now_ms() < until_ms) {
		client_push(&client, MEGABYTE);
		turn(world);
	}
	check_int(taker.received, MEGABYTE);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), MEGABYTE);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, taker.is_lost);
	CHECK(taker.is_ended);
	check_int(taker.end.reason, COHORT_REASON_EOF);
	close_world(world, &client);
}

/* No buffer is a protocol error, whichever way it is said. */
static void test_no_buffer(bool is_null, size_t room)
{
	struct world *world = open_world();
	struct client client = open_tcp(world, NULL);

	taker.is_null = is_null;
	taker.room = room;
	client_push(&client, 10);
	turn_until(world, taker.is_lost);
	check_int(taker.received, 0);
	check_int(taker.end.reason, COHORT_REASON_PROTOCOL_ERROR);
	close_world(world, &client);
}

static void pause_it(struct taker *of, struct cohort_transport *t)
{
	of->on_get = NULL;
	of->on_updated = NULL;
	cohort_pause_reading(t);
}

static void close_it(struct taker *of, struct cohort_transport *t)
{
	(void)of;
	cohort_close(t);
}

static void abort_it(struct taker *of, struct cohort_transport *t)
{
	(void)of;
	cohort_abort(t);
}

/* A pause or an end in either callback: nothing is read after it. */
static struct world *stop_inside(bool is_in_get, take_act *stop,
				 struct client *client)
{
	struct world *world = open_world();

	*client = open_tcp(world, NULL);
	taker.on_get = is_in_get ? stop : NULL;
	taker.on_updated = stop;
	client_push(client, 10 * (size_t)BUFFER_SIZE);
	turn_until(world, taker.asked_count == 1);
	turn_for(world, 10);
	check_int(taker.asked_count, 1);
	check_int(taker.updated_count, is_in_get ? 0 : 1);
	return world;
}

static void test_pause(bool is_in_get)
{
	struct client client;
	struct world *world = stop_inside(is_in_get, pause_it, &client);

	cohort_resume_reading(latest);
	turn_until(world, taker.received == 10 * (size_t)BUFFER_SIZE);
	close_world(world, &client);
}

static void test_end_inside(bool is_in_get, take_act *end)
{
	struct client client;
	struct world *world = stop_inside(is_in_get, end, &client);

	close_world(world, &client);
	check_int(taker.end.reason, COHORT_REASON_LOCAL_CLOSE);
}

/* Between buffer_get and the read the buffer's owner has gone. */
static struct record next_record;

static void next_received(struct cohort_transport *t, void *session,
			  const void *data, size_t size)
{
	(void)t;
	(void)session;
	if (!are_bytes_right(data, next_record.received_bytes, size))
		next_record.is_corrupt = true;
	next_record.received_bytes += size;
}

static const struct cohort_protocol next = {
	.name = "next",
	.session_size = SESSION_SIZE,
	.data_received = next_received,
};

static void change(struct taker *of, struct cohort_transport *t)
{
	(void)of;
	CHECK(cohort_set_protocol(t, &next) == 0);
	taker.is_lost = true; /* it will not be told */
}

static void change_twice(struct taker *of, struct cohort_transport *t)
{
	change(of, t);
	change(of, t);
}

static void discard(struct taker *of, struct cohort_transport *t)
{
	(void)of;
	cohort_discard_input(t);
}

static void test_change_in_get(take_act *on_get)
{
	struct world *world = open_world();
	struct client client = open_tcp(world, NULL);

	memset(&next_record, 0, sizeof(next_record));
	CHECK(cohort_set_protocol(latest, &taking) == 0);
	taker.on_get = on_get;
	client_push(&client, 5000);
	turn_until(world, next_record.received_bytes == 5000);
	check_int(taker.asked_count, 1);
	CHECK(!next_record.is_corrupt);
	close_world(world, &client);
}

/* Nor does the buffer get what is not for its protocol any more. */
static void test_discard_in_get(void)
{
	struct world *world = open_world();
	struct client client = open_tcp(world, NULL);

	taker.on_get = discard;
	client_push(&client, 5000);
	turn_until(world, count_of(world, SCOREBOARD_RECEIVED_BYTES) == 5000);
	check_int(taker.asked_count, 1);
	check_int(taker.received, 0);
	close_world(world, &client);
}

/* ---- What a framed protocol has left is copied into the buffers ---- */

static const struct cohort_framing ten_bytes = {.kind = COHORT_FRAMING_FIXED,
						.size = 10};

static void pass_on(struct cohort_transport *t, void *session,
		    const void *frame, size_t size)
{
	(void)session;
	CHECK(are_bytes_right(frame, 0, size));
	taker.received = size;
	CHECK(cohort_set_protocol(t, &taking) == 0);
}

static const struct cohort_protocol framed = {
	.name = "framed",
	.connection_made = taker_made,
	.framing = &ten_bytes,
	.frame_received = pass_on,
};

static void test_rest(take_act *on_get, size_t room)
{
	struct world *world = open_world();
	struct client client;

	world->service.protocol = &framed;
	client = open_tcp(world, NULL);
	taker.room = room;
	taker.on_get = on_get;
	client_push(&client, 5000);
	turn_until(world, taker.asked_count > 0);
	turn_for(world, 10);
	if (on_get == pause_it)
		cohort_resume_reading(latest);
	turn_until(world, taker.received == 5000);
	CHECK(latest->extras->rest.bytes == NULL);
	close_world(world, &client);
}

int main(void)
{
	test_stream();
	test_no_buffer(true, BUFFER_SIZE);
	test_no_buffer(false, 0);
	test_pause(true);
	test_pause(false);
	test_end_inside(true, close_it);
	test_end_inside(false, close_it);
	test_end_inside(true, abort_it);
	test_end_inside(false, abort_it);
	test_change_in_get(change);
	test_change_in_get(change_twice);
	test_discard_in_get();
	test_rest(NULL, BUFFER_SIZE);
	test_rest(NULL, 7);
	test_rest(pause_it, 100);
	return check_result();
}
