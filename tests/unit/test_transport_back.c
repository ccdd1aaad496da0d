/* SPDX-License-Identifier: MIT */
/* test_transport_back.c - a transport that forwards to itself: what its client
 * sends comes back, spliced while it is much, and copied where it cannot be. */
#include <signal.h>
#include <sys/resource.h>

#include "net/transport_internal.h"
#include "protocols/protocols.h"
#include "transport_fixture.h"

#define BULK ((size_t)8 << 20)

struct echoed {
	struct world *world;
	struct record record;
	struct client client;
};

static void open_echoed(struct echoed *echoed, bool is_tcp)
{
	memset(echoed, 0, sizeof(*echoed));
	echoed->world = world_open();
	echoed->client = is_tcp ? open_tcp(echoed->world, &echoed->record)
				: open_unix(echoed->world, &echoed->record);
	check_int(cohort_forward(echoed->record.t, echoed->record.t), 0);
}

static void close_echoed(struct echoed *echoed)
{
	if (echoed->client.fd >= 0)
		client_close(&echoed->client);
	world_close(echoed->world);
}

static bool has_pipe(const struct echoed *echoed)
{
	return echoed->world->worker.forward_pipe[0] >= 0;
}

/* The client sends and reads until it has `total` bytes back. */
static void pump(struct echoed *echoed, size_t total)
{
	pull_until(echoed->world, &echoed->client,
		   (client_push(&echoed->client, total),
		    echoed->client.received >= total));
	check_int(echoed->client.received, total);
}

/* Much more comes back, too; then it is over. */
static void pump_on_and_close(struct echoed *echoed)
{
	pump(echoed, echoed->client.sent + BULK);
	close_echoed(echoed);
}

/* In the midst of much, with bytes everywhere. */
static void pump_into_the_midst(struct echoed *echoed)
{
	pump(echoed, BULK / 4);
	client_push(&echoed->client, BULK);
	turn(echoed->world);
}

/* ---- What comes back ------------------------------------------------- */

static void test_small(void)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	pump(&echoed, 1);
	pump(&echoed, 5000);
	CHECK(!has_pipe(&echoed));
	check_string(echoed.record.events, "m");
	close_echoed(&echoed);
}

static void test_bulk(bool is_tcp)
{
	struct echoed echoed;

	open_echoed(&echoed, is_tcp);
	pump(&echoed, BULK);
	CHECK(has_pipe(&echoed));
	CHECK(strchr(echoed.record.events, 'd') == NULL);
	check_int(count_of(echoed.world, SCOREBOARD_RECEIVED_BYTES), BULK);
	check_int(count_of(echoed.world, SCOREBOARD_SENT_BYTES), BULK);
	close_echoed(&echoed);
}

/* When messages are small again they are copied again. */
static void test_small_after_bulk(void)
{
	struct echoed echoed;
	size_t total = BULK;
	int i;

	open_echoed(&echoed, true);
	pump(&echoed, total);
	for (i = 0; i < 20; i++)
		pump(&echoed, total += 64);
	CHECK(!echoed.record.t->extras->is_forward_bulk);
	CHECK(transport_is_at_rest(echoed.record.t));
	pump_on_and_close(&echoed);
}

/* It is the protocol's again. */
static void test_ended(void)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	pump(&echoed, BULK);
	check_int(cohort_forward(echoed.record.t, NULL), 0);
	echoed.record.received_bytes = BULK;
	client_push(&echoed.client, BULK + 5000);
	turn_until(echoed.world, echoed.record.received_bytes == BULK + 5000);
	CHECK(!echoed.record.is_corrupt);
	close_echoed(&echoed);
}

/* ---- Back-pressure --------------------------------------------------- */

/* Pauses and their ends, in turn, and nothing else. */
static bool are_pauses_in_turn(const char *events)
{
	while (strncmp(events, "pr", 2) == 0)
		events += 2;
	return *events == '\0';
}

