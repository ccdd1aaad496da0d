/* SPDX-License-Identifier: MIT */
/* http_connection.c - one client: its requests, its answers, its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/http_host.h"
#include "control/http_internal.h"

/* Steps at a time, and an answer at most: then others have their turn. */
#define STEPS_LIMIT         16
/* Of a body that nobody wants; then the connection is reset. */
#define DISCARD_LIMIT_BYTES ((size_t)1 << 20)

enum step {
	STEP_AGAIN, /* there may be more to do */
	STEP_LATER, /* likewise, but others have their turn first */
	STEP_WAIT,  /* for the peer */
	STEP_END,   /* close it */
};

static void set_timer(struct http_connection *connection, int64_t delay_ms)
{
	struct loop *loop = connection->server->loop;

	timer_start(&loop->timers, &connection->timer, loop->now_ms + delay_ms);
}

static void move_to(struct http_connection *connection, struct list *where)
{
	list_remove(&connection->node);
	list_append(where, &connection->node);
}

/* What to do about a recv or send that failed. */
static enum step judge(int number)
{
	if (number == EAGAIN || number == EWOULDBLOCK)
		return STEP_WAIT;
	return number == EINTR ? STEP_AGAIN : STEP_END;
}

/* ---- Answering ------------------------------------------------------- */

static const struct http_route *find_route(const struct http_server *server,
					   const char *path)
{
	const struct http_route *route;

	for (route = server->routes; route->path != NULL; route++)
		if (strcmp(route->path, path) == 0)
			return route;
	return NULL;
}

static void fill_answer(struct http_connection *connection,
			struct http_answer *answer)
{
	const struct http_server *server = connection->server;
	const struct http_reader *reader = &connection->reader;
	const struct http_route *route;

	if (connection->is_local && !http_host_is_local(reader->host)) {
		http_answer_status(answer, 421);
		text_append(&answer->body,
			    "This listener is for this machine: "
			    "ask it by address or as localhost.\n");
		return;
	}
	if (!reader->is_allowed) {
		http_answer_status(answer, 405);
		return;
	}
	route = find_route(server, reader->request.path);
	if (route == NULL) {
		http_answer_status(answer, 404);
		return;
	}
	route->answer(server->context, &reader->request, answer);
	if (answer->body.size > HTTP_SMALL_BYTES &&
	    server->queued_bytes + answer->body.size > HTTP_QUEUED_BYTES)
		http_answer_status(answer, 503);
}

static void begin_writing(struct http_connection *connection,
			  struct http_answer *answer)
{
	struct http_server *server = connection->server;

	http_answer_head(&connection->head, answer, connection->is_last,
			 clock_wall_ms());
	if (connection->reader.is_head)
		text_release(&answer->body);
	connection->body = answer->body;
	connection->sent_bytes = 0;
	connection->answer_ms = server->loop->now_ms;
	connection->state = HTTP_WRITING;
	server->queued_bytes += connection->body.size;
	move_to(connection, &server->busy);
	set_timer(connection, HTTP_WRITE_MS);
}

static void answer_request(struct http_connection *connection)
{
	struct http_answer answer = {.status = 200};

	fill_answer(connection, &answer);
	connection->is_last = !connection->reader.keeps_alive ||
			      connection->server->is_draining;
	begin_writing(connection, &answer);
}

/* It could not be understood, or did not come. */
static void answer_refusal(struct http_connection *connection, int status)
{
	struct http_answer answer = {0};

	http_answer_status(&answer, status);
	connection->is_last = true;
	begin_writing(connection, &answer);
}

static void drop_answer(struct http_connection *connection)
{
	connection->server->queued_bytes -= connection->body.size;
	text_release(&connection->head);
	text_release(&connection->body);
}

/* ---- Reading --------------------------------------------------------- */

static int64_t idle_limit_ms(const struct http_connection *connection)
{
	return connection->server->is_draining ? HTTP_DRAIN_MS : HTTP_IDLE_MS;
}

