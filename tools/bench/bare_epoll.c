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
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
#define EVENT_COUNT  256
#define BACKLOG      511

static int fail(const char *what)
{
	perror(what);
	return -1;
}

static int open_listener(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port)};
	socklen_t length = sizeof(address);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return fail("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return fail("setsockopt");
	if (bind(fd, (struct sockaddr *)&address, length) < 0)
		return fail("bind");
	if (listen(fd, BACKLOG) < 0)
		return fail("listen");
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return fail("getsockname");
	printf("%u\n", ntohs(address.sin_port));
	return fflush(stdout) == 0 ? fd : fail("stdout");
}

/* TCP_NODELAY is inherited from the listener. */
static void accept_all(int poller, int listener)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		event.data.fd = fd;
		if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
			close(fd);
	}
}

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

static int serve(int poller, int listener)
{
	struct epoll_event events[EVENT_COUNT];

	for (;;) {
		int i, count = epoll_wait(poller, events, EVENT_COUNT, -1);

		if (count < 0 && errno != EINTR)
			return fail("epoll_wait");
		for (i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_all(poller, listener);
			else
				echo(events[i].data.fd, events[i].events);
		}
	}
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	char *end;
	unsigned long port;
	int listener, poller;

	if (argc != 2 || (port = strtoul(argv[1], &end, 10)) > 65535 || *end) {
		fputs("usage: bare-epoll PORT\n", stderr);
		return 2;
	}
	listener = open_listener((unsigned short)port);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (listener < 0 || poller < 0)
		return 1;
	event.data.fd = listener;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) {
		perror("epoll_ctl");
		return 1;
	}
	return serve(poller, listener) < 0;
}
