/* SPDX-License-Identifier: MIT */
/* test_control_server.c - the control socket with a few verbs of its own, and
 * clients in the same process. */
#include "control_fixture.h"
#include "log_fixture.h"

/* ---- Requests ---- */

static const struct exchange {
	const char *request;
	const char *answer;
} exchanges[] = {
	{"ping\n", "say\tpong\nend\n"},
	{"ping form=lines\r\n", "say\tpong\nend\n"},
	{"ping form=json\n", "{\"ok\":true,\"ping\":{\"message\":\"pong\"}}\n"},
	{"pong\n", "fail\t2\tunknown verb 'pong'; did you mean 'ping'?\n"},
	{"elsewhere form=json\n",
	 "{\"ok\":false,\"status\":2,\"error\":"
	 "\"unknown verb 'elsewhere'\"}\n"},
	{"ping form=xml\n", "fail\t2\tform is lines or json\n"},
	{"ping a=b\n", "fail\t2\tping has no argument 'a'\n"},
	{"stream row=b\n",
	 "fail\t2\tstream has no argument 'row'; did you "
	 "mean 'rows'?\n"},
	{"stream rows=b\n", "fail\t2\trows: 'b' is not a number\n"},
	{"\n", "fail\t2\tthe request is empty\n"},
	{"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	 "fail\t2\tonly one request, of one line, is answered\n"},
	{"GET / HTTP/1.1\n", "fail\t2\t'GET' is not a verb\n"},
	{"ping\nping\n",
	 "fail\t2\tonly one request, of one line, is "
	 "answered\n"},
	{"BAD form=json\n",
	 "{\"ok\":false,\"status\":2,\"error\":"
	 "\"'BAD' is not a verb\"}\n"},
	{"ping a form=json\r\n",
	 "{\"ok\":false,\"status\":2,\"error\":"
	 "\"'a' is not KEY=VALUE\"}\n"},
	{"BAD a=form=json form=jsonx\n", "fail\t2\t'BAD' is not a verb\n"},
	{"ping\xff\n", "fail\t2\t'ping\\\\xff' is not a verb\n"},
};

static void test_exchanges(void)
{
	size_t i;

	open_scene();
	for (i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++)
		check_answer(ask(exchanges[i].request), exchanges[i].answer);
	close_scene();
}

static void test_pieces(void)
{
	static const char request[] = "ping form=json\n";
	size_t i;
	int fd;

	open_scene();
	fd = dial();
	for (i = 0; i < sizeof(request) - 1; i++) {
		turn();
		CHECK(send(fd, request + i, 1, MSG_NOSIGNAL) == 1);
	}
	shutdown(fd, SHUT_WR);
	check_answer(fd, "{\"ok\":true,\"ping\":{\"message\":\"pong\"}}\n");
	close_scene();
}

static void test_too_long(void)
{
	char line[3 * REQUEST_BYTES];
	int fd;

	open_scene();
	memset(line, 'a', sizeof(line));
	fd = dial();
	CHECK(send(fd, line, sizeof(line), 0) == (ssize_t)sizeof(line));
	check_answer(fd,
		     "fail\t2\tthe request is longer than a line may "
		     "be\n");
	close_scene();
}

static void test_no_request(void)
{
	int silent, gone;

	open_scene();
	silent = dial();
	gone = dial();
	turn();
	check_int(server->connection_count, 2);
	close(gone);
	turn();
	check_int(server->connection_count, 1);
	loop.now_ms += CONTROL_REQUEST_MS;
	timers_advance(&loop.timers, loop.now_ms);
	check_answer(silent, "fail\t2\tno request came in time\n");
	check_int(server->connection_count, 0);
	close_scene();
}

static void test_not_permitted(void)
{
	struct error error;
	struct text got;
	const char *line;

	open_scene();
	log_fixture_open();
	log_to_file(LOG_LEVEL_INFO);
	may_order = false;
	got = read_all(ask("hold\n"));
	line = strstr(log_read_file(log_path), "hold: not permitted (process ");
	CHECK(line != NULL && strtol(line + 29, NULL, 10) == getpid());
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	log_fixture_close();
	CHECK(strncmp(got.bytes, "fail\t77\thold: not permitted", 27) == 0);
	CHECK(held == NULL);
	text_release(&got);
	check_answer(ask("ping\n"), "say\tpong\nend\n");
	close_scene();
}

/* ---- Answers that take their time ---- */

static void test_held(void)
{
	int fd;

	open_scene();
	fd = ask("hold\n");
	while (held == NULL)
		turn();
	/* Not bounded by the times of requests and of writing. */
	timers_advance(&loop.timers, loop.now_ms + 10 * CONTROL_WRITE_MS);
	check_int(server->connection_count, 1);
	reply_say(held, "half");
	turn();
	timers_advance(&loop.timers, loop.now_ms + 20 * CONTROL_WRITE_MS);
	reply_fail(held, 1, "not done");
	check_answer(fd, "say\thalf\nfail\t1\tnot done\n");
	check_int(gone_count, 0);
	close_scene();
}

static void test_half_closed_and_gone(void)
{
	int fd;

	open_scene();
	fd = ask("hold\n");
	shutdown(fd, SHUT_WR);
	while (held == NULL)
		turn();
	turn();
	turn();
	check_int(gone_count, 0);
	close(fd);
	while (held != NULL)
		turn();
	check_int(gone_count, 1);
	check_int(server->connection_count, 0);
	/* One whose server ends. */
	fd = ask("hold\n");
	while (held == NULL)
		turn();
	close_scene();
	check_int(gone_count, 2);
	CHECK(is_closed(fd));
	close(fd);
}

static void test_stream(void)
{
	struct text got;
	int fd;

	open_scene();
	fd = ask("stream form=json rows=20000\n");
	while (held == NULL)
		turn();
	turn();
	turn();
	/* The client does not read: bounded. */
	CHECK(reply_writer_bytes(&list_entry(held, struct reply_writer,
					     reply)[0]) < 4 * REPLY_ROOM_BYTES);
	CHECK(ended_rows > 15000);
	got = read_all(fd);
	CHECK(got.size > 20000U * 1000);
	CHECK(strstr(got.bytes,
		     "{\"ok\":true,\"stream\":{\"count\":20000}}\n") != NULL);
	CHECK(room_calls > 100);
	text_release(&got);
	close_scene();
}

static void test_slow_reader(void)
{
	int fd;

	open_scene();
	fd = ask("stream rows=20000\n");
	while (held == NULL)
		turn();
	turn();
	turn();
	timers_advance(&loop.timers, loop.now_ms + CONTROL_WRITE_MS);
	check_int(server->connection_count, 0);
	check_int(gone_count, 1);
	close(fd);
	close_scene();
}

/* ---- Many ---- */

static void test_many(void)
{
	int silent[2 * CONTROL_CONNECTIONS];
	int i, turns, closed = 0;

	open_scene();
	for (i = 0; i < 2 * CONTROL_CONNECTIONS; i++) {
		silent[i] = dial();
		turn();
	}
	/* Once it is clear that they do not mean to ask. */
	for (turns = 0; turns < 1000 && closed < CONTROL_CONNECTIONS; turns++) {
		turn();
		for (i = closed = 0; i < 2 * CONTROL_CONNECTIONS; i++)
			closed += is_closed(silent[i]);
	}
	check_int(server->connection_count, CONTROL_CONNECTIONS);
	check_int(closed, CONTROL_CONNECTIONS);
	check_answer(ask("ping\n"), "say\tpong\nend\n");
	for (i = 0; i < 2 * CONTROL_CONNECTIONS; i++)
		close(silent[i]);
	close_scene();
}

/* More requests than places, all sent before the server looks. */
static void test_burst(void)
{
	int busy[CONTROL_CONNECTIONS - 4], asked[200], i;

	open_scene();
	for (i = 0; i < CONTROL_CONNECTIONS - 4; i++) {
		busy[i] = ask("hold\n");
		held = NULL;
		while (held == NULL)
			turn();
		held->gone = NULL;
	}
	for (i = 0; i < 200; i++)
		asked[i] = ask("ping\n");
	for (i = 0; i < 200; i++)
		check_answer(asked[i], "say\tpong\nend\n");
	for (i = 0; i < CONTROL_CONNECTIONS - 4; i++)
		close(busy[i]);
	close_scene();
}

/* Those who may only look do not keep out those who may order. */
static void test_guests(void)
{
	static const char json[] =
		"{\"ok\":false,\"status\":1,\"error\":"
		"\"too many clients; try again\"}\n";
	int busy[CONTROL_GUESTS], i;

	open_scene();
	may_order = false;
	for (i = 0; i < CONTROL_GUESTS; i++) {
		busy[i] = ask("stream rows=20000\n");
		held = NULL;
		while (held == NULL)
			turn();
		held->gone = NULL;
	}
	check_answer(ask("ping\n"), "fail\t1\ttoo many clients; try again\n");
	check_answer(ask("ping form=json\n"), json);
	check_int(server->connection_count, CONTROL_GUESTS);
	may_order = true;
	check_answer(ask("ping\n"), "say\tpong\nend\n");
	may_order = false;
	close(busy[0]);
	for (i = 0; i < 10; i++)
		turn();
	check_answer(ask("ping\n"), "say\tpong\nend\n");
	for (i = 1; i < CONTROL_GUESTS; i++)
		close(busy[i]);
	close_scene();
}

/* All places are taken by orders under way: newcomers wait. */
static void test_all_busy(void)
{
	int busy[CONTROL_CONNECTIONS], late, asked, i;
	char byte;

	open_scene();
	for (i = 0; i < CONTROL_CONNECTIONS; i++) {
		busy[i] = ask("hold\n");
		held = NULL;
		while (held == NULL)
			turn();
		held->gone = NULL;
	}
	late = ask("ping\n");
	for (i = 0; i < 10; i++)
		turn();
	check_int(server->connection_count, CONTROL_CONNECTIONS);
	CHECK(!is_closed(late));
	close(busy[0]);
	check_answer(late, "say\tpong\nend\n");
	/* Who does not read gives way, after the time for it. */
	late = ask("stream rows=20000\n");
	for (i = 0; i < 10; i++)
		turn();
	check_int(server->connection_count, CONTROL_CONNECTIONS);
	asked = ask("ping\n");
	for (i = 0; i < 10; i++)
		turn();
	CHECK(recv(asked, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN);
	timers_advance(&loop.timers, loop.now_ms + CONTROL_WRITE_MS);
	check_answer(asked, "say\tpong\nend\n");
	close(late);
	for (i = 1; i < CONTROL_CONNECTIONS; i++)
		close(busy[i]);
	close_scene();
}

/* ---- The end ---- */

static void on_empty(void *context)
{
	(void)context;
	emptied_count++;
}

static void test_drain(void)
{
	int waiting, asking, late;

	open_scene();
	waiting = ask("hold\n");
	asking = dial();
	while (held == NULL || server->connection_count < 2)
		turn();
	control_server_drain(server, on_empty);
	late = ask("ping\n");
	turn();
	turn();
	check_int(emptied_count, 0);
	CHECK(send(asking, "ping\n", 5, 0) == 5);
	check_answer(asking, "say\tpong\nend\n");
	check_int(emptied_count, 0);
	reply_end(held);
	check_answer(waiting, "end\n");
	turn();
	check_int(emptied_count, 1);
	turn();
	check_int(emptied_count, 1);
	/* It is another's, who accepts from the same socket. */
	CHECK(!is_closed(late));
	close(late);
	close_scene();
	open_scene();
	control_server_drain(server, on_empty);
	check_int(emptied_count, 0);
	turn();
	check_int(emptied_count, 1);
	close_scene();
}

int main(void)
{
	test_exchanges();
	test_pieces();
	test_too_long();
	test_no_request();
	test_not_permitted();
	test_held();
	test_half_closed_and_gone();
	test_stream();
	test_slow_reader();
	test_many();
	test_burst();
	test_guests();
	test_all_busy();
	test_drain();
	return check_result();
}
