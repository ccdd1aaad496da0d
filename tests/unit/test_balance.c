/* SPDX-License-Identifier: MIT */
/* test_balance.c - who gets how much of what comes. */
#include "process/balance.h"

#include "check.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OUT          UINT64_MAX /* instead of a count */

/* The shares of 1000. */
static void share(unsigned *shares, const struct balance_load *loads,
		  unsigned slot_count, uint64_t expected)
{
	uint16_t weights[BALANCE_SLOTS];
	unsigned i, sum = 0;

	balance_weigh(weights, loads, slot_count, expected, false);
	for (i = 0; i < slot_count; i++)
		sum += weights[i];
	for (i = 0; i < slot_count; i++)
		shares[i] = sum == 0 ? 0 : (weights[i] * 1000 + sum / 2) / sum;
}

static const struct row {
	const char *title;
	uint64_t counts[4]; /* OUT: that one is */
	int64_t lags_ms[4];
	uint64_t expected;
	unsigned shares[4];
} rows[] = {
	{"all alike", {7, 7, 7, 7}, {0}, 10, {250, 250, 250, 250}},
	{"nobody has any", {0}, {0}, 1, {250, 250, 250, 250}},
	{"one lacks some", {10, 10, 6, 10}, {0}, 4, {83, 83, 750, 83}},
	{"it lacks half of what comes",
	 {10, 10, 6, 10},
	 {0},
	 8,
	 {125, 125, 625, 125}},
	{"one has too many", {4, 4, 4, 9}, {0}, 9, {328, 328, 328, 15}},
	{"two are out", {0, OUT, 5, OUT}, {0}, 15, {667, 0, 333, 0}},
	{"all are out", {OUT, OUT, OUT, OUT}, {0}, 9, {0, 0, 0, 0}},
	{"one is slow", {5, 5, 5, 5}, {0, 0, 0, 50}, 40, {329, 329, 329, 13}},
	{"it gets little however few it has",
	 {500, 500, 500, 0},
	 {0, 0, 0, 50},
	 40,
	 {329, 329, 329, 13}},
	{"and something however slow it is and however many it has",
	 {5, 5, 5, 500},
	 {0, 0, 0, 100},
	 40,
	 {330, 330, 330, 10}},
	{"all are slow: nobody is",
	 {5, 5, 5, 5},
	 {50, 50, 50, 50},
	 8,
	 {250, 250, 250, 250}},
	{"what is not slow enough does not count",
	 {5, 5, 5, 5},
	 {0, 0, 0, BALANCE_SLOW_MS - 1},
	 8,
	 {250, 250, 250, 250}},
	{"a lone one gets all",
	 {OUT, OUT, 3, OUT},
	 {0, 0, 90},
	 1,
	 {0, 0, 1000, 0}},
	{"of two that have not the same lag one is slow",
	 {3, 3, OUT, OUT},
	 {90, 5},
	 64,
	 {24, 976, 0, 0}},
	{"a page of nonsense",
	 {UINT64_MAX - 1, 5, 5, 5},
	 {0},
	 3,
	 {15, 328, 328, 328}},
};

static void test_rows(void)
{
	struct balance_load loads[4];
	unsigned i, shares[4];
	size_t j;

	for (j = 0; j < COUNT(rows); j++) {
		int before = check_failures;

		for (i = 0; i < 4; i++)
			loads[i] = (struct balance_load){
				.is_in = rows[j].counts[i] != OUT,
				.count = rows[j].counts[i],
				.lag_ms = rows[j].lags_ms[i],
			};
		share(shares, loads, 4, rows[j].expected);
		for (i = 0; i < 4; i++)
			CHECK(shares[i] + 10 > rows[j].shares[i] &&
			      shares[i] < rows[j].shares[i] + 10 &&
			      (shares[i] > 0) == (rows[j].shares[i] > 0));
		if (check_failures != before)
			printf("  in: %s: %u %u %u %u\n", rows[j].title,
			       shares[0], shares[1], shares[2], shares[3]);
	}
}

/* So long the clients of each wait by now; of late nobody's did but the
 * second's. */
