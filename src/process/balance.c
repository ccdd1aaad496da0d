/* SPDX-License-Identifier: MIT */
/* balance.c - from loads to weights. */
#include "process/balance.h"

#define SCALE         4096 /* parts of a connection */
/* Nobody gets more than so many times the mean, or by the weights that stay in
 * force while nobody looks: what is right for the next few is not for a burst. */
#define BURST         3
#define BURST_AT_REST 2
/* A busy machine has a look come later than it was to, which is known only
 * from those before. */
#define LATE_MOST_MS  50
/* Connections to be spread by one look: fewer are worth no look, of more the
 * luck is seen in the result. */
#define BATCH_LEAST   16
/* Where all leave soon, differences count so much less. */
#define FLATTER       15
#define COST_SHARE    20 /* looking takes one part in so many */
/* … unless it takes long: then its weights would be in force for too long. */
#define SPARE_MOST_MS 200
/* One that lasts for so many times its lag is not one. */
#define STALLS        3
#define COUNT_MOST    (UINT64_C(1) << 40)
/* In one look: none of what follows from it overflows. */
#define CAME_MOST     (UINT64_C(1) << 24)
#define MIX_MOST      (INT64_C(1) << 22) /* a second */
#define EXPECT_MOST   (UINT64_C(1) << 34)

/* ---- How slow, how fast ---------------------------------------------- */

static void fade(struct balance_peak *peak, int64_t now_ms)
{
	int64_t since_ms = now_ms - peak->noted_ms;

	while (since_ms >= BALANCE_HALF_MS && peak->lag_ms > 0) {
		peak->lag_ms /= 2;
		since_ms -= BALANCE_HALF_MS;
		peak->noted_ms += BALANCE_HALF_MS;
	}
}

static void raise_peak(struct balance_peak *peak, int64_t lag_ms,
		       int64_t now_ms)
{
	fade(peak, now_ms);
	if (lag_ms <= peak->lag_ms)
		return;
	peak->lag_ms = lag_ms;
	peak->noted_ms = now_ms;
}

/* What began before the last note is the same stall; but where it goes on for
 * much longer than anybody waits, it is many, without a pause. */
static bool is_new_stall(const struct balance_lag *lag, int64_t began_ms,
			 int64_t now_ms)
{
	return began_ms > lag->until_ms ||
	       now_ms - lag->began_ms >= STALLS * lag->stall_ms;
}

void balance_note_lag(struct balance_lag *lag, int64_t lag_ms, int64_t now_ms)
{
	int64_t began_ms = now_ms - lag_ms;

	fade(&lag->again, now_ms);
	if (lag_ms <= 0)
		return;
	if (lag_ms > BALANCE_LAG_MOST_MS)
		lag_ms = BALANCE_LAG_MOST_MS;
	if (is_new_stall(lag, began_ms, now_ms)) {
		raise_peak(&lag->before, lag->stall_ms, lag->until_ms);
		lag->stall_ms = 0;
		lag->began_ms = began_ms;
	}
	if (lag_ms > lag->stall_ms)
		lag->stall_ms = lag_ms;
	lag->until_ms = now_ms;
	fade(&lag->before, now_ms);
	raise_peak(&lag->again,
		   lag->stall_ms < lag->before.lag_ms ? lag->stall_ms
						      : lag->before.lag_ms,
		   now_ms);
}

void balance_note_arrivals(struct balance_pace *pace, uint64_t came,
			   uint64_t left, int64_t now_ms)
{
	int64_t since_ms = now_ms - pace->noted_ms;

	if (since_ms <= 0)
		since_ms = 1;
	if (came > CAME_MOST || left > CAME_MOST)
		came = left = 0;
	pace->per_second =
		(pace->per_second + 3 * ((int64_t)came * 1000 / since_ms)) / 4;
	pace->came = pace->came * 3 / 4 + came * SCALE;
	pace->left = pace->left * 3 / 4 + left * SCALE;
	pace->late_ms = pace->late_ms * 7 / 8;
	if (pace->noted_ms != 0 && since_ms > pace->late_ms)
		pace->late_ms =
			since_ms < LATE_MOST_MS ? since_ms : LATE_MOST_MS;
	pace->noted_ms = now_ms;
}

