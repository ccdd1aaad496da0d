/* SPDX-License-Identifier: MIT */
/* transport_fixture.h - a worker with one service whose protocol notes what it
 * is told, and clients, all in one process and on one loop. */
#ifndef COHORT_TESTS_TRANSPORT_FIXTURE_H
#define COHORT_TESTS_TRANSPORT_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/transport.h"
#include "transport_recorder.h"

#define PATIENCE_MS patience_ms()
#define BLOCK_BYTES 65536

/* A bound for what comes soon: longer where everything takes longer, as the
 * other tests have it. */
static inline int patience_ms(void)
{
	const char *times = getenv("COHORT_PATIENCE");
	int number = times ? atoi(times) : 1;

	return 20000 * (number > 0 ? number : 1);
}

/* ---- The world ---- */

struct world {
	struct loop loop;
	struct worker_context worker;
	struct scoreboard *board;
	struct service service;
	struct service_settings settings;
	struct sockaddr_in address;
	int listener;
	int accepted; /* the newest transport's descriptor */
	unsigned drained_count;
};

static inline void stop_after_turn(void *context, struct loop *loop)
{
	(void)context;
	loop_stop(loop);
}

static inline void turn(struct world *world)
{
	struct error error;

	CHECK(loop_run(&world->loop, &error) == 0);
}

static inline void turn_for(struct world *world, int64_t duration_ms)
{
	int64_t until_ms = clock_now_ms() + duration_ms;

	while (clock_now_ms() < until_ms)
		turn(world);
}

#define turn_until(world, condition)                                           \
	do {                                                                   \
		int64_t turn_until_ms = clock_now_ms() + PATIENCE_MS;          \
		while (!(condition) && clock_now_ms() < turn_until_ms)         \
			turn(world);                                           \
		CHECK(condition);                                              \
	} while (0)

static inline void count_drained(struct worker_context *worker)
{
	list_entry(worker, struct world, worker)->drained_count++;
}

static inline void set_defaults(struct service_settings *settings)
{
	settings->idle_timeout_ms = SERVICE_OFF;
	settings->first_byte_timeout_ms = SERVICE_OFF;
	settings->write_timeout_ms = SERVICE_OFF;
	settings->lifetime_ms = SERVICE_OFF;
	settings->linger_timeout_ms = PATIENCE_MS;
	settings->write_high_bytes = 65536;
	settings->write_low_bytes = 16384;
	settings->write_limit_bytes = UINT64_MAX;
	settings->options.user_timeout_ms = SOCKOPT_KERNEL;
	settings->options.notsent_lowat_bytes = SOCKOPT_KERNEL;
}

static inline void listen_somewhere(struct world *world)
{
	socklen_t size = sizeof(world->address);
	int small = 65536; /* so that a client can be full soon */

	world->address.sin_family = AF_INET;
	world->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(world->listener >= 0);
	CHECK(setsockopt(world->listener, SOL_SOCKET, SO_SNDBUF, &small,
			 sizeof(small)) == 0);
	CHECK(bind(world->listener, (struct sockaddr *)&world->address, size) ==
	      0);
	CHECK(listen(world->listener, 128) == 0);
	CHECK(getsockname(world->listener, (struct sockaddr *)&world->address,
			  &size) == 0);
}

static inline struct world *world_open(void)
{
	static const char *const names[] = {"test"};
	struct world *world = calloc(1, sizeof(*world));
	struct error error;

	CHECK(world && loop_init(&world->loop, &error) == 0);
	world->loop.observer = stop_after_turn;
	world->loop.turn_limit_ms = 2;
	world->board = scoreboard_open(&error);
	world->worker.page = scoreboard_take(world->board, 0, 1, names, 1);
	CHECK(world->worker.page != NULL);
	CHECK(worker_context_init(&world->worker, &world->loop,
				  world->worker.page) == 0);
	world->worker.slot = 7;
	world->worker.drained = count_drained;
	set_defaults(&world->settings);
	service_init(&world->service, &world->worker, names[0], 0);
	world->service.protocol = &recorder;
	world->service.settings = &world->settings;
	world->service.live_max = 1000;
	listen_somewhere(world);
	return world;
}

static inline uint64_t count_of(const struct world *world, unsigned cell)
{
	return scoreboard_load(&world->service.cells[cell]);
}

static inline uint64_t closed_count(const struct world *world)
{
	uint64_t sum = 0;
	unsigned reason;

	for (reason = 0; reason < COHORT_REASONS; reason++)
		sum += count_of(world, SCOREBOARD_CLOSED + reason);
	return sum;
}

/* What must hold at any time outside a callback. */
static inline void check_books(const struct world *world)
{
	uint64_t *cells = scoreboard_cells(world->worker.page);

	check_int(count_of(world, SCOREBOARD_ACCEPTED) - closed_count(world),
		  count_of(world, SCOREBOARD_LIVE));
	check_int(count_of(world, SCOREBOARD_LIVE), world->service.live_count);
	check_int(world->worker.live_count, world->service.live_count);
	check_int(world->worker.all_count, world->service.all_count);
	check_int(count_of(world, SCOREBOARD_CONNECTED) -
			  count_of(world, SCOREBOARD_OUT_CLOSED),
		  count_of(world, SCOREBOARD_OUT_LIVE));
	check_int(cells[SCOREBOARD_CALLBACK], SCOREBOARD_IN_NONE);
}

