/* SPDX-License-Identifier: MIT */
/* test_transport_no_header.c - a transport whose PROXY header does not come, is
 * bad, or need not be there. */
#include "net/transport.h"

#include "header_fixture.h"

/* ---- It does not come ---- */

static void test_refused(struct bytes bytes, enum service_proxy mode)
{
	struct world *world = header_world(mode);
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	send_bytes(&client, bytes);
	check_untold_end(world, &record, COHORT_REASON_PROXY_HEADER);
	client_pull_to_end(world, &client);
	client_close(&client);
	world_close(world);
}

/* The FIN may be seen with the bytes, or after they have been looked at. */
static void test_cut(struct bytes bytes, enum service_proxy mode, bool is_tcp,
		     bool is_apart)
{
	struct world *world = header_world(mode);
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);

	send_bytes(&client, bytes);
	if (is_apart)
		check_no_spin(world);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	check_untold_end(world, &record, COHORT_REASON_PROXY_HEADER);
	client_close(&client);
	world_close(world);
}

static void test_reset(struct bytes bytes, bool is_apart)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	if (bytes.size > 0)
		send_bytes(&client, bytes);
	if (is_apart)
		check_no_spin(world);
	client_reset(&client);
	check_untold_end(world, &record, COHORT_REASON_PEER_RESET);
	world_close(world);
}

static void test_late(struct bytes bytes, enum service_proxy mode)
{
	struct world *world = header_world(mode);
	struct record record = {0};
	struct client client;
	int64_t begin_ms = world->loop.now_ms;

	world->settings.proxy_timeout_ms = SHORT_MS;
	client = open_tcp(world, &record);
	if (bytes.size > 0)
		send_bytes(&client, bytes);
	check_untold_end(world, &record, COHORT_REASON_PROXY_HEADER);
	CHECK(world->loop.now_ms >= begin_ms + SHORT_MS);
	client_close(&client);
	world_close(world);
}

/* ---- It need not come ---- */

/* These bytes are the payload, seen when the peer has sent or ended. */
static void test_without(struct bytes bytes, bool is_ended)
{
	struct world *world = header_world(SERVICE_PROXY_OPTIONAL);
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	struct cohort_address peer, raw;

	if (bytes.size > 0)
		send_bytes(&client, bytes);
	if (is_ended)
		CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, record.received_bytes == bytes.size &&
				  record.events[0] == 'm');
	if (is_ended) {
		turn_until(world, !is_alive(&record));
		check_string(record.events, bytes.size > 0 ? "mdel" : "mel");
	} else {
		check_int(cohort_proxy_received(record.t), COHORT_PROXY_NONE);
		check_int(cohort_peer(record.t, &peer), 0);
		check_text(cohort_raw_peer(record.t, &raw), &raw, peer.text);
	}
	client_close(&client);
	world_close(world);
}

/* A protocol that speaks first gets its chance at the deadline; what comes
 * later is payload, as is the beginning of a signature. */
static void test_without_in_time(struct bytes bytes)
{
	struct world *world = header_world(SERVICE_PROXY_OPTIONAL);
	struct record record = {0};
	struct client client;
	int64_t begin_ms = world->loop.now_ms;

	world->settings.proxy_timeout_ms = SHORT_MS;
	world->settings.idle_timeout_ms = 2 * PATIENCE_MS;
	client = open_tcp(world, &record);
	if (bytes.size > 0)
		send_bytes(&client, bytes);
	turn_until(world, is_alive(&record));
	CHECK(world->loop.now_ms >= begin_ms + SHORT_MS);
	turn_until(world, record.received_bytes == bytes.size);
	send_bytes(&client, BYTES(LINE));
	turn_until(world,
		   record.received_bytes == bytes.size + sizeof(LINE) - 1);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	world_close(world);
}

/* ---- Other times ---- */

