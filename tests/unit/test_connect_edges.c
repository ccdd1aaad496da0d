/* SPDX-License-Identifier: MIT */
/* test_connect_edges.c - outgoing transports where something is short, ends or
 * is wrong: descriptors, listeners' queues, the worker itself, arguments. */
#include <limits.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "connect_fixture.h"
#include "net/transport_internal.h"

/* ---- Arguments ---- */

static void test_ill_arguments(void)
{
	static const struct cohort_connect ill[] = {
		{.address = NULL, .protocol = &recorder},
		{.address = "127.0.0.1:80", .protocol = NULL},
		{.address = "127.0.0.1:80",
		 .protocol = &recorder,
		 .timeout_ms = -1},
		{.address = "127.0.0.1", .protocol = &recorder},
		{.address = "127.0.0.1:0", .protocol = &recorder},
		{.address = "127.0.0.1:65536", .protocol = &recorder},
		{.address = "*:80", .protocol = &recorder},
		{.address = "[::]:80", .protocol = &recorder},
		{.address = ":80", .protocol = &recorder},
		{.address = "1.2.3:80", .protocol = &recorder},
		{.address = "unix:relative", .protocol = &recorder},
		{.address = "unix:80", .protocol = &recorder},
		{.address = "name", .protocol = &recorder},
		{.address = "name:0", .protocol = &recorder},
		{.address = "-name:80", .protocol = &recorder},
		{.address = "na/me:80", .protocol = &recorder},
		{.address = "name:80",
		 .source = "unix:@x",
		 .protocol = &recorder},
		{.address = "fd:3", .protocol = &recorder},
		{.address = "systemd:x", .protocol = &recorder},
		{.address = "", .protocol = &recorder},
		{.address = "127.0.0.1:80",
		 .source = "[::1]:0",
		 .protocol = &recorder},
		{.address = "127.0.0.1:80",
		 .source = "somewhere:0",
		 .protocol = &recorder},
		{.address = "127.0.0.1:80",
		 .source = "",
		 .protocol = &recorder},
	};
	struct world *world = world_open();
	size_t i;

	for (i = 0; i < sizeof(ill) / sizeof(ill[0]); i++) {
		errno = 0;
		CHECK(cohort_connect(worker_of(world), &ill[i]) == NULL);
		check_int(errno, EINVAL);
	}
	check_int(world->service.all_count, 0);
	check_int(count_of(world, SCOREBOARD_CONNECT_FAILED), 0);
	world_close(world);
}

static void test_source(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct cohort_address address;
	struct client peer;
	char text[ADDRESS_ROOM];
	struct cohort_connect how = {
		.address = address_text(world, text),
		.source = "127.0.0.9:0",
		.protocol = &recorder,
	};

	CHECK(dial_as(world, &record, &how) != NULL);
	turn_until(world, record.events[0] == 'm');
	peer = accept_peer(world);
	CHECK(cohort_local(record.t, &address) == 0);
	CHECK(strncmp(address.text, "127.0.0.9:", 10) == 0);
	CHECK(cohort_peer(record.t, &address) == 0);
	check_string(address.text, text);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	how.source = "192.0.2.1:0"; /* documentation's, not ours */
	CHECK(dial_as(world, &record, &how) == NULL);
	check_int(errno, EADDRNOTAVAIL);
	world_close(world);
}

/* Where nobody listens TCP may connect a socket to itself. */
static void test_no_mirror(void)
{
	struct world *world = world_open();
	struct record record = {0};
	char text[ADDRESS_ROOM];
	const struct cohort_connect how = {
		.address = text,
		.source = text,
		.protocol = &recorder,
	};

	close(nobody(text));
	CHECK(dial_as(world, &record, &how) != NULL);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, ECONNREFUSED);
	world_close(world);
}

static void test_options(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;
	socklen_t size = sizeof(int);
	int value = 0;

	world->settings.options.nodelay = true;
	world->settings.options.reuse_port = true;
	CHECK(dial_world(world, &record) != NULL);
	turn_until(world, record.events[0] == 'm');
	CHECK(getsockopt(record.t->source.fd, IPPROTO_TCP, TCP_NODELAY, &value,
			 &size) == 0);
	CHECK(value != 0);
	CHECK(getsockopt(record.t->source.fd, SOL_SOCKET, SO_REUSEPORT, &value,
			 &size) == 0);
	check_int(value, 0);
	peer = accept_peer(world);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	world_close(world);
}

/* ---- What runs out ---- */

static void test_no_descriptor(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct rlimit limit, none;
	int lowest = dup(0);

	close(lowest);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHECK(dial_world(world, &record) == NULL);
	check_int(errno, EMFILE);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	check_int(world->service.all_count, 0);
	world_close(world);
}

/* The same pair of ends cannot be connected twice: no port is left.  That is
 * not the other end's fault. */
