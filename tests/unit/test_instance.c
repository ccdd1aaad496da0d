/* SPDX-License-Identifier: MIT */
/* test_instance.c - the lock that keeps a twin out. */
#include "process/instance.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#define SOMEBODY 12345 /* a uid that is neither root's nor ours */

static struct address parsed(const char *word)
{
	struct address address;
	struct error error;

	CHECK(address_parse(&address, word, &error) == 0);
	return address;
}

/* A port that only this run of this test would name; nothing is bound. */
static struct address an_address(void)
{
	struct address address = parsed("127.0.0.1:1");

	address_set_port(&address, (uint16_t)(1024 + getpid() % 60000));
	return address;
}

static void test_which_addresses_are_locked(void)
{
	static const struct {
		const char *word;
		unsigned lock_count;
	} rows[] = {
		{"127.0.0.1:0", 0}, {"unix:/nowhere", 0}, {"unix:@name", 0},
		{"fd:7", 0},        {"[::1]:0", 0},
	};
	struct instance instance;
	struct address address;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		instance_init(&instance, 1);
		address = parsed(rows[i].word);
		check_int(instance_lock(&instance, &address, &error), 0);
		check_int(instance.count, rows[i].lock_count);
		instance_release(&instance);
	}
	instance_init(&instance, 1);
	address = an_address();
	check_int(instance_lock(&instance, &address, &error), 0);
	check_int(instance.count, 1);
	instance_release(&instance);
}

static void test_a_second_lock_names_the_owner(void)
{
	struct address address = an_address();
	struct instance first, second;
	struct error error;
	char pid[32];

	instance_init(&first, 1);
	instance_init(&second, 1);
	check_int(instance_lock(&first, &address, &error), 0);
	check_int(instance_lock(&second, &address, &error), -1);
	check_int(error.number, EADDRINUSE);
	snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	CHECK(strstr(error.text, pid) != NULL);
	check_int(second.count, 0);

	instance_unlock(&first);
	instance_unlock(&first);
	check_int(instance_lock(&second, &address, &error), 0);
	instance_release(&first);
	instance_release(&second);
}

/* Lock `address` in a child that is somebody else, until the pipe's end is
 * closed.  The child's pid. */
static pid_t lock_as_somebody(struct address *address, int *keep)
{
	struct instance instance;
	struct error error;
	int ends[2], done[2];
	char byte = 0;
	pid_t pid;

	REQUIRE(pipe(ends) == 0 && pipe(done) == 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		instance_init(&instance, 1);
		if (setuid(SOMEBODY) < 0 ||
		    instance_lock(&instance, address, &error) < 0)
			_exit(1);
		if (write(done[1], &byte, 1) == 1 &&
		    read(ends[0], &byte, 1) < 0)
			_exit(1);
		instance_release(&instance);
		_exit(0);
	}
	close(ends[0]);
	close(done[1]);
	CHECK(read(done[0], &byte, 1) == 1);
	close(done[0]);
	*keep = ends[1];
	return pid;
}

static void test_the_lock_of_somebody_else_is_ignored(void)
{
	struct address address = an_address();
	struct instance instance;
	struct error error;
	int keep, status;
	pid_t pid;

	if (geteuid() != 0)
		return; /* only root can be somebody else */
	pid = lock_as_somebody(&address, &keep);
	instance_init(&instance, 1);
	check_int(instance_lock(&instance, &address, &error), 0);
	check_int(instance.count, 0);
	instance_release(&instance);
	close(keep);
	CHECK(waitpid(pid, &status, 0) == pid);
	check_int(status, 0);
}

static void test_a_lock_that_nobody_answers_for_is_ignored(void)
{
	struct address address = an_address();
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct instance instance;
	struct error error;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			      "cohort/127.0.0.1:%u",
			      (unsigned)address_port(&address));

	CHECK(bind(fd, (struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       (size_t)length)) == 0);
	instance_init(&instance, 1);
	check_int(instance_lock(&instance, &address, &error), 0);
	check_int(instance.count, 0);
	instance_release(&instance);
	close(fd);
}

struct bounded_loop {
	struct loop loop;
	struct timer bound;
};

static void end_loop(struct timer *timer)
{
	loop_stop(&list_entry(timer, struct bounded_loop, bound)->loop);
}

/* More often than the queue of a lock is long. */
static void test_whoever_asks_is_answered(void)
{
	struct address address = an_address();
	static struct bounded_loop bounded;
	struct instance first, second;
	struct error error;
	int i;

	instance_init(&first, 1);
	instance_init(&second, 1);
	CHECK(loop_init(&bounded.loop, &error) == 0);
	timer_init(&bounded.bound, end_loop);
	check_int(instance_lock(&first, &address, &error), 0);
	check_int(instance_serve(&first, &bounded.loop), 0);
	for (i = 0; i < 40; i++) {
		error.number = 0;
		check_int(instance_lock(&second, &address, &error), -1);
		check_int(error.number, EADDRINUSE);
		timer_start(&bounded.loop.timers, &bounded.bound,
			    bounded.loop.now_ms + 1);
		CHECK(loop_run(&bounded.loop, &error) == 0);
	}
	instance_release(&second);
	instance_unlock(&first);
	loop_release(&bounded.loop);
	instance_release(&first);
}

int main(void)
{
	struct error error;

	/* The warnings that some of this causes are of no interest. */
	CHECK(log_open(NULL, LOG_LEVEL_ERROR, &error) == 0);
	test_which_addresses_are_locked();
	test_a_second_lock_names_the_owner();
	test_the_lock_of_somebody_else_is_ignored();
	test_a_lock_that_nobody_answers_for_is_ignored();
	test_whoever_asks_is_answered();
	return check_result();
}
