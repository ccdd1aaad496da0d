/* SPDX-License-Identifier: MIT */
/* rate.h - a token bucket: how many bytes may pass now, and when the next may.
 *
 * Pure arithmetic for transport_rate.c and service_rate.c: the caller brings
 * the time and tells what has passed.  It is exact: what passes in any time is
 * at most rate * time + burst, and no fraction of a byte is lost between two
 * questions, however often they come.
 *
 * The burst, what may pass at once after a silence, is one second's worth, but
 * at least RATE_BURST_LEAST, so that a low rate does not cut every message into
 * pieces. */
#ifndef COHORT_NET_RATE_H
#define COHORT_NET_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_MOST        (UINT64_C(1) << 40) /* bytes a second; more is this */
#define RATE_BURST_LEAST 4096
#define RATE_PORTIONS    50 /* a second, of those who wait for more */

struct rate {
	uint64_t bytes_per_second; /* 0: off */
	int64_t credit;            /* thousandths of a byte; debt if below 0 */
	int64_t filled_ms;         /* the credit is that of this time */
};

/* From now on so many; 0: off.  Credit is kept, up to the new burst; a bucket
 * that was off is full. */
void rate_set(struct rate *rate, uint64_t bytes_per_second, int64_t now_ms);

/* The most that can be available, in bytes; UINT64_MAX when off. */
uint64_t rate_burst(const struct rate *rate);

/* What is worth waiting for: less is not sent or read on its own. */
uint64_t rate_portion(const struct rate *rate);

/* The bytes that may pass at `now_ms` (monotonic; a time before an earlier one
 * changes nothing); UINT64_MAX when off. */
uint64_t rate_available(struct rate *rate, int64_t now_ms);

/* So many have passed: more than were available is a debt, which time pays.
 * The reverse: they have not, after all. */
void rate_spend(struct rate *rate, uint64_t bytes);
void rate_return(struct rate *rate, uint64_t bytes);

/* How long after the last rate_available until `bytes` (or the burst, if that
 * is less) are available, in ms, rounded up; 0: they are, or it is off. */
int64_t rate_wait_ms(const struct rate *rate, uint64_t bytes);

#endif