/* Being idle counts from connection_made, the first byte from the accept. */
static void test_idle(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client;
	int64_t made_ms;

	world->settings.idle_timeout_ms = SHORT_MS;
	client = open_tcp(world, &record);
	turn_for(world, 3 * SHORT_MS);
	check_int(world->service.live_count, 1);
	send_bytes(&client, BYTES(LINE));
	turn_until(world, is_alive(&record));
	made_ms = world->loop.now_ms;
	client_pull_to_end(world, &client);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_IDLE_TIMEOUT, 0);
	CHECK(world->loop.now_ms >= made_ms + SHORT_MS);
	world_close(world);
}

static void test_first_byte_after_header(void)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client;
	int64_t begin_ms = world->loop.now_ms;

	world->settings.first_byte_timeout_ms = 20 * SHORT_MS;
	client = open_tcp(world, &record);
	turn_for(world, SHORT_MS);
	send_bytes(&client, BYTES(LINE));
	turn_until(world, is_alive(&record));
	client_pull_to_end(world, &client);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_FIRST_BYTE_TIMEOUT, 0);
	CHECK(world->loop.now_ms >= begin_ms + 20 * SHORT_MS);
	world_close(world);
}

/* Another timeout is shorter; half a header does not put it off. */
static void test_other_timeout(bool is_lifetime)
{
	struct world *world = header_world(SERVICE_PROXY_REQUIRED);
	struct record record = {0};
	struct client client;

	if (is_lifetime)
		world->settings.lifetime_ms = SHORT_MS;
	else
		world->settings.first_byte_timeout_ms = SHORT_MS;
	client = open_tcp(world, &record);
	send_bytes(&client, BYTES("PROXY T"));
	client_pull_to_end(world, &client);
	check_int(client.error, 0);
	client_close(&client);
	check_untold_end(world, &record,
			 is_lifetime ? COHORT_REASON_LIFETIME
				     : COHORT_REASON_FIRST_BYTE_TIMEOUT);
	world_close(world);
}

int main(void)
{
	static const struct bytes partial[] = {
		BYTES("PROXY TCP4 1.2.3.4"), BYTES(SIGNATURE),
		BYTES(SIGNATURE "\x21\x11\0\x12" BLOCK)};
	size_t i;

	test_refused(BYTES("GET / HTTP/1.1\r\n"), SERVICE_PROXY_REQUIRED);
	test_refused(BYTES("PROXY TCP4 \r\n"), SERVICE_PROXY_REQUIRED);
	test_refused(BYTES("PROXY TCP4 \r\n"), SERVICE_PROXY_OPTIONAL);
	test_refused(BYTES(SIGNATURE "\x21\x11\x0f\xf1"),
		     SERVICE_PROXY_REQUIRED);
	for (i = 0; i < 3 * 2 * 2; i++) {
		test_cut(partial[i / 4], SERVICE_PROXY_REQUIRED, i & 1, i & 2);
		test_cut(partial[i / 4], SERVICE_PROXY_OPTIONAL, i & 1, i & 2);
		test_reset(partial[i / 4], i & 1);
	}
	test_cut(BYTES(""), SERVICE_PROXY_REQUIRED, true, false);
	test_cut(BYTES("PRO"), SERVICE_PROXY_REQUIRED, true, true);
	test_reset(BYTES(""), true);
	test_reset(BYTES("PR"), true);
	test_late(BYTES(""), SERVICE_PROXY_REQUIRED);
	test_late(BYTES("PRO"), SERVICE_PROXY_REQUIRED);
	test_late(partial[0], SERVICE_PROXY_REQUIRED);
	test_late(partial[1], SERVICE_PROXY_OPTIONAL);
	test_without(BYTES("\x1b"), false);
	test_without(BYTES(""), true);
	test_without(BYTES("PR"), true);
	test_without_in_time(BYTES(""));
	test_without_in_time(BYTES("P"));
	test_idle();
	test_first_byte_after_header();
	test_other_timeout(true);
	test_other_timeout(false);
	return check_result();
}
