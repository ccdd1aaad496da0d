/* SPDX-License-Identifier: MIT */
/* samples.c - what the last minutes were like. */
#include "control/samples.h"

#include <string.h>

static uint64_t closed_count(const uint64_t *cells)
{
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < COHORT_REASONS; i++)
		count += cells[SCOREBOARD_CLOSED + i];
	return count;
}

void sample_of(struct sample *sample, const struct snapshot *snapshot)
{
	unsigned i, slot;

	memset(sample, 0, sizeof(*sample));
	sample->wall_ms = snapshot->wall_ms;
	for (i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];
		const uint64_t *cells = service->cells;

		sample->accepted_count += cells[SCOREBOARD_ACCEPTED];
		sample->closed_count += closed_count(cells);
		sample->received_bytes += cells[SCOREBOARD_RECEIVED_BYTES];
		sample->sent_bytes += cells[SCOREBOARD_SENT_BYTES];
		sample->live_count += cells[SCOREBOARD_LIVE];
		sample->queued_bytes += cells[SCOREBOARD_QUEUED_BYTES];
		for (slot = 0; slot < BOARD_SLOTS; slot++)
			sample->waiting_count += service->queue_by_slot[slot];
	}
}

static void take(struct samples *samples)
{
	const struct snapshot *snapshot = samples->look(samples->context);

	if (snapshot == NULL)
		return;
	sample_of(&samples->ring[samples->next], snapshot);
	samples->next = (samples->next + 1) % SAMPLES_COUNT;
	if (samples->count < SAMPLES_COUNT)
		samples->count++;
}

/* In even steps, also when a turn was late; what was slept through is left
 * out. */
static void on_step(struct timer *timer)
{
	struct samples *samples = list_entry(timer, struct samples, timer);
	struct loop *loop = samples->loop;
	int64_t next_ms = timer->deadline_ms + SAMPLES_STEP_MS;

	take(samples);
	if (next_ms <= loop->now_ms)
		next_ms = loop->now_ms + SAMPLES_STEP_MS;
	timer_start(&loop->timers, timer, next_ms);
}

void samples_start(struct samples *samples, struct loop *loop,
		   const struct snapshot *(*look)(void *context), void *context)
{
	memset(samples, 0, sizeof(*samples));
	samples->loop = loop;
	samples->look = look;
	samples->context = context;
	timer_init(&samples->timer, on_step);
	take(samples);
	timer_start(&loop->timers, &samples->timer,
		    loop->now_ms + SAMPLES_STEP_MS);
}

void samples_stop(struct samples *samples)
{
	if (samples->loop != NULL)
		timer_stop(&samples->loop->timers, &samples->timer);
	samples->loop = NULL;
}

const struct sample *samples_at(const struct samples *samples, unsigned index)
{
	unsigned oldest = samples->next + SAMPLES_COUNT - samples->count;

	return &samples->ring[(oldest + index) % SAMPLES_COUNT];
}
