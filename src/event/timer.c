/* SPDX-License-Identifier: MIT */
/* timer.c - a hierarchical timing wheel.
 *
 * Level 0 has a bucket per millisecond, each further level buckets 64 times
 * as wide.  A timer sits on the lowest level whose range reaches its
 * deadline; when the wheel's time enters a wide bucket, its timers move down
 * (cascade).  Every timer moves at most TIMER_LEVELS times. */
#include "event/timer.h"

#define MASK (TIMER_BUCKETS - 1)

/* Looking at more timers than that may cost more than a wake-up for nothing. */
#define CLOSE_LOOK 64

static int level_shift(int level)
{
	return level * TIMER_LEVEL_BITS;
}

static unsigned bucket_index(int64_t time_ms, int level)
{
	return (unsigned)((uint64_t)time_ms >> level_shift(level)) & MASK;
}

void timers_init(struct timers *timers, int64_t now_ms)
{
	int level, i;

	timers->now_ms = now_ms;
	timers->target_ms = now_ms;
	timers->is_next_known = false;
	list_init(&timers->overdue);
	for (level = 0; level < TIMER_LEVELS; level++) {
		timers->occupied[level] = 0;
		for (i = 0; i < TIMER_BUCKETS; i++)
			list_init(&timers->buckets[level][i]);
	}
}

/* The lowest level on which the deadline and the present differ only in
 * that level's digit or below. */
static int level_for(int64_t now_ms, int64_t deadline_ms)
{
	uint64_t differing = (uint64_t)now_ms ^ (uint64_t)deadline_ms;
	/* The last bit is set for the sake of __builtin_clzll alone. */
	int level = (63 - __builtin_clzll(differing | 1)) / TIMER_LEVEL_BITS;

	return level < TIMER_LEVELS ? level : TIMER_LEVELS - 1;
}

/* When the bucket `index` begins, the next time; its own round is over. */
static int64_t bucket_start_ms(const struct timers *timers, int level,
			       unsigned index)
{
	int shift = level_shift(level);
	unsigned now_index = bucket_index(timers->now_ms, level);
	unsigned ahead = ((index - now_index - 1) & MASK) + 1;

	return ((timers->now_ms >> shift) + ahead) << shift;
}

/* What is beyond the wheel shares a bucket of the highest level with what is
 * nearer by whole rounds, and is placed again whenever that bucket comes. */
static void place(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	int level = level_for(timers->now_ms, due_ms);
	unsigned index = bucket_index(due_ms, level);
	int64_t start_ms;

	list_append(&timers->buckets[level][index], &timer->node);
	timers->occupied[level] |= UINT64_C(1) << index;
	if (!timers->is_next_known)
		return;
	start_ms = bucket_start_ms(timers, level, index);
	if (start_ms < timers->next_ms)
		timers->next_ms = start_ms;
}

void timer_start(struct timers *timers, struct timer *timer,
		 int64_t deadline_ms)
{
	if (timer_is_started(timer))
		timer_stop(timers, timer);
	timer->deadline_ms = deadline_ms;
	if (deadline_ms <= timers->target_ms)
		list_append(&timers->overdue, &timer->node);
	else
		place(timers, timer, deadline_ms);
}

/* `head` has lost its last timer: if it is a bucket, it is marked no more. */
static void unmark(struct timers *timers, const struct list *head)
{
	uintptr_t first = (uintptr_t)timers->buckets;
	uintptr_t at = (uintptr_t)head;
	size_t i;

	if (at < first || at >= first + sizeof(timers->buckets))
		return;
	i = (at - first) / sizeof(*head);
	timers->occupied[i / TIMER_BUCKETS] &=
		~(UINT64_C(1) << i % TIMER_BUCKETS);
	timers->is_next_known = false;
}

void timer_stop(struct timers *timers, struct timer *timer)
{
	struct list *neighbour = timer->node.next;

	list_remove(&timer->node);
	if (list_is_empty(neighbour))
		unmark(timers, neighbour);
}

/* How far it is from the bucket `from` to the next marked one, going round (as
 * the highest level does; on the others nothing is marked behind `from`): 1 to
 * TIMER_BUCKETS, or 0 if none is marked. */
static int next_occupied(uint64_t occupied, unsigned from)
{
	unsigned turn = (from + 1) & MASK;
	uint64_t rotated = occupied >> turn;

	if (turn != 0)
		rotated |= occupied << (TIMER_BUCKETS - turn);
	return rotated == 0 ? 0 : __builtin_ctzll(rotated) + 1;
}

