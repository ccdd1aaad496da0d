/* SPDX-License-Identifier: MIT */
/* test_transport_forward_rest.c - forwarding that begins where a protocol has
 * read more than it was given, or has read to the end: nothing is lost. */
#include <signal.h>

#include "frames_fixture.h"

static const struct cohort_protocol by_lines = NOTING(&lines);

static struct cohort_transport *target;

/* "CONNECT" joins it to the target; "PAUSE" does so too, and then stops. */
static void join_on_connect(struct notes *said, struct cohort_transport *t)
{
	const char *last = strrchr(said->text, '[');
	bool is_pause = strcmp(last, "[PAUSE]") == 0;

	if (strcmp(last, "[CONNECT]") != 0 && !is_pause)
		return;
	check_int(cohort_forward(t, target), 0);
	if (is_pause)
		cohort_pause_reading(t);
}

struct relay {
	struct world *world;
	struct record to;
	struct client sender, taker;
	char got[256];
	size_t got_bytes;
};

static void open_relay(struct relay *relay)
{
	int fd;

	memset(relay, 0, sizeof(*relay));
	memset(&notes, 0, sizeof(notes));
	notes.verdict = COHORT_KEEP;
	notes.on_frame = join_on_connect;
	relay->world = world_open();
	relay->to.verdict = COHORT_KEEP;
	relay->taker = open_tcp(relay->world, &relay->to);
	target = relay->to.t;
	relay->world->service.protocol = &by_lines;
	fd = dial_tcp(relay->world, &relay->sender);
	CHECK(transport_accept(&relay->world->service, fd, AF_INET) == 0);
}

static void close_relay(struct relay *relay)
{
	client_close(&relay->sender);
	client_close(&relay->taker);
	world_close(relay->world);
}

static void say(struct relay *relay, const char *text)
{
	ssize_t size = (ssize_t)strlen(text);

	CHECK(send(relay->sender.fd, text, (size_t)size, 0) == size);
	turn_for(relay->world, 20);
}

static void take(struct relay *relay)
{
	ssize_t size = recv(relay->taker.fd, relay->got + relay->got_bytes,
			    sizeof(relay->got) - relay->got_bytes - 1, 0);

	if (size > 0)
		relay->got_bytes += (size_t)size;
	else if (size == 0)
		relay->taker.is_ended = true;
}

/* The receiver's peer gets it all, and then the end. */
static void check_got(struct relay *relay, const char *expected)
{
	CHECK(shutdown(relay->sender.fd, SHUT_WR) == 0);
	turn_until(relay->world, (take(relay), relay->taker.is_ended));
	check_string(relay->got, expected);
}

/* ---- What was read before -------------------------------------------- */

static void test_part(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "one\npar");
	check_int(cohort_forward(latest, target), 0);
	say(&relay, "tial\n");
	check_got(&relay, "partial\n");
	check_string(notes.text, "[one]E");
	close_relay(&relay);
}

static void test_rest_of_chunk(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "one\nCONNECT\nfirst\nsec");
	say(&relay, "ond\n");
	check_got(&relay, "first\nsecond\n");
	check_string(notes.text, "[one][CONNECT]E");
	close_relay(&relay);
}

/* A frame that came in two parts, and what lies behind it. */
static void test_completed(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "CONN");
	say(&relay, "ECT\nfirst\nsec");
	say(&relay, "ond\n");
	check_got(&relay, "first\nsecond\n");
	close_relay(&relay);
}

static void test_paused(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "PAUSE\nfirst\n");
	take(&relay);
	check_int(relay.got_bytes, 0);
	cohort_resume_reading(latest);
	say(&relay, "second\n");
	check_got(&relay, "first\nsecond\n");
	close_relay(&relay);
}

/* Of what its taker is sent, `size` bytes are not what is looked at. */
static bool has_skipped(struct relay *relay, size_t size)
{
	char bytes[4096];
	size_t left = size - relay->taker.received;
	ssize_t taken = recv(relay->taker.fd, bytes,
			     left < sizeof(bytes) ? left : sizeof(bytes), 0);

	if (taken > 0)
		relay->taker.received += (size_t)taken;
	return relay->taker.received == size;
}

/* Nothing is queued beyond the mark; what waits goes out in order. */
static void test_full(void)
{
	struct relay relay;
	size_t written;

	open_relay(&relay);
	written = write_until_queued(target, 0, 100000);
	say(&relay, "CONNECT\nfirst\n");
	CHECK(!cohort_is_reading(latest));
	turn_until(relay.world, has_skipped(&relay, written));
	say(&relay, "second\n");
	check_got(&relay, "first\nsecond\n");
	close_relay(&relay);
}

/* Given back: the rest is frames again. */
static void test_given_back(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "PAUSE\nfirst\nsec");
	check_int(cohort_forward(latest, NULL), 0);
	cohort_resume_reading(latest);
	say(&relay, "ond\n");
	check_string(notes.text, "[PAUSE][first][second]");
	close_relay(&relay);
}

/* What goes the other way is still framed. */
static void test_write_frame(void)
{
	struct relay relay;

	open_relay(&relay);
	say(&relay, "CONNECT\n");
	check_int(cohort_write_frame(latest, NULL, "answer", 6), 0);
	close_relay(&relay);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in every worker */
	test_part();
	test_rest_of_chunk();
	test_completed();
	test_paused();
	test_full();
	test_given_back();
	test_write_frame();
	return check_result();
}
