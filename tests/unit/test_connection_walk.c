/* SPDX-License-Identifier: MIT */
/* test_connection_walk.c - which transports a query finds, in which order, and
 * what it does to them, while others come and go. */
#include "process/connection_walk.h"

#include "asked_fixture.h"

/* ---- A walk to its end ---- */

struct found {
	unsigned count;
	unsigned pause_count;
	unsigned times[CROWD_MOST]; /* that each of the crowd was told */
	unsigned order[CROWD_MOST]; /* who was told */
	struct connection_row last;
	struct connection_end end;
};

static void note_row(struct found *found, const struct crowd *crowd,
		     const struct connection_row *row)
{
	unsigned i = crowd_find(crowd, row->id);

	CHECK(i < crowd->count);
	if (i >= crowd->count || found->count >= CROWD_MOST)
		return;
	found->times[i]++;
	found->order[found->count++] = i;
	found->last = *row;
}

/* What happens between two slices. */
typedef void between(struct crowd *crowd, unsigned round);

static void run_walk(struct found *found, struct crowd *crowd,
		     const struct connection_query *query, between *meanwhile)
{
	enum connection_walk_step step = CONNECTION_WALK_ROW;
	struct connection_walk walk;
	struct connection_row row;
	unsigned budget = CONNECTION_WALK_BUDGET;

	connection_walk_begin(&walk, &crowd->world->worker, query);
	while (step != CONNECTION_WALK_END) {
		step = connection_walk_next(&walk, &row, &budget);
		if (step == CONNECTION_WALK_ROW)
			note_row(found, crowd, &row);
		if (step != CONNECTION_WALK_PAUSE)
			continue;
		budget = CONNECTION_WALK_BUDGET;
		found->pause_count++;
		if (meanwhile != NULL)
			meanwhile(crowd, found->pause_count);
	}
	CHECK(connection_walk_next(&walk, &row, &budget) ==
	      CONNECTION_WALK_END);
	found->end = walk.end;
	connection_walk_release(&walk);
}

/* Page by page, as an admin asks. */
static struct found *ask_with(struct crowd *crowd,
			      struct connection_query query, between *meanwhile)
{
	struct found *found = calloc(1, sizeof(*found));
	uint64_t matched = 0;
	unsigned before;

	REQUIRE(found != NULL);
	do {
		before = found->count;
		run_walk(found, crowd, &query, meanwhile);
		if (query.sort == CONNECTION_SORT_NONE)
			CHECK(found->count - before <= CONNECTION_PAGE_ROWS);
		query.from = found->end.next;
		matched += found->end.matched_count;
		found->end.matched_count = matched;
	} while (query.from != 0 && found->end.outcome == CONNECTION_DONE);
	return found;
}

static struct found *ask(struct crowd *crowd, struct connection_query query)
{
	return ask_with(crowd, query, NULL);
}

/* Exactly `count` are told, each once, and so many were found. */
static void check_found(struct found *found, unsigned count, unsigned matched)
{
	unsigned i, twice = 0;

	for (i = 0; i < CROWD_MOST; i++)
		twice += found->times[i] > 1;
	check_int(twice, 0);
	check_int(found->count, count);
	check_int(found->end.matched_count, matched);
	check_int(found->end.outcome, CONNECTION_DONE);
	free(found);
}

/* ---- Which ones ---- */

static void test_all_of_them(void)
{
	struct crowd *crowd = crowd_open(1000);
	struct found *found = ask(crowd, any_connection());

	/* Never many at a time. */
	CHECK(found->pause_count >= 1000 / CONNECTION_WALK_BUDGET);
	check_found(found, 1000, 1000);
	crowd_end(crowd, 0);
	crowd_end(crowd, 500);
	crowd_end(crowd, 999);
	check_found(ask(crowd, any_connection()), 997, 997);
	crowd_close(crowd);
}

static void test_nobody(void)
{
	struct crowd *crowd = crowd_open(0);
	struct connection_query query = any_connection();

	check_found(ask(crowd, query), 0, 0);
	query.from = 12345;
	check_found(ask(crowd, query), 0, 0);
	query.sort = CONNECTION_SORT_AGE;
	query.limit = 3;
	check_found(ask(crowd, query), 0, 0);
	crowd_close(crowd);
}

static void test_limit(void)
{
	struct crowd *crowd = crowd_open(10);
	struct connection_query query = any_connection();
	struct found *found = calloc(1, sizeof(*found));

	query.limit = 3;
	run_walk(found, crowd, &query, NULL);
	CHECK(found->end.next != 0);
	check_found(found, 3, 3);
	crowd_close(crowd);
}

