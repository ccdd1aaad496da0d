/* SPDX-License-Identifier: MIT */
/* server.c - the control socket's doors. */
#include "control/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/server_internal.h"

#define BATCH    16  /* accepted in a turn, of each door */
#define RETRY_MS 100 /* after descriptors or memory have run out */

/* ---- Accepting ---- */

static void watch(struct control_door *door)
{
	struct control_server *server = door->server;

	if (door->is_watched || server->empty != NULL)
		return;
	if (loop_add(server->loop, &door->source, door->fd, POLLER_READ) == 0)
		door->is_watched = true;
	else
		timer_start(&server->loop->timers, &server->retry,
			    server->loop->now_ms + RETRY_MS);
}

static void leave(struct control_door *door)
{
	if (door->is_watched)
		loop_remove(door->server->loop, &door->source);
	door->is_watched = false;
}

static void watch_all(struct control_server *server)
{
	struct list *node;

	list_for_each (node, &server->doors)
		watch(list_entry(node, struct control_door, node));
}

static void on_retry(struct timer *timer)
{
	watch_all(list_entry(timer, struct control_server, retry));
}

/* Whoever has not asked by now may give way. */
static void on_crowded(struct timer *timer)
{
	struct control_server *server =
		list_entry(timer, struct control_server, crowded);

	if (!timer_is_started(&server->retry))
		watch_all(server);
}

/* Clients wait in the queue until something can be had. */
static void rest(struct control_door *door, const char *what)
{
	struct control_server *server = door->server;

	log_write_limited(&server->limit, LOG_LEVEL_WARNING,
			  "control: cannot %s: %s; trying again", what,
			  strerror(errno));
	leave(door);
	timer_start(&server->loop->timers, &server->retry,
		    server->loop->now_ms + RETRY_MS);
}

static bool is_scarce(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOBUFS ||
	       number == ENOMEM;
}

/* May the next one be accepted in this turn? */
static bool accept_one(struct control_door *door)
{
	struct control_server *server = door->server;
	int fd;

	/* The others wait in the queue until somebody has left. */
	if (!control_server_has_room(server)) {
		leave(door);
		return false;
	}
	fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (is_scarce(errno))
			rest(door, "accept");
		return errno == EINTR || errno == ECONNABORTED;
	}
	if (control_server_let_in(server, fd) == 0)
		return true;
	rest(door, "serve a client");
	return false;
}

static void on_door_ready(struct loop_source *source, unsigned found)
{
	struct control_door *door =
		list_entry(source, struct control_door, source);
	int i;

	(void)found;
	for (i = 0; i < BATCH; i++)
		if (!accept_one(door))
			return;
}

/* ---- Who leaves ---- */

static void on_emptied(struct loop_task *task)
{
	struct control_server *server =
		list_entry(task, struct control_server, emptied);

	server->empty(server->backend->context);
}

void control_server_note_closed(struct control_server *server)
{
	server->connection_count--;
	if (server->empty != NULL) {
		if (server->connection_count == 0)
			loop_post(server->loop, &server->emptied);
		return;
	}
	if (!timer_is_started(&server->retry))
		watch_all(server);
}

static size_t waiting_of(const struct list *head)
{
	const struct list *node;
	size_t bytes = 0;

	for (node = head->next; node != head; node = node->next)
		bytes += reply_writer_bytes(
			&list_entry(node, struct control_connection, node)
				 ->writer);
	return bytes;
}

size_t control_server_waiting(const struct control_server *server)
{
	return waiting_of(&server->answered);
}

/* ---- Its life ---- */

struct control_server *control_server_new(struct loop *loop,
					  const struct verb *table,
					  const struct control_backend *backend,
					  struct error *error)
{
	struct control_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		error_set_errno(error, "cannot serve the control socket");
		return NULL;
	}
	server->loop = loop;
	server->table = table;
	server->backend = backend;
	list_init(&server->doors);
	list_init(&server->asking);
	list_init(&server->answered);
	timer_init(&server->retry, on_retry);
	timer_init(&server->crowded, on_crowded);
	loop_task_init(&server->emptied, on_emptied);
	return server;
}

int control_server_accept(struct control_server *server, int fd,
			  struct error *error)
{
	struct control_door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		return error_set_errno(error,
				       "cannot serve the control socket");
	door->server = server;
	door->fd = fd;
	loop_source_init(&door->source, on_door_ready);
	if (loop_add(server->loop, &door->source, fd, POLLER_READ) < 0) {
		error_set_errno(error, "cannot serve the control socket");
		free(door);
		return -1;
	}
	door->is_watched = true;
	list_append(&server->doors, &door->node);
	return 0;
}

void control_server_drain(struct control_server *server,
			  void (*empty)(void *context))
{
	struct list *node;

	if (server->empty != NULL)
		return;
	server->empty = empty;
	timer_stop(&server->loop->timers, &server->retry);
	timer_stop(&server->loop->timers, &server->crowded);
	list_for_each (node, &server->doors)
		leave(list_entry(node, struct control_door, node));
	if (server->connection_count == 0)
		loop_post(server->loop, &server->emptied);
}

static void close_all(struct list *head)
{
	while (!list_is_empty(head))
		control_connection_close(list_entry(
			head->next, struct control_connection, node));
}

void control_server_free(struct control_server *server)
{
	struct list *node, *following;

	if (server == NULL)
		return;
	list_for_each_safe (node, following, &server->doors) {
		struct control_door *door =
			list_entry(node, struct control_door, node);

		leave(door);
		free(door);
	}
	list_init(&server->doors);
	close_all(&server->asking);
	close_all(&server->answered);
	timer_stop(&server->loop->timers, &server->retry);
	timer_stop(&server->loop->timers, &server->crowded);
	loop_cancel(&server->emptied);
	free(server);
}
