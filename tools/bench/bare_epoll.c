/* SPDX-License-Identifier: MIT */
/* bare_epoll.c - the reference of `make bench`: the least that a single
 * process has to do to echo with epoll.
 *
 *	bare-epoll PORT        (on 127.0.0.1; 0: a free port, printed)
 *
 * Edge triggered, recv and send once per event as long as reads are full: two
 * system calls per exchange beside its share of epoll_wait.  One read buffer
 * for all connections.  What the kernel does not take of a message is kept
 * until there is room, and meanwhile nothing of that connection is read; the
 * others are served.  No timeouts, no counters, no log. */
#include <string.h>
#include <sys/resource.h>

#include "bare.h"

#define BUFFER_BYTES 262144
#define DESCRIPTORS  1048576 /* at most */

/* What a client has not taken yet. */
struct rest {
	size_t size, sent;
	char bytes[];
};

/* By descriptor, and all zero for one that is new.  Memory of it is touched
 * for descriptors that are used. */
struct connection {
	struct rest *rest; /* NULL: none, it is read */
	int has_waited;    /* EPOLLOUT is asked for, too */
};

static struct connection *connections;
static char buffer[BUFFER_BYTES];

static void end(int fd)
{
	free(connections[fd].rest);
	connections[fd] = (struct connection){0};
	close(fd);
}

/* How much of it the kernel took; -1: the connection is lost. */
static ssize_t send_some(int fd, const char *data, size_t size)
{
	ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

	return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static int keep(int poller, int fd, const char *data, size_t size)
{
	struct connection *connection = &connections[fd];
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					      EPOLLET,
				    .data.fd = fd};

	connection->rest = malloc(sizeof(*connection->rest) + size);
	if (!connection->rest)
		return -1;
	connection->rest->size = size;
	connection->rest->sent = 0;
	memcpy(connection->rest->bytes, data, size);
	if (connection->has_waited)
		return 0;
	connection->has_waited = 1;
	return epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
}

/* 0: nothing is left of it; 1: the connection waits, or is lost. */
static int send_rest(int fd)
{
	struct rest *rest = connections[fd].rest;
	ssize_t sent = send_some(fd, rest->bytes + rest->sent,
				 rest->size - rest->sent);

	if (sent < 0) {
		end(fd);
		return 1;
	}
	rest->sent += (size_t)sent;
	if (rest->sent < rest->size)
		return 1;
	free(rest);
	connections[fd].rest = NULL;
	return 0;
}

static void echo(int poller, int fd, unsigned events)
{
	ssize_t size, sent;

	if (connections[fd].rest) {
		if (send_rest(fd))
			return;
		/* Whatever came meanwhile, the end too, has been told. */
		events = EPOLLRDHUP;
	}
	do {
		size = recv(fd, buffer, sizeof(buffer), 0);
		if (size < 0 && errno == EAGAIN)
			return;
		sent = size > 0 ? send_some(fd, buffer, (size_t)size) : -1;
		if (sent < 0 ||
		    (sent < size && keep(poller, fd, buffer + sent,
					 (size_t)(size - sent)) < 0)) {
			end(fd);
			return;
		}
		/* A short read left nothing, unless the end is behind it. */
	} while (sent == size && (size == sizeof(buffer) ||
				  events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)));
}

/* For every descriptor that there can be; some systems allow a billion. */
static int reserve(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("getrlimit");
	if (limit.rlim_cur > DESCRIPTORS)
		limit.rlim_cur = DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("setrlimit");
	connections = calloc((size_t)limit.rlim_cur, sizeof(*connections));
	return connections ? 0 : fail("calloc");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: bare-epoll PORT\n", stderr);
		return 2;
	}
	return reserve() < 0 || bare_run(argv[1], EPOLLIN, echo) < 0;
}
