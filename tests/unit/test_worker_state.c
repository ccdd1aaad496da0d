/* SPDX-License-Identifier: MIT */
/* test_worker_state.c - what a worker may say, and when. */
#include "process/worker_state.h"

#include "check.h"

/* The next state, or -1 for out of place. */
static const int expected[WORKER_STATES][WORKER_EVENTS] = {
	[WORKER_STARTING] =
		{
			[WORKER_SAYS_BANK] = WORKER_STARTING,
			[WORKER_SAYS_LISTENING] = WORKER_STARTING,
			[WORKER_SAYS_READY] = WORKER_READY,
			[WORKER_SAYS_LEAVE] = -1,
			[WORKER_SAYS_FAILED] = WORKER_STARTING,
			[WORKER_SAYS_DRAINING] = -1,
			[WORKER_SAYS_FULL] = -1,
			[WORKER_SAYS_ROOM] = -1,
			[WORKER_SAYS_REFUSED] = -1,
			[WORKER_SAYS_ACCEPTING] = -1,
			[WORKER_IS_TOLD_TO_DRAIN] = -1,
		},
	[WORKER_READY] =
		{
			[WORKER_SAYS_BANK] = -1,
			[WORKER_SAYS_LISTENING] = -1,
			[WORKER_SAYS_READY] = -1,
			[WORKER_SAYS_LEAVE] = WORKER_READY,
			[WORKER_SAYS_FAILED] = -1,
			[WORKER_SAYS_DRAINING] = -1,
			[WORKER_SAYS_FULL] = WORKER_READY,
			[WORKER_SAYS_ROOM] = WORKER_READY,
			[WORKER_SAYS_REFUSED] = WORKER_READY,
			[WORKER_SAYS_ACCEPTING] = WORKER_READY,
			[WORKER_IS_TOLD_TO_DRAIN] = WORKER_DRAINING,
		},
	[WORKER_DRAINING] =
		{
			[WORKER_SAYS_BANK] = -1,
			[WORKER_SAYS_LISTENING] = -1,
			[WORKER_SAYS_READY] = -1,
			[WORKER_SAYS_LEAVE] = WORKER_DRAINING,
			[WORKER_SAYS_FAILED] = -1,
			[WORKER_SAYS_DRAINING] = WORKER_DRAINING,
			[WORKER_SAYS_FULL] = WORKER_DRAINING,
			[WORKER_SAYS_ROOM] = WORKER_DRAINING,
			[WORKER_SAYS_REFUSED] = WORKER_DRAINING,
			[WORKER_SAYS_ACCEPTING] = WORKER_DRAINING,
			[WORKER_IS_TOLD_TO_DRAIN] = WORKER_DRAINING,
		},
};

static void test_step(enum worker_state from, enum worker_event event)
{
	enum worker_state state = from;
	int next = expected[from][event], before = check_failures;

	check_int(worker_state_step(&state, event), next < 0 ? -1 : 0);
	check_int(state, next < 0 ? (int)from : next);
	if (check_failures != before)
		printf("  in: %s, %s\n", worker_state_names[from],
		       worker_event_names[event]);
}

int main(void)
{
	int state, event;

	for (state = 0; state < WORKER_STATES; state++)
		for (event = 0; event < WORKER_EVENTS; event++)
			test_step((enum worker_state)state,
				  (enum worker_event)event);
	return check_result();
}
