/* SPDX-License-Identifier: MIT */
/* test_transport_timeout.c - which timeout runs when, and which names the
 * reason. */
#include "net/transport.h"

#include "transport_fixture.h"

#define SHORT_MS 40
#define LONG_MS  (3 * PATIENCE_MS)

static void echo_nothing(struct record *record)
{
	(void)record;
}

/* Turn until it has ended; it must not have been early. */
static void wait_for_end(struct world *world, struct record *record,
			 int64_t earliest_ms)
{
	turn_until(world, record->t == NULL);
	CHECK(world->loop.now_ms >= earliest_ms);
}

/* Its client must read EOF, not a reset, and answer: a close in good order. */
static void check_good_order(struct world *world, struct client *client)
{
	client_pull_to_end(world, client);
	check_int(client->error, 0);
	client_close(client);
}

/* Much longer than a machine with other work stands still. */
#define IDLE_MS (30 * SHORT_MS)

/* Bytes put it off, ours as well as the peer's. */
static void test_idle(bool are_ours)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	int64_t last_ms = 0;
	int i;

	world->settings.idle_timeout_ms = IDLE_MS;
	world->settings.first_byte_timeout_ms = LONG_MS;
	world->settings.lifetime_ms = LONG_MS;
	client = open_tcp(world, &record);
	for (i = 0; i < 6; i++) {
		turn_for(world, IDLE_MS / 5);
		last_ms = world->loop.now_ms;
		if (are_ours)
			check_int(write_bytes(record.t, i, 1), 0);
		else
			client_push(&client, client.sent + 1);
	}
	turn(world);
	CHECK(!cohort_is_closing(record.t));
	check_good_order(world, &client);
	wait_for_end(world, &record, last_ms + IDLE_MS);
	check_end(&record, COHORT_REASON_IDLE_TIMEOUT, 0);
	world_close(world);
}

static void test_first_byte(void)
{
	struct world *world = world_open();
	struct record silent = {0}, speaking = {0};
	struct client first, second;
	int64_t begin_ms = world->loop.now_ms;

	world->settings.first_byte_timeout_ms = SHORT_MS;
	first = open_tcp(world, &silent);
	second = open_tcp(world, &speaking);
	client_push(&second, 1);
	check_int(write_bytes(silent.t, 0, 1), 0); /* our bytes do not count */
	check_good_order(world, &first);
	wait_for_end(world, &silent, begin_ms + SHORT_MS);
	check_end(&silent, COHORT_REASON_FIRST_BYTE_TIMEOUT, 0);
	turn_for(world, SHORT_MS);
	CHECK(is_alive(&speaking) && !cohort_is_closing(speaking.t));
	client_close(&second);
	world_close(world);
}

static void test_lifetime(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = echo_nothing};
	struct client client;
	int64_t begin_ms = world->loop.now_ms;

	world->settings.lifetime_ms = SHORT_MS;
	world->settings.idle_timeout_ms = LONG_MS;
	client = open_tcp(world, &record);
	while (!cohort_is_closing(record.t) && /* busy does not help */
	       world->loop.now_ms < begin_ms + PATIENCE_MS) {
		client_push(&client, client.sent + 1);
		turn(world);
	}
	check_good_order(world, &client);
	wait_for_end(world, &record, begin_ms + SHORT_MS);
	check_end(&record, COHORT_REASON_LIFETIME, 0);
	world_close(world);
}

/* No progress with bytes queued: aborted, there is nobody to flush to. */
static void test_write(void)
{
	struct world *world = world_open();
	struct record stuck = {0}, idle = {0};
	struct client client, quiet;
	int64_t begin_ms;

	world->settings.write_timeout_ms = SHORT_MS;
	world->settings.idle_timeout_ms = LONG_MS;
	quiet = open_tcp(world, &idle);
	client = open_tcp(world, &stuck);
	turn_for(world, 2 * SHORT_MS); /* nothing queued: it does not run */
	CHECK(is_alive(&stuck));
	begin_ms = world->loop.now_ms;
	write_until_queued(stuck.t, 0, 50000);
	client_push(&client, 100); /* what we receive is no progress */
	wait_for_end(world, &stuck, begin_ms + SHORT_MS);
	check_end(&stuck, COHORT_REASON_WRITE_TIMEOUT, 0);
	CHECK(is_alive(&idle));
	client_close(&client);
	client_close(&quiet);
	world_close(world);
}

/* A slow reader makes progress: it takes longer than the timeout, with bytes
 * queued all the time. */
