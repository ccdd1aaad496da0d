/* SPDX-License-Identifier: MIT */
/* test_transport_forward.c - what one transport receives goes to another:
 * copied or spliced, in order, held up by a slow receiver, with its end. */
#include <signal.h>

#include "forward_fixture.h"

static void test_small(void)
{
	struct couple couple;

	open_couple(&couple);
	pump(&couple, 1);
	pump(&couple, 5000);
	CHECK(!is_spliced(&couple));
	check_string(couple.from.events, "m");
	check_string(couple.to.events, "m");
	check_int(count_of(couple.world, SCOREBOARD_RECEIVED_BYTES), 5000);
	check_int(count_of(couple.world, SCOREBOARD_SENT_BYTES), 5000);
	close_couple(&couple);
}

static void test_bulk(void)
{
	struct couple couple;

	open_couple(&couple);
	pump(&couple, BULK);
	CHECK(is_spliced(&couple));
	check_int(count_of(couple.world, SCOREBOARD_RECEIVED_BYTES), BULK);
	check_int(count_of(couple.world, SCOREBOARD_SENT_BYTES), BULK);
	CHECK(strchr(couple.from.events, 'd') == NULL);
	close_couple(&couple);
}

/* ---- Back-pressure --------------------------------------------------- */

static void test_slow(void)
{
	struct couple couple;

	open_couple(&couple);
	fill_up(&couple);
	CHECK(cohort_queued(couple.to.t) > 0);
	pump(&couple, BULK);
	CHECK(is_spliced(&couple));
	CHECK(cohort_is_reading(couple.from.t));
	close_couple(&couple);
}

/* With marks at 0 every byte that waits is a pause. */
static void test_strict_marks(void)
{
	struct couple couple;

	open_couple(&couple);
	check_int(cohort_set_write_limits(couple.to.t, 0, 0), 0);
	fill_up(&couple);
	pump(&couple, BULK);
	close_couple(&couple);
}

/* The queue is above the mark only for a moment, of which the receiver's
 * protocol never hears. */
static void test_short_excess(void)
{
	struct couple couple;

	open_couple(&couple);
	couple.sender.sent = write_until_queued(couple.to.t, 0, 20000);
	client_push(&couple.sender, couple.sender.sent + 100000);
	client_pull(&couple.taker);
	turn(couple.world);
	pump(&couple, couple.sender.sent);
	CHECK(strchr(couple.to.events, 'p') == NULL);
	pump(&couple, BULK);
	close_couple(&couple);
}

/* ---- Both ways, other sockets ---------------------------------------- */

static void test_both_ways(void)
{
	struct couple couple;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	open_couple(&couple);
	check_int(cohort_forward(couple.to.t, couple.from.t), 0);
	while ((couple.taker.received < BULK ||
		couple.sender.received < BULK) &&
	       clock_now_ms() < until_ms) {
		client_push(&couple.sender, BULK);
		client_push(&couple.taker, BULK);
		turn(couple.world);
		client_pull(&couple.taker);
		client_pull(&couple.sender);
	}
	check_int(couple.taker.received, BULK);
	check_int(couple.sender.received, BULK);
	CHECK(!couple.taker.is_corrupt && !couple.sender.is_corrupt);
	close_couple(&couple);
}

static void test_unix(bool is_sender, bool is_taker)
{
	struct couple couple = {.world = world_open()};

	couple.sender = is_sender ? open_unix(couple.world, &couple.from)
				  : open_tcp(couple.world, &couple.from);
	couple.taker = is_taker ? open_unix(couple.world, &couple.to)
				: open_tcp(couple.world, &couple.to);
	link_both(&couple);
	fill_up(&couple);
	pump(&couple, BULK);
	CHECK(shutdown(couple.sender.fd, SHUT_WR) == 0);
	client_pull_to_end(couple.world, &couple.taker);
	check_int(couple.taker.error, 0);
	close_couple(&couple);
}

/* An urgent byte, which may be passed on or not, stops a splice, but not what
 * comes after it. */
static void test_urgent(void)
{
	struct couple couple;
	size_t half;

	open_couple(&couple);
	pump(&couple, BULK / 2);
	client_push(&couple.sender, BULK * 3 / 4);
	half = couple.sender.sent;
	turn_until(couple.world, send(couple.sender.fd, "!", 1, MSG_OOB) == 1 ||
					 (client_pull(&couple.taker), 0));
	check_int(couple.sender.sent, half);
	turn_until(couple.world,
		   (client_push(&couple.sender, BULK),
		    client_pull(&couple.taker), couple.taker.received >= BULK));
	close_couple(&couple);
}

/* ---- Ends ------------------------------------------------------------ */

static void test_eof(void)
{
	struct couple couple;

	open_couple(&couple);
	check_int(cohort_forward(couple.to.t, couple.from.t), 0);
	fill_up(&couple);
	pump(&couple, BULK);
	CHECK(shutdown(couple.sender.fd, SHUT_WR) == 0);
	client_pull_to_end(couple.world, &couple.taker);
	check_int(couple.taker.error, 0);
	CHECK(is_alive(&couple.from) && is_alive(&couple.to));
	client_push(&couple.taker, 100000); /* the other half is open */
	pull_until(couple.world, &couple.sender,
		   couple.sender.received == 100000);
	client_close(&couple.taker);
	client_pull_to_end(couple.world, &couple.sender);
	check_int(couple.sender.error, 0);
	turn_until(couple.world,
		   !is_alive(&couple.from) && !is_alive(&couple.to));
	check_string(couple.from.events, "mel");
	check_end(&couple.from, COHORT_REASON_EOF, 0);
	check_end(&couple.to, COHORT_REASON_EOF, 0);
	close_couple(&couple);
}

