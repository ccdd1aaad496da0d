/* SPDX-License-Identifier: MIT */
/* test_http_limits.c - many clients, slow ones, and the end of the server. */
#include <sys/resource.h>

#include "http_fixture.h"
#include "without_memory.h"

static int clients[HTTP_CONNECTIONS];

static void open_clients(const char *words)
{
	int i;

	for (i = 0; i < HTTP_CONNECTIONS; i++) {
		clients[i] = client_open();
		say(clients[i], words);
		if (i % 100 == 99)
			turn();
	}
	turn_until(server->connection_count == HTTP_CONNECTIONS);
}

static void close_clients(void)
{
	int i;

	for (i = 0; i < HTTP_CONNECTIONS; i++)
		close(clients[i]);
	turn_until(server->connection_count == 0);
	check_int(server->queued_bytes, 0);
}

static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* ---- Turns ----------------------------------------------------------- */

/* However many ask for what takes long: a turn of the loop serves some, who
 * has just been served comes last, and all get their answer. */
static void test_a_turn_is_bounded(void)
{
	struct text out[8] = {{0}};
	int i;

	scene_open(AF_INET);
	for (i = 0; i < 8; i++)
		clients[i] = client_accepted();
	for (i = 0; i < 8; i++)
		say(clients[i], GET("/slow?1") GET("/slow?2"));
	turn();
	CHECK(answer_count >= 1 && answer_count <= 2);
	while (answer_count < 8)
		turn();
	for (i = 0; i < 8; i++) {
		CHECK(hear(clients[i], &out[i], "/slow?1"));
		CHECK(i < 2 || answer_count < 16);
	}
	for (i = 0; i < 8; i++) {
		CHECK(hear(clients[i], &out[i], "/slow?2"));
		close(clients[i]);
		text_release(&out[i]);
	}
	turn_until(server->connection_count == 0);
	scene_close();
}

/* ---- Many ------------------------------------------------------------ */

static void test_the_longest_idle_gives_way(void)
{
	struct text out = {0};
	int fd;

	scene_open(AF_INET);
	open_clients("");
	fd = client_open();
	say(fd, GET("/small?new"));
	CHECK(hear(fd, &out, "/small?new"));
	CHECK(is_closed(clients[0]));
	CHECK(!is_closed(clients[1]));
	check_int(server->connection_count, HTTP_CONNECTIONS);
	close(fd);
	text_release(&out);
	close_clients();
	scene_close();
}

/* Whose request waits to be read is not idle. */
static void test_a_request_saves_its_connection(void)
{
	struct text out = {0};
	int fd;

	scene_open(AF_INET);
	open_clients("");
	say(clients[0], GET("/small?first"));
	fd = client_open();
	say(fd, GET("/small?new"));
	CHECK(hear(clients[0], &out, "/small?first"));
	CHECK(hear(fd, &out, "/small?new"));
	CHECK(is_closed(clients[1]));
	close(fd);
	text_release(&out);
	close_clients();
	scene_close();
}

static void test_who_dawdles_gives_way(void)
{
	struct text out = {0};
	int fd;

	scene_open(AF_INET);
	open_clients("GET /small HTTP/1.1\r\n");
	turn_until(list_is_empty(&server->idle));
	fd = client_open();
	say(fd, GET("/small?new"));
	CHECK(hear(fd, &out, "/small?new"));
	text_release(&out);
	CHECK(hear(clients[0], &out, NULL));
	CHECK(has(&out, "HTTP/1.1 408 "));
	text_release(&out);
	say(clients[1], "Host: localhost\r\n\r\n");
	CHECK(hear(clients[1], &out, "/small? \n"));
	check_int(answer_count, 2);
	close(fd);
	text_release(&out);
	close_clients();
	scene_close();
}

/* Several that have come at once, and whose requests are on their way. */
static void test_newcomers_outlast_those_who_dawdle(void)
{
	struct text out = {0};
	int fds[8], i;

	scene_open(AF_INET);
	open_clients("GET /small HTTP/1.1\r\n");
	turn_until(list_is_empty(&server->idle));
	for (i = 0; i < 8; i++)
		fds[i] = client_open();
	turn();
	turn();
	for (i = 0; i < 8; i++) {
		say(fds[i], GET("/small?new"));
		CHECK(hear(fds[i], &out, "/small?new"));
		text_release(&out);
		close(fds[i]);
	}
	check_int(answer_count, 8);
	close_clients();
	scene_close();
}

