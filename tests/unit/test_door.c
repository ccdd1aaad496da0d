/* SPDX-License-Identifier: MIT */
/* test_door.c - whom a keeper's name leads to. */
#include "process/door.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#define SOMEBODY 12345 /* a uid that is neither root's nor ours */

/* A port that only this run of this test would name; nothing is bound. */
static struct address an_address(void)
{
	struct address address;
	struct error error;

	CHECK(address_parse(&address, "127.0.0.1:1", &error) == 0);
	address_set_port(&address, (uint16_t)(1024 + getpid() % 60000));
	return address;
}

static void test_one_of_ours_has_the_door(void)
{
	struct address address = an_address();
	int door, fd;

	check_int(door_knock(&address), -1);
	door = door_open(&address);
	CHECK(door >= 0);
	check_int(door_open(&address), -1);
	check_int(errno, EADDRINUSE);
	fd = door_knock(&address);
	CHECK(fd >= 0);
	close(fd);
	close(door);
	check_int(door_knock(&address), -1);
}

/* Another user's, until `keep` is closed. */
static pid_t open_as_somebody(const struct address *address, int *keep)
{
	int done[2], ends[2];
	char byte = 0;
	pid_t pid;

	CHECK(pipe(done) == 0 && pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		if (setuid(SOMEBODY) < 0 || door_open(address) < 0 ||
		    write(done[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(ends[0], &byte, 1) < 0);
	}
	close(ends[0]);
	close(done[1]);
	CHECK(read(done[0], &byte, 1) == 1);
	close(done[0]);
	*keep = ends[1];
	return pid;
}

static void test_a_door_of_somebody_else_does_not_matter(void)
{
	struct address address = an_address();
	int keep, door, fd;
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = open_as_somebody(&address, &keep);
	check_int(door_knock(&address), -1);
	door = door_open(&address);
	CHECK(door >= 0);
	fd = door_knock(&address);
	CHECK(fd >= 0);
	close(fd);
	close(door);
	close(keep);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
	struct error error;

	/* The warnings that some of this causes are of no interest. */
	CHECK(log_open(NULL, LOG_LEVEL_ERROR, &error) == 0);
	test_one_of_ours_has_the_door();
	test_a_door_of_somebody_else_does_not_matter();
	return check_result();
}
