/* SPDX-License-Identifier: MIT */
/* snapshot_fixture.h - a snapshot in which every number is another. */
#ifndef COHORT_TESTS_SNAPSHOT_FIXTURE_H
#define COHORT_TESTS_SNAPSHOT_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "metrics/snapshot.h"

#define MADE_SERVICES 2
#define MADE_WORKERS  3
#define MADE_SLOTS    3 /* the last has no worker */

static inline void make_services(struct snapshot *snapshot)
{
	static const char *const names[MADE_SERVICES] = {"echo", "chat"};
	unsigned i, cell;

	snapshot->services = calloc(MADE_SERVICES, sizeof(*snapshot->services));
	REQUIRE(snapshot->services != NULL);
	snapshot->service_count = snapshot->service_room = MADE_SERVICES;
	for (i = 0; i < MADE_SERVICES; i++) {
		struct snapshot_service *service = &snapshot->services[i];

		strcpy(service->name, names[i]);
		service->is_current = true;
		service->is_suspended = i == 1;
		service->queue_limit = 511 + i;
		for (cell = 0; cell < SCOREBOARD_SERVICE_CELLS; cell++)
			service->cells[cell] = 1000 * (i + 1) + cell;
		for (cell = 0; cell < MADE_SLOTS; cell++) {
			service->accepted_by_slot[cell] = 100 * (i + 1) + cell;
			service->queue_by_slot[cell] = 10 * (i + 1) + cell;
		}
	}
}

/* Slot 0 has a worker that drains, and a new one. */
static inline void make_workers(struct snapshot *snapshot)
{
	static const struct snapshot_worker workers[MADE_WORKERS] = {
		{.slot = 0,
		 .pid = 10,
		 .generation = 1,
		 .state = BOARD_WORKER_DRAINING,
		 .live_count = 5},
		{.slot = 0,
		 .pid = 13,
		 .generation = 2,
		 .state = BOARD_WORKER_READY,
		 .live_count = 7},
		{.slot = 1,
		 .pid = 11,
		 .generation = 2,
		 .state = BOARD_WORKER_STARTING},
	};
	static const int64_t beats_ms[MADE_WORKERS] = {99000, 99750, 0};
	unsigned i;

	snapshot->workers = calloc(MADE_WORKERS, sizeof(*snapshot->workers));
	REQUIRE(snapshot->workers != NULL);
	memcpy(snapshot->workers, workers, sizeof(workers));
	snapshot->worker_count = snapshot->worker_room = MADE_WORKERS;
	for (i = 0; i < MADE_WORKERS; i++)
		snapshot->workers[i].cells[SCOREBOARD_HEARTBEAT_MS] =
			(uint64_t)beats_ms[i];
}

static inline void make_snapshot(struct snapshot *snapshot)
{
	unsigned i;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->now_ms = 100000;
	snapshot->wall_ms = 1700000100000;
	for (i = 0; i < BOARD_CELLS; i++)
		snapshot->cells[i] = 2000 + i;
	snapshot->cells[BOARD_STARTED_WALL_MS] = 1700000000250;
	snapshot->cells[BOARD_RELOADED_WALL_MS] = 0;
	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		snapshot->restarts[i] = 50 + i;
	for (i = 0; i < SCOREBOARD_CELLS; i++)
		snapshot->worker_totals[i] = 3000 + i;
	snapshot->worker_totals[SCOREBOARD_LAG_SUM_US] = 2500000;
	snapshot->slot_count = MADE_SLOTS;
	snapshot->slots[0].state = BOARD_SLOT_SERVING;
	snapshot->slots[1].state = BOARD_SLOT_STARTING;
	snapshot->slots[1].is_steered_around = true;
	snapshot->slots[2].state = BOARD_SLOT_WAITING;
	make_services(snapshot);
	make_workers(snapshot);
}

#endif
