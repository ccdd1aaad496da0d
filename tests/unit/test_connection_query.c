/* SPDX-License-Identifier: MIT */
/* test_connection_query.c - which queries make sense, what they want, in which
 * order; and rows as lines of a table. */
#include "control/connection_query.h"

#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "control/connection_top.h"

static struct connection_query any(void)
{
	return (struct connection_query){
		.version = CONNECTION_QUERY_VERSION,
		.slot = -1,
		.idle_over_ms = -1,
	};
}

/* ---- Which make sense ---- */

static const struct {
	bool is_good;
	struct connection_query query;
} queries[] = {
	{true, {.limit = 0}},
	{true, {.limit = 1000000}},
	{true, {.sort = CONNECTION_SORT_AGE, .limit = 1}},
	{true, {.sort = CONNECTION_SORT_RTT, .limit = CONNECTION_LIMIT_MOST}},
	{false, {.sort = CONNECTION_SORT_AGE}},
	{false,
	 {.sort = CONNECTION_SORT_AGE, .limit = CONNECTION_LIMIT_MOST + 1}},
	{false, {.sort = CONNECTION_SORTS, .limit = 1}},
	{true, {.action = CONNECTION_CLOSE}},
	{false, {.action = CONNECTION_CLOSE, .limit = 1}},
	{false,
	 {.action = CONNECTION_CLOSE, .sort = CONNECTION_SORT_AGE, .limit = 1}},
	{false, {.action = CONNECTION_ACTIONS}},
	{true, {.peer_family = AF_INET, .peer_bits = 32}},
	{false, {.peer_family = AF_INET, .peer_bits = 33}},
	{true, {.peer_family = AF_INET6, .peer_bits = 128}},
	{false, {.peer_family = AF_INET6, .peer_bits = 129}},
	{false, {.peer_family = AF_UNIX}},
	{true, {.id = 1, .pid = 1}},
	{false, {.id = 1}},
};

static void test_faults(void)
{
	struct connection_query query = any();
	size_t i;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		const char *fault = connection_query_fault(&queries[i].query);

		check_int(fault == NULL, queries[i].is_good);
		if ((fault == NULL) != queries[i].is_good)
			printf("  (row %zu)\n", i);
	}
	memset(query.service, 'a', sizeof(query.service));
	CHECK(connection_query_fault(&query) != NULL);
	query.service[sizeof(query.service) - 1] = '\0';
	CHECK(connection_query_fault(&query) == NULL);
}

static void test_wants(void)
{
	struct connection_row row = {.id = 5, .idle_ms = 100};
	struct connection_query query = any();

	strcpy(row.service, "echo");
	CHECK(connection_query_wants(&query, &row));
	query.idle_over_ms = 100;
	CHECK(!connection_query_wants(&query, &row));
	query.idle_over_ms = 99;
	CHECK(connection_query_wants(&query, &row));
	query.id = 6;
	CHECK(!connection_query_wants(&query, &row));
	query.id = 5;
	strcpy(query.service, "echo");
	CHECK(connection_query_wants(&query, &row));
	strcpy(query.service, "echo2");
	CHECK(!connection_query_wants(&query, &row));
}

/* ---- Their order ---- */

static void test_keys(void)
{
	const struct connection_row row = {
		.id = 1,
		.age_ms = 2,
		.idle_ms = 3,
		.received_bytes = 4,
		.sent_bytes = 5,
		.queued_bytes = 6,
		.rtt_us = 7,
		.retransmits = 8,
	};
	static const uint64_t keys[CONNECTION_SORTS] = {
		[CONNECTION_SORT_ID] = 1,
		[CONNECTION_SORT_AGE] = 2,
		[CONNECTION_SORT_IDLE] = 3,
		[CONNECTION_SORT_RECEIVED] = 4,
		[CONNECTION_SORT_SENT] = 5,
		[CONNECTION_SORT_BYTES] = 9,
		[CONNECTION_SORT_QUEUED] = 6,
		[CONNECTION_SORT_RTT] = 7,
		[CONNECTION_SORT_RETRANSMITS] = 8,
	};
	struct connection_query query = any();

	for (query.sort = 0; query.sort < CONNECTION_SORTS; query.sort++) {
		query.is_reversed = 0;
		check_int(connection_query_key(&query, &row), keys[query.sort]);
		query.is_reversed = 1;
		CHECK(connection_query_key(&query, &row) ==
		      UINT64_MAX - keys[query.sort]);
		CHECK(connection_sort_names[query.sort] != NULL);
	}
}