static int64_t batch_of(unsigned worker_count)
{
	int64_t batch = 2 * (int64_t)worker_count;

	return batch < BATCH_LEAST ? BATCH_LEAST : batch;
}

int64_t balance_interval_ms(const struct balance_pace *pace,
			    unsigned worker_count)
{
	int64_t batch = batch_of(worker_count), interval_ms;

	if (pace->per_second * BALANCE_INTERVAL_MOST_MS <= batch * 1000)
		return BALANCE_INTERVAL_MOST_MS;
	interval_ms = batch * 1000 / pace->per_second;
	return interval_ms < BALANCE_INTERVAL_LEAST_MS
		       ? BALANCE_INTERVAL_LEAST_MS
		       : interval_ms;
}

int64_t balance_spare_ms(int64_t interval_ms, int64_t cost_us)
{
	int64_t least_ms = cost_us * COST_SHARE / 1000;

	if (least_ms > SPARE_MOST_MS)
		least_ms = SPARE_MOST_MS;
	return interval_ms < least_ms ? least_ms : interval_ms;
}

int64_t balance_soonest_ms(int64_t cost_us)
{
	int64_t cost_ms = cost_us / 1000 + 1;

	return 2 * (cost_ms > BALANCE_INTERVAL_MOST_MS
			    ? cost_ms
			    : BALANCE_INTERVAL_MOST_MS);
}

uint64_t balance_expected(const struct balance_pace *pace, int64_t interval_ms)
{
	if (interval_ms < pace->late_ms)
		interval_ms = pace->late_ms;
	return (uint64_t)(pace->per_second * interval_ms / 1000) + 1;
}

uint64_t balance_expected_at_first(unsigned worker_count)
{
	return (uint64_t)batch_of(worker_count);
}

uint64_t balance_expected_at_rest(unsigned worker_count)
{
	return 4 * (uint64_t)worker_count;
}

uint64_t balance_horizon(const struct balance_pace *pace, uint64_t expected)
{
	uint64_t part;

	if (pace->came == 0)
		return expected;
	part = pace->left < pace->came ? pace->left * SCALE / pace->came
				       : SCALE;
	return expected + expected * FLATTER * part * part / (SCALE * SCALE);
}

/* ---- Weights --------------------------------------------------------- */

struct scale {
	const struct balance_load *loads;
	unsigned slot_count;
	unsigned in_count;
	int64_t lag_sum_ms; /* of those */
	int64_t now_sum_ms;
	unsigned fit_count;
	uint64_t has[BALANCE_SLOTS]; /* those that are fit, in parts */
	uint64_t least, greatest;    /* … of them */
	uint64_t burst;              /* so many times the mean for each */
	uint64_t expected;           /* in parts, as all that follow */
	uint64_t mean;               /* for each of those in */
	uint64_t most;               /* … that are fit, at most */
	uint64_t level; /* to which those that are fit are filled */
	uint64_t sum;   /* of all shares */
};

/* Does it stand out among those whose sum that is? */
static bool is_far(const struct scale *scale, int64_t its_ms, int64_t sum_ms)
{
	return its_ms * (scale->in_count - 1) >= 2 * (sum_ms - its_ms);
}

static bool is_slow(const struct scale *scale, const struct balance_load *load)
{
	if (scale->in_count <= 1)
		return false;
	return (load->lag_ms >= BALANCE_SLOW_MS &&
		is_far(scale, load->lag_ms, scale->lag_sum_ms)) ||
	       (load->now_ms >= BALANCE_SLOW_NOW_MS &&
		is_far(scale, load->now_ms, scale->now_sum_ms));
}

static bool is_fit(const struct scale *scale, const struct balance_load *load)
{
	return load->is_in && !is_slow(scale, load);
}

static uint64_t parts_of(const struct balance_load *load)
{
	return (load->count > COUNT_MOST ? COUNT_MOST : load->count) * SCALE;
}

static void note_fit(struct scale *scale, uint64_t has)
{
	if (scale->fit_count == 0 || has < scale->least)
		scale->least = has;
	if (has > scale->greatest)
		scale->greatest = has;
	scale->has[scale->fit_count++] = has;
}

