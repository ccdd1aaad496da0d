/* SPDX-License-Identifier: MIT */
/* test_proxy_balance.c - who gets the next client. */
#include <limits.h>

#include "check.h"
#include "protocols/proxy_balance.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct proxy_health_settings settings = {
	.max_failures = 1, .failure_timeout_ms = 10000, .rise = 1, .fall = 1};

/* Upstreams a, b, c … with these weights; a weight below 0 is a backup's. */
static void set_up(struct proxy_balance *balance, enum proxy_method method,
		   const int *weights, size_t count)
{
	static struct proxy_upstream upstreams[8];
	static const char *const names[] = {"a", "b", "c", "d",
					    "e", "f", "g", "h"};
	size_t i;

	memset(upstreams, 0, sizeof(upstreams));
	for (i = 0; i < count; i++) {
		upstreams[i].address = names[i];
		upstreams[i].weight = (uint64_t)abs(weights[i]);
		upstreams[i].is_backup = weights[i] < 0;
		upstreams[i].live_max = UINT_MAX;
		upstreams[i].health_settings = settings;
		upstreams[i].hash = proxy_hash(names[i], 1);
	}
	*balance = (struct proxy_balance){
		.method = method,
		.upstreams = upstreams,
		.count = count,
		.now_ms = 1000000,
	};
}

static char choose(struct proxy_balance *balance, struct proxy_tried *tried,
		   uint64_t source)
{
	struct proxy_upstream *upstream =
		proxy_balance_choose(balance, tried, source);

	if (!upstream)
		return '-';
	proxy_balance_note_tried(balance, tried, upstream);
	return upstream->address[0];
}

/* What `count` clients get, one after the other; each stays. */
static const char *choices(struct proxy_balance *balance, size_t count)
{
	static char text[256];
	size_t i;

	for (i = 0; i < count; i++) {
		struct proxy_tried tried = {.bits = {0}};

		text[i] = choose(balance, &tried, i);
		if (text[i] != '-')
			balance->upstreams[text[i] - 'a'].live_count++;
	}
	text[count] = '\0';
	return text;
}

/* All that one client gets while everything fails it. */
static const char *tries(struct proxy_balance *balance, uint64_t source)
{
	static char text[PROXY_UPSTREAMS_MAX + 2];
	struct proxy_tried tried = {.bits = {0}};
	size_t i = 0;

	do
		text[i] = choose(balance, &tried, source);
	while (text[i++] != '-');
	text[i] = '\0';
	return text;
}

static void bring_down(struct proxy_balance *balance, const char *names)
{
	for (; *names; names++)
		proxy_health_failed(&balance->upstreams[*names - 'a'].health,
				    &settings, balance->now_ms);
}

static void check_round_robin(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, 1}, 3);
	check_string(choices(&balance, 7), "abcabca");
	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){5, 1, 1}, 3);
	check_string(choices(&balance, 14), "aabacaaaabacaa");
	bring_down(&balance, "a");
	check_string(choices(&balance, 4), "bcbc");
	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, 1}, 3);
	check_string(tries(&balance, 0), "abc-");
	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1}, 1);
	check_string(choices(&balance, 3), "aaa");
}

static void check_least_connections(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_LEAST_CONNECTIONS, (const int[]){1, 1, 1}, 3);
	balance.upstreams[0].live_count = 2;
	balance.upstreams[1].live_count = 1;
	check_string(choices(&balance, 6), "cbccab");
	set_up(&balance, PROXY_LEAST_CONNECTIONS, (const int[]){4, 2, 1}, 3);
	choices(&balance, 70);
	check_int(balance.upstreams[0].live_count, 40);
	check_int(balance.upstreams[1].live_count, 20);
	check_int(balance.upstreams[2].live_count, 10);
}

/* ---- Who is left out ------------------------------------------------- */

static void check_room(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, -1}, 3);
	balance.upstreams[0].live_max = 2;
	balance.upstreams[1].live_max = 3;
	balance.upstreams[2].live_max = 1;
	check_string(choices(&balance, 8), "ababbc--");
	balance.upstreams[0].live_count--;
	check_string(choices(&balance, 2), "a-");
}