static void test_newcomers_are_told_when_nobody_reads(void)
{
	struct text out = {0};

	scene_open(AF_UNIX);
	open_clients(GET("/medium"));
	turn_until(list_is_empty(&server->idle));
	CHECK(ask(GET("/small"), &out));
	CHECK(has(&out, "HTTP/1.1 503 ") && has(&out, "Retry-After: ") &&
	      has(&out, "Connection: close\r\n"));
	check_int(answer_count, 0);
	text_release(&out);
	CHECK(hear(clients[7], &out, "Content-Length: 240000\r\n"));
	turn_until(!list_is_empty(&server->idle));
	CHECK(ask("GET /small HTTP/1.0\r\n\r\n", &out));
	CHECK(has(&out, "/small? \n"));
	text_release(&out);
	close_clients();
	scene_close();
}

/* ---- Slow ------------------------------------------------------------ */

static void test_a_request_has_its_time(void)
{
	const struct http_connection *busy;
	int64_t deadline_ms;
	struct text out = {0};
	int fd, idle;

	scene_open(AF_INET);
	idle = client_accepted();
	fd = client_accepted();
	say(fd, "GET /small HTTP/1.1\r\n");
	turn_until(!list_is_empty(&server->busy));
	skip_ms(HTTP_REQUEST_MS - 1000);
	CHECK(!list_is_empty(&server->busy));
	/* More bytes do not give it more time. */
	busy = list_entry(server->busy.next, struct http_connection, node);
	deadline_ms = busy->timer.deadline_ms;
	usleep(2000);
	say(fd, "Host: localhost\r\n");
	turn_until(busy->size == 38);
	check_int(busy->timer.deadline_ms, deadline_ms);
	skip_ms(HTTP_REQUEST_MS + 1);
	CHECK(hear(fd, &out, NULL));
	CHECK(has(&out, "HTTP/1.1 408 ") && has(&out, "Connection: close\r\n"));
	CHECK(!is_closed(idle));
	skip_ms(HTTP_IDLE_MS + 1);
	CHECK(is_closed(idle));
	check_int(server->connection_count, 0);
	close(fd);
	close(idle);
	text_release(&out);
	scene_close();
}

/* Many and large answers that nobody reads: probes are answered still, and
 * what waits is bounded. */
static void test_slow_readers_do_not_fill_the_memory(void)
{
	struct text out = {0};
	int readers[8], i;

	scene_open(AF_INET);
	for (i = 0; i < 8; i++) {
		readers[i] = client_accepted();
		say(readers[i], GET("/big"));
	}
	turn_until(server->queued_bytes > 2 * BIG_BYTES);
	CHECK(server->queued_bytes <= HTTP_QUEUED_BYTES);
	CHECK(hear(readers[7], &out, "503 Service Unavailable\n"));
	text_release(&out);
	CHECK(ask("GET /small HTTP/1.0\r\n\r\n", &out));
	CHECK(has(&out, "200 OK"));
	skip_ms(HTTP_WRITE_MS + 1);
	check_int(server->queued_bytes, 0);
	for (i = 0; i < 8; i++)
		close(readers[i]);
	text_release(&out);
	scene_close();
}

static void test_a_slow_reader_gets_every_byte(void)
{
	struct text out = {0};
	const unsigned char *body;
	size_t i;
	int fd;

	scene_open(AF_INET);
	fd = client_accepted();
	say(fd, "GET /big HTTP/1.0\r\n\r\n");
	turn_until(!list_is_empty(&server->busy));
	CHECK(hear(fd, &out, NULL));
	body = (const unsigned char *)strstr(out.bytes, "\r\n\r\n") + 4;
	check_int(out.size - (size_t)(body - (unsigned char *)out.bytes),
		  (BIG_BYTES / BIG_PATTERN + 1) * BIG_PATTERN);
	for (i = 0; i < BIG_BYTES; i++)
		if (body[i] != i % BIG_PATTERN)
			break;
	check_int(i, BIG_BYTES);
	close(fd);
	text_release(&out);
	scene_close();
}

static void test_a_peer_that_resets_is_forgotten(void)
{
	struct linger reset = {.l_onoff = 1};
	int fd;

	scene_open(AF_INET);
	fd = client_accepted();
	say(fd, GET("/big"));
	turn_until(!list_is_empty(&server->busy));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	turn_until(server->connection_count == 0);
	check_int(server->queued_bytes, 0);
	scene_close();
}

/* It does not wait for its time, and takes no place. */
static void test_who_lingers_gives_way_first(void)
{
	int fd;

	scene_open(AF_INET);
	open_clients("");
	say(clients[9], "GET /small HTTP/1.0\r\n\r\n");
	turn_until(!list_is_empty(&server->leaving));
	fd = client_open();
	turn_until(list_is_empty(&server->leaving));
	CHECK(!is_closed(clients[0]));
	check_int(server->connection_count, HTTP_CONNECTIONS);
	close(fd);
	close_clients();
	scene_close();
}

/* ---- Without descriptors --------------------------------------------- */

