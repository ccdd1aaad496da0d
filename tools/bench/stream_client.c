/* SPDX-License-Identifier: MIT */
/* stream_client.c - the load of `make bench-services`: give bytes to a server
 * of 127.0.0.1, take its own, or both, as fast as it can.
 *
 *	stream-client source|sink|both PORT CONNECTIONS SECONDS
 *
 * It writes 1 MiB at a time, of `both` when less than that is still to come
 * back, and prints "BYTES MICROSECONDS CPU_MICROSECONDS", the last its own: of
 * `both` those that came back.  What it takes is dropped in the kernel, so
 * that the server is the slower side.  Who gave bytes half-closes in the end
 * and waits for the server's end of file: until then the server has not read,
 * and not paid for, what the kernel has taken. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define PIECE_BYTES     (1 << 20)
#define PATIENCE_S      20 /* for an end of file */

static long long clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int open_connection(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static long long move_bytes(int fd, short direction)
{
	static const char bytes[PIECE_BYTES];
	ssize_t size;

	if (direction == POLLOUT)
		size = send(fd, bytes, sizeof(bytes),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		size = recv(fd, NULL, PIECE_BYTES, MSG_DONTWAIT | MSG_TRUNC);
	if (size > 0)
		return size;
	if (size < 0 && errno == EAGAIN)
		return 0;
	fprintf(stderr, "the server has ended a connection: %s\n",
		size < 0 ? strerror(errno) : "end of file");
	exit(1);
}

/* Of `both`: until less than a piece is owed to it, it writes no more.  The
 * bytes that came back. */
static long long move_both(struct pollfd *connection, long long *owed)
{
	long long received = 0;

	if (connection->revents & ~POLLOUT)
		received = move_bytes(connection->fd, POLLIN);
	if (connection->revents & POLLOUT)
		*owed += move_bytes(connection->fd, POLLOUT);
	*owed -= received;
	connection->events = *owed < PIECE_BYTES ? POLLIN | POLLOUT : POLLIN;
	return received;
}

static long long load(struct pollfd *connections, int count, bool is_both,
		      long long until_us)
{
	static long long owed[CONNECTIONS_MAX];
	long long sum = 0;
	int i;

	while (now_us() < until_us) {
		if (poll(connections, (nfds_t)count, 100) < 0 &&
		    errno != EINTR) {
			perror("poll");
			exit(1);
		}
		for (i = 0; i < count; i++)
			if (is_both)
				sum += move_both(&connections[i], &owed[i]);
			else if (connections[i].revents != 0)
				sum += move_bytes(connections[i].fd,
						  connections[i].events);
	}
	return sum;
}

/* The bytes that came before the end of file. */
static long long await_end(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	long long sum = 0;
	ssize_t size;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while ((size = recv(fd, NULL, PIECE_BYTES, MSG_TRUNC)) > 0)
		sum += size;
	if (size == 0)
		return sum;
	perror("no end of file");
	exit(1);
}

static long long finish(const struct pollfd *connections, int count)
{
	long long sum = 0;
	int i;

	for (i = 0; i < count; i++)
		shutdown(connections[i].fd, SHUT_WR);
	for (i = 0; i < count; i++)
		sum += await_end(connections[i].fd);
	return sum;
}

/* 0: there is none of that name. */
static short direction_of(const char *name)
{
	if (strcmp(name, "both") == 0)
		return POLLIN | POLLOUT;
	if (strcmp(name, "source") == 0)
		return POLLOUT;
	return strcmp(name, "sink") == 0 ? POLLIN : 0;
}

int main(int argc, char **argv)
{
	static struct pollfd connections[CONNECTIONS_MAX];
	long long begin_us, sum;
	int i, count;
	short direction;

	if (argc != 5 || (direction = direction_of(argv[1])) == 0 ||
	    (count = atoi(argv[3])) < 1 || count > CONNECTIONS_MAX) {
		fputs("usage: stream-client source|sink|both PORT CONNECTIONS "
		      "SECONDS\n",
		      stderr);
		return 2;
	}
	for (i = 0; i < count; i++)
		connections[i] = (struct pollfd){
			.fd = open_connection((unsigned short)atoi(argv[2])),
			.events = direction,
		};
	begin_us = now_us();
	sum = load(connections, count, direction == (POLLIN | POLLOUT),
		   begin_us + (long long)(atof(argv[4]) * 1e6));
	if (direction & POLLOUT)
		sum += finish(connections, count);
	printf("%lld %lld %lld\n", sum, now_us() - begin_us,
	       clock_us(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