static void test_write_progress(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	int64_t begin_ms;

	world->settings.write_timeout_ms = 20 * SHORT_MS;
	client = open_tcp(world, &record);
	begin_ms = world->loop.now_ms;
	write_until_queued(record.t, 0, 8 << 20);
	while (is_alive(&record) &&
	       world->loop.now_ms < begin_ms + 25 * SHORT_MS) {
		size_t before = cohort_queued(record.t);

		pull_until(world, &client,
			   !is_alive(&record) ||
				   cohort_queued(record.t) < before);
		turn_for(world, 2 * SHORT_MS);
	}
	CHECK(is_alive(&record) && cohort_queued(record.t) > 0);
	client_close(&client);
	world_close(world);
}

/* The first to run out names the reason, however they are ordered. */
static void test_first_of_all(void)
{
	static const enum cohort_reason reasons[] = {
		COHORT_REASON_IDLE_TIMEOUT, COHORT_REASON_FIRST_BYTE_TIMEOUT,
		COHORT_REASON_LIFETIME, COHORT_REASON_WRITE_TIMEOUT};
	size_t i;

	for (i = 0; i < 4; i++) {
		struct world *world = world_open();
		struct record record = {0};
		struct client client;
		int64_t *const timeouts[] = {
			&world->settings.idle_timeout_ms,
			&world->settings.first_byte_timeout_ms,
			&world->settings.lifetime_ms,
			&world->settings.write_timeout_ms};

		*timeouts[i] = SHORT_MS;
		/* much later, if the machine stands still meanwhile */
		*timeouts[(i + 1) % 4] = 1000 * SHORT_MS;
		*timeouts[(i + 2) % 4] = LONG_MS;
		world->settings.linger_timeout_ms = SHORT_MS;
		client = open_tcp(world, &record);
		/* more than the kernel takes later on, as it grows a buffer */
		write_until_queued(record.t, 0, 1 << 20);
		turn_until(world, !is_alive(&record));
		check_string(cohort_reason_name(record.end.reason),
			     cohort_reason_name(reasons[i]));
		client_close(&client);
		world_close(world);
	}
}

/* ---- The protocol's own timer ---- */

static unsigned timeouts_left;

static void set_again(struct record *record)
{
	if (--timeouts_left > 0)
		cohort_set_timer(record->t, 5);
}

static void close_it(struct record *record)
{
	cohort_close(record->t);
}

static unsigned count_events(const struct record *record, char event)
{
	unsigned count = 0;
	const char *at;

	for (at = record->events; *at != '\0'; at++)
		count += *at == event;
	return count;
}

static void test_timer(void)
{
	struct world *world = world_open();
	struct record record = {.on_timeout = set_again};
	struct client client = open_tcp(world, &record);
	int64_t begin_ms = world->loop.now_ms;

	timeouts_left = 3;
	cohort_set_timer(record.t, 20);
	CHECK(count_events(&record, 't') == 0);
	turn_until(world, count_events(&record, 't') == 3);
	CHECK(world->loop.now_ms >= begin_ms + 30);
	turn_for(world, 20);
	check_int(count_events(&record, 't'), 3);
	timeouts_left = 1;
	cohort_set_timer(record.t, 0);
	check_int(count_events(&record, 't'), 3); /* not inside */
	turn_until(world, count_events(&record, 't') == 4);
	client_close(&client);
	world_close(world);
}

/* A second call moves it, to later or to sooner; cancel is for good. */
static void test_timer_moves(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	int64_t begin_ms = world->loop.now_ms;

	cohort_set_timer(record.t, 10);
	cohort_set_timer(record.t, 60);
	turn_until(world, count_events(&record, 't') == 1);
	CHECK(world->loop.now_ms >= begin_ms + 60);
	cohort_set_timer(record.t, LONG_MS);
	cohort_set_timer(record.t, 10);
	turn_until(world, count_events(&record, 't') == 2);
	cohort_set_timer(record.t, 10);
	cohort_cancel_timer(record.t);
	cohort_cancel_timer(record.t);
	turn_for(world, 40);
	check_int(count_events(&record, 't'), 2);
	client_close(&client);
	world_close(world);
}

/* It does not run after close; it may close. */
static void test_timer_and_close(void)
{
	struct world *world = world_open();
	struct record closing = {.on_timeout = close_it}, closed = {0};
	struct client first = open_tcp(world, &closing);
	struct client second = open_tcp(world, &closed);

	cohort_set_timer(closing.t, 5);
	cohort_set_timer(closed.t, 5);
	cohort_close(closed.t);
	cohort_set_timer(closed.t, 5);
	check_good_order(world, &first);
	turn_until(world, !is_alive(&closing));
	check_string(closing.events, "mtl");
	turn_for(world, 20);
	check_good_order(world, &second);
	turn_until(world, !is_alive(&closed));
	check_string(closed.events, "ml");
	world_close(world);
}

int main(void)
{
	test_idle(false);
	test_idle(true);
	test_first_byte();
	test_lifetime();
	test_write();
	test_write_progress();
	test_first_of_all();
	test_timer();
	test_timer_moves();
	test_timer_and_close();
	return check_result();
}
