/* SPDX-License-Identifier: MIT */
/* server_connection.c - somebody at the control socket: a request and its answer. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "control/server_internal.h"
#include "net/sockopt.h"

#define SEND_MOST ((size_t)256 * 1024) /* in a turn, to one client */

static struct control_connection *connection_of(struct reply_writer *writer)
{
	return list_entry(writer, struct control_connection, writer);
}

void control_connection_close(struct control_connection *connection)
{
	struct control_server *server = connection->server;
	struct reply *reply = &connection->writer.reply;

	loop_cancel(&connection->flush);
	timer_stop(&server->loop->timers, &connection->timer);
	loop_remove(server->loop, &connection->source);
	close(connection->fd);
	list_remove(&connection->node);
	server->guest_count -= !connection->is_trusted;
	if (connection->is_carried && !connection->writer.is_ended &&
	    reply->gone != NULL)
		reply->gone(reply);
	/* Not before: who fills the reply may have written in its `gone`. */
	loop_cancel(&connection->flush);
	reply_writer_release(&connection->writer);
	free(connection);
	control_server_note_closed(server);
}

/* ---- The answer ---- */

static void await(struct control_connection *connection, int64_t wait_ms)
{
	struct loop *loop = connection->server->loop;

	timer_start(&loop->timers, &connection->timer, loop->now_ms + wait_ms);
}

/* More to send, or an end: not from within the function that filled it. */
static void on_changed(struct reply_writer *writer)
{
	struct control_connection *connection = connection_of(writer);

	loop_post(connection->server->loop, &connection->flush);
}

/* 1: sent all that may be sent in this turn; 0: the kernel takes no more now;
 * -1: nobody is there. */
