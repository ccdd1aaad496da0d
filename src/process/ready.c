/* SPDX-License-Identifier: MIT */
/* ready.c - the lines of `--ready-fd`. */
#include "process/ready.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READY_LINE (SCOREBOARD_SERVICE_NAME + ADDRESS_TEXT + 2)

/* A pipe that is writable takes PIPE_BUF bytes without waiting, which is more
 * than a line; the descriptor's flags are not ours to change. */
static int write_line(int fd, const char *line, size_t size)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	ssize_t written;

	if (poll(&writable, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	do
		written = write(fd, line, size);
	while (written < 0 && errno == EINTR);
	if (written >= 0 && (size_t)written < size)
		errno = ENOSPC;
	return written == (ssize_t)size ? 0 : -1;
}

int ready_report(int fd, const struct config *config,
		 const struct worker_listener *listeners, unsigned count,
		 struct error *error)
{
	char address[ADDRESS_TEXT], line[READY_LINE];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(line, sizeof(line), "%s %s\n",
			 config->services[listeners[i].service].name,
			 address_format(address, &listeners[i].address));
		if (write_line(fd, line, strlen(line)) < 0)
			return error_set_errno(
				error, "cannot report to --ready-fd %d", fd);
	}
	return 0;
}
