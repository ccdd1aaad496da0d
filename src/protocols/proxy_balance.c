/* SPDX-License-Identifier: MIT */
/* proxy_balance.c - which upstream gets the next client. */
#include "protocols/proxy_balance.h"

#include <limits.h>
#include <string.h>

/* ---- Hashes ---------------------------------------------------------- */

/* The finish of splitmix64: every bit of the input moves half of them. */
static uint64_t mix(uint64_t bits)
{
	bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
	return bits ^ (bits >> 31);
}

uint64_t proxy_hash(const void *data, size_t size)
{
	const unsigned char *byte = data;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	while (size-- > 0)
		hash = (hash ^ *byte++) * UINT64_C(0x100000001b3);
	return mix(hash);
}

#define LOG_BITS 20 /* of the fraction */

/* 64 - log2(bits) in units of 2^-LOG_BITS, at least 1: the logarithm digit by
 * digit, squaring what is left of the mantissa. */
static uint64_t negative_log2(uint64_t bits)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(bits | 1);
	uint64_t mantissa = (bits | 1) << (63 - whole) >> 32; /* 1.31 */
	uint64_t log2 = (uint64_t)whole << LOG_BITS;
	int digit;

	for (digit = LOG_BITS - 1; digit >= 0; digit--) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32 == 0)
			continue;
		mantissa >>= 1;
		log2 |= UINT64_C(1) << digit;
	}
	return (UINT64_C(64) << LOG_BITS) - log2;
}

/* ---- Who may --------------------------------------------------------- */

unsigned proxy_share(uint64_t maximum, unsigned worker, unsigned worker_count)
{
	uint64_t share;

	if (maximum == 0 || worker_count == 0)
		return UINT_MAX;
	share = maximum / worker_count + (worker < maximum % worker_count);
	if (share == 0)
		return 1;
	return share > UINT_MAX ? UINT_MAX : (unsigned)share;
}

void proxy_balance_share(struct proxy_balance *balance, unsigned worker,
			 unsigned worker_count)
{
	size_t i;

	for (i = 0; i < balance->count; i++)
		balance->upstreams[i].live_max =
			proxy_share(balance->upstreams[i].max_connections,
				    worker, worker_count);
}

static bool is_tried(const struct proxy_tried *tried, size_t i)
{
	return tried->bits[i / 64] >> (i % 64) & 1;
}

void proxy_balance_note_tried(const struct proxy_balance *balance,
			      struct proxy_tried *tried,
			      const struct proxy_upstream *upstream)
{
	size_t i = (size_t)(upstream - balance->upstreams);

	tried->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Asked when nothing else stands against it. */
static bool has_room(struct proxy_upstream *upstream)
{
	if (upstream->live_count < upstream->live_max)
		return true;
	upstream->full_count++;
	return false;
}

/* The upstreams of which one is chosen. */
struct candidates {
	struct proxy_upstream *list[PROXY_UPSTREAMS_MAX];
	size_t count;
};

static void collect(const struct proxy_balance *balance,
		    const struct proxy_tried *tried, bool is_backup,
		    struct candidates *found)
{
	size_t i;

	found->count = 0;
	for (i = 0; i < balance->count; i++) {
		struct proxy_upstream *upstream = &balance->upstreams[i];

		if (upstream->is_backup == is_backup && !is_tried(tried, i) &&
		    proxy_health_is_eligible(&upstream->health,
					     balance->now_ms) &&
		    has_room(upstream))
			found->list[found->count++] = upstream;
	}
}

/* ---- The methods ----------------------------------------------------- */

/* Each gains its weight, the richest pays what all have gained: a heavy one is
 * chosen often, but not in a row. */
static struct proxy_upstream *round_robin(const struct candidates *candidates)
{
	struct proxy_upstream *best = NULL;
	int64_t gained = 0;
	size_t i;

	for (i = 0; i < candidates->count; i++) {
		struct proxy_upstream *each = candidates->list[i];

		each->credit += (int64_t)each->weight;
		gained += (int64_t)each->weight;
		if (!best || each->credit > best->credit)
			best = each;
	}
	if (best)
		best->credit -= gained;
	return best;
}

/* Has `a` fewer connections for its weight than `b`?  Below, equal, above 0:
 * yes, as many, no. */
static int compare_load(const struct proxy_upstream *a,
			const struct proxy_upstream *b)
{
	uint64_t left = a->live_count * b->weight;
	uint64_t right = b->live_count * a->weight;

	return left < right ? -1 : left > right;
}

static struct proxy_upstream *
least_connections(const struct candidates *candidates)
{
	struct candidates least = {.count = 0};
	size_t i;

	for (i = 0; i < candidates->count; i++) {
		struct proxy_upstream *each = candidates->list[i];
		int order = least.count > 0 ? compare_load(each, least.list[0])
					    : -1;

		if (order < 0)
			least.count = 0;
		if (order <= 0)
			least.list[least.count++] = each;
	}
	return round_robin(&least);
}

/* Each has a score of its own for the client, so that the loss of one moves
 * only those whose best it was: weight / -log(hash), the highest wins. */
static struct proxy_upstream *rendezvous(const struct candidates *candidates,
					 uint64_t source)
{
	struct proxy_upstream *best = NULL;
	uint64_t best_cost = 0;
	size_t i;

	for (i = 0; i < candidates->count; i++) {
		struct proxy_upstream *each = candidates->list[i];
		uint64_t cost = negative_log2(mix(source ^ each->hash));

		if (best && best->weight * cost >= each->weight * best_cost)
			continue;
		best = each;
		best_cost = cost;
	}
	return best;
}

static struct proxy_upstream *choose_of(const struct proxy_balance *balance,
					const struct candidates *candidates,
					uint64_t source)
{
	switch (balance->method) {
	case PROXY_LEAST_CONNECTIONS: return least_connections(candidates);
	case PROXY_SOURCE: return rendezvous(candidates, source);
	case PROXY_ROUND_ROBIN: break;
	}
	return round_robin(candidates);
}

/* ---- When all are down ----------------------------------------------- */

static bool is_any_eligible(const struct proxy_balance *balance)
{
	size_t i;

	for (i = 0; i < balance->count; i++)
		if (proxy_health_is_eligible(&balance->upstreams[i].health,
					     balance->now_ms))
			return true;
	return false;
}

static struct proxy_upstream *in_turn(struct proxy_balance *balance,
				      const struct proxy_tried *tried)
{
	size_t i;

	for (i = 0; i < balance->count; i++) {
		size_t at = (balance->next + i) % balance->count;
		struct proxy_upstream *upstream = &balance->upstreams[at];

		if (is_tried(tried, at) || !has_room(upstream))
			continue;
		balance->next = at + 1;
		return upstream;
	}
	return NULL;
}

struct proxy_upstream *proxy_balance_choose(struct proxy_balance *balance,
					    const struct proxy_tried *tried,
					    uint64_t source)
{
	struct candidates candidates;
	struct proxy_upstream *upstream;

	collect(balance, tried, false, &candidates);
	upstream = choose_of(balance, &candidates, source);
	if (!upstream) {
		collect(balance, tried, true, &candidates);
		upstream = choose_of(balance, &candidates, source);
	}
	if (!upstream && !is_any_eligible(balance))
		upstream = in_turn(balance, tried);
	return upstream;
}
