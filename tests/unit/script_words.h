/* SPDX-License-Identifier: MIT */
/* script_words.h - the words of a script.
 *
 * Words in capitals come from outside: what the peer does, what the worker
 * does, and WAIT, for what the protocol has to have been told by then.  Words
 * in small letters are the protocol's own calls and checks: in a callback, or,
 * as a step, between two of them.  A word may have an argument,
 * word:argument. */
#ifndef COHORT_TESTS_SCRIPT_WORDS_H
#define COHORT_TESTS_SCRIPT_WORDS_H

#include "script_scene.h"

#define QUIET_TURNS 4 /* what does not come in these does not come */

/* ---- Words from outside ---------------------------------------------- */

/* Whatever is under way has its time to come, and to be noticed. */
static void settle_down(struct play *play)
{
	struct loop *loop = &play->world->loop;
	int limit_ms = loop->turn_limit_ms, i;

	loop->turn_limit_ms = 1;
	for (i = 0; i < QUIET_TURNS; i++)
		turn(play->world);
	loop->turn_limit_ms = limit_ms;
}

static void word_send(struct play *play, const char *argument)
{
	size_t total = play->client.sent + (size_t)atol(argument);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (play->client.sent < total && clock_now_ms() < until_ms) {
		client_push(&play->client, total);
		turn(play->world);
	}
	check_int(play->client.sent, total);
}

/* Until nobody takes any more. */
static void word_flood(struct play *play, const char *argument)
{
	size_t before;

	(void)argument;
	do {
		before = play->client.sent;
		client_push(&play->client, SIZE_MAX);
		settle_down(play);
	} while (play->client.sent > before);
}

static void word_eof(struct play *play, const char *argument)
{
	(void)argument;
	CHECK(shutdown(play->client.fd, SHUT_WR) == 0);
}

static void word_hangup(struct play *play, const char *argument)
{
	(void)argument;
	client_close(&play->client);
}

static void word_peer_reset(struct play *play, const char *argument)
{
	(void)argument;
	client_reset(&play->client);
}

static void word_read(struct play *play, const char *argument)
{
	size_t total = (size_t)atol(argument);

	pull_until(play->world, &play->client, play->client.received >= total);
	check_int(play->client.received, total);
}

/* Everything that was written. */
static void word_rest(struct play *play, const char *argument)
{
	(void)argument;
	pull_until(play->world, &play->client,
		   play->client.received >= play->written);
	check_int(play->client.received, play->written);
}

/* As much as it takes for the protocol to be told something. */
static void word_sip(struct play *play, const char *argument)
{
	size_t before = strlen(play->record.events);

	(void)argument;
	pull_until(play->world, &play->client,
		   strlen(play->record.events) > before);
}

/* The peer reads to the end: in good order, or a reset. */
static void word_end(struct play *play, const char *argument)
{
	(void)argument;
	client_pull_to_end(play->world, &play->client);
	check_int(play->client.error, 0);
	CHECK(play->client.received <= play->written);
}

static void word_rst(struct play *play, const char *argument)
{
	(void)argument;
	client_pull_to_end(play->world, &play->client);
	check_int(play->client.error, play->is_tcp ? ECONNRESET : 0);
}

/* The peer sees no end. */
static void word_open(struct play *play, const char *argument)
{
	(void)argument;
	settle_down(play);
	client_pull(&play->client);
	CHECK(!play->client.is_ended);
}

static void word_drain(struct play *play, const char *argument)
{
	unsigned left = play->world->service.live_count;

	(void)argument;
	play->world->worker.is_draining = true;
	while (left-- > 0)
		transport_announce_drain(
			transport_rotate(&play->world->service));
}

static void word_stop(struct play *play, const char *argument)
{
	(void)argument;
	transport_close(play->record.t, COHORT_REASON_SHUTDOWN);
}

static void word_kill(struct play *play, const char *argument)
{
	(void)argument;
	transport_abort(play->record.t, COHORT_REASON_KILLED);
}

static void word_wait(struct play *play, const char *argument)
{
	turn_until(play->world, strcmp(play->record.events, argument) == 0);
	settle_down(play);
	check_string(play->record.events, argument);
}

static void word_turn(struct play *play, const char *argument)
{
	(void)argument;
	settle_down(play);
}

/* The protocol has got so many bytes in all, and gets no more. */
static void word_got(struct play *play, const char *argument)
{
	size_t total = (size_t)atol(argument);

	turn_until(play->world, play->record.received_bytes >= total);
	settle_down(play);
	check_int(play->record.received_bytes, total);
}

/* ---- Words of the protocol ------------------------------------------- */

static void word_write(struct play *play, const char *argument)
{
	size_t size = (size_t)atol(argument);

	check_int(write_bytes(play->record.t, play->written, size), 0);
	play->written += size;
}