/* The end comes after all that waits, however slow the receiver. */
static void test_eof_behind(void)
{
	struct couple couple;

	open_couple(&couple);
	fill_up(&couple);
	while (couple.sender.sent < BULK) {
		client_push(&couple.sender, BULK);
		turn(couple.world);
		client_pull(&couple.taker);
	}
	client_close(&couple.sender);
	client_pull_to_end(couple.world, &couple.taker);
	check_int(couple.taker.received, BULK);
	check_int(couple.taker.error, 0);
	close_couple(&couple);
}

static void test_receiver_lost(bool is_full)
{
	struct couple couple;

	open_couple(&couple);
	if (is_full)
		fill_up(&couple);
	else
		pump(&couple, BULK);
	client_reset(&couple.taker);
	turn_until(couple.world, (client_push(&couple.sender, 2 * BULK),
				  !is_alive(&couple.to)));
	check_int(couple.to.end.reason, COHORT_REASON_PEER_RESET);
	client_push(&couple.sender, 4 * BULK);
	turn_for(couple.world, 50);
	CHECK(is_alive(&couple.from));
	CHECK(!cohort_is_reading(couple.from.t));
	CHECK(couple.sender.sent < 4 * BULK);
	close_couple(&couple);
}

static void test_sender_lost(void)
{
	struct couple couple;

	open_couple(&couple);
	fill_up(&couple);
	client_reset(&couple.sender);
	turn_until(couple.world, !is_alive(&couple.from));
	check_int(couple.from.end.reason, COHORT_REASON_PEER_RESET);
	CHECK(is_alive(&couple.to));
	client_pull(&couple.taker);
	turn_until(couple.world, cohort_queued(couple.to.t) == 0 ||
					 (client_pull(&couple.taker), 0));
	/* Another may take its place. */
	couple.sender = open_tcp(couple.world, &couple.from);
	check_int(cohort_forward(couple.from.t, couple.to.t), 0);
	close_couple(&couple);
}

/* A receiver that is closing takes no more. */
static void test_receiver_closing(void)
{
	struct couple couple;

	open_couple(&couple);
	pump(&couple, 100000);
	cohort_close(couple.to.t);
	client_push(&couple.sender, BULK);
	turn_for(couple.world, 50);
	CHECK(!cohort_is_reading(couple.from.t));
	cohort_close(couple.from.t);
	client_close(&couple.sender);
	client_close(&couple.taker);
	turn_until(couple.world, couple.world->service.live_count == 0);
	close_couple(&couple);
}

/* ---- Ending it ------------------------------------------------------- */

static struct record *record_after;

static void after_received(struct cohort_transport *t, void *session,
			   const void *data, size_t size)
{
	(void)t;
	(void)session;
	(void)data;
	record_after->received_bytes += size;
}

static const struct cohort_protocol protocol_after = {
	.name = "after",
	.data_received = after_received,
};

static void test_parted(void)
{
	struct couple couple;

	open_couple(&couple);
	fill_up(&couple);
	couple.from.received_bytes = couple.sender.sent;
	check_int(cohort_forward(couple.from.t, NULL), 0);
	check_int(cohort_forward(couple.from.t, NULL), 0);
	couple.from.received_bytes = 0;
	turn_until(couple.world, couple.from.received_bytes > 0);
	CHECK(strchr(couple.from.events, 'd') != NULL);
	close_couple(&couple);
}

/* Either becomes something else: the bytes go to the sender's protocol. */
static void test_set_protocol(bool is_sender)
{
	struct couple couple;

	open_couple(&couple);
	fill_up(&couple);
	record_after = &couple.from;
	couple.from.received_bytes = 0;
	check_int(cohort_set_protocol(is_sender ? couple.from.t : couple.to.t,
				      &protocol_after),
		  0);
	turn_until(couple.world, couple.from.received_bytes > 0);
	close_couple(&couple);
}

static void test_refusals(void)
{
	struct couple couple;
	struct record third = {0};
	struct client client;

	open_couple(&couple);
	client = open_tcp(couple.world, &third);
	check_int(cohort_forward(third.t, couple.to.t), -1);
	check_int(errno, EBUSY);
	check_int(cohort_send_file(couple.to.t, 0, 0, 1), -1);
	check_int(errno, EBUSY);
	check_int(cohort_forward(couple.from.t, third.t), 0); /* instead */
	check_int(cohort_forward(couple.from.t, couple.to.t), 0);
	cohort_write_eof(third.t);
	check_int(cohort_forward(couple.to.t, third.t), -1);
	check_int(errno, EPIPE);
	cohort_close(third.t);
	check_int(cohort_forward(third.t, couple.from.t), -1);
	check_int(errno, EPIPE);
	client_close(&client);
	close_couple(&couple);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in every worker */
	test_small();
	test_bulk();
	test_slow();
	test_strict_marks();
	test_short_excess();
	test_both_ways();
	test_unix(true, false);
	test_unix(false, true);
	test_unix(true, true);
	test_urgent();
	test_eof();
	test_eof_behind();
	test_receiver_lost(false);
	test_receiver_lost(true);
	test_sender_lost();
	test_receiver_closing();
	test_parted();
	test_set_protocol(true);
	test_set_protocol(false);
	test_refusals();
	return check_result();
}
