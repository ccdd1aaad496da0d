/* SPDX-License-Identifier: MIT */
/* balance.h - `balance adaptive`: how much of what comes each worker is to get.
 *
 * Pure: the supervisor brings what each worker of a service has and how slow it
 * is, and steers by the weights (supervisor_balance.h).  Between two looks the
 * kernel draws lots; each look fills up those that have less, so that what is
 * left uneven is the luck of one interval, however long connections live.  One
 * that is slow gets little, but always something: that it takes it is how it
 * proves to be well again. */
#ifndef COHORT_PROCESS_BALANCE_H
#define COHORT_PROCESS_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#define BALANCE_SLOTS 256 /* as CONFIG_WORKERS_MAX */

/* The weight of one that gets as many as the mean. */
#define BALANCE_EVEN          64
/* Of one that is slow; the least of one that is fit, however many it has; and
 * in force while nobody looks: were the others full, or the supervisor killed,
 * it would go on for long. */
#define BALANCE_LEAST         (BALANCE_EVEN / 32)
#define BALANCE_LEAST_FIT     (BALANCE_EVEN / 16)
#define BALANCE_LEAST_AT_REST (BALANCE_EVEN / 4)

/* A worker that kept its clients waiting for so long twice of late, or does so at
 * this moment, and twice as long as the others do in the mean, is slow.  Once is
 * any worker's luck on a busy machine, and takes nobody's part when it is over, if
 * it took less than 0.3 s: longer, and it counts as more than once. */
#define BALANCE_SLOW_MS     20
#define BALANCE_SLOW_NOW_MS 5
/* What is remembered of it: at most this, half of it after BALANCE_HALF_MS. */
#define BALANCE_LAG_MOST_MS 100
#define BALANCE_HALF_MS     1000

/* Between two looks; a service at which nobody came for BALANCE_REST_MS is not
 * looked at until a worker says that it accepts again, as it does if it has not
 * accepted for SERVICE_PAUSE_MS (net/service.h), which has to be less. */
#define BALANCE_INTERVAL_LEAST_MS 2
#define BALANCE_INTERVAL_MOST_MS  10
#define BALANCE_REST_MS           50

/* The longest lag that is remembered; half of it after BALANCE_HALF_MS. */
struct balance_peak {
	int64_t lag_ms;
	int64_t noted_ms;
};

/* How long the clients of a worker had to wait of late.  Zeroed: never. */
struct balance_lag {
	struct balance_peak again;  /* … more than once: what counts */
	struct balance_peak before; /* … in any stall but the last */
	int64_t stall_ms;           /* … in that */
	int64_t began_ms, until_ms; /* when that was, as far as was seen */
};

/* Now it is `lag_ms`: they have been waiting since then, or did until a moment
 * ago.  Where it goes on without a pause for three times as long as they wait, or
 * as is remembered, that is more than once. */
void balance_note_lag(struct balance_lag *lag, int64_t lag_ms, int64_t now_ms);

/* How quickly clients come, and how many of them stay. */
struct balance_pace {
	int64_t per_second;
	int64_t noted_ms;    /* 0: never */
	int64_t late_ms;     /* from one look to the next, of late, at most */
	uint64_t came, left; /* of late, to be compared */
};

/* So many came and left since the last note. */
void balance_note_arrivals(struct balance_pace *pace, uint64_t came,
			   uint64_t left, int64_t now_ms);
/* When to look again, in ms from now, at a service of so many workers. */
int64_t balance_interval_ms(const struct balance_pace *pace,
			    unsigned worker_count);
/* … if looking took so much CPU, and is to be a small part of one: some time
 * later, but not seconds. */
int64_t balance_spare_ms(int64_t interval_ms, int64_t cost_us);
/* … and if who may get clients is not the same any more: not to be half of a
 * CPU, however often that happens. */
int64_t balance_soonest_ms(int64_t cost_us);
/* Who will have come by then, or later, as it was of late: at least 1. */
uint64_t balance_expected(const struct balance_pace *pace, int64_t interval_ms);
/* … instead, at the first look after a rest, when that is not known: as many as
 * are worth a look.  Were it few, all of a burst would go to one. */
uint64_t balance_expected_at_first(unsigned worker_count);
/* … instead, if nobody looks: what the first that come find in force, in which
 * one more or less is to count little. */
uint64_t balance_expected_at_rest(unsigned worker_count);

/* A worker, by its slot. */
struct balance_load {
	bool is_in;     /* it may get connections */
	uint64_t count; /* that it has, or that wait for it */
	int64_t lag_ms; /* of late, more than once */
	int64_t now_ms; /* … for so long its clients wait by now */
};

/* How many are to be spread so that the level is reached, if so many come: those
 * that leave at once fill nothing, and where all do, who has one more for long
 * must not be left out for long. */
uint64_t balance_horizon(const struct balance_pace *pace, uint64_t expected);

/* The weights of `slot_count` (BALANCE_SLOTS at most) workers, if `expected`
 * connections are spread until the next look, or if there will be none; 0 for
 * those that are not in. */
void balance_weigh(uint16_t *weights, const struct balance_load *loads,
		   unsigned slot_count, uint64_t expected, bool is_at_rest);

/* What each slot gets of all that comes, whatever service it comes to.  Zeroed:
 * of nothing, so far. */
struct balance_mix {
	uint64_t parts; /* in which services count */
	uint64_t sums[BALANCE_SLOTS];
};

/* One more service: BALANCE_SLOTS weights, and how quickly clients come to it.  It
 * counts by that, and where hardly anybody comes, as much as the next. */
void balance_mix(struct balance_mix *mix, const uint16_t *weights,
		 int64_t per_second);
/* In percent of the mean of those slots that get any; -1: nobody does. */
int balance_mixed_share(const struct balance_mix *mix, unsigned slot);

#endif
