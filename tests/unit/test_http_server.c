/* SPDX-License-Identifier: MIT */
/* test_http_server.c - what a client is answered, and when it is let go. */
#include "http_fixture.h"

#define CLOSE "Connection: close\r\n"

/* ---- Answers --------------------------------------------------------- */

static void test_an_answer_is_whole(int family)
{
	struct text out = {0};
	const char *date;

	scene_open(family);
	CHECK(
		ask("GET /small?q HTTP/1.1\r\nHost: localhost\r\nAccept: "
		    "a/b\r\n" CLOSE "\r\n",
		    &out));
	CHECK(has(&out, "HTTP/1.1 200 OK\r\nDate: "));
	date = strstr(out.bytes, "Date: ");
	CHECK(date != NULL && strncmp(date + 31, " GMT\r\n", 6) == 0);
	CHECK(has(&out,
		  "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Length: 13\r\n"
		  "Cache-Control: no-store\r\n"
		  "X-Content-Type-Options: nosniff\r\n"
		  "Connection: close\r\n\r\n/small?q a/b\n"));
	text_release(&out);
	scene_close();
}

static const struct row {
	const char *request;
	const char *status;
	const char *also; /* and not behind `!` */
} rows[] = {
	{GET("/none"), "404 Not Found", "404 Not Found\n"},
	{GET("/small/"), "404 Not Found", "keep-alive"},
	{"HEAD /small HTTP/1.1\r\nHost: localhost\r\n\r\n", "200 OK",
	 "Content-Length: 9\r\n"},
	{"HEAD /small HTTP/1.1\r\nHost: localhost\r\n\r\n", "200 OK",
	 "!/small"},
	{"POST /small HTTP/1.1\r\nHost: localhost\r\n\r\n",
	 "405 Method Not Allowed", "Allow: GET, HEAD\r\n"},
	{"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
	 "405 ", CLOSE},
	{"GET /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
	 "3\r\n\r\nabc",
	 "200 OK", CLOSE},
	{"GET /small HTTP/1.0\r\n\r\n", "200 OK", CLOSE},
	{"GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 OK",
	 "Connection: keep-alive\r\n"},
	{GET("/unready"), "503 Service Unavailable", "draining\n"},
	{GET("/big"), "200 OK", "X-Big: yes\r\n"},
	{"\x16\x03\x01\x02", "400 Bad Request", CLOSE},
	{"GET / HTTP/3.0\r\n", "505 HTTP Version Not Supported", CLOSE},
	{"HEAD /%00 HTTP/1.1\r\n", "400 ", "!400 Bad Request\n"},
};

/* Half-closed by the client, so that keep-alive ends. */
static void test_requests_and_answers(void)
{
	size_t i;

	scene_open(AF_INET);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_wanted = rows[i].also[0] != '!';
		int before = check_failures;
		struct text out = {0};
		int fd = client_open();

		say(fd, rows[i].request);
		shutdown(fd, SHUT_WR);
		CHECK(hear(fd, &out, NULL));
		CHECK(out.size > 9 && strncmp(out.bytes + 9, rows[i].status,
					      strlen(rows[i].status)) == 0);
		check_int(has(&out, rows[i].also + !is_wanted), is_wanted);
		if (check_failures > before)
			printf("  row %zu: %.400s\n", i, out.bytes);
		close(fd);
		text_release(&out);
	}
	turn_until(server->connection_count == 0);
	check_int(server->queued_bytes, 0);
	scene_close();
}

/* ---- One connection, many requests ----------------------------------- */

static void test_a_connection_is_used_again(void)
{
	struct text out = {0};
	int fd;

	scene_open(AF_INET);
	fd = client_open();
	say(fd, "GET /small?1 HTTP/1.1\r\nHo");
	turn();
	say(fd, "st: localhost\r\n\r\n");
	CHECK(hear(fd, &out, "/small?1 \n"));
	say(fd, GET("/small?2"));
	CHECK(hear(fd, &out, "/small?2 \n"));
	check_int(server->connection_count, 1);
	close(fd);
	turn_until(server->connection_count == 0);
	text_release(&out);
	scene_close();
}