#define OFFERED 5000
#define FIRST   37

/* A hash: no two alike, but for the keys that are cut to few. */
static uint64_t key_of(uint64_t id, unsigned kinds)
{
	return id * UINT64_C(0x9e3779b97f4a7c15) % kinds;
}

static bool is_before(uint64_t a, uint64_t b, unsigned kinds)
{
	uint64_t key_a = key_of(a, kinds), key_b = key_of(b, kinds);

	return key_a != key_b ? key_a > key_b : a < b;
}

static void test_the_first(unsigned kinds, uint32_t limit)
{
	struct connection_top top;
	uint64_t owners[OFFERED] = {0}, id, before;
	unsigned wrong = 0;
	uint32_t i;

	CHECK(connection_top_init(&top, limit) == 0);
	for (id = 1; id <= OFFERED; id++) {
		int64_t place =
			connection_top_offer(&top, key_of(id, kinds), id);

		if (place >= 0 && place < limit)
			owners[place] = id;
		else
			wrong += place != -1;
	}
	connection_top_sort(&top);
	check_int(top.count, limit < OFFERED ? limit : OFFERED);
	for (i = 0; i < top.count; i++) {
		id = top.ranks[i].id;
		wrong += owners[top.ranks[i].place] != id;
		/* As many come before it as stand before it. */
		for (before = 1; i % 13 == 0 && before <= OFFERED; before++)
			wrong += is_before(before, id, kinds);
		wrong -= i % 13 == 0 ? i : 0;
	}
	check_int(wrong, 0);
	connection_top_release(&top);
}

/* ---- As a table ---- */

static void test_a_line(void)
{
	struct connection_row row = {
		.id = 77,
		.age_ms = 5,
		.sent_bytes = 9,
		.rtt_us = 3,
		.state = CONNECTION_FLUSHING,
		.is_outgoing = 1,
		.peer = "10.0.0.1:5",
	};
	struct connection_line line;

	check_int(connection_table.column_count, CONNECTION_COLUMNS);
	strcpy(row.service, "web");
	connection_line_fill(&line, &row, 4711, 3);
	check_string(line.values[0].text, "4711-77");
	check_string(line.values[1].text, "web");
	check_int(line.values[2].number, 3);
	check_string(line.values[3].text, "10.0.0.1:5");
	CHECK(!line.values[4].is_set); /* the local end is not known */
	check_string(line.values[5].text, "flushing");
	check_string(line.values[6].text, "out");
	check_int(line.values[7].number, 5);
	check_int(line.values[10].number, 9);
	CHECK(!line.values[12].is_set); /* nor is this TCP */
	row.is_tcp = 1;
	connection_line_fill(&line, &row, 4711, 3);
	check_int(line.values[12].number, 3);
	CHECK(line.values[12].is_set && line.values[14].is_set);
}

static void test_a_wild_row(void)
{
	struct connection_row row;
	struct connection_line line;

	memset(&row, 0xff, sizeof(row));
	connection_row_tame(&row);
	CHECK(row.state < CONNECTION_STATES);
	check_int(strlen(row.peer), sizeof(row.peer) - 1);
	check_int(strlen(row.local), sizeof(row.local) - 1);
	check_int(strlen(row.service), sizeof(row.service) - 1);
	connection_line_fill(&line, &row, -1, ~0u);
	CHECK(strlen(line.id) < sizeof(line.id));
}

int main(void)
{
	test_faults();
	test_wants();
	test_keys();
	test_the_first(1 << 20, FIRST);
	test_the_first(7, FIRST);
	test_the_first(1, 1);
	test_the_first(100, OFFERED);
	test_a_line();
	test_a_wild_row();
	return check_result();
}