static void test_no_port(void)
{
	struct world *world = world_open();
	struct record records[2] = {{0}, {0}};
	char text[ADDRESS_ROOM], source[ADDRESS_ROOM];
	struct cohort_connect how = {.address = address_text(world, text),
				     .source = source,
				     .protocol = &recorder};
	struct client peer;

	close(nobody(source));
	CHECK(dial_as(world, &records[0], &how) != NULL);
	turn_until(world, records[0].events[0] == 'm');
	peer = accept_peer(world);
	CHECK(dial_as(world, &records[1], &how) != NULL);
	turn_until(world, !is_alive(&records[1]));
	check_string(records[1].events, "l");
	check_end(&records[1], COHORT_REASON_RESOURCE, EADDRNOTAVAIL);
	client_close(&peer);
	world_close(world);
}

/* A unix listener whose queue is full says EAGAIN and nothing else, ever. */
static void test_full_unix_listener(bool is_too_late)
{
	struct world *world = world_open();
	struct record record = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1;
	char text[ADDRESS_ROOM];
	int listener, filler, accepted;
	struct cohort_connect how = {.address = text, .protocol = &recorder};

	how.timeout_ms = is_too_late ? 60 : PATIENCE_MS;
	size += (socklen_t)snprintf(address.sun_path + 1, 60, "cohort-test-%d",
				    (int)getpid());
	snprintf(text, sizeof(text), "unix:@cohort-test-%d", (int)getpid());
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	filler = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
	CHECK(listen(listener, 0) == 0);
	CHECK(connect(filler, (struct sockaddr *)&address, size) == 0);
	CHECK(dial_as(world, &record, &how) != NULL);
	if (!is_too_late) {
		turn_for(world, 50);
		check_string(record.events, "");
		accepted = accept(listener, NULL, NULL);
		turn_until(world, record.events[0] == 'm');
		close(accepted);
	}
	close(filler);
	if (!is_too_late)
		close(accept(listener, NULL, NULL));
	turn_until(world, !is_alive(&record));
	if (is_too_late)
		check_end(&record, COHORT_REASON_UPSTREAM, ETIMEDOUT);
	close(listener);
	world_close(world);
}

/* A client may need a second descriptor: it is kept for it. */
static void test_reserved_descriptors(void)
{
	struct world *world = world_open();
	struct record records[2] = {{0}, {0}}, out = {0};
	struct client clients[2];
	struct service other;

	service_init(&other, &world->worker, "other", 0);
	other.live_max = 1000;
	world->worker.live_max = 4;
	service_set_descriptors(&world->service, 1);
	clients[0] = open_unix(world, &records[0]);
	CHECK(dial_world(world, &out) != NULL); /* takes what is reserved */
	CHECK(service_has_room(&world->service));
	CHECK(service_has_room(&other));
	clients[1] = open_unix(world, &records[1]);
	CHECK(!service_has_room(&world->service));
	CHECK(!service_has_room(&other));
	world->worker.live_max = 5;
	CHECK(!service_has_room(&world->service));
	CHECK(service_has_room(&other));
	client_close(&clients[0]);
	turn_until(world, !is_alive(&records[0]));
	CHECK(service_has_room(&world->service));
	/* For one there always is room. */
	world->worker.live_max = 1;
	client_close(&clients[1]);
	turn_until(world, !is_alive(&records[1]));
	/* … unless what others have left behind has taken it. */
	CHECK(!service_has_room(&world->service));
	cohort_abort(out.t);
	turn_until(world, !is_alive(&out));
	CHECK(service_has_room(&world->service));
	service_set_descriptors(&other, UINT_MAX);
	check_int(other.descriptors_each, 1 + SERVICE_DESCRIPTORS);
	service_release(&other);
	world_close(world);
}

static void count_change(struct worker_context *worker, struct service *service)
{
	(void)service;
	list_entry(worker, struct world, worker)->drained_count++;
}

/* Outgoing connections that nobody reserved, or whose client has gone, take
 * descriptors too. */
static void test_unreserved_descriptors(void)
{
	struct world *world = world_open();
	struct record record = {0}, out[3] = {{0}, {0}, {0}};
	struct client client = open_unix(world, &record);
	int i;

	world->worker.live_max = 4;
	for (i = 0; i < 3; i++) {
		CHECK(service_has_room(&world->service));
		world->worker.room_changed = count_change;
		world->drained_count = 0;
		CHECK(dial_world(world, &out[i]) != NULL);
	}
	CHECK(!service_has_room(&world->service));
	check_int(world->drained_count, 1); /* it was told */
	cohort_abort(out[0].t);
	turn_until(world, !is_alive(&out[0]));
	CHECK(service_has_room(&world->service));
	check_int(world->drained_count, 2);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	world->worker.room_changed = NULL;
	world_close(world);
}

/* ---- The worker ends ---- */

