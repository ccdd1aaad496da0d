/* SPDX-License-Identifier: MIT */
/* test_transport_file.c - a file is sent after the queue, before the end, and
 * told once, whatever becomes of it or of the transport. */
#include <signal.h>

#include "net/transport.h"

#include "connect_fixture.h"
#include "net/transport_internal.h"

#define FILE_BYTES ((size_t)6 << 20)
#define TO_THE_END UINT64_MAX

static int file; /* FILE_BYTES of the pattern */

static int open_file(size_t size)
{
	char path[] = "/tmp/cohort-file-XXXXXX";
	unsigned char *bytes = malloc(size);
	int fd = mkstemp(path);

	REQUIRE(bytes != NULL && fd >= 0 && unlink(path) == 0);
	fill_bytes(bytes, 0, size);
	REQUIRE(write(fd, bytes, size) == (ssize_t)size);
	free(bytes);
	return fd;
}

static void send_all_of_it(struct record *record)
{
	check_int(cohort_send_file(record->t, file, 0, TO_THE_END), 0);
}

/* The queue goes first; the file's own offset is left alone. */
static void test_after_the_queue(bool is_tcp)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client =
		is_tcp ? open_tcp(world, &record) : open_unix(world, &record);
	size_t written = write_until_queued(record.t, 0, 100000);
	size_t queued = cohort_queued(record.t);

	CHECK(lseek(file, 4711, SEEK_SET) == 4711);
	check_int(cohort_send_file(record.t, file, (int64_t)written,
				   FILE_BYTES - written),
		  0);
	check_int(cohort_queued(record.t), queued);
	check_int(cohort_write(record.t, "x", 1), -1);
	check_int(errno, EBUSY);
	check_int(cohort_send_file(record.t, file, 0, 1), -1);
	check_int(errno, EBUSY);
	CHECK(strchr(record.events, 'f') == NULL);
	pull_until(world, &client, strchr(record.events, 'f') != NULL);
	check_int(record.file_bytes, FILE_BYTES - written);
	check_int(record.file_error, 0);
	check_int(write_bytes(record.t, FILE_BYTES, 100), 0);
	pull_until(world, &client, client.received == FILE_BYTES + 100);
	check_int(count_of(world, SCOREBOARD_SENT_BYTES), FILE_BYTES + 100);
	CHECK(lseek(file, 0, SEEK_CUR) == 4711);
	client_close(&client);
	world_close(world);
}

/* Sent at once, told later: from inside a callback and from outside. */
static void test_small(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_file(record.t, file, 0, 1000), 0);
	client_pull(&client);
	check_int(client.received, 1000);
	check_string(record.events, "m");
	turn_until(world, strcmp(record.events, "mf") == 0);
	check_int(record.file_bytes, 1000);
	check_int(cohort_send_file(record.t, file, 0, 0), 0);
	check_int(cohort_write(record.t, "x", 1), -1);
	check_int(errno, EBUSY);
	turn_until(world, strcmp(record.events, "mff") == 0);
	check_int(record.file_bytes, 0);
	check_int(record.file_error, 0);
	client_close(&client);
	world_close(world);
}

static void send_some_and_close(struct record *record)
{
	check_int(cohort_send_file(record->t, file, 0, 1000), 0);
	cohort_close(record->t);
}

static void test_on_connect(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_some_and_close};
	struct client client = open_tcp(world, &record);

	check_string(record.events, "mf");
	client_pull_to_end(world, &client);
	check_int(client.received, 1000);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

/* Of an empty file, too, nothing is told before the connection is there. */
static void test_while_connecting(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client peer;

	CHECK(dial_world(world, &record) != NULL);
	check_int(cohort_send_file(record.t, file, 0, 0), 0);
	loop_cancel(&record.t->task);
	CHECK(transport_settle(record.t));
	CHECK(list_is_empty(&record.t->task.node)); /* it waits for events */
	check_string(record.events, "");
	turn_until(world, strcmp(record.events, "mf") == 0);
	peer = accept_peer(world);
	client_close(&peer);
	turn_until(world, record.t == NULL);
	world_close(world);
}

