/* SPDX-License-Identifier: MIT */
/* test_loop.c - the order of a turn, tasks, timers, and how long is waited. */
#include "loop_fixture.h"

#include <limits.h>
#include <signal.h>
#include <sys/time.h>

/* ---- The order ------------------------------------------------------- */

static struct loop_task first, second, third;
static struct timer timer;

static void run_first(struct loop_task *task)
{
	(void)task;
	trace_add('1');
}

static void run_second(struct loop_task *task)
{
	(void)task;
	trace_add('2');
}

static void read_and_post_first(struct probe *probe)
{
	probe_read(probe);
	trace_add('s');
	loop_post(&loop, &first);
}

static void expire_and_post_second(struct timer *expired)
{
	(void)expired;
	trace_add('T');
	loop_post(&loop, &second);
}

static void test_the_order_of_a_turn(void)
{
	struct probe probe;

	fixture_open();
	probe_open(&probe, POLLER_READ);
	probe.act = read_and_post_first;
	loop_task_init(&first, run_first);
	loop_task_init(&second, run_second);
	timer_init(&timer, expire_and_post_second);
	timer_start(&loop.timers, &timer, loop.now_ms);
	probe_write(&probe);
	turn_times(1);
	check_string(trace, "s1T2.");
	probe_close(&probe);
	fixture_close();
}

/* The turn is finished, with all that was found ready. */
static void stop_loop(struct probe *probe)
{
	read_and_post_first(probe);
	loop_stop(&loop);
}

static void test_a_stop_lets_the_turn_end(void)
{
	struct probe probes[2];
	int i, turns = INT_MAX;
	struct error error = {0};

	fixture_open();
	loop_task_init(&first, run_first);
	for (i = 0; i < 2; i++) {
		probe_open(&probes[i], POLLER_READ);
		probes[i].act = stop_loop;
		probe_write(&probes[i]);
	}
	loop.observer = count_turns;
	loop.observer_context = &turns;
	CHECK(loop_run(&loop, &error) == 0);
	check_string(trace, "ss1.");
	/* It can be run again. */
	probe_write(&probes[0]);
	CHECK(loop_run(&loop, &error) == 0);
	check_string(trace, "ss1.s1.");
	for (i = 0; i < 2; i++)
		probe_close(&probes[i]);
	fixture_close();
}

static void test_a_poller_that_fails_ends_the_run(void)
{
	struct error error = {0};

	fixture_open();
	close(loop.poller);
	check_int(loop_run(&loop, &error), -1);
	check_int(error.number, EBADF);
	loop.poller = -1;
	fixture_close();
}

/* ---- Tasks ----------------------------------------------------------- */

static void post_itself(struct loop_task *task)
{
	trace_add('i');
	loop_post(&loop, task);
}

/* Two rounds a turn, and no wait in between: nothing else is there that
 * would ever end one. */
static void test_a_task_queued_by_a_task_waits_for_the_next_round(void)
{
	fixture_open();
	loop_task_init(&first, post_itself);
	loop_task_init(&second, run_second);
	loop_post(&loop, &first);
	loop_post(&loop, &second);
	turn_times(3);
	check_string(trace, "i2i.ii.ii.");
	loop_cancel(&first);
	fixture_close();
}

static void cancel_second(struct loop_task *task)
{
	(void)task;
	trace_add('c');
	loop_cancel(&second);
	loop_cancel(&second);
}

static void test_tasks_run_once_in_order_unless_cancelled(void)
{
	fixture_open();
	loop_task_init(&first, run_first);
	loop_task_init(&second, run_second);
	loop_task_init(&third, cancel_second);
	loop_post(&loop, &second);
	loop_post(&loop, &first);
	loop_post(&loop, &second);
	turn_times(1);
	check_string(trace, "21.");
	trace[0] = '\0';
	loop_post(&loop, &third);
	loop_post(&loop, &second);
	loop_post(&loop, &first);
	turn_times(1);
	check_string(trace, "c1.");
	trace[0] = '\0';
	loop_post(&loop, &second);
	loop_cancel(&second);
	loop_post(&loop, &first);
	turn_times(1);
	check_string(trace, "1.");
	fixture_close();
}

/* ---- Time ------------------------------------------------------------ */

static int64_t expired_at_ms;
static void note_time(struct timer *expired)
{
	(void)expired;
	expired_at_ms = clock_now_ms();
	trace_add('T');
	loop_stop(&loop);
}

static void test_a_timer_is_waited_for_and_never_early(void)
{
	static const int delays_ms[] = {0, 1, 3, 20, 70};
	struct error error = {0};
	size_t i;

	fixture_open();
	timer_init(&timer, note_time);
	alarm(PATIENCE_S);
	for (i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
		int64_t due_ms = clock_now_ms() + delays_ms[i];

		timer_start(&loop.timers, &timer, due_ms);
		CHECK(loop_run(&loop, &error) == 0);
		CHECK(expired_at_ms >= due_ms);
	}
	alarm(0);
	check_string(trace, "TTTTT");
	fixture_close();
}

static void test_a_turn_comes_at_least_as_often_as_it_must(void)
{
	const int64_t limit_ms = 5;
	int64_t start_us;

	fixture_open();
	timer_init(&timer, note_time);
	timer_start(&loop.timers, &timer, clock_now_ms() + 3600000);
	loop.turn_limit_ms = (int)limit_ms;
	start_us = clock_now_us();
	turn_times(4);
	check_string(trace, "....");
	/* It is a limit, not a spin. */
	CHECK(clock_now_us() - start_us >= 4 * limit_ms * 1000);
	timer_stop(&loop.timers, &timer);
	turn_times(1);
	check_string(trace, ".....");
	fixture_close();
}

/* The clock of a turn is read once, after the wait. */
static void check_now(struct probe *probe)
{
	int64_t before_ms = loop.now_ms;

	probe_read(probe);
	while (clock_now_ms() < before_ms + 3)
		continue;
	check_int(loop.now_ms, before_ms);
	trace_add('s');
}

static void test_the_time_stands_still_in_a_turn(void)
{
	struct probe probe;

	fixture_open();
	probe_open(&probe, POLLER_READ);
	probe.act = check_now;
	probe_write(&probe);
	timer_init(&timer, expire_and_post_second);
	loop_task_init(&second, run_second);
	timer_start(&loop.timers, &timer, clock_now_ms() + 3);
	while (trace[0] == '\0')
		turn_times(1);
	CHECK(strchr(trace, 's') != NULL);
	while (strchr(trace, 'T') == NULL)
		turn_times(1);
	probe_close(&probe);
	fixture_close();
}

static void ignore_signal(int number)
{
	(void)number;
}

static void test_a_signal_is_nothing_found(void)
{
	const struct itimerval often = {{0, 2000}, {0, 2000}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = ignore_signal};
	struct error error = {0};

	fixture_open();
	sigaction(SIGALRM, &action, NULL);
	timer_init(&timer, note_time);
	timer_start(&loop.timers, &timer, clock_now_ms() + 30);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK(loop_run(&loop, &error) == 0);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	check_string(trace, "T");
	fixture_close();
}

int main(void)
{
	test_the_order_of_a_turn();
	test_a_stop_lets_the_turn_end();
	test_a_poller_that_fails_ends_the_run();
	test_a_task_queued_by_a_task_waits_for_the_next_round();
	test_tasks_run_once_in_order_unless_cancelled();
	test_a_timer_is_waited_for_and_never_early();
	test_a_turn_comes_at_least_as_often_as_it_must();
	test_the_time_stands_still_in_a_turn();
	test_a_signal_is_nothing_found();
	return check_result();
}