/* Whatever is in `bytes` is the beginning of the next request. */
static void begin_reading(struct http_connection *connection)
{
	bool is_idle = connection->size == 0;
	struct http_server *server = connection->server;

	http_reader_init(&connection->reader);
	connection->state = HTTP_READING;
	connection->since_ms = server->loop->now_ms;
	move_to(connection, is_idle ? &server->idle : &server->busy);
	set_timer(connection,
		  is_idle ? idle_limit_ms(connection) : HTTP_REQUEST_MS);
}

static void note_received(struct http_connection *connection, size_t size)
{
	if (connection->size == 0) {
		connection->since_ms = connection->server->loop->now_ms;
		move_to(connection, &connection->server->busy);
		set_timer(connection, HTTP_REQUEST_MS);
	}
	connection->size += size;
}

static enum step receive(struct http_connection *connection)
{
	ssize_t size =
		recv(connection->fd, connection->bytes + connection->size,
		     sizeof(connection->bytes) - connection->size, 0);

	if (size < 0)
		return judge(errno);
	if (size == 0)
		return STEP_END;
	note_received(connection, (size_t)size);
	return STEP_AGAIN;
}

/* A reader that wants more has room for it: it refuses what fills all. */
static enum step read_request(struct http_connection *connection)
{
	switch (http_reader_take(&connection->reader, connection->bytes,
				 connection->size)) {
	case HTTP_PARTIAL: return receive(connection);
	case HTTP_WHOLE: answer_request(connection); break;
	case HTTP_REFUSED:
		answer_refusal(connection, connection->reader.status);
		break;
	}
	return STEP_AGAIN;
}

/* ---- Writing --------------------------------------------------------- */

/* No slower than HTTP_WRITE_MS for some bytes, HTTP_ANSWER_MS for all. */
static void note_progress(struct http_connection *connection)
{
	int64_t left_ms = connection->answer_ms + HTTP_ANSWER_MS -
			  connection->server->loop->now_ms;

	set_timer(connection,
		  left_ms < HTTP_WRITE_MS ? left_ms : HTTP_WRITE_MS);
}

/* After the last answer: only who has read all of it closes.  A close with
 * unread bytes would reset the connection, and the answer (kernel.md 19). */
static enum step begin_lingering(struct http_connection *connection)
{
	if (shutdown(connection->fd, SHUT_WR) < 0)
		return STEP_END;
	connection->state = HTTP_LINGERING;
	move_to(connection, &connection->server->leaving);
	set_timer(connection, HTTP_LINGER_MS);
	return STEP_AGAIN;
}

static enum step end_answer(struct http_connection *connection)
{
	size_t head = connection->reader.size;

	drop_answer(connection);
	if (connection->is_last)
		return begin_lingering(connection);
	connection->size -= head;
	memmove(connection->bytes, connection->bytes + head, connection->size);
	begin_reading(connection);
	return STEP_LATER;
}

static ssize_t send_rest(struct http_connection *connection)
{
	const struct text *head = &connection->head, *body = &connection->body;
	size_t sent = connection->sent_bytes;
	size_t of_head = sent < head->size ? sent : head->size;
	struct iovec pieces[2] = {
		{head->bytes + of_head, head->size - of_head},
		{body->bytes, body->size},
	};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

	if (sent > of_head) {
		pieces[1].iov_base = body->bytes + (sent - of_head);
		pieces[1].iov_len -= sent - of_head;
	}
	return sendmsg(connection->fd, &message, MSG_NOSIGNAL);
}

static enum step write_answer(struct http_connection *connection)
{
	size_t total = connection->head.size + connection->body.size;
	ssize_t size = send_rest(connection);

	if (size < 0)
		return judge(errno);
	connection->sent_bytes += (size_t)size;
	if (connection->sent_bytes == total)
		return end_answer(connection);
	note_progress(connection);
	return STEP_AGAIN;
}

static enum step discard(struct http_connection *connection)
{
	ssize_t size = recv(connection->fd, connection->bytes,
			    sizeof(connection->bytes), 0);