static void test_filters(void)
{
	struct crowd *crowd = crowd_open(20);
	struct connection_query query = any_connection();

	query.id = crowd->notes[7].id;
	query.pid = 1;
	check_found(ask(crowd, query), 1, 1);
	query.id++;
	check_found(ask(crowd, query), 0, 0);

	query = any_connection();
	crowd->notes[3].t->activity_ms -= 5001;
	crowd->notes[4].t->activity_ms -= 5000;
	query.idle_over_ms = crowd->world->loop.now_ms + 5000 -
			     crowd->notes[5].t->activity_ms;
	check_found(ask(crowd, query), 1, 1);

	query = any_connection();
	strcpy(query.service, "test");
	check_found(ask(crowd, query), 20, 20);
	strcpy(query.service, "tes");
	check_found(ask(crowd, query), 0, 0);
	crowd_close(crowd);
}

static void test_peers(void)
{
	static const struct {
		uint8_t peer[16], family, bits;
		unsigned count;
	} rows[] = {
		{{127}, AF_INET, 8, 1},
		{{127, 0, 0, 1}, AF_INET, 32, 1},
		{{127, 0, 0, 2}, AF_INET, 32, 0},
		{{127, 0, 0, 2}, AF_INET, 30, 1},
		{{10}, AF_INET, 8, 0},
		{{0}, AF_INET, 0, 1},
		{{0}, AF_INET6, 0, 0},
		{{0}, 0, 0, 3},
	};
	struct crowd *crowd = crowd_open(2); /* who have no address */
	struct connection_query query = any_connection();
	size_t i;

	crowd->clients[2] = open_tcp(crowd->world, &crowd->notes[2]);
	crowd->count++;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(query.peer, rows[i].peer, sizeof(query.peer));
		query.peer_family = rows[i].family;
		query.peer_bits = rows[i].bits;
		check_found(ask(crowd, query), rows[i].count, rows[i].count);
	}
	crowd_close(crowd);
}

/* ---- Who lives all the time is told once ---- */

static void come_and_go(struct crowd *crowd, unsigned round)
{
	/* The first 600 stay. */
	crowd_end(crowd, 600 + round);
	crowd_add(crowd);
	crowd_add(crowd);
}

static void test_coming_and_going(enum connection_sort sort)
{
	struct crowd *crowd = crowd_open(1200);
	struct connection_query query = any_connection();
	struct found *found;
	unsigned i, wrong = 0;

	query.sort = sort;
	query.limit = sort == CONNECTION_SORT_NONE ? 0 : CONNECTION_LIMIT_MOST;
	found = ask_with(crowd, query, come_and_go);
	/* Few are looked at in a slice, and fewer told: each takes the kernel
	 * some calls. */
	CHECK(found->pause_count > 600 * 16 / CONNECTION_WALK_BUDGET);
	for (i = 0; i < 600; i++)
		wrong += found->times[i] != 1;
	for (i = 600; i < CROWD_MOST; i++)
		wrong += found->times[i] > 1;
	check_int(wrong, 0);
	free(found);
	crowd_close(crowd);
}

/* ---- In order ---- */

static void test_order(void)
{
	struct crowd *crowd = crowd_open(300);
	struct connection_query query = any_connection();
	struct found *found;
	unsigned i, low = 0;

	/* 7 is a unit of the numbers modulo 300. */
	for (i = 0; i < 300; i++)
		crowd->notes[i].t->received_bytes = 1000 + i * 7 % 300;
	query.sort = CONNECTION_SORT_RECEIVED;
	query.limit = 20;
	found = ask(crowd, query);
	for (i = 0; i < found->count; i++)
		low += found->order[i] * 7 % 300 < 280;
	check_int(low, 0);
	check_found(found, 20, 300);

	query.is_reversed = 1;
	found = ask(crowd, query);
	for (i = 0; i < found->count; i++)
		low += found->order[i] * 7 % 300 >= 20;
	check_int(low, 0);
	check_found(found, 20, 300);
	crowd_close(crowd);
}

/* Ranked, and gone when it is their turn. */
static void lose_the_first(struct crowd *crowd, unsigned round)
{
	if (round == 1)
		crowd_end(crowd, 0);
}

static void test_gone_by_then(void)
{
	struct crowd *crowd = crowd_open(400);
	struct connection_query query = any_connection();
	struct found *found;

	crowd->notes[0].t->sent_bytes = 1 << 20;
	query.sort = CONNECTION_SORT_BYTES;
	query.limit = 3;
	found = ask_with(crowd, query, lose_the_first);
	CHECK(found->pause_count > 0);
	check_int(found->times[0], 0);
	check_found(found, 2, 400);
	crowd_close(crowd);
}

/* ---- What is told ---- */

