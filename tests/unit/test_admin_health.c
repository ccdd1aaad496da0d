/* SPDX-License-Identifier: MIT */
/* test_admin_health.c - when /ready and /live say yes. */
#include "check.h"
#include "process/admin_internal.h"

struct row {
	const char *name;
	enum board_phase phase;
	enum board_worker_state states[2];
	bool is_ready;
};

static const struct row rows[] = {
	{"nobody was ready so far",
	 BOARD_PHASE_STARTING,
	 {BOARD_WORKER_STARTING, BOARD_WORKER_READY},
	 false},
	{"all serve",
	 BOARD_PHASE_SERVING,
	 {BOARD_WORKER_READY, BOARD_WORKER_READY},
	 true},
	{"one serves",
	 BOARD_PHASE_SERVING,
	 {BOARD_WORKER_STARTING, BOARD_WORKER_READY},
	 true},
	{"none serves",
	 BOARD_PHASE_SERVING,
	 {BOARD_WORKER_STARTING, BOARD_WORKER_DRAINING},
	 false},
	{"reloading",
	 BOARD_PHASE_RELOADING,
	 {BOARD_WORKER_READY, BOARD_WORKER_STARTING},
	 true},
	{"upgrading",
	 BOARD_PHASE_UPGRADING,
	 {BOARD_WORKER_READY, BOARD_WORKER_DRAINING},
	 true},
	{"TERM, and all serve still",
	 BOARD_PHASE_DRAINING,
	 {BOARD_WORKER_READY, BOARD_WORKER_READY},
	 false},
};

static void test_ready(void)
{
	struct snapshot_worker workers[2];
	struct snapshot snapshot;
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&snapshot, 0, sizeof(snapshot));
		memset(workers, 0, sizeof(workers));
		snapshot.workers = workers;
		snapshot.worker_count = 2;
		snapshot.cells[BOARD_PHASE] = rows[i].phase;
		for (j = 0; j < 2; j++)
			workers[j].state = rows[i].states[j];
		check_note((admin_not_ready(&snapshot) == NULL) ==
				   rows[i].is_ready,
			   __FILE__, __LINE__, rows[i].name);
	}
}

static void test_live(void)
{
	CHECK(admin_not_live(1000, 1001) == NULL);
	CHECK(admin_not_live(1000, 1000) != NULL);
	CHECK(admin_not_live(1000, -1) == NULL);
	/* Of a beat that came while we looked. */
	CHECK(admin_not_live(-1, 100) == NULL);
}

int main(void)
{
	test_ready();
	test_live();
	return check_result();
}
