/* SPDX-License-Identifier: MIT */
/* test_loop_spin.c - the loop polls before it sleeps, when it is to. */
#include "loop_fixture.h"

#include <sys/epoll.h>

#define SPIN_MS 20

static unsigned poll_count;
static unsigned sleep_count;
static unsigned connected_count;

/* A wait goes on until the clock shows another millisecond. */
static bool is_sleep_long;

static void pass_a_millisecond(void)
{
	int64_t began_ms = clock_now_ms();

	while (clock_now_ms() == began_ms)
		;
}

int __real_epoll_wait(int fd, struct epoll_event *events, int limit,
		      int wait_ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int limit,
		      int wait_ms);

/* What the poller calls (the linker's --wrap): whether it waits. */
int __wrap_epoll_wait(int fd, struct epoll_event *events, int limit,
		      int wait_ms)
{
	poll_count += wait_ms == 0;
	sleep_count += wait_ms != 0;
	if (is_sleep_long && wait_ms != 0)
		pass_a_millisecond();
	return __real_epoll_wait(fd, events, limit, wait_ms);
}

static void begin(int64_t asked_us, unsigned connected)
{
	fixture_open();
	spin_init(&loop.spin, asked_us);
	spin_allow(&loop.spin, true);
	connected_count = connected;
	loop.connected_count = &connected_count;
	loop.turn_limit_ms = 2 * SPIN_MS;
	poll_count = 0;
	sleep_count = 0;
}

static const struct {
	int64_t asked_us;
	unsigned connected_count;
	bool is_spun;
} rows[] = {
	{SPIN_OFF, 1, false},
	{SPIN_MS * 1000, 0, false},
	{SPIN_MS * 1000, 1, true},
	{SPIN_AUTO, 1, false}, /* nothing ever comes */
};

static void test_an_idle_loop(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].asked_us, rows[i].connected_count);
		turn_times(2);
		check_int(poll_count > 0, rows[i].is_spun);
		check_int(sleep_count, 2);
		check_int(loop.spin.spent_us >= 2 * SPIN_MS * 1000,
			  rows[i].is_spun);
		fixture_close();
	}
}

/* The sleep after it is as much shorter. */
static void test_the_time_spent_does_not_delay_a_turn_that_is_due(void)
{
	begin(1000000, 1);
	loop.turn_limit_ms = SPIN_MS;
	turn_times(3);
	CHECK(poll_count > 0);
	/* It is never asked to sleep: the turn is due when the spin ends. */
	CHECK(loop.spin.is_cut);
	/* Not a part of a millisecond later. */
	check_int(loop.spin.until_us % 1000, 0);
	fixture_close();
}

#define CROWD 12 /* more than leave a spin anything to do */

/* Not when the wait for them began. */
static void test_who_finds_many_after_a_sleep_rests_from_then_on(void)
{
	struct probe probes[CROWD];
	int i;

	begin(SPIN_AUTO, 1);
	for (i = 0; i < CROWD; i++) {
		probe_open(&probes[i], POLLER_READ);
		probes[i].source.is_traffic = true;
		probe_write(&probes[i]);
	}
	is_sleep_long = true;
	turn_times(1);
	is_sleep_long = false;
	check_int(sleep_count, 1);
	check_int((loop.spin.rests_until_us - SPIN_REST_FIRST_US) / 1000,
		  loop.now_ms);
	for (i = 0; i < CROWD; i++)
		probe_close(&probes[i]);
	fixture_close();
}

static void test_what_comes_while_it_spins_is_served(void)
{
	struct probe probe;

	begin(SPIN_MS * 1000, 1);
	probe_open(&probe, POLLER_READ);
	probe_write(&probe);
	turn_times(1);
	check_int(probe.ready_count, 1);
	check_int(poll_count, 1);
	check_int(sleep_count, 0);
	check_int(loop.spin.spent_us, 0);
	probe_close(&probe);
	fixture_close();
}

static void read_it(struct probe *probe)
{
	probe_read(probe);
}

/* One event, and what the next wait is. */
static void check_next_wait(bool is_traffic)
{
	struct probe probe;

	begin(SPIN_AUTO, 1);
	probe_open(&probe, POLLER_READ);
	probe.source.is_traffic = is_traffic;
	probe.act = read_it;
	probe_write(&probe);
	turn_times(1);
	check_int(probe.ready_count, 1);
	check_int(poll_count, 0);
	turn_times(1);
	check_int(poll_count > 0, is_traffic);
	check_int(loop.spin.spent_us > 0, is_traffic);
	check_int(sleep_count, 2);
	probe_close(&probe);
	fixture_close();
}

static void test_auto_spins_for_the_sake_of_traffic_alone(void)
{
	check_next_wait(true);
	check_next_wait(false);
}

static void do_nothing(struct loop_task *task)
{
	(void)task;
}

/* It is to be run now, whether anything comes or not. */
static void test_nothing_is_spun_while_a_task_waits(void)
{
	struct loop_task task;

	begin(SPIN_MS * 1000, 1);
	loop_task_init(&task, do_nothing);
	loop_post(&loop, &task);
	turn_times(1);
	check_int(poll_count, 1);
	check_int(loop.spin.spent_us, 0);
	fixture_close();
}

int main(void)
{
	test_an_idle_loop();
	test_the_time_spent_does_not_delay_a_turn_that_is_due();
	test_who_finds_many_after_a_sleep_rests_from_then_on();
	test_what_comes_while_it_spins_is_served();
	test_auto_spins_for_the_sake_of_traffic_alone();
	test_nothing_is_spun_while_a_task_waits();
	return check_result();
}
