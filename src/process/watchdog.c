/* SPDX-License-Identifier: MIT */
/* watchdog.c - from signs of life to a verdict. */
#include "process/watchdog.h"

#define INTERVAL_LEAST_MS 10
#define INTERVAL_MOST_MS  250
/* A busy machine lets everybody wait for so long. */
#define LATENESS_MS       100

void watchdog_init(struct watchdog *watchdog, int64_t now_ms)
{
	*watchdog = (struct watchdog){.beat_ms = now_ms, .accept_ms = now_ms};
}

void watchdog_forgive(struct watchdog *watchdog, int64_t now_ms)
{
	watchdog->beat_ms = now_ms;
	watchdog->accept_ms = now_ms;
	watchdog->queue = 0;
}

int64_t watchdog_interval(const struct watchdog_settings *settings)
{
	int64_t shortest_ms = settings->steer_ms >= 0 ? settings->steer_ms
						      : settings->timeout_ms;
	int64_t interval_ms = shortest_ms / 4;

	if (shortest_ms < 0 || interval_ms > INTERVAL_MOST_MS)
		return INTERVAL_MOST_MS;
	return interval_ms < INTERVAL_LEAST_MS ? INTERVAL_LEAST_MS
					       : interval_ms;
}

int64_t watchdog_beat(const struct watchdog_settings *settings)
{
	return watchdog_interval(settings) * 4 / 3;
}

bool watchdog_stood_still(const struct watchdog_settings *settings,
			  int64_t last_ms, int64_t now_ms)
{
	return now_ms - last_ms > 3 * watchdog_interval(settings) + LATENESS_MS;
}

static void note(struct watchdog *watchdog,
		 const struct watchdog_sample *sample, int64_t now_ms)
{
	if (sample->is_traced || sample->turns != watchdog->turns)
		watchdog->beat_ms = now_ms;
	if (sample->is_traced || sample->accepted != watchdog->accepted ||
	    sample->queue == 0 || watchdog->queue == 0) {
		watchdog->accept_ms = now_ms;
		watchdog->queue = sample->queue;
	}
	watchdog->turns = sample->turns;
	watchdog->accepted = sample->accepted;
}

static bool is_over(int64_t limit_ms, int64_t silent_ms)
{
	return limit_ms >= 0 && silent_ms >= limit_ms;
}

enum watchdog_verdict watchdog_judge(struct watchdog *watchdog,
				     const struct watchdog_settings *settings,
				     const struct watchdog_sample *sample,
				     int64_t now_ms)
{
	int64_t silent_ms, waiting_ms = 0;

	note(watchdog, sample, now_ms);
	silent_ms = now_ms - watchdog->beat_ms;
	/* A queue that does not grow may be clients that its worker is just
	 * about to take, over and over. */
	if (sample->queue > watchdog->queue)
		waiting_ms = now_ms - watchdog->accept_ms;
	if (waiting_ms > silent_ms)
		silent_ms = waiting_ms;
	if (is_over(settings->timeout_ms, silent_ms))
		return WATCHDOG_HUNG;
	return is_over(settings->steer_ms, silent_ms) ? WATCHDOG_SUSPECT
						      : WATCHDOG_FIT;
}
