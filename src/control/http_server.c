/* SPDX-License-Identifier: MIT */
/* http_server.c - who is let in, who gives way, and how it ends. */
#include "control/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/http_host.h"
#include "control/http_internal.h"

#define ROOM_TRIES           16 /* to make room for one newcomer */
#define ACCEPT_BATCH         16
#define ACCEPT_WAIT_FIRST_MS 10
#define ACCEPT_WAIT_LIMIT_MS 1000

/* ---- Room ------------------------------------------------------------ */

static struct http_connection *first_of(struct list *connections)
{
	return list_is_empty(connections)
		       ? NULL
		       : list_entry(connections->next, struct http_connection,
				    node);
}

/* Whose request has been coming for longest; NULL: nobody's is. */
static struct http_connection *find_slowest(struct http_server *server)
{
	struct list *node;

	list_for_each (node, &server->busy) {
		struct http_connection *connection =
			list_entry(node, struct http_connection, node);

		if (connection->state == HTTP_READING)
			return connection;
	}
	return NULL;
}

/* Not if its request has come meanwhile, which is served: it is not idle
 * then. */
static void close_idle(struct http_server *server)
{
	struct http_connection *connection = first_of(&server->idle);

	http_connection_run(connection);
	if (connection == first_of(&server->idle))
		http_connection_close(connection);
}

/* Who has been answered for good goes first; then who has kept us waiting for
 * longest.  Whoever means a request sends it in one go, so some that dawdle,
 * or are silent, cannot keep a probe out that has just come. */
static void close_one(struct http_server *server)
{
	const struct http_connection *idle = first_of(&server->idle);
	struct http_connection *slowest = find_slowest(server);

	if (!list_is_empty(&server->leaving))
		http_connection_close(first_of(&server->leaving));
	else if (slowest != NULL &&
		 (idle == NULL || slowest->since_ms <= idle->since_ms))
		http_connection_expire(slowest);
	else if (idle != NULL)
		close_idle(server);
}

static bool make_room(struct http_server *server)
{
	int i;

	for (i = 0; i < ROOM_TRIES; i++) {
		if (server->connection_count < HTTP_CONNECTIONS)
			return true;
		close_one(server);
	}
	return server->connection_count < HTTP_CONNECTIONS;
}

/* Said without a place of its own: as far as the socket takes it at once. */
static void turn_away(struct http_server *server, int fd)
{
	struct http_answer answer = {0};
	struct text text = {0};
	char request[HTTP_REQUEST_BYTES];

	log_write_limited(&server->full_limit, LOG_LEVEL_WARNING,
			  "all %d clients of HTTP are slow to read: a newcomer "
			  "is answered 503",
			  HTTP_CONNECTIONS);
	http_answer_status(&answer, 503);
	http_answer_head(&text, &answer, true, clock_wall_ms());
	text_append_bytes(&text, answer.body.bytes, answer.body.size);
	/* What has come already would turn the close into a reset. */
	if (send(fd, text.bytes, text.size, MSG_NOSIGNAL) > 0 &&
	    shutdown(fd, SHUT_WR) == 0)
		recv(fd, request, sizeof(request), 0);
	close(fd);
	text_release(&answer.body);
	text_release(&text);
}

/* ---- Accepting ------------------------------------------------------- */

static void rest(struct http_listener *listener, int number)
{
	struct loop *loop = listener->server->loop;

	listener->wait_ms = 2 * listener->wait_ms + ACCEPT_WAIT_FIRST_MS;
	if (listener->wait_ms > ACCEPT_WAIT_LIMIT_MS)
		listener->wait_ms = ACCEPT_WAIT_LIMIT_MS;
	log_write_limited(&listener->limit, LOG_LEVEL_WARNING,
			  "cannot accept for HTTP: %s; clients wait, the next "
			  "try is in %d ms",
			  strerror(number), listener->wait_ms);
	loop_remove(loop, &listener->source);
	timer_start(&loop->timers, &listener->retry,
		    loop->now_ms + listener->wait_ms);
}

