/* SPDX-License-Identifier: MIT */
/* test_transport_life.c - how a transport begins, what it knows, what it can
 * become, and what is counted. */
#include "net/transport.h"

#include "base/log.h"
#include "transport_fixture.h"

static void write_hello(struct record *record)
{
	CHECK(write_bytes(record->t, 0, 5) == 0);
}

static void close_it(struct record *record)
{
	cohort_close(record->t);
}

static void abort_it(struct record *record)
{
	cohort_abort(record->t);
}

static void test_life(void)
{
	struct world *world = world_open();
	struct record record = {.on_made = write_hello};
	struct client client = open_tcp(world, &record);

	check_string(record.events, "m");
	check_int(count_of(world, SCOREBOARD_ACCEPTED), 1);
	check_int(count_of(world, SCOREBOARD_LIVE), 1);
	client_push(&client, 10);
	turn_until(world, record.received_bytes == 10);
	client_pull(&client);
	check_int(client.received, 5);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	check_end(&record, COHORT_REASON_EOF, 0);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 10);
	check_int(count_of(world, SCOREBOARD_SENT_BYTES), 5);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_EOF), 1);
	world_close(world);
}

/* Data that was there before connection_made comes after it. */
static void test_ends_in_connection_made(void)
{
	struct world *world = world_open();
	struct record closing = {.on_made = close_it};
	struct record aborting = {.on_made = abort_it};
	struct client client = open_tcp(world, &aborting);

	check_end(&aborting, COHORT_REASON_LOCAL_CLOSE, 0);
	check_string(aborting.events, "ml");
	client_pull_to_end(world, &client);
	check_int(client.error, 0);
	client_close(&client);

	client = open_tcp(world, &closing);
	client_push(&client, 100000);
	client_pull_to_end(world, &client);
	check_int(client.error, 0);
	client_close(&client);
	turn_until(world, !is_alive(&closing));
	check_string(closing.events, "ml");
	check_end(&closing, COHORT_REASON_LOCAL_CLOSE, 0);
	world_close(world);
}

static void test_memory_is_used_again(void)
{
	struct world *world = world_open();
	struct record records[2] = {0};
	struct cohort_transport *first;
	struct client client = open_tcp(world, &records[0]);

	first = records[0].t;
	client_close(&client);
	turn_until(world, !is_alive(&records[0]));
	check_int(world->service.idle.count, 1);
	client = open_tcp(world, &records[1]);
	CHECK(records[1].t == first); /* made() sees a zeroed session */
	CHECK(records[1].id != records[0].id);
	CHECK(cohort_find(records[1].t, records[0].id) == NULL);
	CHECK(cohort_find(records[1].t, records[1].id) == records[1].t);
	check_int(world->service.idle.count, 0);
	client_close(&client);
	world_close(world);
}

/* A stale id is refused at the latest in connection_lost. */
static void find_itself(struct record *record)
{
	struct cohort_address peer;

	CHECK(cohort_find(record->t, record->id) == NULL);
	CHECK(cohort_peer(record->t, &peer) == 0);
	check_int(write_bytes(record->t, 0, 1), -1);
	check_int(errno, EPIPE);
	cohort_set_timer(record->t, 0);
	cohort_resume_reading(record->t);
	cohort_close(record->t);
	cohort_abort(record->t);
	cohort_reset(record->t);
}

static void test_connection_lost(void)
{
	struct world *world = world_open();
	struct record record = {.on_lost = find_itself};
	struct client client = open_tcp(world, &record);

	client_push(&client, 3);
	turn_until(world, record.received_bytes == 3);
	CHECK(shutdown(client.fd, SHUT_WR) == 0);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "mdel");
	check_end(&record, COHORT_REASON_EOF, 0);
	turn_for(world, 20);
	client_close(&client);
	world_close(world);
}

