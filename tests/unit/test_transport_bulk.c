/* SPDX-License-Identifier: MIT */
/* test_transport_bulk.c - a neighbour that is sent much has a bound for what
 * waits in the kernel, unless somebody else has set one; others have none. */
#include <netinet/tcp.h>
#include <signal.h>

#include "forward_fixture.h"
#include "net/transport_internal.h"

#define LITTLE ((uint64_t)100000)
#define MUCH   ((uint64_t)1 << 20)
#define BOUND  (1 << 18)

static int bound_of(const struct cohort_transport *t)
{
	int value = -1;
	socklen_t size = sizeof(value);

	CHECK(getsockopt(t->source.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value,
			 &size) == 0);
	return value;
}

static void set_bound(struct cohort_transport *t, int bytes)
{
	CHECK(setsockopt(t->source.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes,
			 sizeof(bytes)) == 0);
}

struct bulk {
	const char *name;
	uint64_t size;
	int configured; /* notsent_lowat of the service */
	int inherited;  /* of the socket */
	uint64_t system;
	int expected;
};

static const struct bulk bulks[] = {
	{"little", LITTLE, SOCKOPT_KERNEL, 0, UINT32_MAX, 0},
	{"much", MUCH, SOCKOPT_KERNEL, 0, UINT32_MAX, BOUND},
	{"much, configured", MUCH, 65536, 0, UINT32_MAX, 0},
	{"much, inherited", MUCH, SOCKOPT_KERNEL, 16384, UINT32_MAX, 16384},
	{"much, the system's", MUCH, SOCKOPT_KERNEL, 0, 16384, 0},
};

static void test_memory(const struct bulk *bulk)
{
	static const char bytes[1000];
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->settings.options.notsent_lowat_bytes = bulk->configured;
	world->worker.unsent_bytes = bulk->system;
	client = open_tcp(world, &record);
	if (bulk->inherited > 0)
		set_bound(record.t, bulk->inherited);
	check_int(
		cohort_send_memory(record.t, bytes, sizeof(bytes), bulk->size),
		0);
	if (bound_of(record.t) != bulk->expected)
		printf("%s: %d\n", bulk->name, bound_of(record.t));
	check_int(bound_of(record.t), bulk->expected);
	client_close(&client);
	world_close(world);
}

/* From another address than the server's. */
static struct client open_elsewhere(struct world *world, struct record *record)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000002)};
	struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
	int fd;

	CHECK(bind(client.fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	CHECK(connect(client.fd, (struct sockaddr *)&world->address,
		      sizeof(world->address)) == 0);
	fd = accept4(world->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(fd >= 0);
	hand_over(world, record, fd, AF_INET);
	return client;
}

/* To one who is elsewhere the kernel sends while the worker is busy. */
static void test_elsewhere(void)
{
	static const char bytes[1000];
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_elsewhere(world, &record);

	check_int(cohort_send_memory(record.t, bytes, sizeof(bytes), MUCH), 0);
	check_int(bound_of(record.t), 0);
	client_close(&client);
	world_close(world);
}

/* A forwarder leaves both as they are. */
static void test_forward(void)
{
	struct couple couple;

	open_couple(&couple);
	pump(&couple, BULK);
	CHECK(is_spliced(&couple));
	check_int(bound_of(couple.to.t), 0);
	check_int(bound_of(couple.from.t), 0);
	close_couple(&couple);
}

/* Who is given back what it sends, as soon as that is much. */
static void test_echo(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_forward(record.t, record.t), 0);
	client_push(&client, 100);
	pull_until(world, &client, client.received == 100);
	check_int(bound_of(record.t), 0);
	while (client.sent < BULK) {
		client_push(&client, BULK);
		turn(world);
		client_pull(&client);
	}
	CHECK(world->worker.forward_pipe[0] >= 0);
	check_int(bound_of(record.t), BOUND);
	pull_until(world, &client, client.received == BULK);
	CHECK(!client.is_corrupt);
	client_close(&client);
	world_close(world);
}

/* It has been set once: what the protocol does with it later is its affair. */
static void test_once(void)
{
	static const char bytes[1000];
	static char sink[65536];
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_memory(record.t, bytes, sizeof(bytes), MUCH), 0);
	check_int(bound_of(record.t), BOUND);
	set_bound(record.t, 0);
	while (recv(client.fd, sink, sizeof(sink), 0) > 0)
		turn(world);
	turn_for(world, 10);
	check_int(bound_of(record.t), 0);
	client_close(&client);
	world_close(world);
}

int main(void)
{
	size_t i;

	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	for (i = 0; i < sizeof(bulks) / sizeof(bulks[0]); i++)
		test_memory(&bulks[i]);
	test_elsewhere();
	test_forward();
	test_echo();
	test_once();
	return check_result();
}