static void test_last_of_a_drain(void)
{
	struct world *world = world_open();
	struct record client_record = {0}, record = {0};
	struct client client = open_unix(world, &client_record);
	struct hole hole;

	hole_open(&hole);
	CHECK(dial(world, &record, hole.text) != NULL);
	world->worker.is_draining = true;
	client_close(&client);
	turn_until(world, !is_alive(&client_record));
	check_int(world->drained_count, 0);
	cohort_abort(record.t);
	turn_until(world, !is_alive(&record));
	check_int(world->drained_count, 1);
	hole_close(&hole);
	world_close(world);
}

static void dial_again(struct record *record)
{
	const struct cohort_connect how = {
		.address = "127.0.0.1:9",
		.protocol = &recorder,
	};

	CHECK(cohort_connect(cohort_worker(record->t), &how) == NULL);
	check_int(errno, ESHUTDOWN);
}

static void test_cut(void)
{
	struct world *world = world_open();
	struct record connecting = {.on_lost = dial_again};
	struct record connected = {.on_lost = dial_again};
	struct record accepted = {.on_lost = dial_again};
	struct client client, peer;
	struct hole hole;

	hole_open(&hole);
	CHECK(dial_world(world, &connected) != NULL);
	turn_until(world, connected.events[0] == 'm');
	peer = accept_peer(world);
	client = open_tcp(world, &accepted);
	CHECK(dial(world, &connecting, hole.text) != NULL);
	CHECK(write_bytes(connecting.t, 0, 10) == 0);
	world->worker.is_ending = true;
	transport_cut_all(&world->service);
	check_string(connecting.events, "l");
	check_end(&connecting, COHORT_REASON_SHUTDOWN, 0);
	check_string(connected.events, "ml");
	check_end(&connected, COHORT_REASON_SHUTDOWN, 0);
	check_end(&accepted, COHORT_REASON_SHUTDOWN, 0);
	client_close(&client);
	client_close(&peer);
	hole_close(&hole);
	world_close(world);
}

/* ---- Memory, protocols, ids ---- */

struct large {
	struct record *record;
	unsigned char bytes[4096];
};

static void check_large(struct cohort_transport *t, void *session)
{
	struct large *large = session;
	size_t i;

	(void)t;
	for (i = 0; i < sizeof(large->bytes); i++)
		if (large->bytes[i] != 0)
			break;
	check_int(i, sizeof(large->bytes));
	memset(large->bytes, 0xff, sizeof(large->bytes));
}

static const struct cohort_protocol large_protocol = {
	.name = "large",
	.session_size = sizeof(struct large),
	.connection_made = check_large,
	.connection_lost = lost,
};

/* Sessions of all sizes, in any order. */
static void test_sizes(void)
{
	struct world *world = world_open();
	struct record records[8];
	char text[ADDRESS_ROOM];
	struct cohort_connect how = {.address = address_text(world, text)};
	struct client peer;
	int i;

	memset(records, 0, sizeof(records));
	for (i = 0; i < 8; i++) {
		how.protocol = i % 3 == 1 ? &large_protocol : &recorder;
		CHECK(dial_as(world, &records[i], &how) != NULL);
		turn_until(world,
			   count_of(world, SCOREBOARD_CONNECTED) == i + 1u);
		peer = accept_peer(world);
		client_close(&peer);
		if (i % 4 == 3)
			turn_until(world, world->service.all_count == 0);
	}
	CHECK(world->service.idle_outgoing.count > 0);
	check_int(world->service.idle.count, 0);
	world_close(world);
}

static void test_options_of_the_service(void)
{
	static const int options = 5;
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	world->service.protocol_options = &options;
	CHECK(dial_world(world, &record) != NULL);
	CHECK(cohort_options(record.t) == &options);
	/* Another protocol takes over before it is connected. */
	CHECK(cohort_set_protocol(record.t, &large_protocol) == 0);
	CHECK(cohort_options(record.t) == NULL);
	((struct large *)cohort_session(record.t))->record = &record;
	turn_until(world, count_of(world, SCOREBOARD_CONNECTED) == 1);
	peer = accept_peer(world);
	check_string(record.events, "");
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	world_close(world);
}

static void test_stale_id(void)
{
	struct world *world = world_open();
	struct record first = {0}, second = {0};
	struct client peer;
	uint64_t id;

	CHECK(dial_world(world, &first) != NULL);
	id = first.id;
	cohort_abort(first.t);
	turn_until(world, !is_alive(&first));
	CHECK(dial_world(world, &second) != NULL);
	CHECK(second.id != id);
	CHECK(cohort_worker_find(worker_of(world), id) == NULL);
	turn_until(world, second.events[0] == 'm');
	peer = accept_peer(world); /* of the first, which has gone */
	client_close(&peer);
	world_close(world);
}

int main(void)
{
	test_ill_arguments();
	test_source();
	test_no_mirror();
	test_options();
	test_no_descriptor();
	test_no_port();
	test_full_unix_listener(false);
	test_full_unix_listener(true);
	test_reserved_descriptors();
	test_unreserved_descriptors();
	test_last_of_a_drain();
	test_cut();
	test_sizes();
	test_options_of_the_service();
	test_stale_id();
	return check_result();
}
