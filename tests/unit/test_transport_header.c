/* SPDX-License-Identifier: MIT */
/* test_transport_header.c - a transport whose PROXY header comes first: when it
 * begins, what it then knows, and how its worker drains. */
#include "net/transport.h"

#include "header_fixture.h"

/* ---- It comes ---- */

static void check_ends(struct world *world, const struct record *record)
{
	struct cohort_address address;
	char ours[COHORT_ADDRESS_TEXT];

	check_text(cohort_peer(record->t, &address), &address,
		   "192.0.2.1:5000");
	check_text(cohort_local(record->t, &address), &address, "192.0.2.2:80");
	check_int(cohort_raw_local(record->t, &address), 0);
	snprintf(ours, sizeof(ours), "127.0.0.1:%d",
		 ntohs(world->address.sin_port));
	check_string(address.text, ours);
	check_int(cohort_raw_peer(record->t, &address), 0);
	CHECK(strncmp(address.text, "127.0.0.1:", 10) == 0);
}

/* The payload is in the same segment. */
static void test_whole(struct bytes header, enum service_proxy mode,
		       enum cohort_proxy_version version)
{
	struct world *world = header_world(mode);
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	struct cohort_info info;
	char bytes[128];

	turn(world);
	check_string(record.events, "");
	memcpy(bytes, header.at, header.size);
	fill_bytes((unsigned char *)bytes + header.size, 0, 10);
	send_bytes(&client, (struct bytes){bytes, header.size + 10});
	client.sent = 10;
	turn_until(world, record.received_bytes == 10);
	client_push(&client, 5000);
	turn_until(world, record.received_bytes == 5000);
	check_string(record.events, "md");
	CHECK(!record.is_corrupt);
	check_ends(world, &record);
	check_int(cohort_proxy_received(record.t), version);
	cohort_info(record.t, &info);
	check_int(info.received_bytes, 5000);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 5000);
	CHECK(write_bytes(record.t, 0, 100) == 0);
	pull_until(world, &client, client.received == 100);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

static void test_tlvs(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	const void *value;
	size_t size;

	send_bytes(&client, BYTES(HEADER));
	turn_until(world, is_alive(&record));
	check_int(cohort_proxy_tlv(record.t, COHORT_PROXY_TLV_AUTHORITY, &value,
				   &size),
		  0);
	check_int(size, 3);
	CHECK(memcmp(value, "a.b", 3) == 0);
	check_int(cohort_proxy_tlv(record.t, COHORT_PROXY_TLV_ALPN, &value,
				   &size),
		  -1);
	check_int(errno, ENOENT);
	client_close(&client);
	world_close(world);
}

/* On TCP 4096 bytes, which is the limit, and as many segments; on a unix socket
 * each would cost the sender's buffer as much as a kilobyte. */
static void test_bytewise(bool is_tcp)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);
	char long_one[4096] = SIGNATURE "\x21\x11\x0f\xf0" BLOCK "\4\x0f\xe1";
	struct bytes header =
		is_tcp ? (struct bytes){long_one, 4096} : BYTES(HEADER);
	size_t i;
	int on = 1;

	(void)setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (i = 0; i < header.size; i++) {
		check_string(record.events, "");
		send_bytes(&client, (struct bytes){header.at + i, 1});
		turn(world);
	}
	turn_until(world, is_alive(&record));
	client_push(&client, 7);
	turn_until(world, record.received_bytes == 7);
	CHECK(!record.is_corrupt);
	client_close(&client);
	world_close(world);
}

static void test_local(struct bytes header, enum cohort_proxy_version version)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	struct cohort_address own, raw;

	send_bytes(&client, header);
	turn_until(world, is_alive(&record));
	check_int(cohort_proxy_received(record.t), version);
	check_int(cohort_peer(record.t, &own), 0);
	check_text(cohort_raw_peer(record.t, &raw), &raw, own.text);
	check_int(cohort_local(record.t, &own), 0);
	check_text(cohort_raw_local(record.t, &raw), &raw, own.text);
	client_close(&client);
	world_close(world);
}

static void close_it(struct record *record)
{
	cohort_close(record->t);
}

static void abort_it(struct record *record)
{
	cohort_abort(record->t);
}

/* What connection_made does is done, with bytes behind the header. */
static void test_end_when_made(act *end)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {.on_made = end};
	struct client client = open_tcp(world, &record);

	send_bytes(&client, BYTES(LINE "more"));
	turn_until(world, record.events[0] == 'm');
	client_pull_to_end(world, &client);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "ml");
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

static void remember_peer(struct record *record)
{
	struct cohort_address address;

	check_text(cohort_peer(record->t, &address), &address,
		   "192.0.2.1:5000");
	check_int(cohort_raw_peer(record->t, &address), -1);
	check_int(errno, ENOTCONN);
}

