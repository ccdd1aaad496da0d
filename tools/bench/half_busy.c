/* SPDX-License-Identifier: MIT */
/* half_busy.c - an echo server whose first worker is busy half the time: for 50
 * of each 100 ms it computes, and serves nobody.  For tools/bench/balance. */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cohort.h"

#define BUSY_MS   50
#define PERIOD_MS 100

struct state {
	struct cohort_timer *timer;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void burn(struct cohort_worker *w, void *context)
{
	const struct state *state = context;
	int64_t end_ms = now_ms() + BUSY_MS;

	(void)w;
	while (now_ms() < end_ms)
		;
	cohort_timer_set(state->timer, PERIOD_MS - BUSY_MS);
}

static int worker_start(struct cohort_worker *w, void *memory)
{
	struct state *state = memory;
	struct cohort_worker_info info;

	cohort_worker_info(w, &info);
	if (info.worker != 0)
		return 0;
	state->timer = cohort_timer_new(w, burn, state);
	if (!state->timer)
		return -1;
	cohort_timer_set(state->timer, 0);
	return 0;
}

static void data_received(struct cohort_transport *t, void *session,
			  const void *data, size_t size)
{
	(void)session;
	(void)cohort_write(t, data, size);
}

int main(int argc, char **argv)
{
	static const struct cohort_protocol half_busy = {
		.name = "half_busy",
		.worker_size = sizeof(struct state),
		.worker_start = worker_start,
		.data_received = data_received,
	};

	return cohort_main(argc, argv, &half_busy);
}