static void test_knows(void)
{
	static const int options = 42;
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	struct cohort_address address;
	struct sockaddr_in own = {0};
	struct cohort_info info;
	socklen_t size = sizeof(own);

	world->service.protocol_options = &options;
	CHECK(cohort_options(record.t) == &options);
	CHECK(getsockname(client.fd, (struct sockaddr *)&own, &size) == 0);
	CHECK(cohort_peer(record.t, &address) == 0);
	check_int(address.family, COHORT_FAMILY_IPV4);
	check_int(address.port, ntohs(own.sin_port));
	CHECK(strncmp(address.text, "127.0.0.1:", 10) == 0);
	CHECK(cohort_local(record.t, &address) == 0);
	check_int(address.port, ntohs(world->address.sin_port));

	client_push(&client, 1000);
	turn_until(world, record.received_bytes == 1000);
	write_hello(&record);
	turn_for(world, 10);
	cohort_info(record.t, &info);
	check_string(info.service, "test");
	check_int(info.worker, 7);
	CHECK(info.id == record.id);
	check_int(info.received_bytes, 1000);
	check_int(info.sent_bytes, 5);
	check_int(info.queued_bytes, 0);
	CHECK(info.rtt_us > 0 && info.cwnd_segments > 0);
	CHECK(info.age_ms >= info.idle_ms && info.idle_ms >= 1);
	client_close(&client);
	world_close(world);
}

static void test_unix(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_unix(world, &record);
	struct cohort_address address;
	struct cohort_info info;

	CHECK(cohort_peer(record.t, &address) == 0);
	check_int(address.family, COHORT_FAMILY_UNIX);
	check_string(address.text, "unix:");
	cohort_info(record.t, &info);
	check_int(info.rtt_us, 0);
	client_push(&client, 100000);
	turn_until(world, record.received_bytes == client.sent);
	cohort_reset(record.t); /* an abort: there is no RST */
	client_pull_to_end(world, &client);
	check_end(&record, COHORT_REASON_LOCAL_CLOSE, 0);
	client_close(&client);
	world_close(world);
}

/* ---- Refused ---- */

/* The poller refuses what cannot be polled: closed, and counted. */
static void test_no_poller(void)
{
	struct world *world = world_open();
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	check_int(transport_accept(&world->service, fd, AF_INET), -1);
	check_int(errno, EPERM);
	check_int(fcntl(fd, F_GETFD), -1);
	check_int(count_of(world, SCOREBOARD_ACCEPTED), 1);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_RESOURCE),
		  1);
	check_books(world);
	check_int(world->service.idle.count, 1);
	world_close(world);
}

/* ---- set_protocol ---- */

struct large {
	struct record *record;
	char rest[5000];
};

static struct record *record_of_large;

static void large_received(struct cohort_transport *t, void *session,
			   const void *data, size_t size)
{
	struct large *large = session;

	(void)data;
	CHECK(cohort_session(t) == session);
	CHECK(cohort_options(t) == NULL);
	CHECK(large->rest[0] == 0 && large->rest[4999] == 0);
	large->record = record_of_large;
	large->record->received_bytes += size;
	note(large->record, 'd');
}

static void large_paused(struct cohort_transport *t, void *session)
{
	(void)t;
	(void)session;
	note(record_of_large, 'p');
}

static void large_timed_out(struct cohort_transport *t, void *session)
{
	(void)t;
	(void)session;
	note(record_of_large, 't');
}

static void large_lost(struct cohort_transport *t, void *session,
		       const struct cohort_end *end)
{
	CHECK(((struct large *)session)->record == record_of_large);
	CHECK(cohort_session(t) == session);
	note(record_of_large, 'l');
	record_of_large->end = *end;
}

static const struct cohort_protocol large_protocol = {
	.name = "large",
	.session_size = sizeof(struct large),
	.data_received = large_received,
	.pause_writing = large_paused,
	.timeout = large_timed_out,
	.connection_lost = large_lost,
};

static void become_large(struct record *record)
{
	cohort_set_timer(record->t, 0);
	CHECK(cohort_set_protocol(record->t, &large_protocol) == 0);
}

static void test_set_protocol(void)
{
	struct world *world = world_open();
	struct record old = {.on_data = become_large}, new = {0};
	struct client client = open_tcp(world, &old);

	record_of_large = &new;
	client_push(&client, 10);
	turn_until(world, old.received_bytes == 10);
	client_push(&client, 30);
	turn_until(world, new.received_bytes == 20);
	turn_for(world, 10); /* the old one's timer is not the new one's */
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_string(old.events, "md");
	check_string(new.events, "dl");
	check_int(new.end.reason, COHORT_REASON_EOF);
	world_close(world);
}

