/* SPDX-License-Identifier: MIT */
/* test_slot.c - lives of slots, event by event, and what cannot happen. */
#include "process/slot.h"

#include "check.h"

#define END SLOT_EVENTS

struct life {
	const char *title;
	struct {
		enum slot_event event;
		enum slot_state state;
		enum slot_action action;
	} steps[12];
};

#define STEP(event, state, action)                                             \
	{                                                                      \
		SLOT_EVENT_##event, SLOT_##state, SLOT_ACTION_##action         \
	}
#define LAST                                                                   \
	{                                                                      \
		END, SLOT_EMPTY, SLOT_ACTION_NONE                              \
	}

/* clang-format off */
static const struct life lives[] = {
	{"it starts, serves and stops", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(STOP, EMPTY, DRAIN), LAST}},
	{"its worker dies while it serves, and is replaced", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(DIED, WAITING, WAIT), STEP(START, STARTING, SPAWN),
		STEP(READY, SERVING, SERVE), LAST}},
	{"its worker dies while it starts, over and over", {
		STEP(START, STARTING, SPAWN), STEP(DIED, WAITING, WAIT),
		STEP(START, STARTING, SPAWN), STEP(DIED, WAITING, WAIT),
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		LAST}},
	{"fork says no", {
		STEP(START, STARTING, SPAWN), STEP(SPAWN_FAILED, WAITING, WAIT),
		STEP(START, STARTING, SPAWN), LAST}},
	{"its worker leaves, and the successor dies once", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(LEAVE, WAITING, WAIT), STEP(START, STARTING, SPAWN),
		STEP(DIED, WAITING, WAIT), STEP(START, STARTING, SPAWN),
		STEP(READY, SERVING, SERVE), LAST}},
	{"it is stopped in each state", {
		STEP(STOP, EMPTY, NONE), STEP(START, STARTING, SPAWN),
		STEP(STOP, EMPTY, END), STEP(START, STARTING, SPAWN),
		STEP(DIED, WAITING, WAIT), STEP(STOP, EMPTY, CANCEL), LAST}},
	{"its worker hangs for a while, then for good", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(HANG, SUSPECT, ARRANGE), STEP(BEAT, SERVING, ARRANGE),
		STEP(HANG, SUSPECT, ARRANGE), STEP(DIED, WAITING, WAIT),
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE), LAST}},
	{"it hangs while it leaves, and stops", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(HANG, SUSPECT, ARRANGE), STEP(LEAVE, WAITING, WAIT),
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(HANG, SUSPECT, ARRANGE), STEP(STOP, EMPTY, DRAIN), LAST}},
	{"it is parked in each state, and taken back", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(PARK, PARKED, DRAIN), STEP(START, STARTING, SPAWN),
		STEP(PARK, PARKED, END), STEP(START, STARTING, SPAWN),
		STEP(DIED, WAITING, WAIT), STEP(PARK, PARKED, CANCEL),
		STEP(STOP, EMPTY, NONE), LAST}},
	{"a reload swaps its worker in each state", {
		STEP(SWAP, SERVING, NONE), STEP(SWAP, SERVING, DRAIN),
		STEP(HANG, SUSPECT, ARRANGE), STEP(SWAP, SERVING, DRAIN),
		STEP(DIED, WAITING, WAIT), STEP(SWAP, SERVING, CANCEL),
		STEP(PARK, PARKED, DRAIN), STEP(SWAP, SERVING, NONE),
		STEP(DIED, WAITING, WAIT), STEP(START, STARTING, SPAWN),
		STEP(SWAP, SERVING, END), LAST}},
	{"it had no worker yet, and is parked", {
		STEP(PARK, PARKED, NONE), LAST}},
	{"it hangs, and is parked", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(HANG, SUSPECT, ARRANGE), STEP(PARK, PARKED, DRAIN), LAST}},
	{"it serves a queue after all were stopped", {
		STEP(START, STARTING, SPAWN), STEP(READY, SERVING, SERVE),
		STEP(STOP, EMPTY, DRAIN), STEP(START, STARTING, SPAWN),
		STEP(READY, SERVING, SERVE), STEP(STOP, EMPTY, DRAIN), LAST}},
};
/* clang-format on */

static void run(const struct life *life)
{
	enum slot_state state = SLOT_EMPTY;
	struct slot_step step;
	int i, before = check_failures;

	for (i = 0; life->steps[i].event != END; i++) {
		CHECK(slot_allows(state, life->steps[i].event));
		step = slot_step(state, life->steps[i].event);
		check_int(step.next, life->steps[i].state);
		check_int(step.action, life->steps[i].action);
		state = step.next;
	}
	if (check_failures != before)
		printf("  in: %s\n", life->title);
}

static void test_what_cannot_happen(void)
{
	/* A line per state: start, spawn failed, ready, died, leave, hang,
	 * beat, park, swap, stop. */
	static const char *const allowed[SLOT_STATES] = {
		[SLOT_EMPTY] = "x......xxx",   [SLOT_STARTING] = ".xxx...xxx",
		[SLOT_SERVING] = "...xxx.xxx", [SLOT_SUSPECT] = "...xx.xxxx",
		[SLOT_WAITING] = "x......xxx", [SLOT_PARKED] = "x.......xx",
	};
	int state, event;

	for (state = 0; state < SLOT_STATES; state++)
		for (event = 0; event < SLOT_EVENTS; event++)
			check_int(slot_allows((enum slot_state)state,
					      (enum slot_event)event),
				  allowed[state][event] == 'x');
}

static void test_everything_has_a_name(void)
{
	int i;

	for (i = 0; i < SLOT_STATES; i++)
		CHECK(slot_state_names[i] != NULL);
	for (i = 0; i < SLOT_EVENTS; i++)
		CHECK(slot_event_names[i] != NULL);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		run(&lives[i]);
	test_what_cannot_happen();
	test_everything_has_a_name();
	return check_result();
}