static void check_backups(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, -1, -3}, 4);
	check_string(choices(&balance, 4), "abab");
	check_string(tries(&balance, 0), "abdc-");
	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, -1, -3}, 4);
	bring_down(&balance, "ab");
	check_string(choices(&balance, 4), "dcdd");
	balance.now_ms += 10000; /* time for a trial */
	check_string(choices(&balance, 1), "a");
}

static void check_all_down(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 9, 1, -1}, 4);
	bring_down(&balance, "abcd");
	check_string(choices(&balance, 6), "abcdab");
	check_string(tries(&balance, 0), "cdab-");
	balance.upstreams[1].live_max = 0;
	check_string(choices(&balance, 4), "cdac");
}

/* A client is not sent to what is known to be down while others, which it has
 * been to, are up. */
static void check_some_down(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_ROUND_ROBIN, (const int[]){1, 1, 1}, 3);
	bring_down(&balance, "b");
	check_string(tries(&balance, 0), "ac-");
}

static void check_none(void)
{
	struct proxy_balance balance;

	set_up(&balance, PROXY_SOURCE, NULL, 0);
	check_string(choices(&balance, 2), "--");
}

/* ---- By source ------------------------------------------------------- */

#define SOURCES 20000

static void choose_all(struct proxy_balance *balance, char *chosen)
{
	unsigned i;

	for (i = 0; i < SOURCES; i++) {
		struct proxy_tried tried = {.bits = {0}};

		chosen[i] = choose(balance, &tried, proxy_hash(&i, sizeof(i)));
	}
}

static unsigned count_of(const char *chosen, char name)
{
	unsigned i, count = 0;

	for (i = 0; i < SOURCES; i++)
		count += chosen[i] == name;
	return count;
}

static void check_weights(const char *chosen, const int *weights, size_t count)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += (unsigned)weights[i];
	for (i = 0; i < count; i++) {
		unsigned expected = SOURCES * (unsigned)weights[i] / sum;
		unsigned actual = count_of(chosen, (char)('a' + i));

		CHECK(actual > expected * 9 / 10);
		CHECK(actual < expected * 11 / 10);
	}
}

static void check_source(void)
{
	static const int weights[] = {1, 2, 5, 2};
	static char before[SOURCES], after[SOURCES];
	struct proxy_balance balance;
	unsigned i, moved = 0;

	set_up(&balance, PROXY_SOURCE, weights, COUNT(weights));
	choose_all(&balance, before);
	choose_all(&balance, after);
	CHECK(memcmp(before, after, SOURCES) == 0);
	check_weights(before, weights, COUNT(weights));
	bring_down(&balance, "c");
	choose_all(&balance, after);
	for (i = 0; i < SOURCES; i++)
		moved += before[i] != 'c' && before[i] != after[i];
	check_int(moved, 0);
	check_int(count_of(after, 'c'), 0);
	CHECK(count_of(after, 'b') > count_of(before, 'b') * 3 / 2);
}

/* The order in the file is of no matter. */
static void check_order(void)
{
	static char before[SOURCES], after[SOURCES];
	struct proxy_balance balance;
	struct proxy_upstream swapped;

	set_up(&balance, PROXY_SOURCE, (const int[]){1, 3, 1}, 3);
	choose_all(&balance, before);
	swapped = balance.upstreams[0];
	balance.upstreams[0] = balance.upstreams[1];
	balance.upstreams[1] = swapped;
	choose_all(&balance, after);
	CHECK(memcmp(before, after, SOURCES) == 0);
}

/* ---- Shares ---------------------------------------------------------- */

static void check_shares(void)
{
	static const struct {
		uint64_t maximum;
		unsigned worker, count, share;
	} rows[] = {
		{0, 0, 4, UINT_MAX},
		{10, 0, 4, 3},
		{10, 1, 4, 3},
		{10, 2, 4, 2},
		{10, 3, 4, 2},
		{2, 3, 4, 1},
		{UINT64_MAX, 0, 1, UINT_MAX},
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_int(proxy_share(rows[i].maximum, rows[i].worker,
				      rows[i].count),
			  rows[i].share);
}

int main(void)
{
	check_round_robin();
	check_least_connections();
	check_room();
	check_backups();
	check_all_down();
	check_some_down();
	check_none();
	check_source();
	check_order();
	check_shares();
	return check_result();
}
