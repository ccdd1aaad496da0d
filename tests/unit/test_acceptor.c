/* SPDX-License-Identifier: MIT */
/* test_acceptor.c - accepting: in batches, up to the cap, and not at all for
 * a while when descriptors run out. */
#include "net/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/address.h"
#include "net/transport.h"

#define CLIENTS     40
#define PATIENCE_MS 5000
/* Where nothing happens: the timer's own, and a few for coarse waits.  A
 * loop that spins makes thousands. */
#define QUIET_TURNS 10

/* A worker with one service on one listener, and its clients, all in this
 * process and on one loop. */
struct world {
	struct worker_context worker;
	struct loop loop;
	struct scoreboard *board;
	struct service service;
	struct service_settings settings;
	struct acceptor acceptor;
	struct address address;
	struct timer timer; /* ends a run of the loop */
	int listener;
	int clients[CLIENTS];
	unsigned turn_count;
	uint64_t seen_accepted; /* at the end of the last turn */
	uint64_t largest_batch;
};

static void echo(struct cohort_transport *t, void *session, const void *data,
		 size_t size)
{
	(void)session;
	CHECK(cohort_write(t, data, size) == 0);
}

static const struct cohort_protocol protocol = {
	.name = "echo",
	.data_received = echo,
};

static uint64_t cell(struct world *world, enum scoreboard_cell cell)
{
	return scoreboard_cells(world->worker.page)[cell];
}

static uint64_t accepted(struct world *world)
{
	return world->service.cells[SCOREBOARD_ACCEPTED];
}

static void observe(void *context, struct loop *loop)
{
	struct world *world = context;
	uint64_t batch = accepted(world) - world->seen_accepted;

	(void)loop;
	world->turn_count++;
	world->seen_accepted = accepted(world);
	if (batch > world->largest_batch)
		world->largest_batch = batch;
}

static void time_is_up(struct timer *timer)
{
	loop_stop(&list_entry(timer, struct world, timer)->loop);
}

/* Turn for so long; returns how many turns that took. */
static unsigned turn_for(struct world *world, int64_t duration_ms)
{
	struct error error;

	world->turn_count = 0;
	timer_start(&world->loop.timers, &world->timer,
		    clock_now_ms() + duration_ms);
	CHECK(loop_run(&world->loop, &error) == 0);
	return world->turn_count;
}

static bool turn_until_accepted(struct world *world, uint64_t count)
{
	int64_t deadline_ms = clock_now_ms() + PATIENCE_MS;

	while (accepted(world) < count && clock_now_ms() < deadline_ms)
		turn_for(world, 20);
	return accepted(world) == count;
}

static void listen_somewhere(struct world *world)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct error error;

	CHECK(address_parse(&world->address, "127.0.0.1:0", &error) == 0);
	CHECK(bind(fd, &world->address.socket.generic, world->address.length) ==
	      0);
	CHECK(listen(fd, CLIENTS) == 0);
	CHECK(address_of_socket(&world->address, fd) == 0);
	world->listener = fd;
}

/* As a configuration has it: no timeouts, nothing asked of the kernel. */
static void settle(struct service_settings *settings)
{
	settings->idle_timeout_ms = SERVICE_OFF;
	settings->first_byte_timeout_ms = SERVICE_OFF;
	settings->write_timeout_ms = SERVICE_OFF;
	settings->lifetime_ms = SERVICE_OFF;
	settings->linger_timeout_ms = 1000;
	settings->write_high_bytes = 65536;
	settings->write_low_bytes = 16384;
	settings->write_limit_bytes = UINT64_MAX;
	settings->options.user_timeout_ms = SOCKOPT_KERNEL;
	settings->options.notsent_lowat_bytes = SOCKOPT_KERNEL;
}

static struct world *world_open(void)
{
	static const char *const names[] = {"test"};
	struct world *world = calloc(1, sizeof(*world));
	struct error error;
	int i;

