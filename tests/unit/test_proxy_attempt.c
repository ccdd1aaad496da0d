/* SPDX-License-Identifier: MIT */
/* test_proxy_attempt.c - the way to an upstream past those that cannot even be
 * tried, and what is not an upstream's fault. */
#include <sys/resource.h>

#include "connect_fixture.h"
#include "protocols/protocols.h"
#include "protocols/proxy.h"

/* A worker that forwards to these, and has nothing else to do. */
static struct world *proxy_world(struct proxy_options *options,
				 const struct proxy_row *rows, size_t count)
{
	struct world *world = world_open();
	struct error error;

	*options = (struct proxy_options){
		.upstreams = {.rows = rows, .count = count},
		.connect_timeout_ms = PATIENCE_MS,
		.tries = 3,
		.check_interval_ms = -1,
	};
	world->service.protocol = &protocol_proxy;
	world->service.protocol_options = options;
	check_int(service_start(&world->service, &error), 0);
	return world;
}

static const struct proxy_worker *worker_in(struct world *world)
{
	return cohort_worker_state(worker_of(world));
}

static void end_world(struct world *world, struct client *client)
{
	client_close(client);
	turn_until(world, world->service.all_count == 0);
	service_stop(&world->service);
	world_close(world);
}

/* As an address of a family that this machine lacks. */
static void test_next_after_impossible(void)
{
	char text[ADDRESS_ROOM] = "";
	struct proxy_row rows[] = {
		{.address = "127.0.0.1:0", .weight = 9, .max_failures = 1},
		{.address = text, .weight = 1, .max_failures = 1},
	};
	struct proxy_options options;
	struct world *world = proxy_world(&options, rows, 2);
	struct record unused = {0};
	struct client client, peer;

	address_text(world, text);
	client = open_tcp(world, &unused);
	turn_until(world, count_of(world, SCOREBOARD_CONNECTED) == 1);
	peer = accept_peer(world);
	client_push(&client, 1000);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	client_pull_to_end(world, &peer);
	check_int(peer.received, 1000);
	check_int(peer.error, 0);
	check_int(worker_in(world)->balance.upstreams[0].failed_count, 1);
	check_int(worker_in(world)->balance.upstreams[1].failed_count, 0);
	client_close(&peer);
	end_world(world, &client);
}

/* Without descriptors no other is asked, and nobody is blamed. */
static void test_no_descriptor(void)
{
	char text[ADDRESS_ROOM] = "";
	struct proxy_row rows[] = {
		{.address = text, .weight = 99, .max_failures = 1},
		{.address = "127.0.0.1:0", .weight = 1, .max_failures = 1},
	};
	struct proxy_options options;
	struct world *world = proxy_world(&options, rows, 2);
	struct record unused = {0};
	struct rlimit limit, none;
	struct client client;
	int fd = dial_tcp(world, &client);
	int lowest = dup(0);

	close(lowest);
	address_text(world, text);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	hand_over(world, &unused, fd, AF_INET);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	client_pull_to_end(world, &client);
	check_int(client.error, ECONNRESET);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_RESOURCE),
		  1);
	check_int(worker_in(world)->balance.upstreams[0].failed_count, 0);
	check_int(worker_in(world)->balance.upstreams[1].failed_count, 0);
	end_world(world, &client);
}

int main(void)
{
	test_next_after_impossible();
	test_no_descriptor();
	return check_result();
}
