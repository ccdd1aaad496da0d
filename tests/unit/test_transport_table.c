/* SPDX-License-Identifier: MIT */
/* test_transport_table.c - ids find their transport or nothing, and never come
 * twice. */
#include "net/transport_table.h"

#include <stdlib.h>

#include "check.h"

#define LIVE   10000 /* more than two blocks */
#define ROUNDS 200000

static struct cohort_transport *transport_number(size_t number)
{
	return (struct cohort_transport *)(void *)(uintptr_t)(16 * number + 16);
}

static void test_empty(void)
{
	struct transport_table *table = malloc(sizeof(*table));

	transport_table_init(table);
	CHECK(transport_table_find(table, 0) == NULL);
	CHECK(transport_table_find(table, 1) == NULL);
	CHECK(transport_table_find(table, UINT64_MAX) == NULL);
	transport_table_remove(table, 0);
	transport_table_remove(table, UINT64_MAX);
	transport_table_release(table);
	transport_table_release(table);
	free(table);
}

static void test_stale(void)
{
	struct transport_table *table = malloc(sizeof(*table));
	uint64_t first, second;

	transport_table_init(table);
	first = transport_table_add(table, transport_number(1));
	CHECK(first != 0);
	CHECK(transport_table_find(table, first) == transport_number(1));
	transport_table_remove(table, first);
	CHECK(transport_table_find(table, first) == NULL);

	/* The place is used again, the id is not. */
	second = transport_table_add(table, transport_number(2));
	check_int(table->used_count, 1);
	CHECK(second != first);
	CHECK(transport_table_find(table, first) == NULL);
	transport_table_remove(table, first);
	CHECK(transport_table_find(table, second) == transport_number(2));
	transport_table_release(table);
	free(table);
}

/* Transports come and go at random places; every id is larger than all before
 * it in its serial number, so that none comes twice. */
static void test_churn(void)
{
	struct transport_table *table = malloc(sizeof(*table));
	uint64_t *ids = calloc(LIVE, sizeof(*ids));
	uint64_t stale = 0, last_serial = 0;
	size_t wrong = 0, i, n;

	transport_table_init(table);
	srand(1);
	for (i = 0; i < ROUNDS; i++) {
		n = i < LIVE ? i : (size_t)rand() % LIVE;
		if (ids[n] != 0) {
			transport_table_remove(table, ids[n]);
			stale = ids[n];
		}
		ids[n] = transport_table_add(table, transport_number(n));
		wrong += ids[n] == 0 || ids[n] >> 24 <= last_serial;
		last_serial = ids[n] >> 24;
		wrong += stale && transport_table_find(table, stale) != NULL;
	}
	for (n = 0; n < LIVE; n++)
		wrong += transport_table_find(table, ids[n]) !=
			 transport_number(n);
	check_int(wrong, 0);
	check_int(table->used_count, LIVE);
	free(ids);
	transport_table_release(table);
	free(table);
}

/* In pieces of any size everybody is met once, and a place that is free is
 * passed over. */
static void test_walk(unsigned piece)
{
	struct transport_table *table = malloc(sizeof(*table));
	uint64_t ids[100];
	uint32_t place = 0;
	size_t met = 0, wrong = 0, rounds = 0, n;

	transport_table_init(table);
	for (n = 0; n < 100; n++)
		ids[n] = transport_table_add(table, transport_number(n));
	for (n = 0; n < 100; n += 3)
		transport_table_remove(table, ids[n]);
	do {
		unsigned budget = piece;

		while (budget > 0) {
			struct cohort_transport *t =
				transport_table_next(table, &place, &budget);

			met += t != NULL;
			if (t != NULL)
				wrong += t !=
					 transport_number(met + (met - 1) / 2);
			if (place == 0)
				break;
		}
		rounds++;
	} while (place != 0);
	check_int(met, 66);
	check_int(wrong, 0);
	check_int(rounds, (100 + piece - 1) / piece);
	place = 100;
	piece = 1;
	CHECK(transport_table_next(table, &place, &piece) == NULL);
	check_int(place, 0);
	transport_table_release(table);
	free(table);
}

int main(void)
{
	test_walk(1);
	test_walk(7);
	test_walk(1000);
	test_empty();
	test_stale();
	test_churn();
	return check_result();
}
