/* SPDX-License-Identifier: MIT */
/* connection_top.c - the first so many of any number. */
#include "control/connection_top.h"

#include <stdlib.h>

int connection_top_init(struct connection_top *top, uint32_t limit)
{
	top->ranks = calloc(limit, sizeof(*top->ranks));
	top->count = 0;
	top->limit = limit;
	return top->ranks != NULL ? 0 : -1;
}

void connection_top_release(struct connection_top *top)
{
	free(top->ranks);
	top->ranks = NULL;
	top->count = 0;
}

static bool comes_before(const struct connection_rank *a,
			 const struct connection_rank *b)
{
	return a->key != b->key ? a->key > b->key : a->id < b->id;
}

/* From the bottom up: what comes after its parent takes its place. */
static void sift_up(struct connection_top *top, uint32_t i)
{
	struct connection_rank moved = top->ranks[i];

	while (i > 0 && comes_before(&top->ranks[(i - 1) / 2], &moved)) {
		top->ranks[i] = top->ranks[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	top->ranks[i] = moved;
}

static void sift_down(struct connection_top *top)
{
	struct connection_rank *ranks = top->ranks, moved = ranks[0];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < top->count) {
		if (child + 1 < top->count &&
		    comes_before(&ranks[child], &ranks[child + 1]))
			child++;
		if (!comes_before(&moved, &ranks[child]))
			break;
		ranks[i] = ranks[child];
		i = child;
	}
	ranks[i] = moved;
}

int64_t connection_top_offer(struct connection_top *top, uint64_t key,
			     uint64_t id)
{
	struct connection_rank rank = {.key = key, .id = id};

	if (top->count < top->limit) {
		rank.place = top->count;
		top->ranks[top->count++] = rank;
		sift_up(top, top->count - 1);
		return rank.place;
	}
	if (!comes_before(&rank, &top->ranks[0]))
		return -1;
	rank.place = top->ranks[0].place;
	top->ranks[0] = rank;
	sift_down(top);
	return rank.place;
}

static int compare(const void *a, const void *b)
{
	return comes_before(a, b) ? -1 : comes_before(b, a);
}

void connection_top_sort(struct connection_top *top)
{
	if (top->count > 0)
		qsort(top->ranks, top->count, sizeof(*top->ranks), compare);
}
