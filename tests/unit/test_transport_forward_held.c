/* SPDX-License-Identifier: MIT */
/* test_transport_forward_held.c - forwarding stops for a receiver that takes
 * nothing, goes on when it does, and leaves the protocol's pauses alone. */
#include <signal.h>

#include "connect_fixture.h"
#include "forward_fixture.h"

/* ---- A receiver that is not connected yet ---------------------------- */

/* Take all connections of the hole's queue: the fillers come first. */
static void accept_all(const struct hole *hole, struct client *taker)
{
	int fd = accept4(hole->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (taker->fd >= 0)
		close(taker->fd);
	taker->fd = fd;
}

static void test_connecting(size_t high, size_t low)
{
	struct couple couple = {.world = world_open(), .taker.fd = -1};
	const size_t total = 400000;
	struct hole hole;

	hole_open(&hole);
	couple.sender = open_tcp(couple.world, &couple.from);
	CHECK(dial(couple.world, &couple.to, hole.text) != NULL);
	check_int(cohort_set_write_limits(couple.to.t, high, low), 0);
	link_both(&couple);
	client_push(&couple.sender, total);
	turn_until(couple.world, !cohort_is_reading(couple.from.t));
	CHECK(cohort_queued(couple.to.t) > high);
	CHECK(fcntl(hole.listener, F_SETFL, O_NONBLOCK) == 0);
	turn_until(couple.world, (accept_all(&hole, &couple.taker),
				  strchr(couple.to.events, 'm') != NULL));
	accept_all(&hole, &couple.taker);
	pump(&couple, total);
	CHECK(cohort_is_reading(couple.from.t));
	hole_close(&hole);
	close_couple(&couple);
}

/* ---- Slow receivers -------------------------------------------------- */

static void test_rated(void)
{
	struct couple couple;

	open_couple(&couple);
	check_int(cohort_set_byte_rate(couple.to.t, 400000), 0);
	check_int(cohort_set_write_limits(couple.to.t, 32768, 8192), 0);
	pump(&couple, 300000);
	close_couple(&couple);
}

/* There is more from the sender, and room at the receiver, in one turn: the
 * sender comes first. */
static void test_both_events(void)
{
	struct couple couple;
	int i;

	open_couple(&couple);
	turn_for(couple.world, 20);
	for (i = 0; i < 1000 && cohort_queued(couple.to.t) < 30000; i++) {
		client_push(&couple.sender, couple.sender.sent + 20000);
		turn(couple.world);
	}
	turn_for(couple.world, 20);
	client_push(&couple.sender, couple.sender.sent + 50000);
	client_pull(&couple.taker);
	turn(couple.world);
	pump(&couple, couple.sender.sent + 100000);
	close_couple(&couple);
}

/* ---- After the receiver ---------------------------------------------- */

static void lose_receiver(struct couple *couple)
{
	open_couple(couple);
	pump(couple, 10000);
	client_reset(&couple->taker);
	turn_until(couple->world, !is_alive(&couple->to));
	client_push(&couple->sender, 20000);
	turn_until(couple->world, !cohort_is_reading(couple->from.t));
}

static void test_another(void)
{
	struct couple couple;

	lose_receiver(&couple);
	couple.to = (struct record){0};
	couple.taker = open_tcp(couple.world, &couple.to);
	link_both(&couple);
	turn_until(couple.world, (client_pull(&couple.taker),
				  couple.taker.received == 10000));
	CHECK(cohort_is_reading(couple.from.t));
	close_couple(&couple);
}

static void test_nobody(void)
{
	struct couple couple;

	lose_receiver(&couple);
	couple.from.received_bytes = 10000;
	check_int(cohort_forward(couple.from.t, NULL), 0);
	turn_until(couple.world, couple.from.received_bytes == 20000);
	CHECK(!couple.from.is_corrupt);
	close_couple(&couple);
}

/* ---- A small limit, a receiver that writes itself --------------------- */

static void test_write_limit(uint64_t limit)
{
	struct couple couple;

	open_couple(&couple);
	couple.world->settings.write_limit_bytes = limit;
	couple.world->settings.write_high_bytes = 16384;
	check_int(cohort_set_write_limits(couple.to.t, 16384, 4096), 0);
	while (cohort_is_reading(couple.from.t) && is_alive(&couple.to)) {
		client_push(&couple.sender, BULK);
		turn(couple.world);
		CHECK(cohort_queued(couple.to.t) <= limit);
	}
	CHECK(is_alive(&couple.to));
	pump(&couple, BULK);
	close_couple(&couple);
}

/* Its queue is never empty, but low at times. */
static void test_own_writes(void)
{
	struct couple couple;
	size_t own = 0;

	open_couple(&couple);
	pump(&couple, BULK); /* it is spliced by now */
	client_push(&couple.sender, couple.sender.sent + 1000000);
	turn_until(couple.world,
		   (own += write_until_queued(couple.to.t, own, 9000),
		    client_pull(&couple.taker),
		    client_push(&couple.sender, BULK + 2000000),
		    couple.sender.sent == BULK + 2000000));
	CHECK(own > 0);
	close_couple(&couple);
}

/* ---- The protocol's own pause ---------------------------------------- */

static void test_own_pause(void)
{
	struct couple couple;

	open_couple(&couple);
	cohort_pause_reading(couple.from.t);
	fill_up(&couple);
	check_int(cohort_queued(couple.to.t), 0);
	cohort_resume_reading(couple.from.t);
	pump(&couple, couple.sender.sent);
	cohort_pause_reading(couple.from.t);
	check_int(cohort_forward(couple.from.t, NULL), 0);
	CHECK(!cohort_is_reading(couple.from.t));
	close_couple(&couple);
}

/* It neither gives way to a slow receiver's end nor ends that. */
static void test_pause_while_held(void)
{
	struct couple couple;
	size_t queued;

	open_couple(&couple);
	fill_up(&couple);
	queued = cohort_queued(couple.to.t);
	cohort_pause_reading(couple.from.t);
	cohort_resume_reading(couple.from.t);
	turn_for(couple.world, 20);
	CHECK(!cohort_is_reading(couple.from.t));
	check_int(cohort_queued(couple.to.t), queued);
	cohort_pause_reading(couple.from.t);
	turn_until(couple.world, (client_pull(&couple.taker),
				  cohort_queued(couple.to.t) == 0));
	turn_for(couple.world, 20);
	CHECK(!cohort_is_reading(couple.from.t));
	cohort_resume_reading(couple.from.t);
	pump(&couple, BULK);
	close_couple(&couple);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in every worker */
	test_connecting(65536, 16384);
	test_connecting(1000, 0);
	test_rated();
	test_both_events();
	test_another();
	test_nobody();
	test_write_limit(32768);
	test_write_limit(100000);
	test_own_writes();
	test_own_pause();
	test_pause_while_held();
	return check_result();
}
