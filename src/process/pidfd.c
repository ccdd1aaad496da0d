/* SPDX-License-Identifier: MIT */
/* pidfd.c - system calls that not every libc has a wrapper for; their numbers
 * are the same on every architecture. */
#include "process/pidfd.h"

#include <poll.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEND_SIGNAL_CALL 424
#define OPEN_CALL        434
#define GETFD_CALL       438

int pidfd_open_process(pid_t pid)
{
	return (int)syscall(OPEN_CALL, pid, 0);
}

int pidfd_signal(int pidfd, int number)
{
	return (int)syscall(SEND_SIGNAL_CALL, pidfd, number, NULL, 0);
}

int pidfd_take(int pidfd, int number)
{
	return (int)syscall(GETFD_CALL, pidfd, number, 0);
}

bool pidfd_is_alive(int pidfd)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	return poll(&end, 1, 0) == 0;
}
