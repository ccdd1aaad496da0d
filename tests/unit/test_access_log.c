/* SPDX-License-Identifier: MIT */
/* test_access_log.c - which connections have a line, and what it says. */
#include "log_fixture.h"

#include "net/access_log.h"

static struct access_log access_log;

static const struct access_entry entry = {
	.service = "echo",
	.connection = 12,
	.peer = "127.0.0.1:40000",
	.local = "[::1]:8888",
	.duration_ms = 1500,
	.received_bytes = 5,
	.sent_bytes = 7,
	.has_rtt = true,
	.rtt_us = 40,
	.reason = COHORT_REASON_PEER_RESET,
	.error = ECONNRESET,
};
/* Nothing is known of it, and its service has an odd name. */
static const struct access_entry bare = {
	.service = "a b\n2026",
	.peer = "",
	.reason = COHORT_REASON_RESOURCE,
};

static void open_access(enum log_format format, uint32_t sample)
{
	const struct log_target target = {
		.form.kind = LOG_TO_FILE,
		.form.format = (uint8_t)format,
		.form.sample = sample,
		.path = log_path,
	};

	unlink(log_path);
	log_sink_adopt(&access_log.sink, -1, NULL);
	access_log_init(&access_log);
	access_log.slot = 3;
	access_log.generation = 2;
	CHECK(log_sink_open(&access_log.sink, &target, log_journal(),
			    &(struct error){0}) == 0);
}

/* What is in the file, from the first `mark` on. */
static const char *written_from(const char *mark)
{
	const char *from = strstr(log_read_file(log_path), mark);

	return from != NULL ? from : "";
}

static void test_text(void)
{
	char wanted[512];

	open_access(LOG_FORMAT_TEXT, 1);
	access_log_write(&access_log, &entry);
	snprintf(wanted, sizeof(wanted),
		 "Z access connection=%d-12 service=echo worker=3 "
		 "generation=2 peer=127.0.0.1:40000 local=[::1]:8888 "
		 "duration_ms=1500 received_bytes=5 sent_bytes=7 rtt_us=40 "
		 "reason=peer_reset error=ECONNRESET\n",
		 (int)getpid());
	check_string(written_from("Z access"), wanted);
	open_access(LOG_FORMAT_TEXT, 1);
	access_log_write(&access_log, &bare);
	check_string(written_from("Z access"),
		     "Z access connection=- service=a\\x20b\\x0a2026 worker=3 "
		     "generation=2 peer=- local=- duration_ms=0 "
		     "received_bytes=0 sent_bytes=0 rtt_us=- reason=resource "
		     "error=-\n");
}

static void test_objects(void)
{
	char wanted[512];

	log_set_role("worker 3");
	log_set_worker(3, 2);
	open_access(LOG_FORMAT_JSON, 1);
	access_log_write(&access_log, &entry);
	snprintf(wanted, sizeof(wanted),
		 "\"role\":\"worker\",\"worker\":3,\"generation\":2,"
		 "\"event\":\"connection_closed\",\"service\":\"echo\","
		 "\"connection\":\"%d-12\",\"reason\":\"peer_reset\","
		 "\"error\":\"ECONNRESET\",\"peer\":\"127.0.0.1:40000\","
		 "\"local\":\"[::1]:8888\",\"duration_ms\":1500,"
		 "\"received_bytes\":5,\"sent_bytes\":7,\"rtt_us\":40}\n",
		 (int)getpid());
	check_string(written_from("\"role\""), wanted);
	open_access(LOG_FORMAT_JSON, 1);
	access_log_write(&access_log, &bare);
	check_string(written_from("\"event\""),
		     "\"event\":\"connection_closed\","
		     "\"service\":\"a b\\u000a2026\",\"reason\":\"resource\","
		     "\"duration_ms\":0,\"received_bytes\":0,"
		     "\"sent_bytes\":0}\n");
	log_set_role("test");
}

static int count_due(uint32_t sample, int connections)
{
	int i, count = 0;

	open_access(LOG_FORMAT_TEXT, sample);
	for (i = 0; i < connections; i++)
		count += access_log_is_due(&access_log);
	return count;
}

static void test_samples(void)
{
	check_int(count_due(0, 10), 10);
	check_int(count_due(1, 10), 10);
	check_int(count_due(2, 10), 5);
	check_int(count_due(3, 10), 4);
	check_int(count_due(100, 10), 1);
	check_int(count_due(1000000000, 10), 1);
}

static void test_off(void)
{
	CHECK(!access_log_is_due(NULL));
	log_sink_adopt(&access_log.sink, -1, NULL);
	access_log_init(&access_log);
	CHECK(!access_log_is_due(&access_log));
}

/* Counted with the lines of the log, which says so. */
static void test_no_room(void)
{
	uint64_t dropped = log_dropped_count();
	int i;

	log_to_file(LOG_LEVEL_INFO);
	open_access(LOG_FORMAT_TEXT, 1);
	log_to_file(LOG_LEVEL_INFO);
	log_sink_adopt(&access_log.sink,
		       open("/dev/full", O_WRONLY | O_CLOEXEC), NULL);
	errno = ENOTTY;
	for (i = 0; i < 3; i++)
		access_log_write(&access_log, &entry);
	check_int(errno, ENOTTY);
	check_int(log_dropped_count() - dropped, 3);
	check_int(count_lines(log_read_file(log_path)), 1);
	check_string(last_words(log_read_file(log_path)),
		     "access_log: 1 lines could not be written so far");
}

int main(void)
{
	log_fixture_open();
	access_log_init(&access_log);
	test_text();
	test_objects();
	test_samples();
	test_off();
	test_no_room();
	log_sink_adopt(&access_log.sink, -1, NULL);
	log_fixture_close();
	return check_result();
}