static void survey(struct scale *scale)
{
	unsigned i;

	for (i = 0; i < scale->slot_count; i++) {
		if (!scale->loads[i].is_in)
			continue;
		scale->in_count++;
		scale->lag_sum_ms += scale->loads[i].lag_ms;
		scale->now_sum_ms += scale->loads[i].now_ms;
	}
	if (scale->in_count > 0)
		scale->mean = scale->expected / scale->in_count;
	for (i = 0; i < scale->slot_count; i++)
		if (is_fit(scale, &scale->loads[i]))
			note_fit(scale, parts_of(&scale->loads[i]));
	if (scale->fit_count > 0)
		scale->most = scale->burst * scale->expected / scale->fit_count;
}

/* … but what is above the most is for the others. */
static uint64_t lack(const struct scale *scale, uint64_t has, uint64_t level)
{
	uint64_t lacks = level > has ? level - has : 0;

	return lacks < scale->most ? lacks : scale->most;
}

/* What it takes to fill all that are fit up to there. */
static uint64_t volume(const struct scale *scale, uint64_t level)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < scale->fit_count; i++)
		sum += lack(scale, scale->has[i], level);
	return sum;
}

/* The highest level that what is expected reaches.  It is above the least; where
 * all are given the most, that is more than is expected. */
static uint64_t find_level(const struct scale *scale)
{
	uint64_t low = scale->least, middle;
	uint64_t high = scale->greatest + scale->most + 1;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (volume(scale, middle) <= scale->expected)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static uint64_t share_of(const struct scale *scale,
			 const struct balance_load *load)
{
	if (!load->is_in)
		return 0;
	if (is_slow(scale, load))
		return scale->mean * BALANCE_LEAST / BALANCE_EVEN + 1;
	return lack(scale, parts_of(load), scale->level);
}

static uint16_t weight_of(const struct scale *scale,
			  const struct balance_load *load, uint64_t least)
{
	uint64_t even = (uint64_t)BALANCE_EVEN * scale->in_count;
	uint64_t share = share_of(scale, load), weight = 0;

	if (scale->sum > 0)
		weight = (share * even + scale->sum / 2) / scale->sum;
	if (weight == 0 && share > 0)
		weight = 1;
	if (weight > scale->burst * BALANCE_EVEN)
		weight = scale->burst * BALANCE_EVEN;
	if (is_fit(scale, load) && weight < least)
		weight = least;
	return (uint16_t)weight;
}

void balance_weigh(uint16_t *weights, const struct balance_load *loads,
		   unsigned slot_count, uint64_t expected, bool is_at_rest)
{
	uint64_t least = is_at_rest ? BALANCE_LEAST_AT_REST : BALANCE_LEAST_FIT;
	struct scale scale = {
		.loads = loads,
		.slot_count = slot_count,
		.burst = is_at_rest ? BURST_AT_REST : BURST,
		.expected = (expected < EXPECT_MOST ? expected : EXPECT_MOST) *
			    SCALE,
	};
	unsigned i;

	survey(&scale);
	scale.level = find_level(&scale);
	for (i = 0; i < slot_count; i++)
		scale.sum += share_of(&scale, &loads[i]);
	for (i = 0; i < slot_count; i++)
		weights[i] = weight_of(&scale, &loads[i], least);
}

/* ---- Shares ---------------------------------------------------------- */

void balance_mix(struct balance_mix *mix, const uint16_t *weights,
		 int64_t per_second)
{
	uint64_t sum = 0, count = 0, part, each;
	unsigned i;

	for (i = 0; i < BALANCE_SLOTS; i++) {
		sum += weights[i];
		count += weights[i] > 0;
	}
	if (sum == 0)
		return;
	if (per_second > MIX_MOST)
		per_second = MIX_MOST;
	part = 1 + (per_second > 0 ? (uint64_t)per_second : 0);
	each = part * 100 * count * SCALE / sum;
	mix->parts += part;
	for (i = 0; i < BALANCE_SLOTS; i++)
		mix->sums[i] += each * weights[i];
}

int balance_mixed_share(const struct balance_mix *mix, unsigned slot)
{
	if (mix->parts == 0)
		return -1;
	return (int)((mix->sums[slot] / mix->parts + SCALE / 2) / SCALE);
}
