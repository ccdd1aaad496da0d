/* SPDX-License-Identifier: MIT */
/* control_fixture.h - a control server with a few verbs of its own, and clients
 * in the same process. */
#ifndef COHORT_TESTS_CONTROL_FIXTURE_H
#define COHORT_TESTS_CONTROL_FIXTURE_H

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "control/server.h"
#include "control/server_internal.h"
#include "loop_fixture.h"

#define TURNS_MOST 20000

/* ---- Verbs of the test ---- */

static struct reply *held;
static int gone_count, room_calls, ended_rows;
static bool may_order;

static const struct report_column columns[] = {
	{.name = "text", .kind = REPORT_TEXT, .heading = "TEXT"}};
static const struct report_table table = {"stream", columns, 1, false};

static inline void run_ping(const struct control_backend *backend,
			    const struct request *request, struct reply *reply)
{
	(void)backend;
	(void)request;
	reply_say(reply, "pong");
	reply_end(reply);
}

static inline void note_gone(struct reply *reply)
{
	CHECK(reply == held);
	held = NULL;
	gone_count++;
}

static inline void run_hold(const struct control_backend *backend,
			    const struct request *request, struct reply *reply)
{
	(void)backend;
	(void)request;
	held = reply;
	reply->gone = note_gone;
}

static inline void fill(struct reply *reply)
{
	static char words[1000];
	struct report_value value = report_text(words);

	memset(words, 'x', sizeof(words) - 1);
	room_calls++;
	while (ended_rows > 0 && reply_has_room(reply)) {
		reply_row(reply, &value);
		ended_rows--;
	}
	if (ended_rows == 0)
		reply_end(reply);
}

static inline void run_stream(const struct control_backend *backend,
			      const struct request *request,
			      struct reply *reply)
{
	(void)backend;
	ended_rows = (int)verb_number(request, "rows", 10000);
	reply->room = fill;
	reply->gone = note_gone;
	held = reply;
	reply_table(reply, &table);
	fill(reply);
}

static const struct verb_argument stream_arguments[] = {
	{.name = "rows", .kind = VERB_NUMBER, .help = "how many"},
	{.name = NULL},
};

static const struct verb table_of_verbs[] = {
	{.name = "ping", .help = "is it there", .run = run_ping},
	{.name = "hold", .help = "wait", .is_order = true, .run = run_hold},
	{.name = "stream",
	 .help = "much",
	 .arguments = stream_arguments,
	 .is_streamed = true,
	 .run = run_stream},
	{.name = NULL},
};

static inline bool on_may_order(void *context, int fd)
{
	(void)context;
	CHECK(fd >= 0);
	return may_order;
}

/* ---- The scene ---- */

static const struct control_backend backend = {.may_order = on_may_order};
static struct control_server *server;
static struct sockaddr_un name;
static socklen_t name_size;
static int door = -1;
static int emptied_count;

static inline void open_scene(void)
{
	struct error error;

	fixture_open();
	may_order = true;
	held = NULL;
	emptied_count = gone_count = room_calls = 0;
	memset(&name, 0, sizeof(name));
	name.sun_family = AF_UNIX;
	door = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	REQUIRE(door >= 0);
	/* A name of the kernel's choice. */
	REQUIRE(bind(door, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0);
	name_size = sizeof(name);
	REQUIRE(getsockname(door, (struct sockaddr *)&name, &name_size) == 0);
	REQUIRE(listen(door, 256) == 0);
	server = control_server_new(&loop, table_of_verbs, &backend, &error);
	REQUIRE(server != NULL);
	REQUIRE(control_server_accept(server, door, &error) == 0);
}

static inline void close_scene(void)
{
	control_server_free(server);
	server = NULL;
	close(door);
	fixture_close();
}

static inline int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	REQUIRE(connect(fd, (struct sockaddr *)&name, name_size) == 0);
	return fd;
}

static inline int ask(const char *line)
{
	int fd = dial();

	CHECK(send(fd, line, strlen(line), MSG_NOSIGNAL) ==
	      (ssize_t)strlen(line));
	return fd;
}

/* Turn without waiting. */
static inline void turn(void)
{
	loop.turn_limit_ms = 1;
	turn_times(1);
}

/* All that the server sends until it closes; for good. */
static inline struct text read_all(int fd)
{
	struct text got = {0};
	char bytes[4096];
	int turns;

	for (turns = 0; turns < TURNS_MOST; turns++) {
		ssize_t count = recv(fd, bytes, sizeof(bytes), 0);

		if (count == 0 || (count < 0 && errno == ECONNRESET))
			break;
		if (count > 0)
			text_append_bytes(&got, bytes, (size_t)count);
		else
			turn();
	}
	CHECK(turns < TURNS_MOST);
	close(fd);
	text_append_bytes(&got, "", 0);
	return got;
}

static inline void check_answer(int fd, const char *expected)
{
	struct text got = read_all(fd);

	check_string(got.bytes, expected);
	text_release(&got);
}

static inline bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) == 0;
}

#endif
