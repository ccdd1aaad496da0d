/* SPDX-License-Identifier: MIT */
/* test_loop_batch.c - what sources are told, and that those which go away in
 * the middle of a turn are told nothing. */
#include "loop_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define PROBES 8

/* ---- What is found --------------------------------------------------- */

/* Ends of a connection in which something happens to the watched one. */
struct pair {
	int watched;
	int other;
};

static void do_nothing(struct pair *pair)
{
	(void)pair;
}

static void send_byte(struct pair *pair)
{
	CHECK(send(pair->other, "x", 1, 0) == 1);
}

static void send_urgent(struct pair *pair)
{
	CHECK(send(pair->other, "x", 1, MSG_OOB) == 1);
}

static void half_close(struct pair *pair)
{
	CHECK(shutdown(pair->other, SHUT_WR) == 0);
}

static void close_other(struct pair *pair)
{
	close(pair->other);
	pair->other = -1;
}

static void reset(struct pair *pair)
{
	const struct linger linger = {.l_onoff = 1};

	CHECK(setsockopt(pair->other, SOL_SOCKET, SO_LINGER, &linger,
			 sizeof(linger)) == 0);
	close_other(pair);
}

static const struct {
	unsigned interest;
	void (*happen)(struct pair *pair);
	unsigned found;
} findings[] = {
	{POLLER_READ, do_nothing, 0},
	{POLLER_READ, send_byte, POLLER_READ},
	{POLLER_WRITE, do_nothing, POLLER_WRITE},
	{POLLER_WRITE, send_byte, POLLER_WRITE},
	{POLLER_READ | POLLER_WRITE, send_byte, POLLER_READ | POLLER_WRITE},
	{POLLER_READ, half_close, POLLER_READ},
	{POLLER_HANGUP, half_close, POLLER_HANGUP},
	{POLLER_HANGUP, send_byte, 0},
	{POLLER_READ | POLLER_HANGUP, close_other, POLLER_READ | POLLER_HANGUP},
	{POLLER_URGENT, send_urgent, POLLER_URGENT},
	{POLLER_URGENT, send_byte, 0},
	{0, reset, POLLER_HANGUP | POLLER_FAILURE},
};
#define FINDINGS (sizeof(findings) / sizeof(findings[0]))

static void connect_pair(struct pair *pair)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
	CHECK(listen(listener, 1) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	pair->other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(pair->other, (struct sockaddr *)&address, size) == 0);
	pair->watched = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(pair->watched >= 0);
	close(listener);
}

/* What crosses the loopback device may take its time. */
static void turn_until_found(const struct probe *probe, unsigned found)
{
	int64_t end_ms = clock_now_ms() + 5000;

	do
		turn_times(1);
	while (probe->found != found && clock_now_ms() < end_ms);
}

static void test_what_is_found(void)
{
	struct probe probe = {.act = NULL};
	struct pair pair;
	size_t i;

	for (i = 0; i < FINDINGS; i++) {
		fixture_open();
		loop.turn_limit_ms = 20;
		connect_pair(&pair);
		findings[i].happen(&pair);
		probe.found = 0;
		loop_source_init(&probe.source, probe_ready);
		CHECK(loop_add(&loop, &probe.source, pair.watched,
			       findings[i].interest) == 0);
		turn_until_found(&probe, findings[i].found);
		check_int(probe.found, findings[i].found);
		loop_remove(&loop, &probe.source);
		close(pair.watched);
		if (pair.other >= 0)
			close(pair.other);
		fixture_close();
	}
}

static void test_levels_and_edges(void)
{
	struct probe level, edge;

	fixture_open();
	probe_open(&level, POLLER_READ);
	probe_open(&edge, POLLER_READ | POLLER_EDGE);
	probe_write(&level);
	probe_write(&edge);
	loop.turn_limit_ms = 0;
	turn_times(3);
	check_int(level.ready_count, 3);
	check_int(edge.ready_count, 1);
	probe_write(&edge);
	turn_times(2);
	check_int(edge.ready_count, 2);
	probe_close(&level);
	probe_close(&edge);
	fixture_close();
}

static void check_refused(int fd, int number)
{
	struct loop_source source;

	loop_source_init(&source, probe_ready);
	errno = 0;
	check_int(loop_add(&loop, &source, fd, POLLER_READ), -1);
	check_int(errno, number);
	check_int(source.fd, -1);
	loop_remove(&loop, &source);
}

static void test_what_cannot_be_watched(void)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct probe probe;

	fixture_open();
	probe_open(&probe, POLLER_READ);
	check_refused(-1, EBADF);
	check_refused(file, EPERM);
	check_refused(probe.reader, EEXIST);
	close(file);
	probe_close(&probe);
	fixture_close();
}

/* ---- Going away ------------------------------------------------------ */

static struct probe *probes[PROBES];
static void (*leave)(struct loop *loop, struct loop_source *source);

