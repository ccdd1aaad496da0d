/* SPDX-License-Identifier: MIT */
/* report_workers.c - workers and slots, row by row. */
#include "control/reports.h"

enum {
	WORKER_SLOT,
	WORKER_PID,
	WORKER_CONDITION,
	WORKER_GENERATION,
	WORKER_CONNECTIONS,
	WORKER_OUTGOING,
	WORKER_ACCEPTED,
	WORKER_QUEUE,
	WORKER_RECEIVED,
	WORKER_SENT,
	WORKER_QUEUED,
	WORKER_AGE,
	WORKER_HEARTBEAT,
	WORKER_CALLBACK,
	WORKER_CALLBACK_MS,
	WORKER_CALLBACK_ID,
	WORKER_DRAIN_LEFT,
	WORKER_STATE,
	WORKER_ACCEPTING,
	WORKER_STEERED,
	WORKER_ADOPTER,
	WORKER_SUSPECT,
	WORKER_FULL,
	WORKER_LEAVING,
	WORKER_ORPHAN,
	WORKER_BUSY_POLL,
	WORKER_SHARE,
	WORKER_COLUMNS,
};
_Static_assert(WORKER_COLUMNS == REPORT_WORKER_COLUMNS, "see reports.h");

/* clang-format off */
static const struct report_column worker_columns[] = {
	[WORKER_SLOT] = {"slot", REPORT_COUNT, "WORKER",
		"its slot: the place that stays when it dies", 0},
	[WORKER_PID] = {"pid", REPORT_COUNT, "PID", "its process", 0},
	[WORKER_CONDITION] = {"condition", REPORT_STATE, "STATE",
		"starting, serving, draining; suspect (seems to hang), full, "
		"leaving, orphan; of a slot without a worker: waiting, empty", 0},
	[WORKER_GENERATION] = {"generation", REPORT_COUNT, "GEN",
		"of the configuration that it runs", 4},
	[WORKER_CONNECTIONS] = {"connections", REPORT_COUNT, "CONN",
		"accepted and not closed", 0},
	[WORKER_OUTGOING] = {"outgoing", REPORT_COUNT, "OUTGOING",
		"connections that it has made", 6},
	[WORKER_ACCEPTED] = {"accepted", REPORT_COUNT, "ACCEPTED",
		"in its life", 1},
	[WORKER_QUEUE] = {"queue", REPORT_COUNT, "QUEUE",
		"clients in its slot's listeners that wait to be accepted", 0},
	[WORKER_RECEIVED] = {"received_bytes", REPORT_BYTES, "IN",
		"received in its life", 2},
	[WORKER_SENT] = {"sent_bytes", REPORT_BYTES, "OUT",
		"sent in its life", 2},
	[WORKER_QUEUED] = {"queued_bytes", REPORT_BYTES, "QUEUED",
		"written by protocols, not taken by the kernel", 3},
	[WORKER_AGE] = {"age_ms", REPORT_DURATION, "AGE", "of the process",
		3},
	[WORKER_HEARTBEAT] = {"heartbeat_age_ms", REPORT_DURATION, "BEAT",
		"since its loop last turned", 0},
	[WORKER_CALLBACK] = {"callback", REPORT_TEXT, "IN CALLBACK",
		"of a protocol, that it is in", 5},
	[WORKER_CALLBACK_MS] = {"callback_ms", REPORT_DURATION, "FOR",
		"how long it has been in it", 5},
	[WORKER_CALLBACK_ID] = {"callback_connection", REPORT_COUNT,
		"CONNECTION", "for which connection", REPORT_RANK_WIDE},
	[WORKER_DRAIN_LEFT] = {"drain_left_ms", REPORT_DURATION, "LEFT",
		"until what it still serves is cut off", 4},
	[WORKER_STATE] = {"state", REPORT_STATE, "MACHINE",
		"starting, ready, draining", REPORT_RANK_WIDE},
	[WORKER_ACCEPTING] = {"is_accepting", REPORT_BOOLEAN, "ACCEPTING",
		"it takes new connections", REPORT_RANK_WIDE},
	[WORKER_STEERED] = {"is_steered_around", REPORT_BOOLEAN, "STEERED",
		"the kernel gives its slot no new connections", REPORT_RANK_WIDE},
	[WORKER_ADOPTER] = {"adopter", REPORT_COUNT, "ADOPTER",
		"slot whose worker accepts for it meanwhile", REPORT_RANK_WIDE},
	[WORKER_SUSPECT] = {"is_suspect", REPORT_BOOLEAN, "SUSPECT",
		"it seems to hang", REPORT_RANK_WIDE},
	[WORKER_FULL] = {"is_full", REPORT_BOOLEAN, "FULL",
		"a service of it has no room", REPORT_RANK_WIDE},
	[WORKER_LEAVING] = {"is_leaving", REPORT_BOOLEAN, "LEAVING",
		"it has asked to be replaced", REPORT_RANK_WIDE},
	[WORKER_ORPHAN] = {"is_orphan", REPORT_BOOLEAN, "ORPHAN",
		"of a supervisor that was killed", REPORT_RANK_WIDE},
	[WORKER_BUSY_POLL] = {"busy_poll_ms", REPORT_DURATION, "BUSY POLL",
		"that it polled instead of sleeping", REPORT_RANK_WIDE},
	[WORKER_SHARE] = {"share_percent", REPORT_COUNT, "SHARE",
		"of all new connections to services with `balance adaptive`: "
		"the mean is 100",
		REPORT_RANK_WIDE},
};
/* clang-format on */

