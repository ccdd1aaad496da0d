/* SPDX-License-Identifier: MIT */
/* backoff.c - the arithmetic of waiting after deaths. */
#include "process/backoff.h"

#include <string.h>

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

void backoff_init(struct backoff *backoff, int64_t first_ms, int64_t limit_ms)
{
	memset(backoff, 0, sizeof(*backoff));
	backoff->first_ms = at_most(first_ms, limit_ms);
	backoff->limit_ms = limit_ms;
	backoff->said_ms = INT64_MIN;
}

void backoff_note_start(struct backoff *backoff, int64_t now_ms)
{
	backoff->started_ms = now_ms;
}

void backoff_forget(struct backoff *backoff, int64_t now_ms)
{
	backoff->row = 0;
	backoff->wait_ms = 0;
	backoff->is_step = false;
	backoff->started_ms = now_ms;
}

static bool was_well(const struct backoff *backoff, int64_t now_ms)
{
	int64_t lived_ms = now_ms - backoff->started_ms;

	return lived_ms >= BACKOFF_WELL_MS && lived_ms / 2 >= backoff->wait_ms;
}

static int64_t longer(const struct backoff *backoff)
{
	if (backoff->row == 0)
		return backoff->first_ms;
	/* Halving the limit instead of doubling the wait cannot overflow. */
	if (backoff->wait_ms > backoff->limit_ms / 2)
		return backoff->limit_ms;
	return backoff->wait_ms * 2;
}

int64_t backoff_note_death(struct backoff *backoff, bool is_early,
			   int64_t now_ms)
{
	int64_t gap_ms =
		at_least(backoff->started_ms + BACKOFF_GAP_MS - now_ms, 0);
	int64_t wait_ms;

	if (!is_early) {
		backoff->row = 0;
		backoff->wait_ms = 0;
		backoff->is_step = false;
		return gap_ms;
	}
	if (was_well(backoff, now_ms))
		backoff->row = 0;
	wait_ms = longer(backoff);
	backoff->is_step = backoff->row == 0 || wait_ms > backoff->wait_ms;
	backoff->wait_ms = wait_ms;
	backoff->row++;
	return at_least(wait_ms, gap_ms);
}

int64_t backoff_cap(int64_t wait_ms, bool is_anyone_serving)
{
	return is_anyone_serving ? wait_ms
				 : at_most(wait_ms, BACKOFF_NOBODY_MS);
}

/* Early deaths: the wait grew, or the last line is a period ago. */
static bool may_say_early(struct backoff *backoff, int64_t now_ms)
{
	if (!backoff->is_step && backoff->said_ms > now_ms)
		return false;
	backoff->said_ms =
		now_ms + at_least(backoff->limit_ms, BACKOFF_LINE_MS);
	return true;
}

/* Others: a bucket of lines that fills again, one in a period. */
static bool may_say_late(struct backoff *backoff, int64_t now_ms)
{
	const int64_t credit_ms =
		(int64_t)BACKOFF_LINE_MS * (BACKOFF_LINES - 1);

	if (backoff->said_ms > now_ms + credit_ms)
		return false;
	backoff->said_ms = at_least(backoff->said_ms, now_ms) + BACKOFF_LINE_MS;
	return true;
}

bool backoff_may_say(struct backoff *backoff, int64_t now_ms)
{
	return backoff->row > 0 ? may_say_early(backoff, now_ms)
				: may_say_late(backoff, now_ms);
}
