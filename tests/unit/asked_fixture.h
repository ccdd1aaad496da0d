/* SPDX-License-Identifier: MIT */
/* asked_fixture.h - a worker with many transports, and queries about them. */
#ifndef COHORT_TESTS_ASKED_FIXTURE_H
#define COHORT_TESTS_ASKED_FIXTURE_H

#include <sys/resource.h>

#include "process/worker_asked.h"

/* The recorder's and the channel's: two structs of one name. */
#define record noted
#include "transport_fixture.h"
#undef record

#include "net/transport_internal.h"

#define CROWD_MOST 4000

/* So many transports on unix sockets, which cost little. */
struct crowd {
	struct world *world;
	unsigned count;
	struct noted notes[CROWD_MOST];
	struct client clients[CROWD_MOST];
};

static inline void crowd_add(struct crowd *crowd)
{
	unsigned i = crowd->count++;

	crowd->clients[i] = open_unix(crowd->world, &crowd->notes[i]);
}

static inline struct crowd *crowd_open(unsigned count)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct rlimit limit;

	REQUIRE(crowd != NULL && getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	crowd->world = world_open();
	crowd->world->service.live_max = CROWD_MOST;
	while (crowd->count < count)
		crowd_add(crowd);
	return crowd;
}

static inline void crowd_close(struct crowd *crowd)
{
	unsigned i;

	world_close(crowd->world);
	for (i = 0; i < crowd->count; i++)
		close(crowd->clients[i].fd);
	free(crowd);
}

/* It ends now, and whatever it was takes no part any more. */
static inline void crowd_end(struct crowd *crowd, unsigned i)
{
	transport_abort(crowd->notes[i].t, COHORT_REASON_LOCAL_CLOSE);
	turn_until(crowd->world, crowd->notes[i].t == NULL);
}

static inline struct connection_query any_connection(void)
{
	return (struct connection_query){
		.version = CONNECTION_QUERY_VERSION,
		.slot = -1,
		.idle_over_ms = -1,
	};
}

/* Which of the crowd a row is; its count if none. */
static inline unsigned crowd_find(const struct crowd *crowd, uint64_t id)
{
	unsigned i = 0;

	while (i < crowd->count && crowd->notes[i].id != id)
		i++;
	return i;
}

#endif