const struct report_table report_worker_table = {"workers", worker_columns,
						 WORKER_COLUMNS, false};

/* One word for people, the worst first. */
static const char *condition_of(const struct snapshot_worker *worker)
{
	if (worker->is_suspect)
		return "suspect";
	if (worker->state == BOARD_WORKER_DRAINING)
		return "draining";
	if (worker->is_orphan)
		return "orphan";
	if (worker->is_leaving)
		return "leaving";
	if (worker->state == BOARD_WORKER_STARTING)
		return "starting";
	return worker->is_full ? "full" : "serving";
}

static struct report_value number(uint64_t value)
{
	return report_number((int64_t)value);
}

/* How long ago, of a time that may be a little later than the snapshot. */
static struct report_value since(const struct snapshot *snapshot, uint64_t ms)
{
	int64_t age_ms = snapshot->now_ms - (int64_t)ms;

	if (ms == 0)
		return report_nothing();
	return report_number(age_ms > 0 ? age_ms : 0);
}

static void fill_slot(struct report_value *values,
		      const struct snapshot *snapshot, unsigned slot)
{
	const struct snapshot_slot *state = &snapshot->slots[slot];

	values[WORKER_SLOT] = number(slot);
	values[WORKER_STEERED] = report_number(state->is_steered_around);
	if (state->adopter >= 0)
		values[WORKER_ADOPTER] = report_number(state->adopter);
	if (state->share_percent >= 0)
		values[WORKER_SHARE] = report_number(state->share_percent);
}

static void fill_callback(struct report_value *values,
			  const struct snapshot *snapshot,
			  const uint64_t *cells)
{
	uint64_t callback = cells[SCOREBOARD_CALLBACK];

	if (callback >= SCOREBOARD_CALLBACKS || callback == SCOREBOARD_IN_NONE)
		return;
	values[WORKER_CALLBACK] =
		report_text(scoreboard_callback_names[callback]);
	values[WORKER_CALLBACK_MS] =
		since(snapshot, cells[SCOREBOARD_CALLBACK_MS]);
	if (cells[SCOREBOARD_CALLBACK_ID] != 0)
		values[WORKER_CALLBACK_ID] =
			number(cells[SCOREBOARD_CALLBACK_ID]);
}

static void fill_state(struct report_value *values,
		       const struct snapshot *snapshot,
		       const struct snapshot_worker *worker)
{
	int64_t left_ms = worker->drain_until_ms - snapshot->now_ms;

	values[WORKER_CONDITION] = report_text(condition_of(worker));
	values[WORKER_STATE] =
		report_text(board_worker_state_names[worker->state]);
	values[WORKER_SUSPECT] = report_number(worker->is_suspect);
	values[WORKER_FULL] = report_number(worker->is_full);
	values[WORKER_LEAVING] = report_number(worker->is_leaving);
	values[WORKER_ORPHAN] = report_number(worker->is_orphan);
	if (worker->drain_until_ms >= 0 &&
	    worker->state == BOARD_WORKER_DRAINING)
		values[WORKER_DRAIN_LEFT] =
			report_number(left_ms > 0 ? left_ms : 0);
}