static void test_refused(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_file(record.t, file, -1, 1), -1);
	check_int(errno, EINVAL);
	cohort_write_eof(record.t);
	check_int(cohort_send_file(record.t, file, 0, 1), -1);
	check_int(errno, EPIPE);
	cohort_close(record.t);
	check_int(cohort_send_file(record.t, file, 0, 1), -1);
	check_int(errno, EPIPE);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, "ml");
	world_close(world);
}

/* Fewer bytes than asked for: the file ends there, which is no error. */
static void test_short(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	client.received = FILE_BYTES - 10;
	check_int(cohort_send_file(record.t, file, FILE_BYTES - 10, 1000), 0);
	turn_until(world, strcmp(record.events, "mf") == 0);
	check_int(record.file_bytes, 10);
	check_int(record.file_error, 0);
	pull_until(world, &client, client.received == FILE_BYTES);
	check_int(cohort_send_file(record.t, file, INT64_MAX, 1), 0);
	turn_until(world, strcmp(record.events, "mff") == 0);
	check_int(record.file_bytes, 0);
	client_close(&client);
	world_close(world);
}

static void test_truncated_meanwhile(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	int shrinking = open_file(FILE_BYTES);

	check_int(cohort_send_file(record.t, shrinking, 0, FILE_BYTES), 0);
	CHECK(ftruncate(shrinking, 1) == 0);
	client.is_corrupt = false;
	turn_until(world, (client_pull(&client), record.events[1] == 'f'));
	CHECK(record.file_bytes < FILE_BYTES);
	check_int(record.file_error, 0);
	CHECK(!cohort_is_closing(record.t));
	close(shrinking);
	client_close(&client);
	world_close(world);
}

/* The file cannot be read: that is told, and the transport goes on. */
static void test_ill_file(int fd, int error)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_file(record.t, fd, 0, 10), 0);
	turn_until(world, strcmp(record.events, "mf") == 0);
	check_int(record.file_bytes, 0);
	CHECK(record.file_error != 0);
	if (error != 0)
		check_int(record.file_error, error);
	check_int(write_bytes(record.t, 0, 100), 0);
	cohort_close(record.t);
	client_pull_to_end(world, &client);
	check_int(client.received, 100);
	client_close(&client);
	world_close(world);
}

static void test_ill_files(void)
{
	int pair[2], write_only = open("/dev/null", O_WRONLY | O_CLOEXEC);

	REQUIRE(pipe(pair) == 0 && write_only >= 0);
	test_ill_file(-1, EBADF);
	test_ill_file(write_only, EBADF);
	test_ill_file(pair[0], 0); /* ESPIPE, on older kernels EINVAL */
	close(pair[0]);
	close(pair[1]);
	close(write_only);
}

/* close and write_eof wait for it; so does a FIN of the peer's. */
static void test_end_waits(void (*end)(struct cohort_transport *t),
			   const char *events)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it};
	struct client client = open_tcp(world, &record);

	CHECK(record.events[1] == '\0');
	end(record.t);
	end(record.t);
	check_int(cohort_send_file(record.t, file, 0, 1), -1);
	check_int(errno, EPIPE);
	client_pull_to_end(world, &client);
	check_int(client.received, FILE_BYTES);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, record.t == NULL);
	check_string(record.events, events);
	check_int(record.file_bytes, FILE_BYTES);
	check_int(record.file_error, 0);
	world_close(world);
}

static void half_close(struct cohort_transport *t)
{
	struct record *record = ((struct session *)cohort_session(t))->record;

	record->verdict = COHORT_KEEP;
	cohort_write_eof(t);
}

/* ---- Losses ---- */

/* Told before connection_lost, with what had gone by then. */
static void check_cut(const struct record *record, int error)
{
	check_string(record->events, "mfl");
	CHECK(record->file_bytes > 0 && record->file_bytes < FILE_BYTES);
	check_int(record->file_error, error);
}

static void test_reset(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it};
	struct client client = open_tcp(world, &record);

	client_reset(&client);
	turn_until(world, record.t == NULL);
	check_cut(&record, record.end.error);
	check_end(&record, COHORT_REASON_PEER_RESET, ECONNRESET);
	world_close(world);
}