static const struct row_now {
	int64_t lag_ms;
	int64_t nows_ms[4];
	unsigned shares[4];
} rows_now[] = {
	{0, {0, 0, BALANCE_SLOW_NOW_MS, 0}, {329, 329, 10, 329}},
	{0, {0, 0, BALANCE_SLOW_NOW_MS - 1, 0}, {250, 250, 250, 250}},
	{0, {50, 50, 50, 50}, {250, 250, 250, 250}},
	/* What was and what is are not mixed. */
	{40, {8, 7, 8, 7}, {329, 10, 329, 329}},
	{40, {0, 0, 9, 0}, {490, 10, 10, 490}},
};

static void test_who_is_late_at_this_moment_gets_little(void)
{
	unsigned i, shares[4];
	size_t j;

	for (j = 0; j < COUNT(rows_now); j++) {
		struct balance_load loads[4];

		for (i = 0; i < 4; i++)
			loads[i] = (struct balance_load){
				.is_in = true,
				.lag_ms = i == 1 ? rows_now[j].lag_ms : 0,
				.now_ms = rows_now[j].nows_ms[i],
			};
		share(shares, loads, 4, 40);
		for (i = 0; i < 4; i++)
			CHECK(shares[i] > 0 &&
			      shares[i] + 10 > rows_now[j].shares[i] &&
			      shares[i] < rows_now[j].shares[i] + 10);
	}
}

/* One that is new beside 63 that have more gets three times its part, however
 * much more that is and however many are expected. */
static void test_a_new_one_is_not_drowned(void)
{
	static const struct {
		uint64_t has, expected;
	} rows_new[] = {{1000, 640}, {30, 640}, {10, 1}, {1000, 100000}};
	struct balance_load loads[64] = {{0}};
	uint16_t weights[64];
	unsigned i;
	size_t j;

	for (j = 0; j < COUNT(rows_new); j++) {
		for (i = 0; i < 64; i++)
			loads[i] = (struct balance_load){
				true, i == 9 ? 0 : rows_new[j].has, 0, 0};
		balance_weigh(weights, loads, 64, rows_new[j].expected, false);
		for (i = 0; i < 64; i++)
			CHECK(i == 9 ? weights[i] <= 3 * BALANCE_EVEN
				     : weights[i] >= BALANCE_LEAST_FIT);
	}
	/* 9 against 7 * 10, as was seen. */
	for (i = 0; i < 8; i++)
		loads[i].count = i == 2 ? 9 : 10;
	balance_weigh(weights, loads, 8, 1, false);
	for (i = 0; i < 8; i++)
		CHECK(i == 2 ? weights[i] <= 3 * BALANCE_EVEN
			     : weights[i] >= BALANCE_EVEN / 2);
}

/* A supervisor that was killed does not look again. */
static void test_what_stays_in_force_starves_nobody(void)
{
	struct balance_load loads[4] = {{0}};
	uint16_t weights[4];
	unsigned i, n, sum;

	for (n = 2; n <= 4; n++) {
		for (i = 0; i < n; i++)
			loads[i] = (struct balance_load){true, i == 1 ? 0 : 50,
							 0, 0};
		balance_weigh(weights, loads, n, balance_expected_at_rest(n),
			      true);
		for (i = sum = 0; i < n; i++)
			sum += weights[i];
		for (i = 0; i < n; i++)
			CHECK(i == 1 ? 10 * weights[i] <= 9 * sum &&
					       n * weights[i] <= 2 * sum
				     : 5 * n * weights[i] >= sum);
	}
}

/* As many as there can be, with as much as there can be. */
static void test_the_largest_numbers(void)
{
	static struct balance_load loads[BALANCE_SLOTS];
	uint16_t weights[BALANCE_SLOTS];
	unsigned i;

	for (i = 0; i < BALANCE_SLOTS; i++)
		loads[i] = (struct balance_load){true, 1000000, 0, 0};
	balance_weigh(weights, loads, BALANCE_SLOTS, UINT64_C(1) << 30, false);
	for (i = 0; i < BALANCE_SLOTS; i++)
		check_int(weights[i], BALANCE_EVEN);
	loads[77].count = 0;
	balance_weigh(weights, loads, BALANCE_SLOTS, 1, false);
	for (i = 0; i < BALANCE_SLOTS; i++)
		CHECK(i == 77 ? weights[i] == 3 * BALANCE_EVEN
			      : weights[i] > 0 && weights[i] <= BALANCE_EVEN);
	for (i = 0; i < BALANCE_SLOTS; i++)
		loads[i] = (struct balance_load){
			true, UINT64_MAX, INT64_MAX >> 9, INT64_MAX >> 9};
	balance_weigh(weights, loads, BALANCE_SLOTS, UINT64_MAX, true);
	for (i = 0; i < BALANCE_SLOTS; i++)
		check_int(weights[i], BALANCE_EVEN);
}

