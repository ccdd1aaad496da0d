/* SPDX-License-Identifier: MIT */
/* spin.c - spins are tried, and kept up as long as they pay. */
#include "event/spin.h"

/* A miss outweighs so many hits; no more than so many are remembered. */
#define MISS_WEIGHT 4
#define SCORE_LIMIT 16

/* A spin may take as long as this many average ones. */
#define MEAN_FACTOR 4

/* Several connections are ready whenever it wakes. */
#define BATCH_LIMIT_16 (2 * 16)

void spin_init(struct spin *spin, int64_t asked_us)
{
	*spin = (struct spin){
		.asked_us = asked_us,
		.mean_us = SPIN_LIMIT_US,
		.rest_us = SPIN_REST_FIRST_US,
	};
}

void spin_allow(struct spin *spin, bool is_allowed)
{
	spin->is_allowed = is_allowed;
}

/* ---- What came of it ------------------------------------------------- */

static void rest(struct spin *spin, int64_t now_us)
{
	spin->score = 0;
	spin->good_count = 0;
	spin->rests_until_us = now_us + spin->rest_us;
	if (spin->rest_us < SPIN_REST_LIMIT_US)
		spin->rest_us *= 2;
}

static void note_miss(struct spin *spin, int64_t now_us)
{
	spin->score -= MISS_WEIGHT;
	if (spin->score < 0)
		rest(spin, now_us);
}

static void note_hit(struct spin *spin, int64_t took_us)
{
	spin->mean_us += (took_us - spin->mean_us) / 8;
	if (spin->score < SCORE_LIMIT)
		spin->score++;
	spin->good_count++;
}

/* ---- A spin ---------------------------------------------------------- */

static bool is_sample_due(const struct spin *spin)
{
	return spin->good_count >= SPIN_PERIOD;
}

static bool is_worth_it(const struct spin *spin, int64_t now_us)
{
	return spin->is_allowed && spin->had_traffic && !is_sample_due(spin) &&
	       spin->batch_16 <= BATCH_LIMIT_16 &&
	       now_us >= spin->rests_until_us;
}

/* After a rest it may be another client, who is slower. */
static int64_t window(const struct spin *spin)
{
	int64_t window_us = MEAN_FACTOR * spin->mean_us;

	if (spin->asked_us != SPIN_AUTO)
		return spin->asked_us;
	if (spin->score == 0 || window_us > SPIN_LIMIT_US)
		return SPIN_LIMIT_US;
	return window_us > SPIN_LEAST_US ? window_us : SPIN_LEAST_US;
}

bool spin_begin(struct spin *spin, int64_t now_us, int64_t limit_us,
		bool is_connected)
{
	int64_t window_us;

	if (!is_connected || limit_us == 0 || spin->asked_us == SPIN_OFF ||
	    (spin->asked_us == SPIN_AUTO && !is_worth_it(spin, now_us)))
		return false;
	window_us = window(spin);
	spin->is_cut = limit_us > 0 && window_us > limit_us;
	if (spin->is_cut)
		window_us = limit_us;
	spin->began_us = now_us;
	spin->polled_us = now_us;
	spin->until_us = now_us + window_us;
	return true;
}

static bool is_late(const struct spin *spin, int64_t now_us)
{
	return spin->asked_us == SPIN_AUTO &&
	       now_us - spin->polled_us > SPIN_LATE_US;
}

bool spin_goes_on(struct spin *spin, int64_t now_us)
{
	bool was_late = is_late(spin, now_us);

	spin->polled_us = now_us;
	if (now_us < spin->until_us && !was_late)
		return true;
	spin->spent_us += (uint64_t)(now_us - spin->began_us);
	if (was_late)
		rest(spin, now_us);
	else if (!spin->is_cut)
		note_miss(spin, now_us);
	return false;
}

void spin_note_found(struct spin *spin, int64_t now_us, unsigned traffic_count)
{
	/* At the first poll: a sleep would have found the same. */
	if (spin->polled_us == spin->began_us) {
		spin_note_slept(spin, now_us, traffic_count);
		return;
	}
	spin->had_traffic = traffic_count > 0;
	spin->spent_us += (uint64_t)(now_us - spin->began_us);
	if (is_late(spin, now_us))
		rest(spin, now_us);
	else if (traffic_count > 0)
		note_hit(spin, now_us - spin->began_us);
}

void spin_note_slept(struct spin *spin, int64_t now_us, unsigned traffic_count)
{
	spin->had_traffic = traffic_count > 0;
	if (traffic_count == 0)
		return;
	if (is_sample_due(spin)) {
		spin->good_count = 0;
		spin->rest_us = SPIN_REST_FIRST_US;
	}
	spin->batch_16 = (3 * spin->batch_16 + 16 * traffic_count) / 4;
	if (spin->batch_16 > BATCH_LIMIT_16 && now_us >= spin->rests_until_us)
		rest(spin, now_us);
}