/* The reset is found by sendfile, not by a read. */
static void test_reset_while_paused(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	int fd = client.fd;

	cohort_pause_reading(record.t);
	turn(world);
	client.fd = dup(fd);
	client_reset(&client);
	close(fd);
	check_int(cohort_send_file(record.t, file, 0, FILE_BYTES), 0);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mfl");
	check_int(record.file_bytes, 0);
	check_int(record.file_error, record.end.error);
	CHECK(record.end.error != 0);
	check_int(record.end.reason, COHORT_REASON_PEER_RESET);
	world_close(world);
}

static void test_abort(bool is_closed_before)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it};
	struct client client = open_tcp(world, &record);

	if (is_closed_before)
		cohort_close(record.t);
	turn(world);
	cohort_abort(record.t);
	check_string(record.events, "m");
	turn_until(world, record.t == NULL);
	check_cut(&record, ECANCELED);
	client_close(&client);
	world_close(world);
}

/* A deaf peer: write_timeout watches the file like queued bytes. */
static void test_write_timeout(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it};
	struct client client;

	world->settings.write_timeout_ms = 40;
	client = open_tcp(world, &record);
	turn_until(world, record.t == NULL);
	check_cut(&record, ECANCELED);
	check_end(&record, COHORT_REASON_WRITE_TIMEOUT, 0);
	client_close(&client);
	world_close(world);
}

static void test_linger_timeout(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it};
	struct client client;

	world->settings.linger_timeout_ms = 40;
	client = open_tcp(world, &record);
	cohort_close(record.t);
	turn_until(world, record.t == NULL);
	check_cut(&record, ETIMEDOUT);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, ETIMEDOUT);
	client_close(&client);
	world_close(world);
}

/* ---- One after another ---- */

static uint64_t chained;

static void send_next(struct record *record)
{
	check_int(record->file_bytes, 1000);
	if (++chained < 100)
		check_int(cohort_send_file(record->t, file,
					   (int64_t)chained * 1000, 1000),
			  0);
	else
		cohort_close(record->t);
}

static void test_chain(void)
{
	struct world *world = world_open();
	struct record record = {.on_file = send_next};
	struct client client = open_tcp(world, &record);

	chained = 0;
	check_int(cohort_send_file(record.t, file, 0, 1000), 0);
	turn(world);
	CHECK(chained >= 1 && chained <= 4); /* others have their turns */
	client_pull_to_end(world, &client);
	check_int(client.received, 100000);
	client_close(&client);
	world_close(world);
}

static void send_and_abort(struct record *record)
{
	if (record->events[2] == '\0') {
		check_int(cohort_send_file(record->t, file, 0, FILE_BYTES), 0);
		cohort_abort(record->t);
	}
}

static void test_abort_in_callback(void)
{
	struct world *world = world_open();
	struct record record = {.on_file = send_and_abort};
	struct client client = open_tcp(world, &record);

	check_int(cohort_send_file(record.t, file, 0, 1000), 0);
	turn_until(world, record.t == NULL);
	check_string(record.events, "mffl");
	check_int(record.file_error, ECANCELED);
	client_close(&client);
	world_close(world);
}

/* Whoever is its protocol by then is told. */
static void test_set_protocol(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = send_all_of_it}, other = {0};
	struct client client = open_tcp(world, &record);

	other.t = record.t;
	check_int(cohort_set_protocol(record.t, &recorder), 0);
	((struct session *)cohort_session(other.t))->record = &other;
	pull_until(world, &client, client.received == FILE_BYTES);
	turn_until(world, strcmp(other.events, "f") == 0);
	check_int(other.file_bytes, FILE_BYTES);
	check_string(record.events, "m");
	client_close(&client);
	world_close(world);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	file = open_file(FILE_BYTES);
	test_after_the_queue(true);
	test_after_the_queue(false);
	test_small();
	test_on_connect();
	test_while_connecting();
	test_refused();
	test_short();
	test_truncated_meanwhile();
	test_ill_files();
	test_end_waits(cohort_close, "mfl");
	test_end_waits(half_close, "mfel");
	test_reset();
	test_reset_while_paused();
	test_abort(false);
	test_abort(true);
	test_write_timeout();
	test_linger_timeout();
	test_chain();
	test_abort_in_callback();
	test_set_protocol();
	close(file);
	return check_result();
}