/* Is it about us, and not about one client that has gone?  (accept(2) passes
 * on what the network says of the new socket.) */
static bool is_lasting(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOBUFS ||
	       number == ENOMEM || number == ENOSPC || number == EBADF ||
	       number == EINVAL || number == ENOTSOCK || number == EOPNOTSUPP;
}

/* One more: 0, or the errno that says why not. */
static int accept_one(struct http_listener *listener)
{
	struct http_server *server = listener->server;
	int fd =
		accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return errno;
	if (!make_room(server)) {
		turn_away(server, fd);
	} else if (http_connection_open(listener, fd) < 0) {
		int number = errno;

		close(fd);
		return number;
	}
	listener->wait_ms = 0;
	return 0;
}

static void ready(struct loop_source *source, unsigned found)
{
	struct http_listener *listener =
		list_entry(source, struct http_listener, source);
	int i, number = 0, failed_count = 0;

	(void)found;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		number = accept_one(listener);
		if (number == EAGAIN || number == EWOULDBLOCK)
			return;
		failed_count += number != 0;
		if (number != 0 && is_lasting(number))
			break;
	}
	/* A listener that only fails stays ready, and must not spin. */
	if (i < ACCEPT_BATCH || failed_count == ACCEPT_BATCH)
		rest(listener, number);
}

static int watch(struct http_listener *listener)
{
	return loop_add(listener->server->loop, &listener->source, listener->fd,
			POLLER_READ);
}

static void retry_expired(struct timer *timer)
{
	struct http_listener *listener =
		list_entry(timer, struct http_listener, retry);

	if (watch(listener) < 0)
		rest(listener, errno);
}

int http_server_accept(struct http_server *server, int fd, struct error *error)
{
	struct http_listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		return error_set_errno(error, "cannot accept for HTTP");
	listener->server = server;
	listener->fd = fd;
	listener->is_local = http_host_is_checked(fd);
	loop_source_init(&listener->source, ready);
	timer_init(&listener->retry, retry_expired);
	if (watch(listener) < 0) {
		free(listener);
		return error_set_errno(error, "cannot accept for HTTP");
	}
	list_append(&server->listeners, &listener->node);
	return 0;
}

static void stop_accepting(struct http_server *server)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &server->listeners) {
		struct http_listener *listener =
			list_entry(node, struct http_listener, node);

		loop_remove(server->loop, &listener->source);
		timer_stop(&server->loop->timers, &listener->retry);
		list_remove(&listener->node);
		free(listener);
	}
}

/* ---- Life ------------------------------------------------------------ */

static void tell_empty(struct loop_task *task)
{
	struct http_server *server =
		list_entry(task, struct http_server, empty_task);

	server->empty(server->context);
}

struct http_server *http_server_new(struct loop *loop,
				    const struct http_route *routes,
				    void *context, struct error *error)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		error_set_errno(error, "cannot serve HTTP");
		return NULL;
	}
	server->loop = loop;
	server->routes = routes;
	server->context = context;
	list_init(&server->listeners);
	list_init(&server->idle);
	list_init(&server->busy);
	list_init(&server->leaving);
	list_init(&server->turns);
	loop_task_init(&server->turn_task, http_connection_serve_turns);
	loop_task_init(&server->empty_task, tell_empty);
	return server;
}

void http_server_drain(struct http_server *server, void (*empty)(void *context))
{
	struct list *node;

	if (server->is_draining)
		return;
	stop_accepting(server);
	server->is_draining = true;
	server->empty = empty;
	list_for_each (node, &server->idle)
		http_connection_drain(
			list_entry(node, struct http_connection, node));
	if (server->connection_count == 0)
		loop_post(server->loop, &server->empty_task);
}

static void close_all(struct list *connections)
{
	while (!list_is_empty(connections))
		http_connection_close(first_of(connections));
}

void http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	stop_accepting(server);
	close_all(&server->idle);
	close_all(&server->busy);
	close_all(&server->leaving);
	loop_cancel(&server->empty_task);
	loop_cancel(&server->turn_task);
	free(server);
}
