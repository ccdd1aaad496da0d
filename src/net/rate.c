/* SPDX-License-Identifier: MIT */
/* rate.c - a token bucket.
 *
 * A rate in bytes a second is one in thousandths of a byte a millisecond: the
 * credit is counted in these, so that nothing has to be divided.  With
 * RATE_MOST everything stays below 2^51. */
#include "net/rate.h"

#define THOUSANDTHS 1000
#define DEBT_MOST   (INT64_C(1) << 60)
#define BYTES_MOST  (UINT64_C(1) << 50) /* of one call */

static int64_t thousandths(uint64_t bytes)
{
	return (int64_t)(bytes < BYTES_MOST ? bytes : BYTES_MOST) * THOUSANDTHS;
}

uint64_t rate_burst(const struct rate *rate)
{
	if (rate->bytes_per_second == 0)
		return UINT64_MAX;
	return rate->bytes_per_second > RATE_BURST_LEAST
		       ? rate->bytes_per_second
		       : RATE_BURST_LEAST;
}

uint64_t rate_portion(const struct rate *rate)
{
	uint64_t portion = rate->bytes_per_second / RATE_PORTIONS;

	return portion > 0 ? portion : 1;
}

static void cap(struct rate *rate)
{
	int64_t full = thousandths(rate_burst(rate));

	if (rate->credit > full)
		rate->credit = full;
}

static void refill(struct rate *rate, int64_t now_ms)
{
	int64_t per_ms = (int64_t)rate->bytes_per_second;
	int64_t missing = thousandths(rate_burst(rate)) - rate->credit;
	int64_t passed_ms;

	if (now_ms <= rate->filled_ms)
		return;
	passed_ms = now_ms - rate->filled_ms;
	rate->filled_ms = now_ms;
	/* Compared so, a long time does not overflow. */
	if (passed_ms > missing / per_ms)
		rate->credit += missing;
	else
		rate->credit += passed_ms * per_ms;
}

void rate_set(struct rate *rate, uint64_t bytes_per_second, int64_t now_ms)
{
	bool was_off = rate->bytes_per_second == 0;

	if (!was_off)
		refill(rate, now_ms);
	if (bytes_per_second > RATE_MOST)
		bytes_per_second = RATE_MOST;
	rate->bytes_per_second = bytes_per_second;
	if (bytes_per_second == 0)
		return;
	if (was_off) {
		rate->credit = thousandths(rate_burst(rate));
		rate->filled_ms = now_ms;
	}
	cap(rate);
}

uint64_t rate_available(struct rate *rate, int64_t now_ms)
{
	if (rate->bytes_per_second == 0)
		return UINT64_MAX;
	refill(rate, now_ms);
	return rate->credit > 0 ? (uint64_t)rate->credit / THOUSANDTHS : 0;
}

void rate_spend(struct rate *rate, uint64_t bytes)
{
	if (rate->bytes_per_second == 0)
		return;
	rate->credit -= thousandths(bytes);
	if (rate->credit < -DEBT_MOST)
		rate->credit = -DEBT_MOST;
}

void rate_return(struct rate *rate, uint64_t bytes)
{
	if (rate->bytes_per_second == 0)
		return;
	rate->credit += thousandths(bytes);
	cap(rate);
}

int64_t rate_wait_ms(const struct rate *rate, uint64_t bytes)
{
	int64_t per_ms = (int64_t)rate->bytes_per_second;
	uint64_t burst = rate_burst(rate);
	int64_t missing;

	if (per_ms == 0)
		return 0;
	missing = thousandths(bytes < burst ? bytes : burst) - rate->credit;
	return missing > 0 ? (missing + per_ms - 1) / per_ms : 0;
}
