/* SPDX-License-Identifier: MIT */
/* test_transport_write.c - writing: at once, queued, watched by two marks,
 * and bounded. */
#include "net/transport.h"

#include "transport_fixture.h"

#define HIGH 65536
#define LOW  16384

static void pause_reading(struct record *record)
{
	cohort_pause_reading(record->t);
}

/* Read until the queue is empty, and all has come. */
static void pull_all(struct world *world, struct client *client, size_t total)
{
	pull_until(world, client, client->received >= total);
	check_int(client->received, total);
	CHECK(!client->is_ended);
}

/* With nothing queued the bytes are on their way before write returns. */
static void test_at_once(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(write_bytes(record.t, 0, 1000), 0);
	check_int(cohort_queued(record.t), 0);
	check_int(cohort_write(record.t, "", 0), 0);
	check_int(cohort_write(record.t, NULL, 0), 0);
	client_pull(&client);
	check_int(client.received, 1000);
	check_int(count_of(world, SCOREBOARD_SENT_BYTES), 1000);
	client_close(&client);
	world_close(world);
}

static void test_writev(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	static unsigned char bytes[400000];
	struct iovec pieces[40];
	size_t offset = 0, size;
	int i;

	fill_bytes(bytes, 0, sizeof(bytes));
	for (i = 0; i < 40; i++) {
		size = i == 39 ? sizeof(bytes) - offset : (size_t)i * 500;
		pieces[i].iov_base = bytes + offset;
		pieces[i].iov_len = size;
		offset += size;
	}
	check_int(cohort_writev(record.t, pieces, 0), 0);
	check_int(cohort_writev(record.t, pieces, -1), -1);
	check_int(errno, EINVAL);
	check_int(cohort_writev(record.t, pieces, 1), 0); /* 0 bytes */
	check_int(cohort_writev(record.t, pieces, 3), 0);
	check_int(cohort_queued(record.t), 0);
	check_int(cohort_writev(record.t, pieces + 3, 37), 0);
	CHECK(cohort_queued(record.t) > 0);
	memset(bytes, 0, sizeof(bytes)); /* they are the caller's again */
	check_int(cohort_writev(record.t, pieces, 0), 0);
	pull_all(world, &client, sizeof(bytes));
	client_close(&client);
	world_close(world);
}

/* ---- The marks ---- */

static size_t written; /* by the callbacks below */

static void write_again(struct record *record)
{
	written += write_until_queued(record->t, written, HIGH + 1);
}

/* Pause above the high mark and not at it; resume at the low mark. */
static void test_marks(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	written = write_until_queued(record.t, 0, 1);
	check_int(
		write_bytes(record.t, written, HIGH - cohort_queued(record.t)),
		0);
	written += HIGH - (written - count_of(world, SCOREBOARD_SENT_BYTES));
	check_int(cohort_queued(record.t), HIGH);
	turn_for(world, 10);
	check_string(record.events, "m");
	check_int(write_bytes(record.t, written, 1), 0);
	check_string(record.events, "m"); /* not from inside write */
	turn(world);
	check_string(record.events, "mp");
	check_int(count_of(world, SCOREBOARD_WRITE_PAUSES), 1);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), HIGH + 1);
	pull_all(world, &client, written + 1);
	turn_until(world, strcmp(record.events, "mpr") == 0);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	client_close(&client);
	world_close(world);
}

/* At the moment of resume_writing the queue is at the low mark or below. */
static void check_low(struct record *record)
{
	CHECK(cohort_queued(record->t) <= LOW);
}

static void check_high(struct record *record)
{
	CHECK(cohort_queued(record->t) > HIGH);
}

static void test_marks_at_callbacks(void)
{
	struct world *world = world_open();
	struct record record = {.on_pause = check_high, .on_resume = check_low};
	struct client client = open_unix(world, &record);
	int i;

	written = 0;
	for (i = 0; i < 5; i++) {
		write_again(&record);
		turn(world);
		pull_all(world, &client, written);
	}
	turn_until(world, strcmp(record.events, "mprprprprpr") == 0);
	client_close(&client);
	world_close(world);
}

/* resume_writing writes too much again: pause, strictly in turns. */
static void test_resume_writes(void)
{
	struct world *world = world_open();
	struct record record = {.on_resume = write_again};
	struct client client = open_tcp(world, &record);
	size_t i;

	written = 0;
	write_again(&record);
	turn_until(world, strcmp(record.events, "mp") == 0);
	pull_until(world, &client, strlen(record.events) >= 21);
	for (i = 1; i < 21; i++)
		check_int(record.events[i], i % 2 == 1 ? 'p' : 'r');
	client_close(&client);
	world_close(world);
}

static void pause_in_data(struct record *record)
{
	check_int(record->is_inside, 1);
	write_again(record);
}

/* Written in data_received: pause comes after it, before the next chunk. */
static void test_pause_before_next_chunk(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = pause_in_data,
				.on_pause = pause_reading};
	struct client client = open_tcp(world, &record);

	written = 0;
	client_push(&client, 8 * (size_t)SERVICE_READ_BYTES);
	turn_until(world, record.events[1] == 'd' && record.events[2] == 'p');
	turn_for(world, 20);
	check_string(record.events, "mdp");
	check_int(record.chunk_count, 1);
	CHECK(cohort_queued(record.t) <= HIGH + 4096);
	client_close(&client);
	world_close(world);
}