static void test_shares_are_of_those_that_get_any(void)
{
	static const uint16_t nothing[BALANCE_SLOTS];
	static const uint16_t even[BALANCE_SLOTS] = {[1] = 64, [7] = 64};
	static const uint16_t uneven[BALANCE_SLOTS] = {[1] = 196, [7] = 4};
	struct balance_mix mix = {0, {0}};

	balance_mix(&mix, nothing, 1000000);
	check_int(balance_mixed_share(&mix, 1), -1);
	balance_mix(&mix, uneven, 0);
	check_int(balance_mixed_share(&mix, 0), 0);
	check_int(balance_mixed_share(&mix, 1), 196);
	check_int(balance_mixed_share(&mix, 7), 4);
	/* To nobody comes more than to the other. */
	balance_mix(&mix, even, -1);
	check_int(balance_mixed_share(&mix, 1), 148);
	check_int(balance_mixed_share(&mix, 7), 52);
	/* Who is asked for is not hidden by those that are not. */
	balance_mix(&mix, uneven, 998);
	check_int(balance_mixed_share(&mix, 1), 196);
	check_int(balance_mixed_share(&mix, 7), 4);
	balance_mix(&mix, even, INT64_MAX);
	check_int(balance_mixed_share(&mix, 0), 0);
	check_int(balance_mixed_share(&mix, 7), 100);
}

/* ---- What becomes of it ---------------------------------------------- */

static unsigned draw(struct random *random, const uint16_t *weights,
		     unsigned count)
{
	uint64_t sum = 0, at;
	unsigned i;

	for (i = 0; i < count; i++)
		sum += weights[i];
	at = random_below(random, (unsigned)sum);
	for (i = 0; at >= weights[i]; i++)
		at -= weights[i];
	return i;
}

/* 1000 that stay, so many in an interval, over 8: at most 5 % more than the mean,
 * whatever they began with; also if each comes after a rest. */
static void test_those_that_stay_end_even(uint64_t seed, uint64_t first,
					  unsigned expected, bool is_at_rest)
{
	struct random random;
	struct balance_load loads[8] = {{0}};
	uint16_t weights[8];
	unsigned i, most = 0;

	random.state = seed;
	for (i = 0; i < 8; i++)
		loads[i].is_in = true;
	loads[3].count = first;
	for (i = 0; i < 1000 - first; i++) {
		if (i % expected == 0)
			balance_weigh(weights, loads, 8,
				      is_at_rest ? balance_expected_at_rest(8)
						 : expected,
				      is_at_rest);
		loads[draw(&random, weights, 8)].count++;
	}
	for (i = 0; i < 8; i++)
		if (loads[i].count > most)
			most = (unsigned)loads[i].count;
	CHECK(most <= 131);
	if (most > 131)
		printf("  in: seed %llu, first %llu: %u\n",
		       (unsigned long long)seed, (unsigned long long)first,
		       most);
}

/* ---- How slow, how fast ---------------------------------------------- */

static void test_lag_is_remembered_and_forgiven(void)
{
	struct balance_lag lag = {{0, 0}, {0, 0}, 0, 0, 0};
	const struct balance_peak *again = &lag.again;

	balance_note_lag(&lag, 40, 1000);
	check_int(again->lag_ms, 0);
	balance_note_lag(&lag, 30, 1100);
	check_int(again->lag_ms, 30);
	balance_note_lag(&lag, 10, 1200);
	check_int(again->lag_ms, 30);
	balance_note_lag(&lag, 0, 1100 + BALANCE_HALF_MS);
	check_int(again->lag_ms, 15);
	balance_note_lag(&lag, 0, 1100 + 3 * BALANCE_HALF_MS);
	check_int(again->lag_ms, 3);
	/* What it had long ago does not count with what it has. */
	balance_note_lag(&lag, 5000, 19000);
	check_int(again->lag_ms, 0);
	balance_note_lag(&lag, 5000, 25000);
	CHECK(again->lag_ms < BALANCE_SLOW_MS);
	balance_note_lag(&lag, 5000, 31000 - BALANCE_HALF_MS);
	balance_note_lag(&lag, INT64_MAX >> 10, 31000);
	CHECK(again->lag_ms > 0 && again->lag_ms <= BALANCE_LAG_MOST_MS);
	/* After a long rest nothing of it is left. */
	balance_note_lag(&lag, 0, 9000000);
	check_int(again->lag_ms, 0);
}