	CHECK(world && loop_init(&world->loop, &error) == 0);
	world->loop.observer = observe;
	world->loop.observer_context = world;
	timer_init(&world->timer, time_is_up);
	world->board = scoreboard_open(&error);
	world->worker.page = scoreboard_take(world->board, 0, 1, names, 1);
	CHECK(world->worker.page != NULL);
	scoreboard_own(world->worker.page, getpid(), clock_now_ms());
	check_int(worker_context_init(&world->worker, &world->loop,
				      world->worker.page),
		  0);
	world->worker.live_max = 1000;
	settle(&world->settings);
	service_init(&world->service, &world->worker, names[0], 0);
	world->service.protocol = &protocol;
	world->service.settings = &world->settings;
	world->service.live_max = 1000;
	listen_somewhere(world);
	acceptor_init(&world->acceptor, &world->service, world->listener,
		      AF_INET, false);
	for (i = 0; i < CLIENTS; i++)
		world->clients[i] = -1;
	return world;
}

static void world_close(struct world *world)
{
	int64_t deadline_ms = clock_now_ms() + PATIENCE_MS;
	int i;

	acceptor_stop(&world->acceptor);
	for (i = 0; i < CLIENTS; i++) {
		if (world->clients[i] >= 0)
			close(world->clients[i]);
	}
	while (world->service.live_count > 0 && clock_now_ms() < deadline_ms)
		turn_for(world, 20);
	check_int(world->service.live_count, 0);
	close(world->listener);
	service_release(&world->service);
	worker_context_release(&world->worker);
	scoreboard_fold(world->board, world->worker.page);
	scoreboard_close(world->board);
	loop_release(&world->loop);
	free(world);
}

static void connect_clients(struct world *world, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		CHECK(fd >= 0);
		CHECK(connect(fd, &world->address.socket.generic,
			      world->address.length) == 0);
		CHECK(send(fd, &i, sizeof(i), MSG_NOSIGNAL) == sizeof(i));
		CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
		world->clients[i] = fd;
	}
}

/* Each client has got its own bytes back, once. */
static void check_echoes(struct world *world, int count)
{
	int i, answer;

	turn_for(world, 20);
	for (i = 0; i < count; i++) {
		answer = -1;
		check_int((int)read(world->clients[i], &answer, sizeof(answer)),
			  (int)sizeof(answer));
		check_int(answer, i);
		check_int((int)read(world->clients[i], &answer, sizeof(answer)),
			  -1);
		check_int(errno, EAGAIN);
	}
}

static void test_batches(void)
{
	struct world *world = world_open();

	connect_clients(world, CLIENTS);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_until_accepted(world, CLIENTS));
	check_echoes(world, CLIENTS);
	check_int((int)world->largest_batch, ACCEPT_BATCH_MAX);
	world_close(world);
}

static void test_stop_and_start(void)
{
	struct world *world = world_open();

	CHECK(acceptor_start(&world->acceptor) == 0);
	acceptor_stop(&world->acceptor);
	acceptor_stop(&world->acceptor);
	connect_clients(world, 3);
	CHECK(turn_for(world, 50) <= QUIET_TURNS);
	check_int((int)accepted(world), 0);
	acceptor_resume_all(&world->service);
	turn_for(world, 20);
	check_int((int)accepted(world), 0);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_until_accepted(world, 3));
	check_echoes(world, 3);
	world_close(world);
}

/* Clients above the cap wait in the queue, costing no turns, and come in as
 * others leave. */
static void test_cap(void)
{
	struct world *world = world_open();

	world->service.live_max = 2;
	connect_clients(world, 5);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_until_accepted(world, 2));
	check_echoes(world, 2);
	CHECK(turn_for(world, 100) <= QUIET_TURNS);
	check_int((int)accepted(world), 2);

	close(world->clients[0]);
	world->clients[0] = -1;
	CHECK(turn_until_accepted(world, 3));
	check_int(world->service.live_count, 2);
	world->service.live_max = 1000;
	acceptor_resume_all(&world->service);
	CHECK(turn_until_accepted(world, 5));
	world_close(world);
}

/* A start at the cap waits, too. */
static void test_start_at_cap(void)
{
	struct world *world = world_open();

	world->service.live_max = 0;
	connect_clients(world, 2);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_for(world, 50) <= QUIET_TURNS);
	world->service.live_max = 1000;
	acceptor_resume_all(&world->service);
	CHECK(turn_until_accepted(world, 2));
	world_close(world);
}