static void word_writev(struct play *play, const char *argument)
{
	size_t size = (size_t)atol(argument);
	unsigned char *bytes = malloc(size + 1);
	struct iovec pieces[3] = {
		{.iov_base = bytes, .iov_len = size / 3},
		{.iov_base = NULL, .iov_len = 0},
		{.iov_base = bytes + size / 3, .iov_len = size - size / 3}};

	REQUIRE(bytes != NULL);
	fill_bytes(bytes, play->written, size);
	check_int(cohort_writev(play->record.t, pieces, 3), 0);
	memset(bytes, 0, size); /* they are ours again */
	free(bytes);
	play->written += size;
}

/* What was just received. */
static void word_echo(struct play *play, const char *argument)
{
	size_t size = play->record.received_bytes - play->seen_bytes;

	(void)argument;
	check_int(write_bytes(play->record.t, play->written, size), 0);
	play->written += size;
}

/* Nothing to write is nothing done. */
static void word_empty(struct play *play, const char *argument)
{
	size_t queued = cohort_queued(play->record.t);
	struct iovec piece = {.iov_base = NULL, .iov_len = 0};

	(void)argument;
	check_int(cohort_write(play->record.t, NULL, 0), 0);
	check_int(cohort_write(play->record.t, "", 0), 0);
	check_int(cohort_writev(play->record.t, &piece, 1), 0);
	check_int(cohort_writev(play->record.t, NULL, 0), 0);
	check_int(cohort_queued(play->record.t), queued);
}

/* Every write is refused and changes nothing. */
static void word_late(struct play *play, const char *argument)
{
	size_t queued = cohort_queued(play->record.t);
	struct iovec piece = {.iov_base = (char[]){"x"}, .iov_len = 1};

	(void)argument;
	check_int(cohort_write(play->record.t, "x", 1), -1);
	check_int(errno, EPIPE);
	check_int(cohort_write(play->record.t, NULL, 0), -1);
	check_int(errno, EPIPE);
	check_int(cohort_writev(play->record.t, &piece, 1), -1);
	check_int(errno, EPIPE);
	cohort_write_eof(play->record.t);
	check_int(cohort_queued(play->record.t), queued);
}

/* Write until so many bytes are queued, to the byte. */
static void word_fill(struct play *play, const char *argument)
{
	size_t queued = (size_t)atol(argument), missing;

	play->written += write_until_queued(play->record.t, play->written, 1);
	REQUIRE(cohort_queued(play->record.t) <= queued);
	missing = queued - cohort_queued(play->record.t);
	check_int(write_bytes(play->record.t, play->written, missing), 0);
	play->written += missing;
	check_int(cohort_queued(play->record.t), queued);
}

/* Write until the hard cap: the memory is returned. */
static void word_overflow(struct play *play, const char *argument)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	(void)argument;
	while (write_bytes(play->record.t, play->written, 1000) == 0 &&
	       clock_now_ms() < until_ms)
		play->written += 1000;
	check_int(errno, ENOBUFS);
	check_int(cohort_queued(play->record.t), 0);
	CHECK(cohort_is_closing(play->record.t));
}

static void word_queued(struct play *play, const char *argument)
{
	check_int(cohort_queued(play->record.t), atol(argument));
}

static void word_queued_at_most(struct play *play, const char *argument)
{
	CHECK(cohort_queued(play->record.t) <= (size_t)atol(argument));
}

static void word_write_eof(struct play *play, const char *argument)
{
	(void)argument;
	cohort_write_eof(play->record.t);
}

static void word_close(struct play *play, const char *argument)
{
	(void)argument;
	cohort_close(play->record.t);
	CHECK(cohort_is_closing(play->record.t));
	CHECK(!cohort_is_reading(play->record.t));
}

static void check_ended(const struct play *play)
{
	CHECK(cohort_is_closing(play->record.t));
	CHECK(!cohort_is_reading(play->record.t));
	check_int(cohort_queued(play->record.t), 0);
}

static void word_abort(struct play *play, const char *argument)
{
	(void)argument;
	cohort_abort(play->record.t);
	check_ended(play);
}

static void word_reset(struct play *play, const char *argument)
{
	(void)argument;
	cohort_reset(play->record.t);
	check_ended(play);
}

static void word_fail(struct play *play, const char *argument)
{
	(void)argument;
	cohort_fail(play->record.t);
	check_ended(play);
}

static void word_pause(struct play *play, const char *argument)
{
	(void)argument;
	cohort_pause_reading(play->record.t);
	CHECK(!cohort_is_reading(play->record.t));
}

static void word_resume(struct play *play, const char *argument)
{
	(void)argument;
	cohort_resume_reading(play->record.t);
}