void report_worker(struct report_value *values, const struct snapshot *snapshot,
		   const struct snapshot_worker *worker)
{
	const uint64_t *cells = worker->cells;
	unsigned i;

	for (i = 0; i < WORKER_COLUMNS; i++)
		values[i] = report_nothing();
	values[WORKER_SLOT] = number(worker->slot);
	if (worker->slot < BOARD_SLOTS &&
	    worker->state != BOARD_WORKER_DRAINING)
		fill_slot(values, snapshot, worker->slot);
	values[WORKER_PID] = number((uint64_t)worker->pid);
	values[WORKER_GENERATION] = number(worker->generation);
	values[WORKER_CONNECTIONS] = number(worker->live_count);
	values[WORKER_OUTGOING] = number(worker->outgoing_count);
	values[WORKER_ACCEPTED] = number(worker->accepted_count);
	/* The queue is that of the worker that the slot has now. */
	if (worker->state != BOARD_WORKER_DRAINING)
		values[WORKER_QUEUE] = number(worker->queue_length);
	values[WORKER_RECEIVED] = number(worker->received_bytes);
	values[WORKER_SENT] = number(worker->sent_bytes);
	values[WORKER_QUEUED] = number(worker->queued_bytes);
	values[WORKER_AGE] = since(snapshot, cells[SCOREBOARD_STARTED_MS]);
	values[WORKER_HEARTBEAT] =
		since(snapshot, cells[SCOREBOARD_HEARTBEAT_MS]);
	values[WORKER_ACCEPTING] =
		report_number(cells[SCOREBOARD_ACCEPTING] != 0);
	values[WORKER_BUSY_POLL] =
		number(cells[SCOREBOARD_BUSY_POLL_US] / 1000);
	fill_callback(values, snapshot, cells);
	fill_state(values, snapshot, worker);
}

/* ---- Slots ---- */

enum {
	SLOT_NUMBER,
	SLOT_STATE,
	SLOT_WANTED,
	SLOT_STEERED,
	SLOT_ADOPTER,
	SLOT_QUEUE,
	SLOT_COLUMNS,
};
_Static_assert(SLOT_COLUMNS == REPORT_SLOT_COLUMNS, "see reports.h");

static const struct report_column slot_columns[] = {
	[SLOT_NUMBER] = {"slot", REPORT_COUNT, "SLOT", "the place of a worker",
			 0},
	[SLOT_STATE] = {"state", REPORT_STATE, "STATE",
			"empty, starting, serving, suspect, waiting, parked",
			0},
	[SLOT_WANTED] = {"is_wanted", REPORT_BOOLEAN, "WANTED",
			 "there is to be a worker in it", 0},
	[SLOT_STEERED] = {"is_steered_around", REPORT_BOOLEAN, "STEERED",
			  "it gets no new connections", 0},
	[SLOT_ADOPTER] = {"adopter", REPORT_COUNT, "ADOPTER",
			  "slot whose worker accepts for it", 0},
	[SLOT_QUEUE] = {"queue", REPORT_COUNT, "QUEUE",
			"clients that wait to be accepted", 0},
};

const struct report_table report_slot_table = {"slots", slot_columns,
					       SLOT_COLUMNS, false};

static uint64_t queue_of_slot(const struct snapshot *snapshot, unsigned slot)
{
	uint64_t length = 0;
	unsigned i;

	for (i = 0; i < snapshot->service_count; i++)
		length += snapshot->services[i].queue_by_slot[slot];
	return length;
}

void report_slot(struct report_value *values, const struct snapshot *snapshot,
		 unsigned slot)
{
	const struct snapshot_slot *state = &snapshot->slots[slot];

	values[SLOT_NUMBER] = number(slot);
	values[SLOT_STATE] = report_text(board_slot_state_names[state->state]);
	values[SLOT_WANTED] = report_number(state->is_wanted);
	values[SLOT_STEERED] = report_number(state->is_steered_around);
	values[SLOT_ADOPTER] = state->adopter >= 0
				       ? report_number(state->adopter)
				       : report_nothing();
	values[SLOT_QUEUE] = number(queue_of_slot(snapshot, slot));
}

bool report_is_vacant(const struct snapshot *snapshot, unsigned slot)
{
	unsigned i;

	if (!snapshot->slots[slot].is_wanted)
		return false;
	for (i = 0; i < snapshot->worker_count; i++)
		if (snapshot->workers[i].slot == slot &&
		    snapshot->workers[i].state != BOARD_WORKER_DRAINING)
			return false;
	return true;
}

void report_vacancy(struct report_value *values,
		    const struct snapshot *snapshot, unsigned slot)
{
	unsigned i;

	for (i = 0; i < WORKER_COLUMNS; i++)
		values[i] = report_nothing();
	fill_slot(values, snapshot, slot);
	values[WORKER_CONDITION] = report_text(
		board_slot_state_names[snapshot->slots[slot].state]);
	values[WORKER_QUEUE] = number(queue_of_slot(snapshot, slot));
}
