/* SPDX-License-Identifier: MIT */
/* failing_calls.c - system calls that fail when a test wants them to.
 *
 * Linked into a server with --wrap=CALL.  While the directory $FAILING_CALLS
 * has a file of the call's name, the call fails with the errno in the file; one
 * named CALL.PID is for that process alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *size,
		   int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size,
		   int flags);

static int read_number(const char *path)
{
	char number[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, number, sizeof(number) - 1) < 0)
		number[0] = '\0';
	close(fd);
	return atoi(number);
}

/* The errno that the call shall fail with, or 0. */
static int planned(const char *call)
{
	const char *directory = getenv("FAILING_CALLS");
	char path[256];
	int number;

	if (directory == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", directory, call);
	number = read_number(path);
	if (number != 0)
		return number;
	snprintf(path, sizeof(path), "%s/%s.%d", directory, call,
		 (int)getpid());
	return read_number(path);
}

pid_t __wrap_fork(void)
{
	int number = planned("fork");

	if (number == 0)
		return __real_fork();
	errno = number;
	return -1;
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	int number = planned("accept4");

	if (number == 0)
		return __real_accept4(fd, address, size, flags);
	errno = number;
	return -1;
}
