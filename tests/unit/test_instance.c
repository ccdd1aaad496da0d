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

static void test_what_is_not_bound_by_name_needs_no_lock(void)
{
	static const char *const rows[] = {
		"127.0.0.1:0",
		"unix:@name",
		"fd:7",
		"[::1]:0",
	};
	struct instance_lock lock;
	struct address address;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		instance_lock_init(&lock);
		address = parsed(rows[i]);
		check_int(instance_lock(&lock, &address, &error), 0);
		CHECK(!instance_is_locked(&lock));
		instance_unlock(&lock);
	}
	instance_lock_init(&lock);
	address = an_address();
	check_int(instance_lock(&lock, &address, &error), 0);
	CHECK(instance_is_locked(&lock));
	instance_unlock(&lock);
}

static void test_a_path_has_one_lock_by_all_its_names(void)
{
	static const struct {
		const char *word;
		bool is_same;
	} rows[] = {
		{"unix:/tmp/cohort-test-lock", true},
		{"unix:/tmp/./cohort-test-lock", true},
		{"unix:/tmp/../tmp/cohort-test-lock", true},
		{"unix:/tmp/cohort-test-other", false},
		{"unix:/cohort-test-lock", false},
	};
	struct instance_lock first, second;
	struct address address = parsed(rows[0].word);
	struct error error;
	size_t i;

	instance_lock_init(&first);
	check_int(instance_lock(&first, &address, &error), 0);
	CHECK(instance_is_locked(&first));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		instance_lock_init(&second);
		address = parsed(rows[i].word);
		check_int(instance_lock(&second, &address, &error),
			  rows[i].is_same ? -1 : 0);
		instance_unlock(&second);
	}
	instance_unlock(&first);
}

static void test_a_second_lock_names_the_owner(void)
{
	struct address address = an_address();
	struct instance_lock first, second;
	struct error error;
	char pid[32];

	instance_lock_init(&first);
	instance_lock_init(&second);
	check_int(instance_lock(&first, &address, &error), 0);
	check_int(instance_lock(&second, &address, &error), -1);
	check_int(error.number, EADDRINUSE);
	snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	CHECK(strstr(error.text, pid) != NULL);
	CHECK(!instance_is_locked(&second));

	instance_unlock(&first);
	instance_unlock(&first);
	check_int(instance_lock(&second, &address, &error), 0);
	instance_unlock(&first);
	instance_unlock(&second);
}

/* Lock `address` in a child that is somebody else, until the pipe's end is
 * closed.  The child's pid. */
static pid_t lock_as_somebody(struct address *address, int *keep)
{
	struct instance_lock lock;
	struct error error;
	int ends[2], done[2];
	char byte = 0;
	pid_t pid;

	REQUIRE(pipe(ends) == 0 && pipe(done) == 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		instance_lock_init(&lock);
		if (setuid(SOMEBODY) < 0 ||
		    instance_lock(&lock, address, &error) < 0)
			_exit(1);
		if (write(done[1], &byte, 1) == 1 &&
		    read(ends[0], &byte, 1) < 0)
			_exit(1);
		instance_unlock(&lock);
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
	struct instance_lock lock;
	struct error error;
	int keep, status;
	pid_t pid;

	if (geteuid() != 0)
		return; /* only root can be somebody else */
	pid = lock_as_somebody(&address, &keep);
	instance_lock_init(&lock);
	check_int(instance_lock(&lock, &address, &error), 0);
	CHECK(!instance_is_locked(&lock));
	instance_unlock(&lock);
	close(keep);
	CHECK(waitpid(pid, &status, 0) == pid);
	check_int(status, 0);
}

static void test_a_lock_that_nobody_answers_for_is_ignored(void)
{
	struct address address = an_address();
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct instance_lock lock;
	struct error error;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			      "cohort/127.0.0.1:%u",
			      (unsigned)address_port(&address));

	CHECK(bind(fd, (struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       (size_t)length)) == 0);
	instance_lock_init(&lock);
	check_int(instance_lock(&lock, &address, &error), 0);
	CHECK(!instance_is_locked(&lock));
	instance_unlock(&lock);
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
	struct instance_lock first, second;
	struct error error;
	int i;

	instance_lock_init(&first);
	instance_lock_init(&second);
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
	instance_unlock(&second);
	instance_unlock(&first);
	loop_release(&bounded.loop);
	instance_unlock(&first);
}

int main(void)
{
	struct error error;

	/* The warnings that some of this causes are of no interest. */
	CHECK(log_open(NULL, LOG_LEVEL_ERROR, &error) == 0);
	test_what_is_not_bound_by_name_needs_no_lock();
	test_a_path_has_one_lock_by_all_its_names();
	test_a_second_lock_names_the_owner();
	test_the_lock_of_somebody_else_is_ignored();
	test_a_lock_that_nobody_answers_for_is_ignored();
	test_whoever_asks_is_answered();
	return check_result();
}