static void word_reading(struct play *play, const char *argument)
{
	(void)argument;
	CHECK(cohort_is_reading(play->record.t));
}

static void word_deaf(struct play *play, const char *argument)
{
	(void)argument;
	CHECK(!cohort_is_reading(play->record.t));
}

/* high/low */
static void word_limits(struct play *play, const char *argument)
{
	size_t high = (size_t)atol(argument);
	size_t low = (size_t)atol(strchr(argument, '/') + 1);

	check_int(cohort_set_write_limits(play->record.t, high, low), 0);
}

static void word_bad_limits(struct play *play, const char *argument)
{
	size_t high = (size_t)atol(argument);
	size_t low = (size_t)atol(strchr(argument, '/') + 1);

	check_int(cohort_set_write_limits(play->record.t, high, low), -1);
	check_int(errno, EINVAL);
}

/* The old session is not the protocol's any more; the new one is zeroed. */
static void word_become(struct play *play, const char *argument)
{
	struct session *old = cohort_session(play->record.t);
	struct session *new;

	(void)argument;
	if (!play->is_successor)
		old->record = NULL;
	check_int(cohort_set_protocol(play->record.t, &play->successor), 0);
	new = cohort_session(play->record.t);
	CHECK(new != NULL &&new->record == NULL);
	new->record = &play->record;
	play->is_successor = true;
	note(&play->record, '>');
}

static void word_timer(struct play *play, const char *argument)
{
	cohort_set_timer(play->record.t, atol(argument));
}

static void word_cancel(struct play *play, const char *argument)
{
	(void)argument;
	cohort_cancel_timer(play->record.t);
}

/* Who it is, asked in all ways that answer in any state. */
static void word_knows(struct play *play, const char *argument)
{
	struct cohort_address address;
	struct cohort_info info;

	(void)argument;
	CHECK(cohort_local(play->record.t, &address) == 0);
	CHECK(address.family ==
	      (play->is_tcp ? COHORT_FAMILY_IPV4 : COHORT_FAMILY_UNIX));
	cohort_info(play->record.t, &info);
	check_string(info.service, "test");
	check_int(info.worker, 7);
	CHECK(info.id == play->record.id);
	check_int(info.received_bytes, play->record.received_bytes);
	check_int(info.queued_bytes, cohort_queued(play->record.t));
	CHECK(info.sent_bytes <= play->written);
	CHECK(info.age_ms >= info.idle_ms && info.idle_ms >= 0);
}

static void word_peer(struct play *play, const char *argument)
{
	struct cohort_address address;

	(void)argument;
	CHECK(cohort_peer(play->record.t, &address) == 0);
	CHECK((address.port != 0) == play->is_tcp);
}

static void word_find(struct play *play, const char *argument)
{
	(void)argument;
	CHECK(cohort_find(play->bystander.t, play->record.id) ==
	      play->record.t);
}

/* Its id is refused, now and for ever. */
static void word_stale(struct play *play, const char *argument)
{
	(void)argument;
	CHECK(cohort_find(play->bystander.t, play->record.id) == NULL);
	CHECK(cohort_find(play->bystander.t, play->bystander.id) ==
	      play->bystander.t);
}

static const struct word {
	const char *name;
	void (*run)(struct play *play, const char *argument);
} vocabulary[] = {
	{"SEND", word_send},
	{"FLOOD", word_flood},
	{"EOF", word_eof},
	{"HANGUP", word_hangup},
	{"RESET", word_peer_reset},
	{"READ", word_read},
	{"REST", word_rest},
	{"SIP", word_sip},
	{"END", word_end},
	{"RST", word_rst},
	{"OPEN", word_open},
	{"DRAIN", word_drain},
	{"STOP", word_stop},
	{"KILL", word_kill},
	{"WAIT", word_wait},
	{"GOT", word_got},
	{"TURN", word_turn},
	{"write", word_write},
	{"writev", word_writev},
	{"echo", word_echo},
	{"empty", word_empty},
	{"late", word_late},
	{"fill", word_fill},
	{"overflow", word_overflow},
	{"queued", word_queued},
	{"queued_at_most", word_queued_at_most},
	{"write_eof", word_write_eof},
	{"close", word_close},
	{"abort", word_abort},
	{"reset", word_reset},
	{"fail", word_fail},
	{"pause", word_pause},
	{"resume", word_resume},
	{"reading", word_reading},
	{"deaf", word_deaf},
	{"limits", word_limits},
	{"bad_limits", word_bad_limits},
	{"become", word_become},
	{"timer", word_timer},
	{"cancel", word_cancel},
	{"knows", word_knows},
	{"peer", word_peer},
	{"find", word_find},
	{"stale", word_stale},
};

#endif
