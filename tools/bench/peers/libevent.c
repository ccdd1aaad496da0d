/* SPDX-License-Identifier: MIT */
/* libevent.c - the echo of `make bench` on libevent's events.
 *
 *	libevent PORT        (on 127.0.0.1; 0: a free port, printed)
 *
 * As those use it who want speed of it: an event of its own for each
 * connection, one read buffer for all of them, and only what the kernel did not
 * take is copied and waits for the peer; meanwhile nothing is read.  The
 * library's streams are measured by bufferevent.c. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES 262144
#define BACKLOG      511

struct connection {
	struct event event;
	char *pending; /* what the peer has not taken; NULL: nothing */
	size_t pending_bytes, sent_bytes;
};

static char buffer[BUFFER_BYTES];

static void end(struct connection *connection)
{
	event_del(&connection->event);
	close(event_get_fd(&connection->event));
	free(connection->pending);
	free(connection);
}

static void serve(evutil_socket_t fd, short what, void *context);

/* Wait for the peer to send, or to take. */
static void watch(struct connection *connection, short what)
{
	struct event *event = &connection->event;

	event_del(event);
	event_assign(event, event_get_base(event), event_get_fd(event),
		     (short)(what | EV_PERSIST), serve, connection);
	event_add(event, NULL);
}

/* How much of it the kernel took; -1: the connection is lost. */
static ssize_t send_some(int fd, const char *data, size_t size)
{
	ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

	return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static int keep(struct connection *connection, const char *data, size_t size)
{
	connection->pending = malloc(size);
	if (!connection->pending)
		return -1;
	memcpy(connection->pending, data, size);
	connection->pending_bytes = size;
	connection->sent_bytes = 0;
	watch(connection, EV_WRITE);
	return 0;
}

static void echo(int fd, struct connection *connection)
{
	ssize_t sent, size = recv(fd, buffer, sizeof(buffer), 0);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0) {
		end(connection);
		return;
	}
	sent = send_some(fd, buffer, (size_t)size);
	if (sent == size)
		return;
	if (sent < 0 || keep(connection, buffer + sent, (size_t)(size - sent)))
		end(connection);
}

static void send_pending(int fd, struct connection *connection)
{
	ssize_t sent =
		send_some(fd, connection->pending + connection->sent_bytes,
			  connection->pending_bytes - connection->sent_bytes);

	if (sent < 0) {
		end(connection);
		return;
	}
	connection->sent_bytes += (size_t)sent;
	if (connection->sent_bytes < connection->pending_bytes)
		return;
	free(connection->pending);
	connection->pending = NULL;
	watch(connection, EV_READ);
}

static void serve(evutil_socket_t fd, short what, void *context)
{
	if (what & EV_READ)
		echo(fd, context);
	else
		send_pending(fd, context);
}

static int begin(struct event_base *base, int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int on = 1;

	if (!connection)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    event_assign(&connection->event, base, fd, EV_READ | EV_PERSIST,
			 serve, connection) < 0 ||
	    event_add(&connection->event, NULL) < 0) {
		free(connection);
		return -1;
	}
	return 0;
}

static void welcome(struct evconnlistener *listener, evutil_socket_t fd,
		    struct sockaddr *peer, int length, void *context)
{
	(void)peer, (void)length, (void)context;
	if (begin(evconnlistener_get_base(listener), fd) < 0)
		close(fd);
}

static int start(struct event_base *base, const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	struct evconnlistener *listener;

	address.sin_port = htons((unsigned short)atoi(port));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = evconnlistener_new_bind(
		base, welcome, NULL, LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE,
		BACKLOG, (struct sockaddr *)&address, sizeof(address));
	if (!listener || getsockname(evconnlistener_get_fd(listener),
				     (struct sockaddr *)&address, &length) < 0)
		return -1;
	printf("%u\n", ntohs(address.sin_port));
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();

	if (argc != 2) {
		fputs("usage: libevent PORT\n", stderr);
		return 2;
	}
	if (!base || start(base, argv[1]) < 0) {
		perror("libevent");
		return 1;
	}
	return event_base_dispatch(base) < 0;
}
