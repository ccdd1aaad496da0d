/* SPDX-License-Identifier: MIT */
/* pace.c - when each message of an open loop is due, and whether the rate was
 * kept. */
#include "pace.h"

#include <string.h>

#define SECOND_US 1000000u
#define DAY_S     86400u

const char *const pace_verdict_words[] = {
	[PACE_KEPT] = "kept",
	[PACE_SERVER_SLOW] = "the server was too slow",
	[PACE_CLIENT_SLOW] = "this client was too slow",
	[PACE_FAILED] = "messages were not sent at all",
};

void pace_init(struct pace *pace, uint64_t rate, int64_t duration_ms,
	       uint64_t exchange_count)
{
	uint64_t count = rate * DAY_S;

	memset(pace, 0, sizeof(*pace));
	pace->rate = rate;
	pace->connection_count = 1;
	if (duration_ms > 0)
		count = (rate * (uint64_t)duration_ms + 999) / 1000;
	if (exchange_count > 0 && exchange_count < count)
		count = exchange_count;
	pace->message_count = count;
}

int64_t pace_time_us(const struct pace *pace, uint64_t index)
{
	return pace->start_us + (int64_t)(index * SECOND_US / pace->rate);
}

uint64_t pace_due_at(const struct pace *pace, int64_t now_us)
{
	uint64_t passed_us, count;

	if (now_us < pace->start_us)
		return 0;
	/* Index k is due when k * 10^6 / rate, cut, has passed. */
	passed_us = (uint64_t)(now_us - pace->start_us) + 1;
	count = (passed_us * pace->rate + SECOND_US - 1) / SECOND_US;
	return count < pace->message_count ? count : pace->message_count;
}

uint64_t pace_share(const struct pace *pace, uint64_t connection,
		    uint64_t count)
{
	if (count <= connection)
		return 0;
	return (count - connection - 1) / pace->connection_count + 1;
}

int64_t pace_share_time_us(const struct pace *pace, uint64_t connection,
			   uint64_t index)
{
	return pace_time_us(pace, connection + index * pace->connection_count);
}

void pace_cut(struct pace *pace, uint64_t count)
{
	pace->message_count = count;
}

int64_t pace_end_us(const struct pace *pace)
{
	return pace_time_us(pace, pace->message_count);
}

static int64_t length_us(const struct pace *pace)
{
	return pace_end_us(pace) - pace->start_us;
}

int64_t pace_judgement_us(const struct pace *pace)
{
	int64_t grace_us = length_us(pace) * PACE_LACKING_PERMILLE / 1000;

	if (grace_us < PACE_GRACE_MIN_US)
		grace_us = PACE_GRACE_MIN_US;
	return pace_end_us(pace) + grace_us;
}

enum pace_verdict pace_judge(const struct pace *pace,
			     const struct pace_account *account)
{
	uint64_t lacking = pace->message_count > account->done_count
				   ? pace->message_count - account->done_count
				   : 0;

	if (pace->message_count > 0 &&
	    lacking * 1000 <= pace->message_count * PACE_LACKING_PERMILLE)
		return PACE_KEPT;
	if (account->failure_count > 0 || pace->message_count == 0)
		return PACE_FAILED;
	if (pace->due_count < pace->message_count ||
	    account->idle_us * 1000 < length_us(pace) * PACE_IDLE_PERMILLE ||
	    account->late_us > PACE_LATE_US)
		return PACE_CLIENT_SLOW;
	return PACE_SERVER_SLOW;
}

double pace_kept(const struct pace *pace, uint64_t done_count)
{
	int64_t us = length_us(pace);

	return us > 0 ? (double)done_count * SECOND_US / (double)us : 0;
}
