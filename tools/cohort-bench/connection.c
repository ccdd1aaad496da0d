/* SPDX-License-Identifier: MIT */
/* connection.c - one connection that sends messages and compares what comes
 * back. */
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pattern.h"

static uint64_t allowed_bytes(const struct connection *connection)
{
	return connection->allowed_count * connection->setup->size_bytes;
}

static struct pattern_place place_of(const struct connection *connection,
				     uint64_t offset)
{
	return (struct pattern_place){connection->id, offset};
}

void connection_drop(struct connection *connection)
{
	struct loop *loop = connection->setup->loop;

	timer_stop(&loop->timers, &connection->timer);
	if (connection->fd >= 0) {
		loop_forget(loop, &connection->source);
		close(connection->fd);
	}
	connection->fd = -1;
	connection->state = CONNECTION_IDLE;
}

static void end(struct connection *connection, enum failure failure, int number)
{
	connection_drop(connection);
	connection->setup->ended(connection, failure, number);
}

static void end_errno(struct connection *connection, int number)
{
	end(connection, failure_of_errno(number), number);
}

/* ---- Time ------------------------------------------------------------ */

/* Progress moves a time, not a timer: the timer looks at it when it runs
 * out, once per timeout and not once per exchange. */
static void note_progress(struct connection *connection)
{
	struct loop *loop = connection->setup->loop;

	connection->progress_ms = loop->now_ms;
	if (!timer_is_started(&connection->timer))
		timer_start(&loop->timers, &connection->timer,
			    loop->now_ms + connection->setup->timeout_ms);
}

static bool is_waiting(const struct connection *connection)
{
	return connection->state == CONNECTION_CONNECTING ||
	       connection->is_finishing ||
	       connection->received_bytes < allowed_bytes(connection);
}

/* ---- Sending --------------------------------------------------------- */

/* One send().  The bytes taken, 0 if the kernel takes none now, -1 if the
 * connection has ended. */
static ssize_t send_some(struct connection *connection)
{
	const struct connection_setup *setup = connection->setup;
	uint64_t left = allowed_bytes(connection) - connection->sent_bytes;
	size_t size = left < CONNECTION_BUFFER_BYTES ? (size_t)left
						     : CONNECTION_BUFFER_BYTES;
	ssize_t sent;

	pattern_fill(setup->pattern,
		     place_of(connection, connection->sent_bytes),
		     setup->buffer, size);
	do
		sent = send(connection->fd, setup->buffer, size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0) {
		connection->sent_bytes += (uint64_t)sent;
		connection->progress_ms = setup->loop->now_ms;
		return (size_t)sent == size ? sent : 0;
	}
	if (errno == EAGAIN)
		return 0;
	end_errno(connection, errno);
	return -1;
}

static void half_close(struct connection *connection)
{
	connection->is_half_closed = true;
	if (shutdown(connection->fd, SHUT_WR) < 0)
		end(connection, FAILURE_RESET, errno);
}

/* All is sent, and nothing will follow. */
static void finish_sent(struct connection *connection)
{
	bool is_early = connection->ending == CONNECTION_HALF_CLOSES_EARLY;

	if (!is_early && connection->received_bytes < allowed_bytes(connection))
		return;
	if (connection->ending == CONNECTION_CLOSES)
		end(connection, FAILURE_NONE, 0);
	else
		half_close(connection);
}

void connection_push(struct connection *connection)
{
	uint64_t allowed = allowed_bytes(connection);

	if (connection->state != CONNECTION_OPEN)
		return;
	while (connection->sent_bytes < allowed) {
		if (send_some(connection) <= 0)
			return;
	}
	if (connection->is_finishing && !connection->is_half_closed)
		finish_sent(connection);
}

void connection_allow(struct connection *connection, int64_t since_us)
{
	struct connection_setup *setup = connection->setup;

	connection->starts_us[connection->allowed_count % setup->depth] =
		since_us;
	connection->allowed_count++;
	note_progress(connection);
}

void connection_finish(struct connection *connection,
		       enum connection_ending ending)
{
	if (connection->is_finishing)
		return;
	connection->is_finishing = true;
	connection->ending = ending;
	note_progress(connection);
}

/* ---- Receiving ------------------------------------------------------- */

static void complete(struct connection *connection)
{
	struct connection_setup *setup = connection->setup;

	setup->now_us = clock_now_us();
	while (connection->received_bytes >=
	       (connection->exchanged_count + 1) * setup->size_bytes) {
		uint64_t place = connection->exchanged_count++ % setup->depth;

		setup->exchanged(connection,
				 setup->now_us - connection->starts_us[place]);
	}
}

/* Compare what came: 0, or -1 and the connection has ended. */
static int check(struct connection *connection, size_t size)
{
	const struct connection_setup *setup = connection->setup;

	/* More than was sent cannot be an echo, whatever it says. */
	if (connection->received_bytes + size > connection->sent_bytes ||
	    pattern_match(setup->pattern,
			  place_of(connection, connection->received_bytes),
			  setup->buffer, size) != size) {
		end(connection, FAILURE_CORRUPT, 0);
		return -1;
	}
	connection->received_bytes += size;
	connection->progress_ms = setup->loop->now_ms;
	return 0;
}