static void test_without_descriptors_clients_wait(void)
{
	const struct http_listener *first;
	struct rlimit before, none;
	struct text out = {0};
	int fd;

	scene_open(AF_INET);
	fd = client_open();
	say(fd, GET("/small"));
	REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
	turn();
	check_int(server->connection_count, 0);
	first = list_entry(server->listeners.next, struct http_listener, node);
	check_int(first->source.fd, -1);
	REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK(hear(fd, &out, "/small? \n"));
	close(fd);
	text_release(&out);
	scene_close();
}

/* ---- The end --------------------------------------------------------- */

static void test_a_drain_answers_what_is_on_its_way(void)
{
	struct text out = {0};
	int used, fresh, begun, i;

	scene_open(AF_INET);
	used = client_accepted();
	fresh = client_accepted();
	begun = client_accepted();
	say(used, GET("/small"));
	CHECK(hear(used, &out, "/small? \n"));
	CHECK(has(&out, "keep-alive"));
	say(begun, "GET /small HTTP/1.1\r\n");
	turn_until(!list_is_empty(&server->busy));
	http_server_drain(server, note_empty);
	turn();
	check_int(empty_count, 0);
	say(begun, "Host: localhost\r\n\r\n");
	say(used, GET("/small"));
	say(fresh, GET("/small"));
	for (i = 0; i < 3; i++) {
		int fd = i == 0 ? used : i == 1 ? fresh : begun;

		text_release(&out);
		CHECK(hear(fd, &out, NULL));
		CHECK(has(&out, "200 OK") &&
		      has(&out, "Connection: close\r\n"));
		close(fd);
	}
	turn_until(empty_count == 1);
	text_release(&out);
	scene_close();
}

/* It was told that it may ask again when its answer began. */
static void test_a_drain_lets_an_answer_end(void)
{
	int fd;

	scene_open(AF_INET);
	fd = client_accepted();
	say(fd, GET("/big"));
	turn_until(!list_is_empty(&server->busy));
	http_server_drain(server, note_empty);
	skip_ms(HTTP_DRAIN_MS + 1);
	check_int(server->connection_count, 1);
	while (list_is_empty(&server->idle) && server->connection_count > 0) {
		char bytes[65536];

		if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) < 0)
			turn();
	}
	check_int(server->connection_count, 1);
	skip_ms(2 * HTTP_DRAIN_MS + 2);
	check_int(server->connection_count, 0);
	close(fd);
	scene_close();
}

static void test_a_drain_does_not_wait_for_who_is_silent(void)
{
	int idle, late;

	scene_open(AF_INET);
	idle = client_accepted();
	http_server_drain(server, note_empty);
	late = client_open();
	turn();
	turn();
	check_int(server->connection_count, 1);
	skip_ms(HTTP_DRAIN_MS + 1);
	check_int(server->connection_count, 0);
	check_int(empty_count, 0);
	CHECK(is_closed(idle));
	turn_until(empty_count == 1);
	/* Whoever has the listener now takes that one. */
	CHECK(!is_closed(late));
	close(idle);
	close(late);
	scene_close();
}

static void free_at_once(void *context)
{
	note_empty(context);
	http_server_free(server);
	server = NULL;
}

static void test_an_empty_server_may_be_freed_when_it_says_so(void)
{
	scene_open(AF_INET);
	http_server_drain(server, free_at_once);
	check_int(empty_count, 0);
	turn_until(empty_count == 1);
	scene_close();
}

static void test_it_can_be_freed_at_any_time(void)
{
	int i;

	scene_open(AF_UNIX);
	http_server_drain(server, note_empty);
	http_server_free(server);
	server = NULL;
	turn();
	check_int(empty_count, 0);
	scene_close();

	scene_open(AF_UNIX);
	for (i = 0; i < 4; i++)
		clients[i] = client_accepted();
	say(clients[0], GET("/big"));
	say(clients[1], "GET / HTTP/1.0\r\n\r\n");
	say(clients[2], "G");
	turn_until(!list_is_empty(&server->leaving));
	scene_close();
	for (i = 0; i < 4; i++)
		close(clients[i]);
}

int main(void)
{
	test_a_turn_is_bounded();
	test_the_longest_idle_gives_way();
	test_a_request_saves_its_connection();
	test_who_dawdles_gives_way();
	test_newcomers_outlast_those_who_dawdle();
	test_newcomers_are_told_when_nobody_reads();
	test_a_request_has_its_time();
	test_slow_readers_do_not_fill_the_memory();
	test_a_slow_reader_gets_every_byte();
	test_a_peer_that_resets_is_forgotten();
	test_who_lingers_gives_way_first();
	/* valgrind takes the connection, and then says that it could not. */
	if (!is_instrumented())
		test_without_descriptors_clients_wait();
	test_a_drain_answers_what_is_on_its_way();
	test_a_drain_lets_an_answer_end();
	test_a_drain_does_not_wait_for_who_is_silent();
	test_an_empty_server_may_be_freed_when_it_says_so();
	test_it_can_be_freed_at_any_time();
	return check_result();
}
