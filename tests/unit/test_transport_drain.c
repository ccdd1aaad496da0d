/* SPDX-License-Identifier: MIT */
/* test_transport_drain.c - the worker leaves: each transport is told once, the
 * last one ends it; and room that is made goes to whoever waits for it. */
#include "net/transport.h"

#include "net/acceptor.h"
#include "transport_fixture.h"

static void close_it(struct record *record)
{
	cohort_close(record->t);
}

static void write_bye(struct record *record)
{
	CHECK(write_bytes(record->t, 0, 3) == 0);
}

static void drain_all(struct world *world)
{
	unsigned left = world->service.live_count;

	world->worker.is_draining = true;
	while (left-- > 0)
		transport_announce_drain(transport_rotate(&world->service));
}

static void test_drain(void)
{
	struct world *world = world_open();
	struct record polite = {.on_drain = close_it};
	struct record talking = {.on_drain = write_bye}, late = {0};
	struct client clients[3];

	clients[0] = open_tcp(world, &polite);
	clients[1] = open_tcp(world, &talking);
	turn(world);
	drain_all(world);
	drain_all(world);
	check_string(talking.events, "mD");
	check_string(polite.events, "mD");
	clients[2] = open_tcp(world, &late); /* accepted before it was told */
	check_string(late.events, "mD");
	client_pull_to_end(world, &clients[0]);
	client_close(&clients[0]);
	client_pull(&clients[1]);
	check_int(clients[1].received, 3);
	/* Nothing is closed for being idle. */
	turn_for(world, 30);
	CHECK(is_alive(&talking) && is_alive(&late) && !is_alive(&polite));
	check_int(world->drained_count, 0);
	client_close(&clients[1]);
	turn_until(world, !is_alive(&talking));
	check_int(world->drained_count, 0);
	client_close(&clients[2]);
	turn_until(world, !is_alive(&late));
	check_int(world->drained_count, 1);
	world_close(world);
}

/* A transport that closes already need not be told. */
static void test_drain_while_closing(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	cohort_close(record.t);
	drain_all(world);
	check_string(record.events, "m");
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_int(world->drained_count, 1);
	world_close(world);
}

/* Without the announcement the end of the last one means nothing. */
static void test_no_drain(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_int(world->drained_count, 0);
	world_close(world);
}

static void test_rotate(void)
{
	struct world *world = world_open();
	struct record records[3] = {{0}, {0}, {0}};
	struct client clients[3];
	int i;

	CHECK(transport_rotate(&world->service) == NULL);
	for (i = 0; i < 3; i++)
		clients[i] = open_unix(world, &records[i]);
	for (i = 0; i < 6; i++)
		CHECK(transport_rotate(&world->service) == records[i % 3].t);
	CHECK(transport_of_node(world->service.transports.next) ==
	      records[0].t);
	for (i = 0; i < 3; i++)
		client_close(&clients[i]);
	world_close(world);
}

/* ---- Room ---- */

static int connect_client(struct world *world)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (struct sockaddr *)&world->address,
		      sizeof(world->address)) == 0);
	return fd;
}

/* A full service, and a full worker, accept again when one has ended. */
static void test_room(bool is_worker_full)
{
	struct world *world = world_open();
	struct record first = {0}, second = {0};
	struct client client = open_tcp(world, &first);
	struct acceptor acceptor;
	int waiting;

	if (is_worker_full)
		world->worker.live_max = 1;
	else
		world->service.live_max = 1;
	CHECK(!service_has_room(&world->service));
	CHECK(fcntl(world->listener, F_SETFL, O_NONBLOCK) == 0);
	acceptor_init(&acceptor, &world->service, world->listener, AF_INET,
		      false);
	CHECK(acceptor_start(&acceptor) == 0);
	record_of_next = &second;
	waiting = connect_client(world);
	turn_for(world, 20);
	CHECK(!is_alive(&second));
	client_close(&client);
	turn_until(world, !is_alive(&first) && is_alive(&second));
	check_string(second.events, "m");
	check_int(world->service.live_count, 1);
	acceptor_stop(&acceptor);
	close(waiting);
	world_close(world);
}

/* The whole worker was full: the other services may go on as well. */
static void test_room_for_another_service(void)
{
	struct world *world = world_open();
	struct record first = {0}, second = {0};
	struct client client;
	struct acceptor acceptor;
	struct service other;
	int waiting;

	service_init(&other, &world->worker, "other", 0);
	other.protocol = &recorder;
	other.settings = &world->settings;
	other.live_max = 1000;
	client = open_tcp(world, &first);
	world->worker.live_max = 1;
	CHECK(fcntl(world->listener, F_SETFL, O_NONBLOCK) == 0);
	acceptor_init(&acceptor, &other, world->listener, AF_INET, false);
	CHECK(acceptor_start(&acceptor) == 0);
	record_of_next = &second;
	waiting = connect_client(world);
	turn_for(world, 20);
	CHECK(!is_alive(&second));
	client_close(&client);
	turn_until(world, is_alive(&second));
	check_int(other.live_count, 1);
	close(waiting);
	turn_until(world, !is_alive(&second));
	acceptor_stop(&acceptor);
	service_release(&other);
	world_close(world);
}

int main(void)
{
	test_drain();
	test_drain_while_closing();
	test_no_drain();
	test_rotate();
	test_room(false);
	test_room(true);
	test_room_for_another_service();
	return check_result();
}
