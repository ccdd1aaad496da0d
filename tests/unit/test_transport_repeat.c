/* SPDX-License-Identifier: MIT */
/* test_transport_repeat.c - cohort_send_memory: the same bytes again and again,
 * in their order, after the queue, without being queued. */
#include <signal.h>
#include <sys/mman.h>

#include "transport_fixture.h"

#define RING_BYTES 1000
#define SENT_BYTES ((uint64_t)3000000 + 7) /* several turns, no whole ring */
#define TINY_BYTES 20000
#define CUT_BYTES  65536 /* whole pages of any size, and the kernel has room */

static unsigned char ring[RING_BYTES];

static void send_ring(struct record *record)
{
	check_int(cohort_send_memory(record->t, ring, sizeof(ring), SENT_BYTES),
		  0);
}

/* Read what is there, and compare it with `size` bytes of the ring. */
static void pull_ring(struct client *client, size_t size)
{
	unsigned char bytes[BLOCK_BYTES];
	ssize_t i, count = recv(client->fd, bytes, sizeof(bytes), 0);

	for (i = 0; i < count; i++)
		if (bytes[i] != ring[client->received++ % size])
			client->is_corrupt = true;
}

static void pull_all(struct world *world, struct client *client, size_t size,
		     size_t total)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (client->received < total && clock_now_ms() < until_ms) {
		turn(world);
		pull_ring(client, size);
	}
	check_int(client->received, total);
	CHECK(!client->is_corrupt);
}

static void test_ring(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);

	send_ring(&record);
	check_int(cohort_write(record.t, "x", 1), -1);
	check_int(errno, EBUSY);
	check_int(cohort_send_memory(record.t, ring, 1, 1), -1);
	check_int(errno, EBUSY);
	pull_all(world, &client, sizeof(ring), SENT_BYTES);
	turn_until(world, strcmp(record.events, "mf") == 0);
	check_int(record.file_bytes, SENT_BYTES);
	check_int(record.file_error, 0);
	check_int(count_of(world, SCOREBOARD_SENT_BYTES), SENT_BYTES);
	client_close(&client);
	world_close(world);
}

/* A byte, more often than a turn's system calls have pieces; and a part of
 * it. */
static void test_sizes(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_memory(record.t, ring, 1, TINY_BYTES), 0);
	pull_all(world, &client, 1, TINY_BYTES);
	turn_until(world, strcmp(record.events, "mf") == 0);
	check_int(record.file_bytes, TINY_BYTES);
	client.received = 0;
	check_int(cohort_send_memory(record.t, ring, sizeof(ring), 10), 0);
	pull_all(world, &client, sizeof(ring), 10);
	turn_until(world, strcmp(record.events, "mff") == 0);
	check_int(record.file_bytes, 10);
	check_int(cohort_send_memory(record.t, ring, sizeof(ring), 0), 0);
	turn_until(world, strcmp(record.events, "mfff") == 0);
	check_int(record.file_bytes, 0);
	client_close(&client);
	world_close(world);
}

/* Others have their turn after a few system calls, little as those send. */
static void test_turn(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_memory(record.t, ring, 1, TINY_BYTES), 0);
	CHECK(count_of(world, SCOREBOARD_SENT_BYTES) > 0);
	CHECK(count_of(world, SCOREBOARD_SENT_BYTES) <= TINY_BYTES / 10);
	client_close(&client);
	world_close(world);
}

/* A mapped file of two parts, of which the second is cut off; the pattern
 * begins at `skipped`. */
static char *map_cut(int *fd, size_t skipped)
{
	static unsigned char pattern[CUT_BYTES];
	void *bytes;

	fill_bytes(pattern, 0, sizeof(pattern));
	*fd = memfd_create("cut", MFD_CLOEXEC);
	REQUIRE(*fd >= 0 && ftruncate(*fd, 2L * CUT_BYTES) == 0);
	CHECK(pwrite(*fd, pattern, CUT_BYTES, (off_t)skipped) == CUT_BYTES);
	bytes = mmap(NULL, 2L * CUT_BYTES, PROT_READ, MAP_SHARED, *fd, 0);
	REQUIRE(bytes != MAP_FAILED && ftruncate(*fd, CUT_BYTES) == 0);
	return bytes;
}

/* Memory cannot be read: that is told, and the transport goes on. */
static void test_cut(bool is_tcp, size_t skipped)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);
	int fd;
	char *bytes = map_cut(&fd, skipped);

	turn_for(world, 10); /* that it can be written is not news any more */
	check_int(cohort_send_memory(record.t, bytes + skipped, CUT_BYTES,
				     CUT_BYTES),
		  0);
	pull_until(world, &client, strcmp(record.events, "mf") == 0);
	check_int(record.file_error, EFAULT);
	CHECK(record.file_bytes <= CUT_BYTES - skipped);
	check_int(write_bytes(record.t, record.file_bytes, 100), 0);
	cohort_close(record.t);
	client_pull_to_end(world, &client);
	check_int(client.received, record.file_bytes + 100);
	munmap(bytes, 2L * CUT_BYTES);
	close(fd);
	client_close(&client);
	world_close(world);
}

static void test_refused(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_memory(record.t, ring, 0, 1), -1);
	check_int(errno, EINVAL);
	check_int(cohort_forward(record.t, record.t), 0);
	check_int(cohort_send_memory(record.t, ring, 1, 1), -1);
	check_int(errno, EBUSY);
	check_int(cohort_forward(record.t, NULL), 0);
	cohort_write_eof(record.t);
	check_int(cohort_send_memory(record.t, ring, 1, 1), -1);
	check_int(errno, EPIPE);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mel");
	world_close(world);
}

/* A deaf client: nothing is queued, and write_timeout ends it. */
static void test_deaf(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_ring};
	struct client client;

	world->settings.write_timeout_ms = 40;
	client = open_tcp(world, &record);
	check_int(count_of(world, SCOREBOARD_QUEUED_BYTES), 0);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mfl");
	CHECK(record.file_bytes > 0 && record.file_bytes < SENT_BYTES);
	check_int(record.file_error, ECANCELED);
	check_end(&record, COHORT_REASON_WRITE_TIMEOUT, 0);
	client_close(&client);
	world_close(world);
}

/* Told before connection_lost, with the socket's own error. */
static void test_reset(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_ring};
	struct client client = open_tcp(world, &record);

	client_reset(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mfl");
	CHECK(record.file_bytes < SENT_BYTES);
	check_int(record.file_error, record.end.error);
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* close waits for it. */
static void test_close(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_ring};
	struct client client = open_tcp(world, &record);

	cohort_close(record.t);
	pull_all(world, &client, sizeof(ring), SENT_BYTES);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mfl");
	check_int(record.file_bytes, SENT_BYTES);
	world_close(world);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	fill_bytes(ring, 0, sizeof(ring));
	test_ring(true);
	test_ring(false);
	test_sizes();
	test_turn();
	test_cut(true, CUT_BYTES / 2);
	test_cut(true, CUT_BYTES);
	test_cut(false, CUT_BYTES / 2);
	test_refused();
	test_deaf();
	test_reset();
	test_close();
	return check_result();
}
