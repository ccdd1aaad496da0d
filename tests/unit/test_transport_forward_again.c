/* SPDX-License-Identifier: MIT */
/* test_transport_forward_again.c - forwarding that begins after an end of file,
 * after another sender, after or before cohort_discard_input. */
#include <signal.h>

#include "forward_fixture.h"

/* ---- An end of file that was received already ------------------------ */

static void test_after_eof(void)
{
	struct couple couple;

	open_couple(&couple);
	check_int(cohort_forward(couple.from.t, NULL), 0);
	CHECK(shutdown(couple.sender.fd, SHUT_WR) == 0);
	turn_until(couple.world, strcmp(couple.from.events, "me") == 0);
	CHECK(write_bytes(couple.to.t, 0, 1000) == 0);
	check_int(cohort_forward(couple.from.t, couple.to.t), 0);
	client_pull_to_end(couple.world, &couple.taker);
	check_int(couple.taker.received, 1000);
	check_int(couple.taker.error, 0);
	close_couple(&couple);
}

static struct cohort_transport *receiver;

static void forward_now(struct record *record)
{
	check_int(cohort_forward(record->t, receiver), 0);
}

static void test_inside_eof(void)
{
	struct couple couple;

	open_couple(&couple);
	check_int(cohort_forward(couple.from.t, NULL), 0);
	receiver = couple.to.t;
	couple.from.on_eof = forward_now;
	CHECK(shutdown(couple.sender.fd, SHUT_WR) == 0);
	client_pull_to_end(couple.world, &couple.taker);
	check_int(couple.taker.error, 0);
	close_couple(&couple);
}

/* ---- Another sender -------------------------------------------------- */

/* One that lingers is not in the way, and may not get into it later. */
static void test_after_closed(void)
{
	struct couple couple;
	struct client first;
	struct record closed = {.verdict = COHORT_KEEP};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	open_couple(&couple);
	check_int(cohort_forward(couple.from.t, NULL), 0);
	first = open_tcp(couple.world, &closed);
	check_int(cohort_forward(closed.t, couple.to.t), 0);
	cohort_close(closed.t);
	CHECK(is_alive(&closed));
	check_int(cohort_send_file(couple.to.t, fd, 0, 0), 0);
	turn_until(couple.world, strchr(couple.to.events, 'f') != NULL);
	link_both(&couple);
	check_int(cohort_forward(closed.t, NULL), 0);
	client_close(&first);
	turn_until(couple.world, !is_alive(&closed));
	fill_up(&couple);
	pump(&couple, BULK);
	close(fd);
	close_couple(&couple);
}

/* ---- Discarded ------------------------------------------------------- */

/* The later of both counts. */
static void test_discard(void)
{
	struct couple couple;

	open_couple(&couple);
	cohort_discard_input(couple.from.t);
	link_both(&couple);
	pump(&couple, 10000);
	cohort_discard_input(couple.from.t);
	client_push(&couple.sender, 20000);
	turn_until(couple.world,
		   count_of(couple.world, SCOREBOARD_RECEIVED_BYTES) == 20000);
	turn_for(couple.world, 20);
	client_pull(&couple.taker);
	check_int(couple.taker.received, 10000);
	check_string(couple.from.events, "m");
	close_couple(&couple);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in every worker */
	test_after_eof();
	test_inside_eof();
	test_after_closed();
	test_discard();
	return check_result();
}