static void probes_open(void (*act)(struct probe *))
{
	int i;

	fixture_open();
	loop.turn_limit_ms = 0;
	for (i = 0; i < PROBES; i++) {
		probes[i] = malloc(sizeof(*probes[i]));
		probe_open(probes[i], POLLER_READ);
		probes[i]->act = act;
		probe_write(probes[i]);
	}
}

static void probe_free(int i)
{
	leave(&loop, &probes[i]->source);
	check_int(probes[i]->source.fd, -1);
	close(probes[i]->reader);
	close(probes[i]->writer);
	free(probes[i]);
	probes[i] = NULL;
}

static void probes_close(void)
{
	int i;

	for (i = 0; i < PROBES; i++)
		if (probes[i] != NULL)
			probe_free(i);
	fixture_close();
}

static void free_the_others(struct probe *probe)
{
	int i;

	trace_add('s');
	for (i = 0; i < PROBES; i++)
		if (probes[i] != probe)
			probe_free(i);
	probe_read(probe);
}

/* Their memory is gone: a sanitizer would tell. */
static void test_whoever_was_removed_hears_nothing(void)
{
	probes_open(free_the_others);
	turn_times(2);
	check_string(trace, "s..");
	probes_close();
}

static void free_itself(struct probe *probe)
{
	int i;

	trace_add('s');
	for (i = 0; i < PROBES; i++)
		if (probes[i] == probe)
			probe_free(i);
}

static void test_a_source_may_end_itself(void)
{
	probes_open(free_itself);
	turn_times(2);
	check_string(trace, "ssssssss..");
	probes_close();
}

/* The others come back at once, on other pipes with the same numbers. */
static void renew_the_others(struct probe *probe)
{
	struct probe fresh;
	int i;

	trace_add('s');
	probe_read(probe);
	for (i = 0; i < PROBES; i++) {
		if (probes[i] == probe)
			continue;
		leave(&loop, &probes[i]->source);
		probe_open(&fresh, 0);
		loop_remove(&loop, &fresh.source);
		CHECK(dup2(fresh.reader, probes[i]->reader) >= 0);
		CHECK(dup2(fresh.writer, probes[i]->writer) >= 0);
		close(fresh.reader);
		close(fresh.writer);
		CHECK(loop_add(&loop, &probes[i]->source, probes[i]->reader,
			       POLLER_READ) == 0);
	}
}

static void read_one(struct probe *probe)
{
	trace_add('r');
	probe_read(probe);
}

static void test_whoever_came_back_hears_nothing_of_before(void)
{
	int i;

	probes_open(renew_the_others);
	turn_times(2);
	check_string(trace, "s..");
	trace[0] = '\0';
	for (i = 0; i < PROBES; i++) {
		probes[i]->act = read_one;
		probe_write(probes[i]);
	}
	turn_times(2);
	check_string(trace, "rrrrrrrr..");
	probes_close();
}

/* Another holder of the file keeps it alive (kernel.md 22). */
static void test_a_removed_source_stays_silent_though_others_hold_its_file(void)
{
	struct probe probe;
	int held;

	fixture_open();
	loop.turn_limit_ms = 0;
	probe_open(&probe, POLLER_READ);
	held = dup(probe.reader);
	probe_write(&probe);
	loop_remove(&loop, &probe.source);
	loop_remove(&loop, &probe.source);
	close(probe.reader);
	turn_times(2);
	check_int(probe.ready_count, 0);
	probe.reader = held;
	probe_close(&probe);
	fixture_close();
}

/* ---- Many ------------------------------------------------------------ */

static int served_count;
static void serve_once(struct loop_source *source, unsigned found)
{
	(void)found;
	served_count++;
	loop_remove(&loop, source);
}

/* All are ready at once, and more than one turn serves. */
static void test_more_are_ready_than_a_turn_serves(void)
{
	enum {
		MANY = LOOP_EVENTS + 100
	};
	static struct loop_source sources[MANY];
	static int fds[MANY];
	struct probe probe;
	int i;

	fixture_open();
	probe_open(&probe, 0);
	probe_write(&probe);
	for (i = 0; i < MANY; i++) {
		fds[i] = fcntl(probe.reader, F_DUPFD_CLOEXEC, 3);
		loop_source_init(&sources[i], serve_once);
		CHECK(loop_add(&loop, &sources[i], fds[i], POLLER_READ) == 0);
	}
	turn_times(1);
	check_int(served_count, LOOP_EVENTS);
	turn_times(1);
	check_int(served_count, MANY);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	probe_close(&probe);
	fixture_close();
}

int main(void)
{
	test_what_is_found();
	test_levels_and_edges();
	test_what_cannot_be_watched();
	for (leave = loop_remove;; leave = loop_forget) {
		test_whoever_was_removed_hears_nothing();
		test_a_source_may_end_itself();
		test_whoever_came_back_hears_nothing_of_before();
		if (leave == loop_forget)
			break;
	}
	test_a_removed_source_stays_silent_though_others_hold_its_file();
	test_more_are_ready_than_a_turn_serves();
	return check_result();
}