	if (size < 0)
		return judge(errno);
	connection->discarded_bytes += (size_t)size;
	if (size == 0 || connection->discarded_bytes > DISCARD_LIMIT_BYTES)
		return STEP_END;
	return STEP_AGAIN;
}

/* ---- Life ------------------------------------------------------------ */

static enum step (*const steps[HTTP_STATES])(struct http_connection *) = {
	[HTTP_READING] = read_request,
	[HTTP_WRITING] = write_answer,
	[HTTP_LINGERING] = discard,
};

static void stand_in_line(struct http_connection *connection)
{
	struct http_server *server = connection->server;

	if (list_is_empty(&connection->turn))
		list_append(&server->turns, &connection->turn);
	loop_post(server->loop, &server->turn_task);
}

void http_connection_run(struct http_connection *connection)
{
	enum step step = STEP_AGAIN;
	int i;

	for (i = 0; i < STEPS_LIMIT && step == STEP_AGAIN; i++)
		step = steps[connection->state](connection);
	if (step == STEP_END)
		http_connection_close(connection);
	else if (step != STEP_WAIT)
		stand_in_line(connection);
}

static void ready(struct loop_source *source, unsigned found)
{
	(void)found;
	stand_in_line(list_entry(source, struct http_connection, source));
}

/* Who was not served stays before those who have been. */
void http_connection_serve_turns(struct loop_task *turn_task)
{
	struct http_server *server =
		list_entry(turn_task, struct http_server, turn_task);
	struct list line;

	list_init(&line);
	list_take(&line, &server->turns);
	while (!list_is_empty(&line)) {
		struct http_connection *connection =
			list_entry(line.next, struct http_connection, turn);

		list_remove(&connection->turn);
		http_connection_run(connection);
		if (clock_now_ms() - server->loop->now_ms >= HTTP_TURN_MS)
			break;
	}
	list_take(&line, &server->turns);
	list_take(&server->turns, &line);
	if (!list_is_empty(&server->turns))
		loop_post(server->loop, turn_task);
}

/* Who is in the midst of a request is told; nobody else has a use for it. */
void http_connection_expire(struct http_connection *connection)
{
	if (connection->state != HTTP_READING || connection->size == 0) {
		http_connection_close(connection);
		return;
	}
	answer_refusal(connection, 408);
	http_connection_run(connection);
}

static void expired(struct timer *timer)
{
	http_connection_expire(
		list_entry(timer, struct http_connection, timer));
}

int http_connection_open(struct http_listener *listener, int fd)
{
	struct http_server *server = listener->server;
	struct http_connection *connection = malloc(sizeof(*connection));

	if (connection == NULL)
		return -1;
	memset(connection, 0, offsetof(struct http_connection, bytes));
	connection->server = server;
	connection->fd = fd;
	connection->is_local = listener->is_local;
	list_init(&connection->node);
	loop_source_init(&connection->source, ready);
	list_init(&connection->turn);
	timer_init(&connection->timer, expired);
	if (loop_add(server->loop, &connection->source, fd,
		     POLLER_READ | POLLER_WRITE | POLLER_HANGUP | POLLER_EDGE) <
	    0) {
		free(connection);
		return -1;
	}
	server->connection_count++;
	begin_reading(connection);
	return 0;
}

void http_connection_close(struct http_connection *connection)
{
	struct http_server *server = connection->server;

	loop_remove(server->loop, &connection->source);
	list_remove(&connection->turn);
	timer_stop(&server->loop->timers, &connection->timer);
	list_remove(&connection->node);
	drop_answer(connection);
	close(connection->fd);
	free(connection);
	server->connection_count--;
	if (server->connection_count == 0 && server->is_draining)
		loop_post(server->loop, &server->empty_task);
}

void http_connection_drain(struct http_connection *connection)
{
	if (connection->state == HTTP_READING && connection->size == 0)
		set_timer(connection, HTTP_DRAIN_MS);
}