/* The start of the nearest bucket that is marked, and on which level that is;
 * INT64_MAX for none. */
static int64_t find_next(const struct timers *timers, int *level)
{
	for (*level = 0; *level < TIMER_LEVELS; ++*level) {
		int shift = level_shift(*level);
		int ahead = next_occupied(timers->occupied[*level],
					  bucket_index(timers->now_ms, *level));

		if (ahead > 0)
			return ((timers->now_ms >> shift) + ahead) << shift;
	}
	return INT64_MAX;
}

/* When the wheel has to be turned next.  Most turns of a loop begin and end no
 * timer, and ask for it twice. */
static int64_t next_event_ms(struct timers *timers)
{
	int level;

	if (!timers->is_next_known) {
		timers->next_ms = find_next(timers, &level);
		timers->is_next_known = true;
	}
	return timers->next_ms;
}

/* The first deadline in a bucket; `start_ms` if it has too many to look at. */
static int64_t first_in(const struct list *bucket, int64_t start_ms)
{
	int64_t first_ms = INT64_MAX;
	const struct list *node;
	unsigned count = 0;

	list_for_each (node, bucket) {
		int64_t deadline_ms =
			list_entry(node, struct timer, node)->deadline_ms;

		if (deadline_ms < first_ms)
			first_ms = deadline_ms;
		if (++count == CLOSE_LOOK)
			return start_ms;
	}
	return first_ms;
}

/* Whatever is in later buckets, or on higher levels, is due later: but not on
 * the highest, whose buckets are of many rounds. */
static int64_t next_deadline_ms(const struct timers *timers)
{
	int level;
	int64_t start_ms = find_next(timers, &level);

	if (level == 0 || level >= TIMER_LEVELS - 1)
		return start_ms;
	return first_in(&timers->buckets[level][bucket_index(start_ms, level)],
			start_ms);
}

static int64_t wait_ms(const struct timers *timers, int64_t next_ms,
		       int64_t now_ms)
{
	if (!list_is_empty(&timers->overdue))
		return 0;
	if (next_ms == INT64_MAX)
		return -1;
	return next_ms <= now_ms ? 0 : next_ms - now_ms;
}

int64_t timers_wait_ms(struct timers *timers, int64_t now_ms)
{
	return wait_ms(timers, next_event_ms(timers), now_ms);
}

int64_t timers_rest_ms(const struct timers *timers, int64_t now_ms)
{
	return wait_ms(timers, next_deadline_ms(timers), now_ms);
}

/* Move the timers of the wide buckets that begin at the wheel's time down. */
static void cascade(struct timers *timers)
{
	int level;

	for (level = TIMER_LEVELS - 1; level > 0; level--) {
		unsigned index = bucket_index(timers->now_ms, level);
		struct list moving;

		if ((timers->occupied[level] >> index & 1) == 0)
			continue;
		timers->occupied[level] &= ~(UINT64_C(1) << index);
		list_init(&moving);
		list_take(&moving, &timers->buckets[level][index]);
		while (!list_is_empty(&moving)) {
			struct timer *timer =
				list_entry(moving.next, struct timer, node);

			list_remove(&timer->node);
			place(timers, timer,
			      timer->deadline_ms > timers->now_ms
				      ? timer->deadline_ms
				      : timers->now_ms);
		}
	}
}

/* Run those that are on `head` now, not those that come meanwhile. */
static void run(struct list *head)
{
	struct list due;

	list_init(&due);
	list_take(&due, head);
	while (!list_is_empty(&due)) {
		struct timer *timer = list_entry(due.next, struct timer, node);

		list_remove(&timer->node);
		timer->expired(timer);
	}
}

static void run_bucket(struct timers *timers)
{
	unsigned index = bucket_index(timers->now_ms, 0);

	timers->occupied[0] &= ~(UINT64_C(1) << index);
	run(&timers->buckets[0][index]);
}

void timers_advance(struct timers *timers, int64_t now_ms)
{
	int64_t next_ms;

	if (now_ms < timers->now_ms)
		return;
	timers->target_ms = now_ms;
	if (!list_is_empty(&timers->overdue))
		run(&timers->overdue);
	/* A callback that starts a timer for a time up to the target adds to
	 * the overdue ones, so that this ends. */
	while ((next_ms = next_event_ms(timers)) <= now_ms) {
		timers->now_ms = next_ms;
		timers->is_next_known = false;
		cascade(timers);
		run_bucket(timers);
	}
	timers->now_ms = now_ms;
}