#define PIPELINED 300 /* more than one buffer and one turn hold */

static void test_requests_in_a_row_are_answered_in_order(void)
{
	struct text request = {0}, out = {0};
	const char *found;
	int fd, i;

	scene_open(AF_INET);
	fd = client_open();
	for (i = 0; i < PIPELINED; i++)
		text_append(&request,
			    "GET /%s?%d HTTP/1.1\r\nHost: localhost\r\nX: "
			    "%*s\r\n\r\n",
			    i % 7 == 3 ? "none" : "small", i, i, "");
	say(fd, request.bytes);
	shutdown(fd, SHUT_WR);
	CHECK(hear(fd, &out, NULL));
	for (i = 0, found = out.bytes; i < PIPELINED; i++) {
		char words[32];

		snprintf(words, sizeof(words),
			 i % 7 == 3 ? "404 Not Found\n" : "/small?%d \n", i);
		found = strstr(found, words);
		REQUIRE(found != NULL);
		found += strlen(words);
	}
	check_string(found, "");
	close(fd);
	text_release(&request);
	text_release(&out);
	scene_close();
}

/* One that never ends with its requests does not keep others waiting. */
static void test_others_have_their_turn(void)
{
	struct text out = {0}, flood = {0};
	int flooder, other, i;

	scene_open(AF_INET);
	flooder = client_accepted();
	other = client_accepted();
	for (i = 0; i < 1000; i++)
		text_append(&flood, GET("/small"));
	send(flooder, flood.bytes, flood.size, MSG_DONTWAIT);
	say(other, GET("/small?other"));
	turn();
	/* One each, and one more in each of the two rounds of tasks. */
	CHECK(answer_count <= 4);
	CHECK(hear(other, &out, "/small?other"));
	close(flooder);
	close(other);
	text_release(&out);
	text_release(&flood);
	scene_close();
}

/* ---- What is sent and not asked for ---------------------------------- */

/* The body is as long as the server still bears, and does not cost the
 * answer. */
static void test_a_body_is_discarded(int family)
{
	struct text request = {0}, out = {0};
	char block[1024];
	int i;

	scene_open(family);
	memset(block, 'b', sizeof(block));
	text_append(&request,
		    "PUT /small HTTP/1.1\r\nHost: localhost\r\n"
		    "Content-Length: 102400\r\n\r\n");
	for (i = 0; i < 100; i++)
		text_append_bytes(&request, block, sizeof(block));
	CHECK(ask(request.bytes, &out) || out.size > 0);
	CHECK(has(&out, "HTTP/1.1 405 ") &&
	      has(&out, "405 Method Not Allowed\n"));
	check_int(answer_count, 0);
	text_release(&request);
	text_release(&out);
	scene_close();
}

static void test_a_head_that_is_too_large(void)
{
	struct text request = {0}, out = {0};

	scene_open(AF_INET);
	text_append(&request,
		    "GET /small HTTP/1.1\r\nHost: localhost\r\nX: %*s",
		    HTTP_REQUEST_BYTES, "");
	CHECK(ask(request.bytes, &out));
	CHECK(has(&out, "HTTP/1.1 431 ") && has(&out, CLOSE));
	text_release(&request);
	text_append(&request, "GET /%0*d", HTTP_REQUEST_BYTES, 0);
	CHECK(ask(request.bytes, &out));
	CHECK(has(&out, "HTTP/1.1 414 "));
	text_release(&request);
	text_release(&out);
	scene_close();
}

int main(void)
{
	test_an_answer_is_whole(AF_INET);
	test_an_answer_is_whole(AF_UNIX);
	test_requests_and_answers();
	test_a_connection_is_used_again();
	test_requests_in_a_row_are_answered_in_order();
	test_others_have_their_turn();
	test_a_body_is_discarded(AF_INET);
	test_a_body_is_discarded(AF_UNIX);
	test_a_head_that_is_too_large();
	return check_result();
}
