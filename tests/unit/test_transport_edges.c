/* SPDX-License-Identifier: MIT */
/* test_transport_edges.c - what is rare, and wrong only once: ends with a
 * timer or an event outstanding, limits to the byte, times that do not fit.
 *
 * send() and sendmsg() are replaced by ones that fail when told so. */
#undef _FORTIFY_SOURCE /* its inline functions cannot be replaced */
#include <sys/syscall.h>

#include "net/transport.h"

#include "transport_fixture.h"

static int fail_number;
static unsigned fail_count;

static bool is_failing(void)
{
	if (fail_count == 0)
		return false;
	fail_count--;
	errno = fail_number;
	return true;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (is_failing())
		return -1;
	return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (is_failing())
		return -1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

static void fail_next(int number)
{
	fail_number = number;
	fail_count = 1;
}

static void abort_it(struct record *record)
{
	cohort_abort(record->t);
}

/* ---- Ends with something outstanding ---- */

/* Its memory serves the next one: the timer must not be left in the wheel. */
static void test_end_stops_timer(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.idle_timeout_ms = PATIENCE_MS;
	client = open_tcp(world, &record);
	CHECK(timers_wait_ms(&world->loop.timers, world->loop.now_ms) >= 0);
	cohort_abort(record.t);
	turn_until(world, !is_alive(&record));
	check_int(timers_wait_ms(&world->loop.timers, world->loop.now_ms), -1);
	client_close(&client);
	world_close(world);
}

/* Draining may be answered by abort: the end comes without any event. */
static void test_abort_in_draining(void)
{
	struct world *world = world_open();
	struct record record = {.on_drain = abort_it};
	struct client client = open_tcp(world, &record);

	turn_for(world, 10); /* no event is outstanding */
	transport_announce_drain(record.t);
	turn(world);
	check_string(record.events, "mDl");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

struct signal_source {
	struct loop_source source;
	struct world *world;
	struct record *record;
};

static void drain_told(struct loop_source *source, unsigned found)
{
	struct signal_source *told =
		list_entry(source, struct signal_source, source);

	(void)found;
	loop_remove(&told->world->loop, source);
	transport_announce_drain(told->record->t);
}

/* Another source's event ends it before its own, found in the same turn, is
 * handed out. */
static void test_end_before_its_event(void)
{
	struct world *world = world_open();
	struct record record = {.on_drain = abort_it};
	struct client client = open_tcp(world, &record);
	struct signal_source told = {.world = world, .record = &record};
	int ends[2];

	turn_for(world, 10);
	CHECK(pipe(ends) == 0);
	loop_source_init(&told.source, drain_told);
	CHECK(loop_add(&world->loop, &told.source, ends[0], POLLER_READ) == 0);
	CHECK(write(ends[1], "x", 1) == 1); /* becomes ready first */
	client_push(&client, 1);
	turn(world);
	check_string(record.events, "mDl");
	turn(world);
	close(ends[0]);
	close(ends[1]);
	client_close(&client);
	world_close(world);
}

/* ---- Times ---- */

/* With every other timeout off, and nothing to flush. */
static void test_linger_alone(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.linger_timeout_ms = 30;
	client = open_tcp(world, &record);
	turn_for(world, 10);
	cohort_close(record.t);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

/* linger_timeout runs from close, not from the last progress before it. */
static void test_linger_from_close(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	size_t written;

	world->settings.linger_timeout_ms = 500;
	client = open_tcp(world, &record);
	written = write_until_queued(record.t, 0, 200000);
	turn_for(world, 600);
	cohort_close(record.t);
	turn_for(world, 20);
	CHECK(is_alive(&record));
	client_pull_to_end(world, &client);
	check_int(client.received, written);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

/* write_timeout runs from when the queue began, however long before nothing
 * was sent; and the kernel may take none of the first write. */
static void test_write_timeout_from_queueing(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.write_timeout_ms = 500;
	client = open_tcp(world, &record);
	turn_for(world, 600);
	fail_next(EAGAIN);
	check_int(write_bytes(record.t, 0, 100), 0);
	check_int(cohort_queued(record.t), 100);
	turn_for(world, 20);
	CHECK(is_alive(&record));
	client_push(&client, 1); /* an edge */
	pull_until(world, &client, client.received == 100);
	client_close(&client);
	world_close(world);
}

/* No edge comes after it, also when it is met while flushing. */
static void test_no_memory_while_flushing(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	size_t written = write_until_queued(record.t, 0, 200000);

	turn_for(world, 10);
	fail_next(ENOBUFS);
	pull_until(world, &client, client.received == written);
	check_int(fail_count, 0);
	client_close(&client);
	world_close(world);
}

/* A time that no clock reaches is never, not now. */
static void test_timer_never(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	cohort_set_timer(record.t, INT64_MAX);
	turn_for(world, 20);
	check_string(record.events, "m");
	cohort_set_timer(record.t, 1); /* and can be moved back */
	turn_until(world, strchr(record.events, 't') != NULL);
	client_close(&client);
	world_close(world);
}

static void test_timeout_never(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.idle_timeout_ms = INT64_MAX;
	world->settings.lifetime_ms = INT64_MAX;
	client = open_tcp(world, &record);
	turn_for(world, 20);
	CHECK(is_alive(&record) && !cohort_is_closing(record.t));
	client_close(&client);
	world_close(world);
}

/* ---- Limits ---- */

static void test_limit_to_the_byte(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.write_limit_bytes = 1000;
	client = open_tcp(world, &record);
	fail_next(EAGAIN);
	check_int(write_bytes(record.t, 0, 1000), 0);
	check_int(cohort_queued(record.t), 1000);
	check_int(write_bytes(record.t, 1000, 1), -1);
	check_int(errno, ENOBUFS);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_WRITE_OVERFLOW, 0);
	client_close(&client);
	world_close(world);
}

static const struct cohort_protocol other = {.name = "other"};

/* They are laid out for the service's protocol, not for another. */
static void test_options_are_the_services(void)
{
	static const int options = 5;
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->service.protocol_options = &options;
	client = open_tcp(world, &record);
	CHECK(cohort_options(record.t) == &options);
	check_int(cohort_set_protocol(record.t, &other), 0);
	CHECK(cohort_options(record.t) == NULL);
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	world_close(world);
}

int main(void)
{
	test_end_stops_timer();
	test_abort_in_draining();
	test_end_before_its_event();
	test_linger_alone();
	test_linger_from_close();
	test_write_timeout_from_queueing();
	test_no_memory_while_flushing();
	test_timer_never();
	test_timeout_never();
	test_limit_to_the_byte();
	test_options_are_the_services();
	return check_result();
}