/* It costs the high mark and one chunk, and gets everything in the end. */
static void test_deaf(bool is_tcp, size_t high, size_t low)
{
	struct echoed echoed;
	size_t sent, queued;

	open_echoed(&echoed, is_tcp);
	check_int(cohort_set_write_limits(echoed.record.t, high, low), 0);
	sent = client_push_to_stop(echoed.world, &echoed.client);
	queued = count_of(echoed.world, SCOREBOARD_QUEUED_BYTES);
	CHECK(queued > 0 && queued <= high + SERVICE_READ_BYTES);
	check_int(queued, cohort_queued(echoed.record.t));
	CHECK(!cohort_is_reading(echoed.record.t));
	while (echoed.client.received < sent && !echoed.client.is_ended) {
		client_pull(&echoed.client);
		turn(echoed.world);
		CHECK(cohort_queued(echoed.record.t) <=
		      high + SERVICE_READ_BYTES);
	}
	CHECK(are_pauses_in_turn(echoed.record.events + 1));
	CHECK(cohort_is_reading(echoed.record.t));
	pump_on_and_close(&echoed);
}

static void test_write_limit(void)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	echoed.world->settings.write_limit_bytes = SERVICE_READ_BYTES + 1;
	client_push_to_stop(echoed.world, &echoed.client);
	CHECK(is_alive(&echoed.record));
	CHECK(cohort_queued(echoed.record.t) <= SERVICE_READ_BYTES + 1);
	pump_on_and_close(&echoed);
}

/* The protocol's own pause holds, whatever is sent meanwhile. */
static void test_pause(void)
{
	struct echoed echoed;
	size_t received;

	open_echoed(&echoed, true);
	pump_into_the_midst(&echoed);
	cohort_pause_reading(echoed.record.t);
	received = count_of(echoed.world, SCOREBOARD_RECEIVED_BYTES);
	client_push_to_stop(echoed.world, &echoed.client);
	check_int(count_of(echoed.world, SCOREBOARD_RECEIVED_BYTES), received);
	cohort_resume_reading(echoed.record.t);
	pump_on_and_close(&echoed);
}

static void test_rated(void)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	check_int(cohort_set_byte_rate(echoed.record.t, 4 << 20), 0);
	pump(&echoed, 1 << 20);
	CHECK(!has_pipe(&echoed));
	close_echoed(&echoed);
}

/* ---- Ends ------------------------------------------------------------ */

static void half_close(struct echoed *echoed, enum cohort_verdict verdict)
{
	open_echoed(echoed, true);
	echoed->record.verdict = verdict;
	pump_into_the_midst(echoed);
	CHECK(shutdown(echoed->client.fd, SHUT_WR) == 0);
	pump(echoed, echoed->client.sent);
}

static void test_half_close(void)
{
	struct echoed echoed;

	half_close(&echoed, COHORT_CLOSE);
	client_pull_to_end(echoed.world, &echoed.client);
	check_int(echoed.client.received, echoed.client.sent);
	check_int(echoed.client.error, 0);
	turn_until(echoed.world, !is_alive(&echoed.record));
	check_end(&echoed.record, COHORT_REASON_EOF, 0);
	close_echoed(&echoed);
}

/* The end of file is the protocol's affair: it may go on writing. */
static void test_half_open(void)
{
	struct echoed echoed;
	size_t sent;

	half_close(&echoed, COHORT_KEEP);
	sent = echoed.client.sent;
	turn_until(echoed.world, strchr(echoed.record.events, 'e') != NULL);
	check_int(write_bytes(echoed.record.t, sent, 7), 0);
	pull_until(echoed.world, &echoed.client,
		   echoed.client.received == sent + 7);
	cohort_close(echoed.record.t);
	client_pull_to_end(echoed.world, &echoed.client);
	check_int(echoed.client.error, 0);
	close_echoed(&echoed);
}

/* It says that nothing more comes back: what is sent nevertheless is the
 * protocol's, and so is the end.  Also if it stood for a client that takes
 * nothing. */
