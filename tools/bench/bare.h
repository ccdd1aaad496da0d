/* SPDX-License-Identifier: MIT */
/* bare.h - what the bare servers of the benchmarks have in common: a listener
 * on 127.0.0.1, and a loop that is edge triggered and registers at the start. */
#ifndef COHORT_BENCH_BARE_H
#define COHORT_BENCH_BARE_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENT_COUNT 256
#define BACKLOG     511

/* What becomes of a connection that is ready for `events`. */
typedef void bare_serve(int poller, int fd, unsigned events);

static inline int fail(const char *what)
{
	perror(what);
	return -1;
}

static inline int open_listener(unsigned short port)
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
static inline void accept_all(int poller, int listener, unsigned interest)
{
	struct epoll_event event = {.events = interest | EPOLLRDHUP | EPOLLET};
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		event.data.fd = fd;
		if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
			close(fd);
	}
}

static inline int bare_loop(int poller, int listener, unsigned interest,
			    bare_serve *serve)
{
	struct epoll_event events[EVENT_COUNT];

	for (;;) {
		int i, count = epoll_wait(poller, events, EVENT_COUNT, -1);

		if (count < 0 && errno != EINTR)
			return fail("epoll_wait");
		for (i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_all(poller, listener, interest);
			else
				serve(poller, events[i].data.fd,
				      events[i].events);
		}
	}
}

/* Serve on 127.0.0.1:`port` (0: a free one, printed) for ever. -1: it cannot,
 * or the port is none. */
static inline int bare_run(const char *port, unsigned interest,
			   bare_serve *serve)
{
	struct epoll_event event = {.events = EPOLLIN};
	int listener, poller;
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	if (number > 65535 || *end != '\0') {
		fprintf(stderr, "%s: no port\n", port);
		return -1;
	}
	listener = open_listener((unsigned short)number);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (listener < 0 || poller < 0)
		return -1;
	event.data.fd = listener;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0)
		return fail("epoll_ctl");
	return bare_loop(poller, listener, interest, serve);
}

#endif
