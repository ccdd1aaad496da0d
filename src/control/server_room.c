/* SPDX-License-Identifier: MIT */
/* server_room.c - who gives way when the control server is full. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/server_internal.h"

#define GRACE_MS 20 /* from accept: the request is on its way */

/* Who has not asked for longest; NULL: all have, of those who are meant. */
static struct control_connection *find_asking(struct control_server *server,
					      bool is_anybody)
{
	struct list *node;

	list_for_each (node, &server->asking) {
		struct control_connection *connection =
			list_entry(node, struct control_connection, node);

		if (is_anybody || !connection->is_trusted)
			return connection;
	}
	return NULL;
}

static bool is_young(const struct control_connection *connection)
{
	return connection->server->loop->now_ms - connection->since_ms <
	       GRACE_MS;
}

static void start_crowded(struct control_server *server)
{
	if (!timer_is_started(&server->crowded))
		timer_start(&server->loop->timers, &server->crowded,
			    server->loop->now_ms + GRACE_MS);
}

/* Whose request has come meanwhile is served: it does not ask any more, so that
 * the next one is looked at. */
static bool make_room(struct control_server *server, bool is_anybody)
{
	unsigned before = server->connection_count;
	struct control_connection *oldest;

	while ((oldest = find_asking(server, is_anybody)) != NULL) {
		bool was_young = is_young(oldest);

		control_connection_run(oldest);
		if (server->connection_count < before)
			return true;
		if (oldest != find_asking(server, is_anybody))
			continue;
		if (was_young) {
			start_crowded(server);
			return false;
		}
		control_connection_close(oldest);
		return true;
	}
	return false;
}

bool control_server_has_room(struct control_server *server)
{
	return server->connection_count < CONTROL_CONNECTIONS ||
	       make_room(server, true);
}

/* As far as the socket takes it at once. */
static void turn_away(int fd)
{
	static const char words[] = "too many clients; try again";
	char request[REQUEST_BYTES], answer[128];
	ssize_t count = recv(fd, request, sizeof(request), MSG_DONTWAIT);
	bool is_json = count > 0 && request_is_json(request, (size_t)count);

	snprintf(answer, sizeof(answer),
		 is_json ? "{\"ok\":false,\"status\":%d,\"error\":\"%s\"}\n"
			 : "fail\t%d\t%s\n",
		 REPLY_STATUS_FAILED, words);
	if (send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("control: who is turned away has gone");
	close(fd);
}

int control_server_let_in(struct control_server *server, int fd)
{
	const struct control_backend *backend = server->backend;
	bool is_trusted = backend->may_order == NULL ||
			  backend->may_order(backend->context, fd);

	if (is_trusted || server->guest_count < CONTROL_GUESTS ||
	    make_room(server, false))
		return control_connection_open(server, fd, is_trusted);
	log_write_limited(&server->guest_limit, LOG_LEVEL_WARNING,
			  "control: all %d clients that may only look are "
			  "slow: a newcomer is turned away",
			  CONTROL_GUESTS);
	turn_away(fd);
	return 0;
}
