/* SPDX-License-Identifier: MIT */
/* test_bench_pace.c - when messages of an open loop are due, and when a rate
 * counts as kept. */
#include "pace.h"

#include "check.h"

static void test_counts(void)
{
	static const struct {
		uint64_t rate;
		int64_t duration_ms;
		uint64_t exchange_count, expected;
	} rows[] = {
		{1000, 2000, 0, 2000},
		{1, 500, 0, 1}, /* the first is due at once */
		{3, 1000, 0, 3},
		{1000, 0, 70, 70},
		{1000, 2000, 70, 70},
		{1000, 2000, 7000, 2000},
		{10, 0, UINT64_MAX, 864000}, /* a day bounds it */
	};
	struct pace pace;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pace_init(&pace, rows[i].rate, rows[i].duration_ms,
			  rows[i].exchange_count);
		check_int(pace.message_count, rows[i].expected);
	}
}

/* A message is due exactly from its time on, at every rate. */
static void test_times(void)
{
	static const uint64_t rates[] = {1, 3, 7, 999, 1000000, 10000000};
	struct pace pace;
	uint64_t index, before;
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		pace_init(&pace, rates[i], 86400000, 0);
		pace.start_us = 5000;
		check_int(pace_due_at(&pace, 4999), 0);
		for (index = 0; index < 500; index++) {
			int64_t time_us = pace_time_us(&pace, index);

			CHECK(pace_due_at(&pace, time_us) > index);
			before = pace_due_at(&pace, time_us - 1);
			CHECK(before <= index);
		}
		/* No drift: the millionth second is still exact. */
		check_int(pace_time_us(&pace, rates[i] * 80000),
			  5000 + 80000 * (int64_t)1000000);
		check_int(pace_due_at(&pace, INT64_C(86400000000) + 5000),
			  pace.message_count);
	}
}

/* Each message belongs to one connection, and keeps its time there. */
static void test_shares(void)
{
	const uint64_t connections = 7;
	uint64_t next[7] = {0};
	struct pace pace;
	uint64_t index;

	pace_init(&pace, 1000, 1000, 0);
	pace.connection_count = connections;
	pace.start_us = 12;
	for (index = 0; index < pace.message_count; index++) {
		uint64_t owner = index % connections, i;

		check_int(pace_share_time_us(&pace, owner, next[owner]),
			  pace_time_us(&pace, index));
		next[owner]++;
		for (i = 0; i < connections; i++)
			check_int(pace_share(&pace, i, index + 1), next[i]);
	}
}

static void test_verdicts(void)
{
	static const struct {
		struct pace_account account;
		enum pace_verdict expected;
	} rows[] = {
		{{1000, 0, 900000, 10}, PACE_KEPT},
		{{990, 0, 0, 9000}, PACE_KEPT},
		{{989, 0, 900000, 10}, PACE_SERVER_SLOW},
		{{500, 0, 100000, 10}, PACE_SERVER_SLOW},
		{{500, 0, 99999, 10}, PACE_CLIENT_SLOW},
		{{500, 0, 900000, 1001}, PACE_CLIENT_SLOW},
		{{500, 1, 900000, 10}, PACE_FAILED},
		{{0, 0, 900000, 10}, PACE_SERVER_SLOW},
	};
	struct pace pace;
	size_t i;

	pace_init(&pace, 1000, 1000, 0);
	pace.due_count = pace.message_count;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_int(pace_judge(&pace, &rows[i].account),
			  rows[i].expected);
	/* What was never sent cannot have waited for the server. */
	pace.due_count = 980;
	check_int(pace_judge(&pace, &rows[2].account), PACE_CLIENT_SLOW);
	CHECK(pace_kept(&pace, 500) == 500.0);
}

/* What was cut short is measured by what was due by then. */
static void test_cut(void)
{
	const struct pace_account account = {.done_count = 250};
	struct pace pace;

	pace_init(&pace, 1000, 1000, 0);
	check_int(pace_judgement_us(&pace), 1010000);
	pace.due_count = 250;
	pace_cut(&pace, 250);
	check_int(pace_end_us(&pace), 250000);
	check_int(pace_judge(&pace, &account), PACE_KEPT);
	CHECK(pace_kept(&pace, 250) == 1000.0);
	/* Nothing at all is no rate. */
	pace.due_count = 0;
	pace_cut(&pace, 0);
	check_int(pace_judge(&pace, &account), PACE_FAILED);
	CHECK(pace_kept(&pace, 0) == 0);
}

int main(void)
{
	test_counts();
	test_times();
	test_shares();
	test_verdicts();
	test_cut();
	return check_result();
}
