/* SPDX-License-Identifier: MIT */
/* pace.h - when each message of an open loop is due, and whether the rate was
 * kept: pure arithmetic.
 *
 * All is decided before the load begins.  Message number k of a run is due
 * k/rate seconds after the start, and belongs to connection k modulo their
 * number; so message j of connection c is number c + j * connections.
 * Whatever the server or the client does, these times stay, and a latency
 * counts from them: a message that had to wait for its turn, or for a client
 * that was late itself, has waited (no coordinated omission). */
#ifndef COHORT_BENCH_PACE_H
#define COHORT_BENCH_PACE_H

#include <stdint.h>

/* What a kept rate may lack at the end: this share, after this time. */
#define PACE_LACKING_PERMILLE 10
#define PACE_GRACE_MIN_US     10000 /* or a hundredth of the run */

/* A client with less idle time than this had no more to give; one that was so
 * late on average was kept from running, and so was one that by the time of
 * the judgement has not told all. */
#define PACE_IDLE_PERMILLE 100
#define PACE_LATE_US       1000

struct pace {
	uint64_t rate;          /* per second, of all connections together */
	uint64_t message_count; /* of the run */
	uint64_t connection_count;
	int64_t start_us;   /* monotonic: message 0 */
	uint64_t due_count; /* so many have come due; the caller's to move */
};

/* Of a run of `duration_ms` (0: no bound) and `exchange_count` messages (0: no
 * bound); one of them is given. */
void pace_init(struct pace *pace, uint64_t rate, int64_t duration_ms,
	       uint64_t exchange_count);

/* When message number `index` is due. */
int64_t pace_time_us(const struct pace *pace, uint64_t index);

/* How many messages are due at `now_us`, of all. */
uint64_t pace_due_at(const struct pace *pace, int64_t now_us);

/* Of the first `count` messages, how many are the connection's. */
uint64_t pace_share(const struct pace *pace, uint64_t connection,
		    uint64_t count);

/* When message `index` of a connection is due. */
int64_t pace_share_time_us(const struct pace *pace, uint64_t connection,
			   uint64_t index);

/* Nothing after the first `count`, at least due_count: the user has had
 * enough. */
void pace_cut(struct pace *pace, uint64_t count);

int64_t pace_end_us(const struct pace *pace);
int64_t pace_judgement_us(const struct pace *pace); /* the end, and grace */

enum pace_verdict {
	PACE_KEPT,
	PACE_SERVER_SLOW, /* messages waited for answers to earlier ones */
	PACE_CLIENT_SLOW, /* it had no time to send them */
	PACE_FAILED,      /* connections failed, or it was stopped at once */
};

/* As they are printed, after "the rate was not kept: ". */
extern const char *const pace_verdict_words[PACE_FAILED + 1];

/* What has become of it, as counted when grace was over. */
struct pace_account {
	uint64_t done_count;    /* exchanges */
	uint64_t failure_count; /* connections */
	int64_t idle_us;        /* the client had nothing to do */
	int64_t late_us;        /* it saw so late what was due; the mean */
};

enum pace_verdict pace_judge(const struct pace *pace,
			     const struct pace_account *account);

/* Exchanges per second of the schedule. */
double pace_kept(const struct pace *pace, uint64_t done_count);

#endif