/* A suspended service leaves its clients in the queue, whatever else changes,
 * and loses none that it has. */
static void test_suspended(void)
{
	struct world *world = world_open();

	connect_clients(world, 2);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_until_accepted(world, 2));
	service_suspend(&world->service);
	service_suspend(&world->service);
	check_echoes(world, 2);
	close(world->clients[0]);
	close(world->clients[1]);
	connect_clients(world, 3);
	CHECK(turn_for(world, 50) <= 2 * QUIET_TURNS);
	acceptor_resume_all(&world->service);
	acceptor_stop(&world->acceptor);
	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(turn_for(world, 50) <= QUIET_TURNS);
	check_int((int)accepted(world), 2);
	check_int(world->service.live_count, 0);

	service_resume(&world->service);
	CHECK(turn_until_accepted(world, 5));
	check_echoes(world, 3);
	world_close(world);
}

static void set_descriptor_limit(rlim_t count)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = count;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* The lowest number that is free. */
static int free_descriptor(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static int lines_of(const char *path, const char *words)
{
	char line[LOG_LINE_BYTES + 2];
	int count = 0;
	FILE *file = fopen(path, "r");

	CHECK(file != NULL);
	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, words) != NULL;
	if (file)
		fclose(file);
	return count;
}

/* Three of eight get in.  The others are neither refused nor forgotten, the
 * loop does not spin, one line says so, and they are served when descriptors
 * are back. */
static void test_no_descriptors(const char *log)
{
	struct world *world = world_open();
	struct rlimit before;
	uint64_t failed;

	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	connect_clients(world, 8);
	CHECK(acceptor_start(&world->acceptor) == 0);
	set_descriptor_limit((rlim_t)free_descriptor() + 3);
	/* Waits of 10, 20, 40, 80 and 160 ms: a turn each. */
	CHECK(turn_for(world, 250) <= 5 + QUIET_TURNS);
	check_int((int)accepted(world), 3);
	failed = cell(world, SCOREBOARD_ACCEPT_EMFILE);
	CHECK(failed >= 1 && failed <= 6);
	CHECK(world->acceptor.wait_ms >= ACCEPTOR_WAIT_FIRST_MS);
	CHECK(world->acceptor.wait_ms <= ACCEPTOR_WAIT_LIMIT_MS);
	check_echoes(world, 3);

	set_descriptor_limit(before.rlim_cur);
	CHECK(turn_until_accepted(world, 8));
	check_int(world->acceptor.wait_ms, 0);
	turn_for(world, 20);
	check_int(world->service.live_count, 8);
	check_int(lines_of(log, "cannot accept"), 1);
	world_close(world);
}

/* valgrind lets the kernel accept, and then closes what exceeds the limit
 * that it only pretends to have: the clients would be lost through it. */
static bool is_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/* Somebody who holds a duplicate has shut the listener down (kernel.md 7):
 * no spin, and it works again as soon as it listens again. */
static void test_shut_down(void)
{
	struct world *world = world_open();

	CHECK(acceptor_start(&world->acceptor) == 0);
	CHECK(shutdown(world->listener, SHUT_RDWR) == 0);
	CHECK(turn_for(world, 200) <= 5 + QUIET_TURNS);
	CHECK(cell(world, SCOREBOARD_ACCEPT_OTHER) >= 1);
	CHECK(cell(world, SCOREBOARD_ACCEPT_OTHER) <= 8);
	/* The port was the kernel's choice (bound to 0) and is chosen anew. */
	CHECK(listen(world->listener, CLIENTS) == 0);
	CHECK(address_of_socket(&world->address, world->listener) == 0);
	connect_clients(world, 4);
	CHECK(turn_until_accepted(world, 4));
	check_echoes(world, 4);
	world_close(world);
}

int main(void)
{
	char log[] = "/tmp/cohort-unit-log-XXXXXX";
	int fd = mkstemp(log);
	struct error error;

	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(log_open(log, LOG_LEVEL_WARNING, &error) == 0);
	test_batches();
	test_stop_and_start();
	test_cap();
	test_start_at_cap();
	test_suspended();
	if (!is_under_valgrind())
		test_no_descriptors(log);
	test_shut_down();
	CHECK(unlink(log) == 0);
	return check_result();
}