/* A worker that is in a turn for `stall_ms` of every `period_ms`, so many times:
 * descheduled once, or once in a long time; often but not for long; busy or
 * stopped for half the time; always, without a pause; for so long that it is more
 * than luck. */
static const struct row_stalls {
	int64_t stall_ms, period_ms;
	unsigned count;
	int64_t slow_by_ms; /* since the first began; 0: never slow */
} rows_stalls[] = {{20, 0, 1, 0},        {40, 0, 1, 0},     {100, 0, 1, 0},
		   {250, 0, 1, 0},       {60, 9000, 5, 0},  {15, 30, 30, 0},
		   {30, 60, 2, 100},     {50, 100, 2, 160}, {100, 200, 2, 260},
		   {100, 1000, 2, 1060}, {30, 31, 9, 150},  {60, 60, 9, 300},
		   {400, 0, 1, 350}};

/* As supervisor_balance_look.c has it: the turn that it is in, or how much longer
 * those that have ended were than the look before is ago. */
static int64_t lag_seen(const struct row_stalls *row, int64_t at_ms,
			int64_t interval_ms)
{
	int64_t inside_ms = 0, ended_ms = 0, began_ms, end_ms;
	unsigned i;

	for (i = 0; i < row->count; i++) {
		began_ms = i * row->period_ms;
		end_ms = began_ms + row->stall_ms;
		if (began_ms <= at_ms && at_ms < end_ms)
			inside_ms = at_ms - began_ms;
		if (at_ms - interval_ms < end_ms && end_ms <= at_ms)
			ended_ms += row->stall_ms;
	}
	return inside_ms > ended_ms - interval_ms ? inside_ms
						  : ended_ms - interval_ms;
}

static int64_t slow_after_ms(const struct row_stalls *row, int64_t interval_ms,
			     int64_t first_ms)
{
	int64_t end_ms = row->count * row->period_ms + 1000, at_ms, lag_ms;
	struct balance_lag lag = {{0, 0}, {0, 0}, 0, 0, 0};

	for (at_ms = first_ms; at_ms < end_ms; at_ms += interval_ms) {
		lag_ms = lag_seen(row, at_ms, interval_ms);
		balance_note_lag(&lag, lag_ms > 0 ? lag_ms : 0, 5000 + at_ms);
		if (lag.again.lag_ms >= BALANCE_SLOW_MS)
			return at_ms;
	}
	return 0;
}

static void check_stalls(const struct row_stalls *row, int64_t interval_ms)
{
	int64_t first_ms, slow_ms;

	for (first_ms = 0; first_ms < interval_ms; first_ms++) {
		slow_ms = slow_after_ms(row, interval_ms, first_ms);
		CHECK((slow_ms > 0) == (row->slow_by_ms > 0) &&
		      slow_ms <= row->slow_by_ms);
		if ((slow_ms > 0) != (row->slow_by_ms > 0) ||
		    slow_ms > row->slow_by_ms)
			printf("  in: %d ms of %d, looks %d ms apart: %d\n",
			       (int)row->stall_ms, (int)row->period_ms,
			       (int)interval_ms, (int)slow_ms);
	}
}

static void test_one_long_turn_is_luck(void)
{
	int64_t interval_ms;
	size_t j;

	for (j = 0; j < COUNT(rows_stalls); j++)
		for (interval_ms = BALANCE_INTERVAL_LEAST_MS;
		     interval_ms <= BALANCE_INTERVAL_MOST_MS; interval_ms++)
			check_stalls(&rows_stalls[j], interval_ms);
}

