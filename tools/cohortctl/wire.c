/* SPDX-License-Identifier: MIT */
/* wire.c - the connection to the control socket. */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define READ_BYTES 65536
#define AGAIN_MS   20

/* What errno means for somebody who wants to reach a server. */
static enum exit_status explain(const char *path, struct error *error)
{
	int number = errno;

	if (number == EACCES || number == EPERM) {
		error_set_errno(error, "not permitted to ask the server at %s",
				path);
		return EXIT_NOT_PERMITTED;
	}
	if (number == ENOENT || number == ECONNREFUSED || number == ENOTDIR ||
	    number == EPROTOTYPE || number == ENOTSOCK) {
		error_set_errno(error,
				"no server at %s (`control PATH;` in its "
				"configuration opens a socket, `-s PATH` or "
				"$COHORT_CONTROL names it here)",
				path);
		return EXIT_NO_SERVER;
	}
	/* Its queue is full, and our patience at an end. */
	if (number == EAGAIN || number == EINPROGRESS)
		error_set(error, "no answer from %s in time", path);
	else
		error_set_errno(error, "cannot reach the server at %s", path);
	return EXIT_FAILED;
}

static int bound_ms(const struct wire *wire)
{
	int64_t left_ms = wire->until_ms - clock_now_ms();

	if (wire->until_ms == 0)
		return -1;
	return left_ms <= 0 ? 0 : left_ms > 1000000 ? 1000000 : (int)left_ms;
}

/* Wait for `events` of `fd` (-1: for nothing), or for the end.  1: they came,
 * or something else did; 0: the time is over; -1 with errno: ECANCELED if it
 * was ended. */
static int await(const struct wire *wire, int fd, short events, int wait_ms)
{
	const struct wire_wake *wake = wire->wake;
	struct pollfd fds[2] = {
		{.fd = fd, .events = events},
		{.fd = wake != NULL ? wake->fd : -1, .events = POLLIN},
	};
	int count = poll(fds, 2, wait_ms);

	if (count < 0)
		return errno == EINTR ? 1 : -1;
	if (wake != NULL && fds[1].revents != 0 &&
	    wake->is_ending(wake->context)) {
		errno = ECANCELED;
		return -1;
	}
	return count > 0;
}

/* The queue of a server that accepts nobody is full, which poll() does not
 * tell of: again, after a while.  0, or -1 with errno. */
static int wait_for_queue(const struct wire *wire)
{
	int left_ms = bound_ms(wire);

	if (left_ms == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (left_ms < 0 || left_ms > AGAIN_MS)
		left_ms = AGAIN_MS;
	return await(wire, -1, 0, left_ms) < 0 ? -1 : 0;
}

static int connect_to(struct wire *wire)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	memcpy(name.sun_path, wire->path, strlen(wire->path));
	wire->fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wire->fd < 0)
		return -1;
	while (connect(wire->fd, (const struct sockaddr *)&name, sizeof(name)) <
	       0)
		if (errno != EINTR &&
		    (errno != EAGAIN || wait_for_queue(wire) < 0))
			return -1;
	return 0;
}

static int send_all(struct wire *wire, const struct text *request)
{
	size_t sent = 0;

	while (sent < request->size) {
		ssize_t count = send(wire->fd, request->bytes + sent,
				     request->size - sent, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN &&
		    await(wire, wire->fd, POLLOUT, bound_ms(wire)) > 0)
			continue;
		/* It may have said why before it closed. */
		if (count < 0)
			return errno == EPIPE || errno == ECONNRESET ? 0 : -1;
		sent += (size_t)count;
	}
	return 0;
}

enum exit_status wire_open(struct wire *wire, const char *path,
			   const struct text *request,
			   const struct wire_bounds *bounds,
			   struct error *error)
{
	memset(wire, 0, sizeof(*wire));
	wire->fd = -1;
	wire->wake = bounds->wake;
	wire->path = path;
	if (bounds->timeout_ms > 0)
		wire->until_ms = clock_now_ms() + bounds->timeout_ms;
	if (path[0] == '\0' ||
	    strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		error_set(error, "the path of the socket is %s",
			  path[0] == '\0' ? "empty" : "too long");
		return EXIT_USAGE;
	}
	if (connect_to(wire) < 0) {
		enum exit_status status = explain(path, error);

		wire_close(wire);
		return status;
	}
	if (send_all(wire, request) == 0)
		return EXIT_DONE;
	error_set_errno(error, "cannot ask the server at %s", path);
	wire_close(wire);
	return EXIT_FAILED;
}

void wire_close(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
	text_release(&wire->input);
}

/* ---- What comes ---- */

static void read_some(struct wire *wire)
{
	char bytes[READ_BYTES];
	ssize_t count = recv(wire->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (count > 0)
		text_append_bytes(&wire->input, bytes, (size_t)count);
	else if (count == 0 ||
		 (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
		wire->has_ended = true;
}

/* What has been handed out goes before more is read. */
static void forget_taken(struct wire *wire)
{
	struct text *input = &wire->input;

	if (wire->taken == 0)
		return;
	memmove(input->bytes, input->bytes + wire->taken,
		input->size - wire->taken + 1);
	input->size -= wire->taken;
	wire->taken = 0;
}

int wire_wait(struct wire *wire, struct error *error)
{
	int found = await(wire, wire->fd, POLLIN, bound_ms(wire));

	if (found < 0)
		return error_set_errno(error, "cannot wait for the answer");
	if (found == 0)
		return error_set(error, "no answer from %s in time",
				 wire->path);
	/* Nothing is there if it was a key. */
	forget_taken(wire);
	read_some(wire);
	return 0;
}

char *wire_line(struct wire *wire)
{
	char *begin = wire->input.bytes + wire->taken;
	char *end;

	if (wire->input.size == wire->taken)
		return NULL;
	end = memchr(begin, '\n', wire->input.size - wire->taken);
	if (end == NULL)
		return NULL;
	*end = '\0';
	wire->taken += (size_t)(end - begin) + 1;
	return begin;
}

size_t wire_bytes(struct wire *wire, const char **bytes)
{
	size_t size = wire->input.size - wire->taken;

	*bytes = size > 0 ? wire->input.bytes + wire->taken : "";
	wire->taken = wire->input.size;
	return size;
}