static void test_no_more(bool is_held)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	echoed.record.verdict = COHORT_KEEP;
	if (is_held)
		client_push_to_stop(echoed.world, &echoed.client);
	else
		pump(&echoed, 5000);
	echoed.record.received_bytes =
		count_of(echoed.world, SCOREBOARD_RECEIVED_BYTES);
	cohort_write_eof(echoed.record.t);
	client_push(&echoed.client, echoed.client.sent + 5000);
	CHECK(shutdown(echoed.client.fd, SHUT_WR) == 0);
	client_pull_to_end(echoed.world, &echoed.client);
	turn_until(echoed.world, !is_alive(&echoed.record));
	check_int(echoed.record.received_bytes, echoed.client.sent);
	check_end(&echoed.record, COHORT_REASON_EOF, 0);
	close_echoed(&echoed);
}

/* Nothing of one client stays in the pipe, which the next one uses. */
static void test_end_in_the_midst(void (*end)(struct cohort_transport *t))
{
	struct echoed echoed;
	struct record record = {0};

	open_echoed(&echoed, true);
	pump_into_the_midst(&echoed);
	if (end == NULL) {
		client_reset(&echoed.client);
	} else {
		end(echoed.record.t);
		client_close(&echoed.client);
	}
	turn_until(echoed.world, !is_alive(&echoed.record));
	if (end == NULL)
		check_int(echoed.record.end.reason, COHORT_REASON_PEER_RESET);
	check_int(count_of(echoed.world, SCOREBOARD_QUEUED_BYTES), 0);
	echoed.client = open_tcp(echoed.world, &record);
	check_int(cohort_forward(record.t, record.t), 0);
	pump(&echoed, BULK);
	close_echoed(&echoed);
}

/* After close all that was received before comes back, and no more. */
static void test_close(void)
{
	struct echoed echoed;

	open_echoed(&echoed, true);
	client_push_to_stop(echoed.world, &echoed.client);
	cohort_close(echoed.record.t);
	client_pull_to_end(echoed.world, &echoed.client);
	check_int(echoed.client.received,
		  count_of(echoed.world, SCOREBOARD_RECEIVED_BYTES));
	check_int(echoed.client.error, 0);
	client_close(&echoed.client);
	turn_until(echoed.world, !is_alive(&echoed.record));
	close_echoed(&echoed);
}

/* ---- No pipe --------------------------------------------------------- */

static void test_no_descriptor(void)
{
	struct echoed echoed;
	struct rlimit before, none;

	open_echoed(&echoed, true);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	pump(&echoed, BULK);
	CHECK(!has_pipe(&echoed));
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK(echoed.world->worker.forward_pipe_ms > 0);
	echoed.world->worker.forward_pipe_ms = 0; /* the wait is over */
	pump(&echoed, 2 * BULK);
	CHECK(has_pipe(&echoed));
	close_echoed(&echoed);
}

static unsigned descriptor_count(void)
{
	unsigned count = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* ---- Who uses it ----------------------------------------------------- */

/* A client of echo costs no more than before until it sends much. */
static void test_echo(void)
{
	struct echoed echoed = {.world = world_open()};
	struct cohort_transport *t;

	echoed.world->service.protocol = &protocol_echo;
	echoed.client = open_tcp(echoed.world, &echoed.record);
	t = transport_of_node(echoed.world->service.transports.next);
	pump(&echoed, 5000);
	CHECK(t->extras == NULL);
	pump(&echoed, BULK);
	CHECK(t->extras != NULL && has_pipe(&echoed));
	close_echoed(&echoed);
}

int main(void)
{
	unsigned before;

	signal(SIGPIPE, SIG_IGN);
	before = descriptor_count();
	test_small();
	test_bulk(true);
	test_bulk(false);
	test_small_after_bulk();
	test_ended();
	test_deaf(true, 65536, 16384);
	test_deaf(true, 0, 0);
	test_deaf(true, 100000, 100000);
	test_deaf(false, 65536, 16384);
	test_write_limit();
	test_pause();
	test_rated();
	test_half_close();
	test_half_open();
	test_no_more(false);
	test_no_more(true);
	test_end_in_the_midst(NULL);
	test_end_in_the_midst(cohort_abort);
	test_end_in_the_midst(cohort_reset);
	test_end_in_the_midst(cohort_close);
	test_close();
	test_no_descriptor();
	test_echo();
	check_int(descriptor_count(), before);
	return check_result();
}
