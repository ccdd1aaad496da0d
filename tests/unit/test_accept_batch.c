/* SPDX-License-Identifier: MIT */
/* test_accept_batch.c - how many are accepted when a listener is ready. */
#include "net/accept_batch.h"

#include "check.h"

/* Turns of a loop: so many wait at each of them; what is not taken stays. */
struct load {
	int64_t turn_us;
	unsigned come_count; /* at each turn */
	unsigned turns;
	unsigned misses_most; /* accepts that found nothing, at most */
	unsigned left_most;   /* in the queue after the last turn, at most */
};

/* One ready listener; how many of `waiting` are left. */
static unsigned serve(struct accept_batch *batch, int64_t turn_us,
		      unsigned waiting, unsigned *misses)
{
	unsigned limit = accept_batch_limit(batch, turn_us);
	bool is_empty = waiting < limit;
	unsigned taken = is_empty ? waiting : limit;

	CHECK(limit >= 1 && limit <= ACCEPT_BATCH_MAX);
	*misses += is_empty;
	accept_batch_note(batch, taken, is_empty);
	return waiting - taken;
}

static void run(const struct load *load)
{
	struct accept_batch batch;
	unsigned i, waiting = 0, misses = 0;

	accept_batch_init(&batch);
	for (i = 0; i < load->turns; i++) {
		waiting += load->come_count;
		if (waiting > 0)
			waiting =
				serve(&batch, load->turn_us, waiting, &misses);
	}
	CHECK(misses <= load->misses_most);
	CHECK(waiting <= load->left_most);
}

static void test_few_misses_and_no_queue_whatever_comes(void)
{
	static const struct load loads[] = {
		{0, 1, 900, 101, 1},   /* one miss for nine connections */
		{0, 3, 900, 101, 3},   /* … for nine batches */
		{0, 16, 900, 0, 0},    /* never more than it takes */
		{0, 15, 900, 101, 15}, /* between two doublings */
		{ACCEPT_BATCH_MIDDLE_US - 1, 1, 900, 101, 1},
		{ACCEPT_BATCH_MIDDLE_US, 1, 900, 301, 1},
		{ACCEPT_BATCH_LONG_US - 1, 3, 900, 301, 3},
		{ACCEPT_BATCH_LONG_US, 3, 900, 900, 0},
	};
	unsigned i;

	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		run(&loads[i]);
}

#define BURST 511

/* How many turns it takes to serve a burst that comes after a trickle. */
static unsigned turns_of_burst(int64_t turn_us)
{
	struct accept_batch batch;
	unsigned waiting = BURST, misses = 0, turns = 0;

	accept_batch_init(&batch);
	accept_batch_note(&batch, 1, true);
	check_int((int)batch.limit, 1);
	while (waiting > 0 && turns++ < BURST)
		waiting = serve(&batch, turn_us, waiting, &misses);
	check_int((int)waiting, 0);
	CHECK(misses <= 1);
	return turns;
}

static void test_a_burst_after_a_trickle_is_taken_in_large_batches(void)
{
	unsigned least = (BURST + ACCEPT_BATCH_MAX - 1) / ACCEPT_BATCH_MAX;

	/* 1, then 2, 4, 8, and from then on the most. */
	CHECK(turns_of_burst(0) <= least + ACCEPT_BATCH_STREAK + 2);
	check_int((int)turns_of_burst(ACCEPT_BATCH_LONG_US), (int)least);
	/* Two batches of one are all that it takes to see that more wait. */
	CHECK(turns_of_burst(ACCEPT_BATCH_MIDDLE_US) <= least + 2);
	CHECK(turns_of_burst(ACCEPT_BATCH_LONG_US - 1) <= least + 2);
}

/* What was learned in a long turn holds for the next one. */
static void test_a_long_turn_counts_for_the_short_one_after_it(void)
{
	struct accept_batch batch;
	unsigned misses = 0;

	accept_batch_init(&batch);
	accept_batch_note(&batch, 1, true);
	check_int((int)serve(&batch, ACCEPT_BATCH_LONG_US, 100, &misses),
		  100 - ACCEPT_BATCH_MAX);
	check_int((int)serve(&batch, 0, 100, &misses), 100 - ACCEPT_BATCH_MAX);
	check_int((int)serve(&batch, ACCEPT_BATCH_LONG_US, 3, &misses), 0);
	check_int((int)accept_batch_limit(&batch, 0), 3);
}

static void
test_a_client_that_left_before_it_was_accepted_is_a_batch_of_one(void)
{
	struct accept_batch batch;

	accept_batch_init(&batch);
	accept_batch_note(&batch, 0, true);
	check_int((int)batch.limit, 1);
}

int main(void)
{
	test_few_misses_and_no_queue_whatever_comes();
	test_a_burst_after_a_trickle_is_taken_in_large_batches();
	test_a_long_turn_counts_for_the_short_one_after_it();
	test_a_client_that_left_before_it_was_accepted_is_a_batch_of_one();
	return check_result();
}
