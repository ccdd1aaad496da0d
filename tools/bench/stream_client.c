/* SPDX-License-Identifier: MIT */
/* stream_client.c - the load of `make bench-services`: give bytes to a server
 * of 127.0.0.1, or take its own, as fast as it can.
 *
 *	stream-client source|sink PORT CONNECTIONS SECONDS
 *
 * It prints "BYTES MICROSECONDS".  What it takes is dropped in the kernel, so
 * that the server is the slower side. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define PIECE_BYTES     (1 << 18)

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
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

static long long load(struct pollfd *connections, int count, long long until_us)
{
	long long sum = 0;
	int i;

	while (now_us() < until_us) {
		if (poll(connections, (nfds_t)count, 100) < 0 &&
		    errno != EINTR) {
			perror("poll");
			exit(1);
		}
		for (i = 0; i < count; i++)
			if (connections[i].revents != 0)
				sum += move_bytes(connections[i].fd,
						  connections[i].events);
	}
	return sum;
}

int main(int argc, char **argv)
{
	static struct pollfd connections[CONNECTIONS_MAX];
	long long begin_us, sum;
	int i, count;
	short direction;

	if (argc != 5 || (count = atoi(argv[3])) < 1 ||
	    count > CONNECTIONS_MAX) {
		fputs("usage: stream-client source|sink PORT CONNECTIONS "
		      "SECONDS\n",
		      stderr);
		return 2;
	}
	direction = strcmp(argv[1], "source") == 0 ? POLLOUT : POLLIN;
	for (i = 0; i < count; i++)
		connections[i] = (struct pollfd){
			.fd = open_connection((unsigned short)atoi(argv[2])),
			.events = direction,
		};
	begin_us = now_us();
	sum = load(connections, count,
		   begin_us + (long long)(atof(argv[4]) * 1e6));
	printf("%lld %lld\n", sum, now_us() - begin_us);
	return 0;
}