static void test_pace(void)
{
	struct balance_pace pace = {.noted_ms = 0};
	int64_t before;
	unsigned i;

	check_int(balance_interval_ms(&pace, 8), BALANCE_INTERVAL_MOST_MS);
	check_int((int64_t)balance_expected(&pace, 10), 1);
	for (i = 1; i <= 20; i++)
		balance_note_arrivals(&pace, 40, 0, i * 10);
	CHECK(pace.per_second > 3900 && pace.per_second <= 4000);
	check_int(balance_interval_ms(&pace, 8), 4);
	check_int(balance_interval_ms(&pace, 256), BALANCE_INTERVAL_MOST_MS);
	check_int((int64_t)balance_expected_at_first(8), 16);
	check_int((int64_t)balance_expected_at_first(256), 512);
	/* Looks came 10 ms apart, whatever they were to. */
	check_int((int64_t)balance_expected(&pace, 4), 40);
	for (i = 0; i < 40; i++)
		balance_note_arrivals(&pace, 8, 0, 200 + 2 * i);
	CHECK(balance_expected(&pace, 4) <= 17);
	for (i = 21; i <= 40; i++)
		balance_note_arrivals(&pace, 1000, 0, 300 + i * 10);
	check_int(balance_interval_ms(&pace, 8), BALANCE_INTERVAL_LEAST_MS);
	/* A counter that began anew, or a clock that stood still. */
	before = pace.per_second;
	balance_note_arrivals(&pace, UINT64_C(1) << 40, 9, 780);
	balance_note_arrivals(&pace, UINT64_MAX, 9, 790);
	balance_note_arrivals(&pace, 9, UINT64_MAX / 3, 800);
	CHECK(pace.per_second >= 0 && pace.per_second < before);
	CHECK(pace.left < pace.came);
	for (i = 0; i < 40; i++)
		balance_note_arrivals(&pace, 0, 0, 900 + i);
	check_int(pace.per_second, 0);
	/* Looking at many takes its time, and is done less often. */
	check_int(balance_spare_ms(2, 20), 2);
	check_int(balance_spare_ms(2, 1000), 20);
	check_int(balance_spare_ms(2, 10000000), 200);
	/* … unless somebody comes or goes. */
	check_int(balance_soonest_ms(20), 20);
	check_int(balance_soonest_ms(9999), 20);
	check_int(balance_soonest_ms(60000), 122);
}

/* From none to all of those that come leave at once. */
static void test_the_more_leave_the_less_differences_count(void)
{
	static const unsigned left[] = {0, 5, 10, 15, 20, 90};
	static const unsigned horizons[] = {20, 38, 94, 188, 320, 320};
	struct balance_load loads[4] = {{true, 12, 0, 0},
					{true, 10, 0, 0},
					{true, 10, 0, 0},
					{true, 10, 0, 0}};
	unsigned shares[4];
	size_t i, j;

	for (i = 0; i < COUNT(left); i++) {
		struct balance_pace pace = {.noted_ms = 0};

		check_int((int64_t)balance_horizon(&pace, 20), 20);
		for (j = 1; j <= 40; j++)
			balance_note_arrivals(&pace, 20, left[i],
					      (int64_t)j * 10);
		check_int((int64_t)balance_horizon(&pace, 20), horizons[i]);
	}
	share(shares, loads, 4, 4);
	CHECK(shares[0] < 25);
	share(shares, loads, 4, 4 * 16);
	CHECK(shares[0] > 200);
}

int main(void)
{
	uint64_t seed;

	test_rows();
	test_who_is_late_at_this_moment_gets_little();
	test_a_new_one_is_not_drowned();
	test_what_stays_in_force_starves_nobody();
	test_the_largest_numbers();
	test_shares_are_of_those_that_get_any();
	for (seed = 1; seed <= 20; seed++) {
		test_those_that_stay_end_even(seed, 0, 20, false);
		test_those_that_stay_end_even(seed, 60, 20, false);
		test_those_that_stay_end_even(seed, 0, 1, true);
		test_those_that_stay_end_even(seed, 60, 1, true);
	}
	test_lag_is_remembered_and_forgiven();
	test_one_long_turn_is_luck();
	test_pace();
	test_the_more_leave_the_less_differences_count();
	return check_result();
}
