/* SPDX-License-Identifier: MIT */
/* bare_stream.c - the reference of `make bench-services`: the least that a
 * single process has to do to swallow or to give bytes with epoll.
 *
 *	bare-stream discard|chargen PORT    (on 127.0.0.1; 0: a free port)
 *
 * discard lets the kernel drop what has come (MSG_TRUNC) until there is no
 * more; chargen sends the same 64 KiB until no more is taken, whoever else
 * waits.  No timeouts, no counters, no log. */
#include <string.h>

#include "bare.h"

#define DROPPED_BYTES (1 << 18) /* by one recv */
#define GIVEN_BYTES   (1 << 16) /* by one send */

static void discard(int poller, int fd, unsigned events)
{
	ssize_t size;

	(void)poller;
	(void)events;
	do
		size = recv(fd, NULL, DROPPED_BYTES, MSG_TRUNC);
	while (size > 0);
	if (size == 0 || errno != EAGAIN)
		close(fd);
}

static void chargen(int poller, int fd, unsigned events)
{
	static const char bytes[GIVEN_BYTES];
	ssize_t size;

	(void)poller;
	do
		size = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	while (size > 0);
	if (errno != EAGAIN || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "discard") == 0)
		return bare_run(argv[2], EPOLLIN, discard) < 0;
	if (argc == 3 && strcmp(argv[1], "chargen") == 0)
		return bare_run(argv[2], EPOLLOUT, chargen) < 0;
	fputs("usage: bare-stream discard|chargen PORT\n", stderr);
	return 2;
}
