/* SPDX-License-Identifier: MIT */
/* bufferevent.c - the echo of `make bench` on libevent's bufferevents.
 *
 *	bufferevent PORT        (on 127.0.0.1; 0: a free port, printed)
 *
 * As most of its users write an echo, and tuned: what has come is written at
 * once from the input buffer; only what the kernel did not take is moved (not
 * copied) to the output buffer, which waits for the peer, and meanwhile nothing
 * is read.  Whatever is asked for, libevent 2.1 reads 4 KiB at a time; those
 * who move bulk use plain events (libevent.c). */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_BYTES 262144
#define BACKLOG      511

static void echo(struct bufferevent *connection, void *context)
{
	struct evbuffer *input = bufferevent_get_input(connection);

	(void)context;
	/* A failure comes back when the rest is written. */
	evbuffer_write(input, bufferevent_getfd(connection));
	if (evbuffer_get_length(input) == 0)
		return;
	bufferevent_disable(connection, EV_READ);
	bufferevent_write_buffer(connection, input);
}

static void output_is_empty(struct bufferevent *connection, void *context)
{
	(void)context;
	bufferevent_enable(connection, EV_READ);
}

static void end(struct bufferevent *connection, short what, void *context)
{
	(void)what;
	(void)context;
	bufferevent_free(connection);
}

static void welcome(struct evconnlistener *listener, evutil_socket_t fd,
		    struct sockaddr *peer, int length, void *context)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct bufferevent *connection =
		bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	int on = 1;

	(void)peer;
	(void)length;
	(void)context;
	if (!connection) {
		evutil_closesocket(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	bufferevent_setcb(connection, echo, output_is_empty, end, NULL);
	bufferevent_set_max_single_read(connection, BUFFER_BYTES);
	bufferevent_set_max_single_write(connection, BUFFER_BYTES);
	bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static int print_port(struct evconnlistener *listener)
{
	struct sockaddr_in address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(evconnlistener_get_fd(listener),
			(struct sockaddr *)&address, &length) < 0)
		return -1;
	printf("%u\n", ntohs(address.sin_port));
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct evconnlistener *listener = NULL;
	struct event_base *base;

	if (argc != 2) {
		fputs("usage: bufferevent PORT\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	address.sin_port = htons((unsigned short)atoi(argv[1]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	base = event_base_new();
	if (base)
		listener = evconnlistener_new_bind(
			base, welcome, NULL,
			LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE, BACKLOG,
			(struct sockaddr *)&address, sizeof(address));
	if (!listener || print_port(listener) < 0) {
		perror("bufferevent");
		return 1;
	}
	return event_base_dispatch(base) < 0;
}