static void test_a_row(void)
{
	struct crowd *crowd = crowd_open(0);
	struct connection_query query = any_connection();
	struct found *found;
	struct connection_row *row;
	char text[64];

	crowd->clients[0] = open_tcp(crowd->world, &crowd->notes[0]);
	crowd->count = 1;
	client_push(&crowd->clients[0], 1000);
	turn_until(crowd->world, crowd->notes[0].received_bytes == 1000);
	CHECK(write_bytes(crowd->notes[0].t, 0, 500) == 0);
	found = ask(crowd, query);
	row = &found->last;
	check_string(row->service, "test");
	check_int(row->received_bytes, 1000);
	check_int(row->sent_bytes, 500);
	check_int(row->queued_bytes, 0);
	check_int(row->state, CONNECTION_OPEN);
	CHECK(row->is_tcp && row->cwnd > 0 && !row->is_outgoing);
	CHECK(row->age_ms >= 0 && row->idle_ms <= row->age_ms);
	snprintf(text, sizeof(text), "127.0.0.1:%u",
		 ntohs(crowd->world->address.sin_port));
	check_string(row->local, text);
	CHECK(strncmp(row->peer, "127.0.0.1:", 10) == 0);
	CHECK(strcmp(row->peer, row->local) != 0);
	check_found(found, 1, 1);
	crowd_close(crowd);
}

static void test_states(void)
{
	struct crowd *crowd = crowd_open(2);
	struct connection_query query = any_connection();
	struct found *found;

	query.pid = 1;
	crowd->notes[0].verdict = COHORT_KEEP;
	CHECK(shutdown(crowd->clients[0].fd, SHUT_WR) == 0);
	turn_until(crowd->world, strcmp(crowd->notes[0].events, "me") == 0);
	query.id = crowd->notes[0].id;
	found = ask(crowd, query);
	check_int(found->last.state, CONNECTION_HALF_CLOSED);
	CHECK(!found->last.is_tcp);
	check_found(found, 1, 1);

	query.id = crowd->notes[1].id;
	write_until_queued(crowd->notes[1].t, 0, 200000);
	found = ask(crowd, query);
	CHECK(found->last.queued_bytes >= 200000);
	check_found(found, 1, 1);
	cohort_close(crowd->notes[1].t);
	found = ask(crowd, query);
	check_int(found->last.state, CONNECTION_FLUSHING);
	check_found(found, 1, 1);
	pull_until(crowd->world, &crowd->clients[1],
		   crowd->clients[1].is_ended);
	found = ask(crowd, query);
	check_int(found->last.state, CONNECTION_LINGERING);
	check_found(found, 1, 1);

	/* One that only waits for its connection_lost is gone. */
	transport_abort(crowd->notes[1].t, COHORT_REASON_LOCAL_CLOSE);
	check_found(ask(crowd, query), 0, 0);
	crowd_close(crowd);
}

/* ---- Closed by order ---- */

static void test_close(void)
{
	struct crowd *crowd = crowd_open(200);
	struct connection_query query = any_connection();
	struct found *found;
	unsigned i;

	for (i = 0; i < 150; i++)
		crowd->notes[i].t->activity_ms -= 100000;
	query.action = CONNECTION_CLOSE;
	query.idle_over_ms = 99999;
	found = ask(crowd, query);
	CHECK(found->pause_count >= 4); /* a few at a time */
	check_int(found->end.affected_count, 150);
	check_found(found, 0, 150);

	/* In good order: nothing ends before the client has heard of it. */
	turn(crowd->world);
	CHECK(crowd->notes[0].t != NULL);
	found = ask(crowd, query);
	check_int(found->end.affected_count, 0);
	check_found(found, 0, 150);
	for (i = 0; i < 150; i++)
		client_close(&crowd->clients[i]);
	turn_until(crowd->world, crowd->world->service.all_count == 50);
	check_end(&crowd->notes[149], COHORT_REASON_KILLED, 0);
	check_int(count_of(crowd->world,
			   SCOREBOARD_CLOSED + COHORT_REASON_KILLED),
		  150);
	CHECK(crowd->notes[150].t != NULL);
	crowd_close(crowd);
}

/* ---- Ill queries ---- */

static void test_ill(void)
{
	struct crowd *crowd = crowd_open(3);
	struct connection_query query = any_connection();
	struct found *found;

	query.sort = CONNECTION_SORT_AGE; /* without a limit */
	found = ask(crowd, query);
	check_int(found->end.outcome, CONNECTION_ILL);
	check_int(found->count, 0);
	free(found);
	crowd_close(crowd);
}

int main(void)
{
	test_all_of_them();
	test_nobody();
	test_limit();
	test_filters();
	test_peers();
	test_coming_and_going(CONNECTION_SORT_NONE);
	test_coming_and_going(CONNECTION_SORT_AGE);
	test_order();
	test_gone_by_then();
	test_a_row();
	test_states();
	test_close();
	test_ill();
	return check_result();
}