static int send_some(struct control_connection *connection)
{
	size_t total = 0;

	while (total < SEND_MOST) {
		size_t size;
		const char *bytes =
			reply_writer_next(&connection->writer, &size);
		ssize_t sent;

		if (size == 0)
			return 1;
		sent = send(connection->fd, bytes, size,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		await(connection, CONTROL_WRITE_MS);
		total += (size_t)sent;
		reply_writer_sent(&connection->writer, (size_t)sent);
	}
	loop_post(connection->server->loop, &connection->flush);
	return 1;
}

static void flush(struct control_connection *connection)
{
	struct reply_writer *writer = &connection->writer;
	size_t left;

	if (send_some(connection) < 0) {
		control_connection_close(connection);
		return;
	}
	reply_writer_next(writer, &left);
	if (left > 0) {
		if (!timer_is_started(&connection->timer))
			await(connection, CONTROL_WRITE_MS);
	} else if (writer->is_ended) {
		control_connection_close(connection);
	} else {
		/* A verb may take its time. */
		timer_stop(&connection->server->loop->timers,
			   &connection->timer);
	}
}

static void on_flush(struct loop_task *task)
{
	flush(list_entry(task, struct control_connection, flush));
}

/* ---- The request ---- */

static void log_order(struct control_connection *connection, const char *line)
{
	pid_t pid = 0;
	uid_t uid = (uid_t)-1;

	if (sockopt_peer_credentials(connection->fd, &pid, &uid) < 0)
		log_info("control: %s", line);
	else
		log_info("control: %s (process %d of user %u)", line, (int)pid,
			 (unsigned)uid);
}

/* Whoever tries it again and again does not fill the log. */
static void log_refusal(struct control_connection *connection)
{
	pid_t pid = 0;
	uid_t uid = (uid_t)-1;

	sockopt_peer_credentials(connection->fd, &pid, &uid);
	log_write_limited(&connection->server->order_limit, LOG_LEVEL_WARNING,
			  "control: %s: not permitted (process %d of user %d)",
			  connection->request.verb, (int)pid, (int)uid);
}

/* The verb that is asked for; NULL with the reply failed. */
static const struct verb *admit(struct control_connection *connection)
{
	struct control_server *server = connection->server;
	const struct control_backend *backend = server->backend;
	struct reply *reply = &connection->writer.reply;
	const struct verb *verb;
	struct error error;

	verb = verb_find(server->table, connection->request.verb, &error);
	if (verb == NULL ||
	    verb_check(verb, &connection->request, &error) < 0) {
		reply_fail(reply, REPLY_STATUS_USAGE, "%s", error.text);
		return NULL;
	}
	if (verb->is_order && backend->may_order != NULL &&
	    !backend->may_order(backend->context, connection->fd)) {
		log_refusal(connection);
		reply_fail(reply, REPLY_STATUS_NOT_PERMITTED,
			   "%s: not permitted: orders are for root, the user "
			   "of the server and the owner of its socket",
			   verb->name);
		return NULL;
	}
	if (control_server_waiting(server) > CONTROL_WAITING_BYTES) {
		reply_fail(reply, REPLY_STATUS_FAILED,
			   "too much waits for slow clients; try again");
		return NULL;
	}
	return verb;
}

/* Which bytes its answer will be; before the verb is known to be good, so that
 * complaints have the form that was asked for, too. */
static enum reply_form form_of(struct control_connection *connection)
{
	const struct request *request = &connection->request;
	const char *form = request_value(request, REQUEST_FORM);
	const struct verb *verb;
	struct error error;

	if (form == NULL || strcmp(form, "json") != 0 || request->verb == NULL)
		return REPLY_LINES;
	verb = verb_find(connection->server->table, request->verb, &error);
	return verb != NULL && verb->is_streamed ? REPLY_JSON_STREAM
						 : REPLY_JSON;
}

static void begin_reply(struct control_connection *connection)
{
	struct control_server *server = connection->server;

	timer_stop(&server->loop->timers, &connection->timer);
	list_remove(&connection->node);
	list_append(&server->answered, &connection->node);
	connection->is_asking = false;
	reply_writer_init(&connection->writer, form_of(connection),
			  connection->request.verb, on_changed);
}

static void refuse(struct control_connection *connection, const char *words)
{
	/* What was read of the request may be anything. */
	memset(&connection->request, 0, sizeof(connection->request));
	begin_reply(connection);
	if (request_is_json(connection->input, connection->input_size))
		connection->writer.form = REPLY_JSON;
	reply_fail(&connection->writer.reply, REPLY_STATUS_USAGE, "%s", words);
}

static void carry_out(struct control_connection *connection, size_t size)
{
	const struct verb *verb;
	struct error error;

	if (request_parse(&connection->request, connection->input, size,
			  &error) < 0) {
		refuse(connection, error.text);
		return;
	}
	begin_reply(connection);
	verb = admit(connection);
	if (verb == NULL)
		return;
	if (verb->is_order) {
		char line[REQUEST_BYTES * 4];

		text_escape(line, sizeof(line), connection->input, size);
		log_order(connection, line);
	}
	connection->is_carried = true;
	verb->run(connection->server->backend, &connection->request,
		  &connection->writer.reply);
}

/* `count` more bytes have come. */
static void take_input(struct control_connection *connection, size_t count)
{
	char *begin = connection->input;
	char *end = memchr(begin + connection->input_size, '\n', count);

	connection->input_size += (unsigned)count;
	if (end != NULL && end + 1 < begin + connection->input_size)
		refuse(connection,
		       "only one request, of one line, is answered");
	else if (end != NULL)
		carry_out(connection, (size_t)(end - begin));
	else if (connection->input_size == sizeof(connection->input))
		refuse(connection, "the request is longer than a line may be");
}

/* Until there is a request, or nothing more to read.  false: it was closed. */
static bool read_request(struct control_connection *connection)
{
	while (connection->is_asking) {
		size_t room =
			sizeof(connection->input) - connection->input_size;
		ssize_t count = recv(connection->fd,
				     connection->input + connection->input_size,
				     room, MSG_DONTWAIT);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (count <= 0) {
			control_connection_close(connection);
			return false;
		}
		take_input(connection, (size_t)count);
	}
	return true;
}

/* It has sent its last byte: it may be waiting for the answer, or be gone. */
static bool is_gone(const struct control_connection *connection)
{
	return send(connection->fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	       errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

void control_connection_run(struct control_connection *connection)
{
	if (connection->is_asking && read_request(connection) &&
	    !connection->is_asking)
		flush(connection);
}

static void on_ready(struct loop_source *source, unsigned found)
{
	struct control_connection *connection =
		list_entry(source, struct control_connection, source);
	bool is_hung_up = (found & (POLLER_HANGUP | POLLER_FAILURE)) != 0;

	if (connection->is_asking && !read_request(connection))
		return;
	if (connection->is_asking)
		return;
	if (is_hung_up && is_gone(connection))
		control_connection_close(connection);
	else
		flush(connection);
}

static void on_late(struct timer *timer)
{
	struct control_connection *connection =
		list_entry(timer, struct control_connection, timer);

	if (connection->is_asking)
		refuse(connection, "no request came in time");
	else
		control_connection_close(connection);
}

int control_connection_open(struct control_server *server, int fd,
			    bool is_trusted)
{
	struct control_connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL) {
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	connection->server = server;
	connection->fd = fd;
	connection->is_asking = true;
	connection->is_trusted = is_trusted;
	connection->since_ms = server->loop->now_ms;
	loop_source_init(&connection->source, on_ready);
	loop_task_init(&connection->flush, on_flush);
	timer_init(&connection->timer, on_late);
	if (loop_add(server->loop, &connection->source, fd,
		     POLLER_READ | POLLER_WRITE | POLLER_HANGUP | POLLER_EDGE) <
	    0) {
		int number = errno;

		close(fd);
		free(connection);
		errno = number;
		return -1;
	}
	list_append(&server->asking, &connection->node);
	server->connection_count++;
	server->guest_count += !is_trusted;
	await(connection, CONTROL_REQUEST_MS);
	return 0;
}
