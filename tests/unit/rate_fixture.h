/* SPDX-License-Identifier: MIT */
/* rate_fixture.h - how much a rate may have let through by now. */
#ifndef COHORT_TESTS_RATE_FIXTURE_H
#define COHORT_TESTS_RATE_FIXTURE_H

#include "net/transport_internal.h"
#include "transport_fixture.h"

#define KILO     ((size_t)1000)
#define SHORT_MS 60

/* ---- How much may have passed ---------------------------------------- */

struct meter {
	const struct world *world;
	uint64_t bytes_per_second;
	int64_t begin_ms;
};

static inline struct meter meter_begin(const struct world *world,
				       uint64_t bytes_per_second)
{
	return (struct meter){world, bytes_per_second, world->loop.now_ms};
}

static inline uint64_t meter_most(const struct meter *meter)
{
	uint64_t burst = meter->bytes_per_second > RATE_BURST_LEAST
				 ? meter->bytes_per_second
				 : RATE_BURST_LEAST;

	return burst + (uint64_t)(meter->world->loop.now_ms - meter->begin_ms) *
			       meter->bytes_per_second / 1000;
}

#define check_meter(meter, passed) CHECK((passed) <= meter_most(meter))

static inline struct client open_any(struct world *world, struct record *record,
				     bool is_tcp)
{
	return is_tcp ? open_tcp(world, record) : open_unix(world, record);
}

#endif
