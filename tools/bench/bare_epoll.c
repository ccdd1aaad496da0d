/* SPDX-License-Identifier: MIT */
/* bare_epoll.c - the reference of `make bench`: the least that a single
 * process has to do to echo with epoll.
 *
 *	bare-epoll PORT        (on 127.0.0.1; 0: a free port, printed)
 *
 * Edge triggered, registered once, recv and send once per event as long as
 * reads are full: two system calls per exchange beside its share of
 * epoll_wait.  It keeps no state per connection: what the kernel does not take
 * at once is waited for with poll(), which is fair to a client that reads, and
 * enough for a yardstick.  No timeouts, no counters, no log. */
#include <poll.h>

#include "bare.h"

#define BUFFER_BYTES 65536

static int send_all(int fd, const char *data, size_t size)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return -1;
		if (sent < 0) {
			poll(&writable, 1, -1);
			continue;
		}
		data += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static void echo(int fd, unsigned events)
{
	char buffer[BUFFER_BYTES];
	ssize_t size;

	do {
		size = recv(fd, buffer, sizeof(buffer), 0);
		if (size < 0 && errno == EAGAIN)
			return;
		if (size <= 0 || send_all(fd, buffer, (size_t)size) < 0) {
			close(fd);
			return;
		}
		/* A short read left nothing, unless the end is behind it. */
	} while (size == sizeof(buffer) ||
		 events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: bare-epoll PORT\n", stderr);
		return 2;
	}
	return bare_run(argv[1], EPOLLIN, echo) < 0;
}