/* The old protocol was paused; the new one has to be told as well, once. */
static void test_set_protocol_while_paused(void)
{
	struct world *world = world_open();
	struct record old = {0}, new = {0};
	struct client client = open_tcp(world, &old);
	struct large *large;

	record_of_large = &new;
	write_until_queued(old.t, 0, 100000);
	turn_until(world, strcmp(old.events, "mp") == 0);
	CHECK(cohort_set_protocol(old.t, &large_protocol) == 0);
	CHECK(cohort_set_protocol(old.t, &large_protocol) == 0);
	large = cohort_session(old.t);
	large->record = &new;
	turn_for(world, 10);
	check_string(new.events, "p");
	check_string(old.events, "mp");
	client_close(&client);
	world_close(world);
	check_string(new.events, "pl");
}

static void test_set_protocol_without_memory(void)
{
	static const struct cohort_protocol huge = {
		.name = "huge",
		.session_size = (size_t)1 << 46,
	};
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	void *session = cohort_session(record.t);

	check_int(cohort_set_protocol(record.t, &huge), -1);
	check_int(errno, ENOMEM);
	CHECK(cohort_session(record.t) == session);
	client_push(&client, 5);
	turn_until(world, record.received_bytes == 5);
	client_close(&client);

	/* A transport that has no memory at all. */
	world->service.protocol = &huge;
	check_int(transport_accept(&world->service,
				   fcntl(world->listener, F_DUPFD_CLOEXEC, 0),
				   AF_INET),
		  -1);
	check_int(errno, ENOMEM);
	world->service.protocol = &recorder;
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_RESOURCE),
		  1);
	world_close(world);
}

/* A protocol of nothing but a name discards what it gets. */
static void test_empty_protocol(void)
{
	static const struct cohort_protocol nothing = {.name = "nothing"};
	struct world *world = world_open();
	struct record record = {0};
	struct client client;

	world->service.protocol = &nothing;
	client = open_tcp(world, &record);
	client_push(&client, 300000);
	turn_until(world,
		   count_of(world, SCOREBOARD_RECEIVED_BYTES) == client.sent);
	transport_announce_drain(transport_rotate(&world->service));
	client_close(&client);
	turn_until(world, world->service.live_count == 0);
	check_int(count_of(world, SCOREBOARD_CLOSED + COHORT_REASON_EOF), 1);
	world_close(world);
}

/* ---- Level debug ---- */

static bool log_has(const char *path, const char *words)
{
	char text[8192];
	FILE *file = fopen(path, "r");
	size_t size;

	CHECK(file != NULL);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	if (strstr(text, words) != NULL)
		return true;
	printf("no \"%s\" in:\n%s", words, text);
	return false;
}

static void write_two(struct record *record)
{
	struct iovec pieces[2] = {
		{.iov_base = (char[]){"one\n"}, .iov_len = 4},
		{.iov_base = (char[]){"\x01two"}, .iov_len = 4}};

	CHECK(cohort_writev(record->t, pieces, 2) == 0);
	cohort_log(record->t, COHORT_LOG_DEBUG, "%s", "forged\nline");
}

/* Who, what and why, with what the peer sends made harmless. */
static void test_log(void)
{
	char path[] = "/tmp/cohort-unit-log-XXXXXX";
	int fd = mkstemp(path);
	struct world *world = world_open();
	struct record record = {.on_data = write_two};
	struct client client;
	struct error error;

	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(log_open(path, LOG_LEVEL_DEBUG, &error) == 0);
	client = open_tcp(world, &record);
	check_int(send(client.fd, "a\r\nb\\\xff", 6, 0), 6);
	turn_until(world, record.received_bytes == 6);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	world_close(world);
	CHECK(log_open(path, LOG_LEVEL_INFO, &error) == 0);
	CHECK(log_has(path, " connected from 127.0.0.1:"));
	CHECK(log_has(path, " received 6 bytes: a\\r\\nb\\\\\\xff\n"));
	CHECK(log_has(path, " sent 4 bytes: one\\n\n"));
	CHECK(log_has(path, " sent 4 bytes: \\x01two\n"));
	CHECK(log_has(path, ": forged\\x0aline\n"));
	CHECK(log_has(path, " ended: "));
	CHECK(unlink(path) == 0);
}

/* What the sanitizer takes for a mistake is a test here. */
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

int main(void)
{
	test_life();
	test_ends_in_connection_made();
	test_memory_is_used_again();
	test_connection_lost();
	test_knows();
	test_unix();
	test_no_poller();
	test_set_protocol();
	test_set_protocol_while_paused();
	test_set_protocol_without_memory();
	test_empty_protocol();
	test_log();
	return check_result();
}