static void end_of_file(struct connection *connection)
{
	bool is_expected = connection->is_half_closed ||
			   (connection->is_finishing &&
			    connection->ending == CONNECTION_CLOSES);
	bool is_whole = connection->received_bytes == allowed_bytes(connection);

	end(connection, is_expected && is_whole ? FAILURE_NONE : FAILURE_SHORT,
	    0);
}

/* One recv().  1: there may be more, 0: not now, -1: it has ended. */
static int receive_some(struct connection *connection)
{
	ssize_t size;

	do
		size = recv(connection->fd, connection->setup->buffer,
			    CONNECTION_BUFFER_BYTES, 0);
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno == EAGAIN)
		return 0;
	if (size < 0) {
		end_errno(connection, errno);
		return -1;
	}
	if (size == 0) {
		end_of_file(connection);
		return -1;
	}
	if (check(connection, (size_t)size) < 0)
		return -1;
	complete(connection);
	return size == CONNECTION_BUFFER_BYTES ? 1 : 0;
}

/* A short read means that nothing is left, unless the end may be behind it:
 * then read until it is seen (edge triggered: it is told only once). */
static void receive(struct connection *connection, unsigned found)
{
	bool is_end_near = found & (POLLER_HANGUP | POLLER_FAILURE) ||
			   connection->is_half_closed;
	uint64_t before;
	int more;

	do {
		before = connection->received_bytes;
		more = receive_some(connection);
		if (more < 0)
			return;
	} while (more || (is_end_near && connection->received_bytes > before));
	connection_push(connection);
}

/* ---- Connecting ------------------------------------------------------ */

static void become_open(struct connection *connection)
{
	connection->state = CONNECTION_OPEN;
	note_progress(connection);
	connection->setup->opened(connection);
	connection_push(connection);
}

/* Who has sent its last byte need not hear that there is room for more. */
static unsigned interest_of(const struct connection *connection)
{
	bool is_sent = connection->is_finishing &&
		       connection->sent_bytes == allowed_bytes(connection);

	return POLLER_READ | POLLER_HANGUP | POLLER_EDGE |
	       (is_sent ? 0 : POLLER_WRITE);
}

/* What is connected already sends before it is watched: most of the time the
 * first thing to be heard is the answer. */
static void watch(struct connection *connection, bool is_connected)
{
	struct connection_setup *setup = connection->setup;

	if (is_connected) {
		become_open(connection);
		if (connection->state != CONNECTION_OPEN)
			return; /* and that was all */
	}
	if (loop_add(setup->loop, &connection->source, connection->fd,
		     interest_of(connection)) < 0)
		end_errno(connection, errno);
	else if (!is_connected)
		timer_start(&setup->loop->timers, &connection->timer,
			    connection->progress_ms + setup->timeout_ms);
}

static void dial(struct connection *connection)
{
	struct connection_setup *setup = connection->setup;
	bool is_connected;
	int fd = target_connect(setup->target, &is_connected);

	if (fd < 0 && errno == EAGAIN &&
	    setup->target->address.kind == ADDRESS_UNIX) {
		timer_start(&setup->loop->timers, &connection->timer,
			    setup->loop->now_ms + CONNECTION_RETRY_MS);
		return;
	}
	if (fd < 0) {
		end_errno(connection, errno);
		return;
	}
	connection->fd = fd;
	watch(connection, is_connected);
}

static void connected(struct connection *connection)
{
	int number = target_result(connection->fd);

	if (number)
		end_errno(connection, number);
	else
		become_open(connection);
}

static void ready(struct loop_source *source, unsigned found)
{
	struct connection *connection =
		list_entry(source, struct connection, source);

	if (connection->state == CONNECTION_CONNECTING)
		connected(connection);
	if (connection->state != CONNECTION_OPEN)
		return;
	if (found & (POLLER_READ | POLLER_HANGUP | POLLER_FAILURE))
		receive(connection, found);
	else
		connection_push(connection);
}

static void expired(struct timer *timer)
{
	struct connection *connection =
		list_entry(timer, struct connection, timer);
	struct connection_setup *setup = connection->setup;
	int64_t deadline_ms = connection->progress_ms + setup->timeout_ms;

	if (!is_waiting(connection))
		return; /* started again by the next message */
	if (setup->loop->now_ms >= deadline_ms)
		end(connection, FAILURE_TIMEOUT, 0);
	else if (connection->fd < 0)
		dial(connection);
	else
		timer_start(&setup->loop->timers, timer, deadline_ms);
}

void connection_init(struct connection *connection,
		     struct connection_setup *setup, int64_t *starts_us)
{
	memset(connection, 0, sizeof(*connection));
	loop_source_init(&connection->source, ready);
	timer_init(&connection->timer, expired);
	list_init(&connection->node);
	connection->setup = setup;
	connection->starts_us = starts_us;
	connection->fd = -1;
}

void connection_open(struct connection *connection, uint64_t id)
{
	connection->id = id;
	connection->state = CONNECTION_CONNECTING;
	connection->allowed_count = 0;
	connection->exchanged_count = 0;
	connection->sent_bytes = 0;
	connection->received_bytes = 0;
	connection->is_finishing = false;
	connection->is_half_closed = false;
	connection->began_us = clock_now_us();
	connection->progress_ms = connection->setup->loop->now_ms;
	dial(connection);
}
