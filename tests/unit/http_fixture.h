/* SPDX-License-Identifier: MIT */
/* http_fixture.h - an HTTP server and its clients in one process. */
#ifndef COHORT_TESTS_HTTP_FIXTURE_H
#define COHORT_TESTS_HTTP_FIXTURE_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "control/http_internal.h"

#define TURN_LIMIT_MS 10
#define TURNS_LIMIT   2000 /* then what is waited for does not come */
#define BIG_BYTES     ((size_t)24 << 20)
#define BIG_PATTERN   251 /* so long until its bytes repeat */

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct loop loop;
static struct http_server *server;
static int listener;
static union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_un un;
} address;
static socklen_t address_size;
static int answer_count; /* that the routes gave */
static int empty_count;

static inline void answer_small(void *context,
				const struct http_request *request,
				struct http_answer *answer)
{
	CHECK(context == &answer_count);
	answer_count++;
	text_append(&answer->body, "%s?%s %s\n", request->path, request->query,
		    request->accept);
}

static inline void answer_big(void *context, const struct http_request *request,
			      struct http_answer *answer)
{
	char pattern[BIG_PATTERN];
	size_t size;

	(void)context;
	(void)request;
	for (size = 0; size < sizeof(pattern); size++)
		pattern[size] = (char)size;
	while (answer->body.size < BIG_BYTES)
		text_append_bytes(&answer->body, pattern, sizeof(pattern));
	answer->content_type = "application/octet-stream";
	answer->headers = "X-Big: yes\r\n";
}

/* More than a unix socket takes while nobody reads. */
static inline void answer_medium(void *context,
				 const struct http_request *request,
				 struct http_answer *answer)
{
	(void)context;
	(void)request;
	text_append(&answer->body, "%*s", 240000, "");
}

/* As long as a turn may take. */
static inline void answer_slow(void *context,
			       const struct http_request *request,
			       struct http_answer *answer)
{
	int64_t until_ms = clock_now_ms() + HTTP_TURN_MS;

	while (clock_now_ms() < until_ms)
		usleep(1000);
	answer_small(context, request, answer);
}

static inline void answer_unready(void *context,
				  const struct http_request *request,
				  struct http_answer *answer)
{
	(void)context;
	(void)request;
	answer->status = 503;
	text_append(&answer->body, "draining\n");
}

static const struct http_route routes[] = {
	{"/small", answer_small},   {"/big", answer_big},
	{"/medium", answer_medium}, {"/unready", answer_unready},
	{"/slow", answer_slow},     {NULL, NULL},
};

static inline void note_empty(void *context)
{
	CHECK(context == &answer_count);
	empty_count++;
}

/* `family`: AF_INET, or AF_UNIX with a name that the kernel finds. */
static inline void scene_open(int family)
{
	struct error error = {0};

	memset(&address, 0, sizeof(address));
	address.any.sa_family = (sa_family_t)family;
	address.in.sin_addr.s_addr =
		family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;
	listener =
		socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	REQUIRE(listener >= 0);
	REQUIRE(bind(listener, &address.any,
		     family == AF_INET ? sizeof(address.in)
				       : sizeof(sa_family_t)) == 0);
	REQUIRE(listen(listener, 511) == 0);
	address_size = sizeof(address);
	REQUIRE(getsockname(listener, &address.any, &address_size) == 0);
	REQUIRE(loop_init(&loop, &error) == 0);
	loop.turn_limit_ms = TURN_LIMIT_MS;
	server = http_server_new(&loop, routes, &answer_count, &error);
	REQUIRE(server != NULL);
	REQUIRE(http_server_accept(server, listener, &error) == 0);
	answer_count = empty_count = 0;
}

static inline void scene_close(void)
{
	http_server_free(server);
	loop_release(&loop);
	close(listener);
}

static inline void stop_after_turn(void *context, struct loop *turned)
{
	(void)context;
	loop_stop(turned);
}

static inline void turn(void)
{
	struct error error = {0};

	loop.observer = stop_after_turn;
	REQUIRE(loop_run(&loop, &error) == 0);
}

/* As if so much time had passed: what is due by then runs. */
static inline void skip_ms(int64_t ms)
{
	timers_advance(&loop.timers, loop.now_ms + ms);
}

#define turn_until(condition)                                                  \
	do {                                                                   \
		int turns_left = TURNS_LIMIT;                                  \
		while (!(condition) && turns_left-- > 0)                       \
			turn();                                                \
		CHECK(condition);                                              \
	} while (0)

static inline int client_open(void)
{
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	REQUIRE(connect(fd, &address.any, address_size) == 0);
	return fd;
}

/* So that the server has accepted it. */
static inline int client_accepted(void)
{
	unsigned before = server->connection_count;
	int fd = client_open();

	turn_until(server->connection_count == before + 1);
	return fd;
}

static inline void say(int fd, const char *words)
{
	size_t size = strlen(words);

	CHECK(send(fd, words, size, MSG_NOSIGNAL) == (ssize_t)size);
}

/* Read into `out` until it holds `words`, or to the end (NULL).  Returns
 * whether that was reached. */
static inline bool hear(int fd, struct text *out, const char *words)
{
	char bytes[65536];
	int turns = TURNS_LIMIT;

	while (turns > 0) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (size == 0)
			return words == NULL;
		if (size < 0 && errno != EAGAIN)
			return false;
		if (size > 0) {
			text_append_bytes(out, bytes, (size_t)size);
			continue;
		}
		if (words != NULL && out->size > 0 &&
		    strstr(out->bytes, words) != NULL)
			return true;
		turn();
		turns--;
	}
	return false;
}

/* Say `request` and hear all until the server closes; false: until a reset. */
static inline bool ask(const char *request, struct text *out)
{
	int fd = client_open();
	bool has_ended;

	say(fd, request);
	text_release(out);
	has_ended = hear(fd, out, NULL);
	close(fd);
	return has_ended;
}

static inline bool has(const struct text *text, const char *words)
{
	return text->bytes != NULL && strstr(text->bytes, words) != NULL;
}

#endif
