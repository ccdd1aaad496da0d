/* SPDX-License-Identifier: MIT */
/* supervisor_admin_records.c - what the admin process says to the supervisor,
 * and is told.
 *
 * It reads what strangers send, so nothing that it says is believed: whatever
 * is not exactly as it has to be ends it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/supervisor_internal.h"

#define RETRY_MS 100

/* ---- What it says ---------------------------------------------------- */

static void on_ready(struct admin_process *process, const struct record *record)
{
	(void)record;
	supervisor_admin_ready(process);
}

/* That it was heard is all. */
static void on_beat(struct admin_process *process, const struct record *record)
{
	(void)process;
	(void)record;
}

static void on_failed(struct admin_process *process,
		      const struct record *record)
{
	struct error *failure = &process->failure;

	failure->number = (int)record->number;
	snprintf(failure->text, sizeof(failure->text), "%.*s",
		 (int)record->size, (const char *)record->data);
}

/* Somebody has sent it a TERM: another one comes before it goes. */
static void on_leave(struct admin_process *process, const struct record *record)
{
	struct supervisor_admin *admin = process->admin;

	(void)record;
	if (process->state == ADMIN_SERVING &&
	    process->edition == admin->edition)
		supervisor_roll_admin(admin->supervisor);
}

/* Checked where it is carried out; too many are refused there. */
static void on_order(struct admin_process *process, const struct record *record)
{
	supervisor_take_order(process->admin->supervisor, record);
}

static const struct record_row {
	enum record_type type;
	uint32_t size_limit;
	void (*handle)(struct admin_process *process,
		       const struct record *record);
} rows[] = {
	{RECORD_READY, 0, on_ready},
	{RECORD_BEAT, 0, on_beat},
	{RECORD_LEAVE, 0, on_leave},
	{RECORD_FAILED, RECORD_DATA_BYTES, on_failed},
	{RECORD_ORDER, RECORD_DATA_BYTES, on_order},
};

void supervisor_admin_received(struct channel *channel,
			       const struct record *record, const int *fds)
{
	struct admin_process *process =
		list_entry(channel, struct admin_process, channel);
	uint32_t i;

	process->heard_ms = process->admin->supervisor->loop.now_ms;
	channel_drop(fds, record->descriptor_count);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != record->type)
			continue;
		if (record->size > rows[i].size_limit ||
		    record->descriptor_count > 0)
			break;
		rows[i].handle(process, record);
		return;
	}
	supervisor_kill_admin(process, "it does not keep to the protocol");
}

/* ---- What it is told ------------------------------------------------- */

static bool is_full(int number)
{
	return number == EAGAIN || number == ENOBUFS || number == ENOMEM ||
	       number == ETOOMANYREFS;
}

static int send_order(struct admin_process *process, enum record_type type)
{
	int log_fd = log_descriptor();
	struct channel_load load = {0};

	if (type == RECORD_LOG) {
		load.data = log_form();
		load.size = sizeof(*log_form());
		load.fds = &log_fd;
		load.fd_count = log_fd >= 0;
	}
	return channel_send(&process->channel, type, &load);
}

static const enum record_type types[] = {RECORD_LOG, RECORD_RETIRE};

/* Any failure but a full channel means that it is dying. */
static void send_unsent(struct admin_process *process)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!(process->unsent & 1u << types[i]))
			continue;
		if (send_order(process, types[i]) < 0 && is_full(errno))
			return;
		process->unsent &= ~(1u << types[i]);
	}
}

void supervisor_order_admin(struct admin_process *process,
			    enum record_type type)
{
	struct supervisor_admin *admin = process->admin;

	process->unsent |= 1u << type;
	send_unsent(process);
	if (process->unsent)
		supervisor_look_at_admin(admin, admin->supervisor->loop.now_ms +
							RETRY_MS);
}

void supervisor_order_admin_log(struct supervisor *supervisor)
{
	struct admin_process *process = supervisor->admin.processes;
	unsigned i;

	if (log_descriptor() < 0)
		return;
	for (i = 0; i < ADMIN_PROCESSES; i++, process++)
		if (process->state != ADMIN_FREE)
			supervisor_order_admin(process, RECORD_LOG);
}

bool supervisor_order_admins_further(struct supervisor_admin *admin)
{
	struct admin_process *process = admin->processes;
	bool is_left = false;
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++, process++) {
		if (process->state == ADMIN_FREE || !process->unsent)
			continue;
		send_unsent(process);
		is_left |= process->unsent != 0;
	}
	return is_left;
}
