/* SPDX-License-Identifier: MIT */
/* test_signals.c - signals arrive as events, and only those of the table. */
#include "event/signals.h"

#include <signal.h>
#include <sys/wait.h>

#include "loop_fixture.h"

static struct signals signals;
static int sender;
static int context;

static void on_first(void *given, int sender_pid)
{
	CHECK(given == &context);
	sender = sender_pid;
	trace_add('1');
}

static void on_second(void *given, int sender_pid)
{
	(void)given;
	(void)sender_pid;
	trace_add('2');
}

static void on_stop(void *given, int sender_pid)
{
	(void)given;
	(void)sender_pid;
	trace_add('s');
	signals_stop(&signals, &loop);
}

static const struct signals_row rows[] = {
	{SIGUSR1, on_first}, {SIGUSR2, on_second}, {SIGTERM, on_stop},
	{SIGHUP, NULL},      {SIGWINCH, NULL},     {0, NULL},
};

static void signals_open(void)
{
	struct error error = {0};

	fixture_open();
	loop.turn_limit_ms = 0;
	CHECK(signals_start(&signals, &loop, rows, &context, &error) == 0);
}

static void signals_close(void)
{
	signals_stop(&signals, &loop);
	signals_stop(&signals, &loop);
	check_int(signals.source.fd, -1);
	fixture_close();
}

static void test_signals_are_events(void)
{
	signals_open();
	CHECK(fcntl(signals.source.fd, F_GETFD) & FD_CLOEXEC);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1); /* not delivered yet: the same one */
	check_string(trace, "");
	turn_times(2);
	CHECK(strcmp(trace, "12..") == 0 || strcmp(trace, "21..") == 0);
	check_int(sender, getpid());
	trace[0] = '\0';
	kill(getpid(), SIGUSR2);
	turn_times(1);
	check_string(trace, "2.");
	signals_close();
}

static void test_rows_without_a_handler_are_ignored(void)
{
	signals_open();
	kill(getpid(), SIGHUP); /* would end the program */
	kill(getpid(), SIGWINCH);
	turn_times(1);
	check_string(trace, ".");
	signals_close();
}

/* As under nohup, or from a parent that does not want to know. */
static void test_an_inherited_ignore_is_undone(void)
{
	signal(SIGUSR1, SIG_IGN);
	signals_open();
	kill(getpid(), SIGUSR1);
	turn_times(1);
	check_string(trace, "1.");
	signals_close();
}

static void on_child(void *given, int sender_pid)
{
	(void)given;
	(void)sender_pid;
	trace_add('c');
}

/* That of SIGCHLD would reap behind our back, and say nothing. */
static void test_children_are_heard_of_after_an_inherited_ignore(void)
{
	static const struct signals_row child_rows[] = {
		{SIGCHLD, on_child},
		{0, NULL},
	};
	struct error error = {0};
	int status = -1;
	pid_t child;

	signal(SIGCHLD, SIG_IGN);
	fixture_open();
	CHECK(signals_start(&signals, &loop, child_rows, NULL, &error) == 0);
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		_exit(7);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	loop.turn_limit_ms = 0;
	turn_times(1);
	check_string(trace, "c.");
	signals_close();
}

static void test_the_sender_is_known(void)
{
	int status = -1;
	pid_t child;

	signals_open();
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	turn_times(1);
	check_string(trace, "1.");
	check_int(sender, child);
	signals_close();
}

/* What came together with the one that ended it is not looked at: lower
 * numbers are read first. */
static void test_a_handler_may_stop_the_table(void)
{
	signals_open();
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
	turn_times(1);
	check_string(trace, "1s.");
	check_int(signals.source.fd, -1);
	kill(getpid(), SIGUSR1);
	turn_times(1);
	check_string(trace, "1s..");
	signals_close();
	/* It stayed pending, and is an event of whoever asks again. */
	signals_open();
	turn_times(1);
	check_string(trace, "1.");
	signals_close();
}

/* ---- In a child ------------------------------------------------------ */

static int check_reset(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, 0};
	struct sigaction action;
	sigset_t mask;
	int number;

	signal(SIGALRM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signals_reset(ignored);
	CHECK(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	for (number = 1; number < NSIG; number++) {
		/* Some numbers are the C library's own. */
		if (sigaction(number, NULL, &action) < 0)
			continue;
		CHECK(!sigismember(&mask, number));
		CHECK(action.sa_handler ==
		      (number == SIGINT || number == SIGQUIT ? SIG_IGN
							     : SIG_DFL));
	}
	return check_failures != 0;
}

static void test_a_child_starts_clean(void)
{
	int status = -1;
	pid_t child;

	signals_open();
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		status = check_reset();
		fflush(stdout);
		_exit(status);
	}
	CHECK(waitpid(child, &status, 0) == child);
	check_int(status, 0);
	signals_close();
}

int main(void)
{
	test_signals_are_events();
	test_rows_without_a_handler_are_ignored();
	test_an_inherited_ignore_is_undone();
	test_children_are_heard_of_after_an_inherited_ignore();
	test_the_sender_is_known();
	test_a_handler_may_stop_the_table();
	test_a_child_starts_clean();
	return check_result();
}
