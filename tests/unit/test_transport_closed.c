/* SPDX-License-Identifier: MIT */
/* test_transport_closed.c - what stays of a connection: its peer's address, and
 * an entry in the history of its worker. */
#include "metrics/scoreboard_internal.h"
#include "metrics/snapshot.h"
#include "net/transport_internal.h"
#include "transport_fixture.h"

/* The one connection that was closed so far. */
static struct board_closed only_closed(const struct world *world)
{
	char names[2][SCOREBOARD_SERVICE_NAME];
	struct board_closed closed[2];

	check_int(snapshot_closed(world->board, closed, names, 2), 1);
	check_string(names[0], "test");
	return closed[0];
}

static uint64_t observed(const struct world *world)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < SCOREBOARD_DURATION_BUCKETS; i++)
		sum += count_of(world, SCOREBOARD_DURATION + i);
	return sum;
}

/* A client whose transport is told who it is by accept(2). */
static struct client open_known(struct world *world, struct record *record,
				struct sockaddr_in *own)
{
	socklen_t size = sizeof(*own);
	struct client client;
	int fd = dial_tcp(world, &client);

	CHECK(getsockname(client.fd, (struct sockaddr *)own, &size) == 0);
	record_of_next = record;
	world->accepted = fd;
	CHECK(transport_accept_from(&world->service, fd, AF_INET,
				    (struct sockaddr *)own) == 0);
	return client;
}

static struct cohort_address lost_peer;
static int lost_status;

static void ask_who(struct record *record)
{
	lost_status = cohort_peer(record->t, &lost_peer);
}

static void a_peer_that_has_reset_is_still_known(void)
{
	struct world *world = world_open();
	struct record record = {.on_lost = ask_who};
	struct board_closed closed;
	struct sockaddr_in own;
	struct client client = open_known(world, &record, &own);

	client_push(&client, 100);
	turn_until(world, record.received_bytes == 100);
	lost_status = -1;
	client_reset(&client);
	turn_until(world, world->service.all_count == 0);
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	check_int(lost_status, 0);
	check_int(lost_peer.port, ntohs(own.sin_port));
	CHECK(memcmp(lost_peer.bytes, &own.sin_addr, 4) == 0);
	closed = only_closed(world);
	check_int(closed.id, record.id);
	check_int(closed.count, 1);
	check_int(closed.reason, COHORT_REASON_PEER_RESET);
	check_int(closed.error, ECONNRESET);
	check_int(closed.received_bytes, 100);
	check_int(closed.family, AF_INET);
	check_int(closed.peer_port, ntohs(own.sin_port));
	CHECK(memcmp(closed.peer, &own.sin_addr, 4) == 0);
	CHECK(closed.closed_ms > 0 && closed.duration_ms >= 0);
	CHECK(!closed.is_outgoing);
	check_int(observed(world), 1);
	world_close(world);
}

static void one_that_is_refused_is_remembered_too(void)
{
	struct world *world = world_open();
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct board_closed closed;

	check_int(transport_accept_from(&world->service, fd, AF_INET,
					(struct sockaddr *)&world->address),
		  -1);
	closed = only_closed(world);
	check_int(closed.reason, COHORT_REASON_RESOURCE);
	check_int(closed.error, EPERM);
	check_int(closed.peer_port, ntohs(world->address.sin_port));
	check_int(count_of(world,
			   SCOREBOARD_REJECTED + SCOREBOARD_REJECTED_RESOURCE),
		  1);
	check_int(observed(world), 0);
	world_close(world);
}

/* There and back. */
static void addresses_are_kept_whole(void)
{
	static const char *const words[] = {
		"127.0.0.1:80",
		"[2001:db8::7:1]:65535",
		"[::ffff:10.0.0.1]:1",
	};
	struct transport_peer peer;
	struct address address, again;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		CHECK(address_parse(&address, words[i], &error) == 0);
		transport_keep_peer(&peer, &address.socket.generic);
		CHECK(!peer.has_zone);
		CHECK(transport_kept_peer(&peer, &again) == 0);
		CHECK(address_is_equal(&address, &again));
		check_int(again.length, address.length);
	}
	CHECK(address_parse(&address, "[fe80::1%lo]:80", &error) == 0);
	transport_keep_peer(&peer, &address.socket.generic);
	CHECK(peer.has_zone);
	CHECK(address_parse(&address, "unix:/run/x", &error) == 0);
	transport_keep_peer(&peer, &address.socket.generic);
	check_int(transport_kept_peer(&peer, &again), -1);
	check_int(errno, ENOTCONN);
}

int main(void)
{
	addresses_are_kept_whole();
	a_peer_that_has_reset_is_still_known();
	one_that_is_refused_is_remembered_too();
	return check_result();
}