static void test_set_write_limits(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_set_write_limits(record.t, 1, 2), -1);
	check_int(errno, EINVAL);
	written = write_until_queued(record.t, 0, 20000);
	turn_for(world, 10);
	check_string(record.events, "m");
	check_int(cohort_set_write_limits(record.t, 19999, 0), 0);
	check_string(record.events, "m"); /* at once, yet not inside */
	turn(world);
	check_string(record.events, "mp");
	check_int(cohort_set_write_limits(record.t, 100000, 100000), 0);
	turn(world);
	check_string(record.events, "mpr");
	check_int(cohort_set_write_limits(record.t, 0, 0), 0);
	turn(world);
	check_string(record.events, "mprp");
	pull_all(world, &client, written);
	turn_until(world, strcmp(record.events, "mprpr") == 0);
	client_close(&client);
	world_close(world);
}

/* A kernel that would take more than a turn's share: the rest goes out in the
 * next turns, although no edge comes. */
static void test_share_of_a_turn(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_unix(world, &record);
	int space = 16 << 20;
	size_t queued;

	written = write_until_queued(record.t, 0, 6 << 20);
	if (setsockopt(world->accepted, SOL_SOCKET, SO_SNDBUFFORCE, &space,
		       sizeof(space)) == 0) {
		client_pull(&client);
		turn(world);
		queued = cohort_queued(record.t);
		CHECK(queued > 0 && queued < 6 << 20);
		turn_until(world, cohort_queued(record.t) == 0);
	}
	pull_all(world, &client, written);
	client_close(&client);
	world_close(world);
}

/* ---- The hard cap ---- */

static void check_overflow(struct record *record)
{
	while (write_bytes(record->t, 0, 4096) == 0)
		CHECK(cohort_queued(record->t) <= 100000);
	check_int(errno, ENOBUFS);
	check_int(cohort_queued(record->t), 0); /* memory is returned */
	CHECK(cohort_is_closing(record->t));
	check_int(write_bytes(record->t, 0, 1), -1);
	check_int(errno, EPIPE);
}

static void test_overflow(void)
{
	struct world *world = world_open();
	struct record inside = {.on_made = check_overflow}, outside = {0};
	struct client client;

	world->settings.write_limit_bytes = 100000;
	client = open_tcp(world, &inside);
	check_end(&inside, COHORT_REASON_WRITE_OVERFLOW, 0);
	check_string(inside.events, "ml");
	client_close(&client);

	client = open_tcp(world, &outside);
	outside.is_inside = true; /* connection_lost does not come now */
	check_overflow(&outside);
	outside.is_inside = false;
	turn(world);
	check_end(&outside, COHORT_REASON_WRITE_OVERFLOW, 0);
	check_int(count_of(world,
			   SCOREBOARD_CLOSED + COHORT_REASON_WRITE_OVERFLOW),
		  2);
	client_close(&client);
	world_close(world);
}

/* ---- The end of our half ---- */

static void check_too_late(struct cohort_transport *t)
{
	struct iovec piece = {.iov_base = (char[]){"x"}, .iov_len = 1};

	check_int(write_bytes(t, 0, 1), -1);
	check_int(errno, EPIPE);
	check_int(cohort_write(t, NULL, 0), -1);
	check_int(errno, EPIPE);
	check_int(cohort_writev(t, &piece, 1), -1);
	check_int(errno, EPIPE);
	cohort_write_eof(t);
}

/* Flush, FIN, and reading goes on. */
static void test_write_eof(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	size_t queued;

	written = write_until_queued(record.t, 0, 10000);
	cohort_write_eof(record.t);
	queued = cohort_queued(record.t);
	check_too_late(record.t);
	check_int(cohort_queued(record.t), queued);
	client_pull_to_end(world, &client);
	check_int(client.received, written);
	check_int(client.error, 0);
	CHECK(is_alive(&record) && cohort_is_reading(record.t));
	CHECK(!cohort_is_closing(record.t));
	client_push(&client, 1000);
	turn_until(world, record.received_bytes == 1000);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* Both halves ended, the peer's with verdict keep: nothing is left to do. */
static void test_write_eof_then_keep(void)
{
	struct world *world = world_open();
	struct record record = {.verdict = COHORT_KEEP};
	struct client client = open_tcp(world, &record);

	cohort_write_eof(record.t);
	client_pull_to_end(world, &client);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mel");
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

static void test_too_late(void)
{
	struct world *world = world_open();
	struct record closed = {0}, aborted = {0};
	struct client first = open_tcp(world, &closed);
	struct client second = open_tcp(world, &aborted);

	cohort_close(closed.t);
	check_too_late(closed.t);
	cohort_abort(aborted.t);
	check_too_late(aborted.t);
	client_pull_to_end(world, &first);
	client_close(&first);
	client_close(&second);
	world_close(world);
}

int main(void)
{
	test_at_once();
	test_writev();
	test_marks();
	test_marks_at_callbacks();
	test_resume_writes();
	test_pause_before_next_chunk();
	test_set_write_limits();
	test_share_of_a_turn();
	test_overflow();
	test_write_eof();
	test_write_eof_then_keep();
	test_too_late();
	return check_result();
}