/* Who it was is known to the end, also after a reset. */
static void test_peer_of_lost(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {.on_lost = remember_peer};
	struct client client = open_tcp(world, &record);

	send_bytes(&client, BYTES(LINE));
	turn_until(world, is_alive(&record));
	client_reset(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* ---- The worker drains ---- */

static void drain_all(struct world *world)
{
	world->worker.is_draining = true;
	transport_announce_drain(transport_rotate(&world->service));
}

static void test_drain(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	turn(world);
	drain_all(world);
	check_string(record.events, "");
	turn_for(world, 10);
	check_int(world->drained_count, 0);
	send_bytes(&client, BYTES(LINE));
	turn_until(world, is_alive(&record));
	check_string(record.events, "mD");
	drain_all(world);
	check_string(record.events, "mD");
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_int(world->drained_count, 1);
	world_close(world);
}

static void test_drain_and_end(act *end)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {.on_drain = end};
	struct client client = open_tcp(world, &record);

	drain_all(world);
	send_bytes(&client, BYTES(LINE));
	turn_until(world, record.events[0] == 'm');
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mDl");
	check_int(world->drained_count, 1);
	world_close(world);
}

/* It is closed, or cut, at the bound: the protocol never knew. */
static void test_drain_bound(bool is_cut)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	send_bytes(&client, BYTES("PROXY "));
	turn_for(world, 5);
	drain_all(world);
	if (is_cut)
		transport_abort(transport_rotate(&world->service),
				COHORT_REASON_SHUTDOWN);
	else
		transport_close(transport_rotate(&world->service),
				COHORT_REASON_SHUTDOWN);
	client_pull_to_end(world, &client);
	client_close(&client);
	check_untold_end(world, &record, COHORT_REASON_SHUTDOWN);
	check_int(world->drained_count, 1);
	world_close(world);
}

/* ---- A header for others ---- */

static void check_sent(struct client *client, struct bytes expected)
{
	char found[300];

	check_int(recv(client->fd, found, sizeof(found), 0), expected.size);
	CHECK(memcmp(found, expected.at, expected.size) == 0);
}

/* Through two proxies it is still the first one's client. */
static void test_write(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record client_record = {0}, records[4] = {0};
	struct client client = open_tcp(world, &client_record), upstreams[4];
	int i;

	send_bytes(&client, BYTES(HEADER));
	turn_until(world, is_alive(&client_record));
	world->settings.proxy = SERVICE_PROXY_OFF;
	for (i = 0; i < 4; i++)
		upstreams[i] = open_tcp(world, &records[i]);
	check_int(cohort_write_proxy_header(records[0].t, client_record.t,
					    COHORT_PROXY_V1),
		  0);
	check_sent(&upstreams[0], BYTES(LINE));
	check_int(cohort_write_proxy_header(records[1].t, client_record.t,
					    COHORT_PROXY_V2),
		  0);
	check_sent(&upstreams[1], BYTES(SIGNATURE "\x21\x11\0\x0c" BLOCK));
	check_int(
		cohort_write_proxy_header(records[2].t, NULL, COHORT_PROXY_V1),
		0);
	check_sent(&upstreams[2], BYTES("PROXY UNKNOWN\r\n"));
	check_int(
		cohort_write_proxy_header(records[3].t, NULL, COHORT_PROXY_V2),
		0);
	check_sent(&upstreams[3], BYTES(LOCAL));
	/* Not after anything else, nor of a version that there is not. */
	check_int(
		cohort_write_proxy_header(records[3].t, NULL, COHORT_PROXY_V2),
		-1);
	check_int(errno, EINVAL);
	check_int(cohort_write_proxy_header(client_record.t, NULL,
					    COHORT_PROXY_NONE),
		  -1);
	check_int(errno, EINVAL);
	for (i = 0; i < 4; i++)
		client_close(&upstreams[i]);
	client_close(&client);
	world_close(world);
}

int main(void)
{
	test_whole(BYTES(LINE), SERVICE_PROXY_REQUIRED, COHORT_PROXY_V1);
	test_whole(BYTES(LINE), SERVICE_PROXY_OPTIONAL, COHORT_PROXY_V1);
	test_whole(BYTES(HEADER), SERVICE_PROXY_REQUIRED, COHORT_PROXY_V2);
	test_whole(BYTES(HEADER), SERVICE_PROXY_OPTIONAL, COHORT_PROXY_V2);
	test_tlvs();
	test_bytewise(true);
	test_bytewise(false);
	test_local(BYTES(LOCAL), COHORT_PROXY_V2);
	test_local(BYTES("PROXY UNKNOWN\r\n"), COHORT_PROXY_V1);
	test_end_when_made(close_it);
	test_end_when_made(abort_it);
	test_peer_of_lost();
	test_drain();
	test_drain_and_end(close_it);
	test_drain_and_end(abort_it);
	test_drain_bound(true);
	test_drain_bound(false);
	test_write();
	return check_result();
}