static inline void world_close(struct world *world)
{
	unsigned left = world->service.all_count;

	check_books(world);
	while (left-- > 0)
		transport_abort(transport_rotate(&world->service),
				COHORT_REASON_SHUTDOWN);
	turn_until(world, world->service.all_count == 0);
	check_books(world);
	CHECK(transport_rotate(&world->service) == NULL);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	close(world->listener);
	worker_context_end(&world->worker);
	service_release(&world->service);
	worker_context_release(&world->worker);
	scoreboard_fold(world->board, world->worker.page);
	scoreboard_close(world->board);
	loop_release(&world->loop);
	free(world);
}

/* ---- Clients ---- */

struct client {
	int fd;
	size_t sent;
	size_t received;
	bool is_corrupt;
	bool is_ended; /* EOF or an error was read */
	int error;     /* its errno, or 0 */
};

/* The accepted socket `fd` becomes a transport. */
static inline void hand_over(struct world *world, struct record *record, int fd,
			     int family)
{
	record_of_next = record;
	world->accepted = fd;
	CHECK(transport_accept(&world->service, fd, family) == 0);
}

/* A TCP connection that is not a transport yet; the accepted socket. */
static inline int dial_tcp(struct world *world, struct client *client)
{
	int small = 32768, fd;

	*client = (struct client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
	CHECK(setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small,
			 sizeof(small)) == 0);
	CHECK(connect(client->fd, (struct sockaddr *)&world->address,
		      sizeof(world->address)) == 0);
	fd = accept4(world->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(fd >= 0 && fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0);
	return fd;
}

static inline int dial_unix(struct client *client)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			 pair) == 0);
	*client = (struct client){.fd = pair[0]};
	return pair[1];
}

/* A TCP connection whose far end is a transport of the service. */
static inline struct client open_tcp(struct world *world, struct record *record)
{
	struct client client;
	int fd = dial_tcp(world, &client);

	hand_over(world, record, fd, AF_INET);
	return client;
}

static inline struct client open_unix(struct world *world,
				      struct record *record)
{
	struct client client;
	int fd = dial_unix(&client);

	hand_over(world, record, fd, AF_UNIX);
	return client;
}

/* Send until `total` bytes are sent or the kernel takes no more. */
static inline void client_push(struct client *client, size_t total)
{
	unsigned char bytes[BLOCK_BYTES];

	while (client->sent < total) {
		size_t size = total - client->sent;
		ssize_t sent;

		if (size > sizeof(bytes))
			size = sizeof(bytes);
		fill_bytes(bytes, client->sent, size);
		sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		client->sent += (size_t)sent;
	}
}

#define UNSTOPPED ((size_t)64 << 20)

/* Send until nothing is taken from it any more; returns the bytes sent. */
static inline size_t client_push_to_stop(struct world *world,
					 struct client *client)
{
	size_t sent;

	do {
		sent = client->sent;
		client_push(client, UNSTOPPED);
		turn_for(world, 20);
	} while (client->sent > sent);
	CHECK(sent < UNSTOPPED);
	return sent;
}

/* Read what is there. */
static inline void client_pull(struct client *client)
{
	unsigned char bytes[BLOCK_BYTES];

	while (!client->is_ended) {
		ssize_t size = recv(client->fd, bytes, sizeof(bytes), 0);

		if (size < 0 && errno == EAGAIN)
			return;
		if (size <= 0) {
			client->is_ended = true;
			client->error = size < 0 ? errno : 0;
			return;
		}
		if (!are_bytes_right(bytes, client->received, (size_t)size))
			client->is_corrupt = true;
		client->received += (size_t)size;
	}
}

/* Turn and read until the condition holds. */
#define pull_until(world, client, condition)                                   \
	do {                                                                   \
		int64_t pull_until_ms = clock_now_ms() + PATIENCE_MS;          \
		while (!(condition) && clock_now_ms() < pull_until_ms) {       \
			client_pull(client);                                   \
			turn(world);                                           \
		}                                                              \
		CHECK(condition);                                              \
		CHECK(!(client)->is_corrupt);                                  \
	} while (0)

static inline void client_pull_to_end(struct world *world,
				      struct client *client)
{
	pull_until(world, client, client->is_ended);
}

static inline void client_close(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static inline void client_reset(struct client *client)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	CHECK(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger,
			 sizeof(linger)) == 0);
	client_close(client);
}

/* The protocol writes `size` bytes that continue at `offset`. */
static inline int write_bytes(struct cohort_transport *t, size_t offset,
			      size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	int result, number;

	if (bytes == NULL)
		abort();
	fill_bytes(bytes, offset, size);
	result = cohort_write(t, bytes, size);
	number = errno;
	free(bytes); /* they are ours again */
	errno = number;
	return result;
}

/* Write until `queued` bytes wait in the transport; returns the bytes
 * written, beginning with `offset`. */
static inline size_t write_until_queued(struct cohort_transport *t,
					size_t offset, size_t queued)
{
	size_t begin = offset;

	while (cohort_queued(t) < queued && !cohort_is_closing(t)) {
		if (write_bytes(t, offset, 4096) < 0)
			break;
		offset += 4096;
	}
	return offset - begin;
}

/* It has ended, for this reason and error, and said so once, last. */
#define check_end(record, expected_reason, expected_error)                     \
	do {                                                                   \
		CHECK((record)->t == NULL);                                    \
		check_string(cohort_reason_name((record)->end.reason),         \
			     cohort_reason_name(expected_reason));             \
		check_int((record)->end.error, expected_error);                \
		CHECK(strchr((record)->events, 'l') ==                         \
		      (record)->events + strlen((record)->events) - 1);        \
		CHECK(!(record)->is_corrupt);                                  \
	} while (0)

#endif
