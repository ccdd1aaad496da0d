/* SPDX-License-Identifier: MIT */
/* supervisor_admin_state.c - listeners and processes of the admin go along when
 * another build takes over.  A successor opens its own: the admin process ends
 * with its supervisor. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "process/supervisor_handover.h"
#include "process/supervisor_import.h"
#include "process/supervisor_internal.h"

/* A trial checks that it could read the lines. */
static int keep(struct exported *exported, int fd)
{
	return exported->purpose == EXPORT_FOR_UPGRADE
		       ? supervisor_keep_open(exported, fd)
		       : -1;
}

static void write_listener(struct exported *exported,
			   const struct admin_listener *listener)
{
	char text[ADDRESS_TEXT];

	text_append(
		&exported->text, "admin_listener %d %d %u %u %ju %ju %s\n",
		keep(exported, listener->fd), keep(exported, listener->lock.fd),
		(unsigned)listener->is_control, (unsigned)listener->has_inode,
		(uintmax_t)listener->inode.device,
		(uintmax_t)listener->inode.inode,
		address_format(text, &listener->asked));
}

static void write_process(struct exported *exported,
			  const struct admin_process *process)
{
	if (process->state != ADMIN_FREE && !process->is_reaped &&
	    process->channel.fd >= 0)
		text_append(&exported->text,
			    "admin_process %d %d %u %u %" PRId64 "\n",
			    (int)process->pid,
			    keep(exported, process->channel.fd),
			    process->edition, (unsigned)process->state,
			    process->ready_ms);
}

void supervisor_export_admin(struct exported *exported,
			     const struct supervisor_admin *admin)
{
	unsigned i;

	if (exported->purpose == EXPORT_FOR_KEEPER || admin->edition == 0)
		return;
	text_append(&exported->text, "admin %u\n", admin->edition);
	for (i = 0; i < admin->current.count; i++)
		write_listener(exported, admin->current.list[i]);
	for (i = 0; i < ADMIN_PROCESSES; i++)
		write_process(exported, &admin->processes[i]);
}

int import_admin(struct import *import, const char *rest)
{
	unsigned *edition = &import->supervisor->admin.edition;

	if (sscanf(rest, "%u", edition) != 1)
		return -1;
	/* Those who serve cannot read it any more: another one has to. */
	*edition += import->is_board_anew;
	return 0;
}

int import_admin_listener(struct import *import, const char *rest)
{
	struct supervisor *supervisor = import->supervisor;
	struct admin_listener *listener;
	int fd, lock_fd, size = 0;
	unsigned is_control, has_inode;
	uintmax_t device, inode;
	struct address asked;
	struct error error;

	if (sscanf(rest, "%d %d %u %u %ju %ju %n", &fd, &lock_fd, &is_control,
		   &has_inode, &device, &inode, &size) < 6 ||
	    size == 0 || address_parse(&asked, rest + size, &error) < 0)
		return -1;
	if (import_is(import, IMPORT_TRIAL))
		return 0;
	listener = admin_listeners_adopt(
		&supervisor->admin.current, &asked, import_take(import, fd),
		import_take(import, lock_fd), &supervisor->loop);
	if (!listener)
		return -1;
	listener->is_control = import_flag(is_control);
	listener->has_inode = import_flag(has_inode);
	listener->inode.device = (dev_t)device;
	listener->inode.inode = (ino_t)inode;
	return 0;
}

static struct admin_process *find_free(struct supervisor_admin *admin)
{
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++)
		if (admin->processes[i].state == ADMIN_FREE)
			return &admin->processes[i];
	return NULL;
}

int import_admin_process(struct import *import, const char *rest)
{
	struct supervisor_admin *admin = &import->supervisor->admin;
	struct admin_process *process = find_free(admin);
	unsigned edition, state;
	int64_t ready_ms;
	int pid, fd;

	if (sscanf(rest, "%d %d %u %u %" SCNd64, &pid, &fd, &edition, &state,
		   &ready_ms) != 5 ||
	    state == ADMIN_FREE || state >= ADMIN_STATES || !process)
		return -1;
	if (import_is(import, IMPORT_TRIAL))
		return 0;
	supervisor_init_admin_process(process, admin);
	process->pid = pid;
	process->edition = edition;
	process->state = (enum admin_state)state;
	process->ready_ms = ready_ms;
	/* One that retires may have heard of it, or not. */
	if (process->state == ADMIN_RETIRING)
		process->until_ms =
			import->supervisor->loop.now_ms + ADMIN_RETIRE_MS;
	return channel_start(&process->channel, &import->supervisor->loop,
			     import_take(import, fd), supervisor_admin_received,
			     supervisor_admin_closed);
}

void supervisor_resume_admin(struct supervisor *supervisor)
{
	struct admin_process *process = supervisor->admin.processes;
	unsigned i;

	supervisor_note_acquainted(supervisor);
	for (i = 0; i < ADMIN_PROCESSES; i++, process++) {
		if (process->state == ADMIN_FREE)
			continue;
		process->timeout_ms =
			supervisor->current->config->watchdog_timeout_ms;
		if (process->state == ADMIN_RETIRING)
			supervisor_order_admin(process, RECORD_RETIRE);
		supervisor_look_at_admin(&supervisor->admin,
					 supervisor->loop.now_ms);
	}
	/* One may have died of late. */
	supervisor_further_admin(&supervisor->admin);
}
