/* SPDX-License-Identifier: MIT */
/* bare_send.c - the reference of `make bench-chat`: the least that a process
 * has to do to tell many clients something.
 *
 *	bare-send COUNT        (on a free port of 127.0.0.1, printed)
 *
 * Accepts COUNT connections, says "ready", and then sends each line of its
 * standard input to all of them, one send() each, and says "sent".  It reads
 * from none of them and waits for none: a client that is full misses it. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BACKLOG    4096
#define LINE_BYTES 65536

static int fail(const char *what)
{
	perror(what);
	return -1;
}

static int say(const char *words)
{
	return puts(words) >= 0 && fflush(stdout) == 0 ? 0 : fail("stdout");
}

static int open_listener(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char port[16];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, length) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return fail("listener");
	snprintf(port, sizeof(port), "%u", ntohs(address.sin_port));
	return say(port) < 0 ? -1 : fd;
}

static int accept_all(int listener, int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		fds[i] = accept4(listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fds[i] < 0)
			return fail("accept4");
	}
	return say("ready");
}

static int tell_all(const int *fds, size_t count, const char *line)
{
	size_t size = strlen(line), i;

	for (i = 0; i < count; i++)
		if (send(fds[i], line, size, MSG_NOSIGNAL) < 0 &&
		    errno != EAGAIN)
			return fail("send");
	return say("sent");
}

static int serve(int *fds, size_t count)
{
	static char line[LINE_BYTES];
	int listener = open_listener();

	if (listener < 0 || accept_all(listener, fds, count) < 0)
		return -1;
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (tell_all(fds, count, line) < 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	int *fds, result;

	if (count == 0) {
		fprintf(stderr, "usage: %s COUNT\n", argv[0]);
		return 2;
	}
	fds = calloc(count, sizeof(*fds));
	if (fds == NULL) {
		perror("calloc");
		return 1;
	}
	result = serve(fds, count);
	free(fds);
	return result < 0;
}
