/* SPDX-License-Identifier: MIT */
/* supervisor_salvage.c - listeners that outlived an instance before us, with
 * all who wait in them: the service manager has stored them, or workers hold
 * them that are orphans without a keeper.
 *
 * Which index each has in the kernel's order nobody can tell.  They are taken
 * to be in the order in which they come; where that is wrong, a connection goes
 * to another listener than was meant, and each has somebody who accepts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/cpus.h"
#include "process/supervisor_internal.h"

/* ---- The names of what is stored ------------------------------------- */

char *supervisor_stored_name(char out[SUPERVISOR_STORED_NAME],
			     const struct bank_group *group, unsigned slot)
{
	char address[ADDRESS_TEXT], *colon;

	address_format(address, &group->address);
	for (colon = address; (colon = strchr(colon, ':')) != NULL;)
		*colon = '+';
	snprintf(out, SUPERVISOR_STORED_NAME, PASSED_STORED "%u/%s", slot,
		 address);
	return out;
}

/* ---- One listener ---------------------------------------------------- */

/* With the options as they are configured now.  Takes `fd`. */
static void keep(struct supervisor *supervisor, struct bank_group *group,
		 const struct sockopt_settings *options, unsigned slot, int fd)
{
	const struct sockopt_owner owner = {
		.cpu = group->is_shared ? -1 : cpus_of_slot(slot),
		.is_first = slot == 0,
	};
	int family = group->address.socket.generic.sa_family;
	struct error error;

	if (address_port(&group->address) != 0)
		(void)steering_bar(fd, false); /* our predecessor's */
	if (sockopt_apply_listener(fd, family, options, &owner, &error) < 0 ||
	    listener_listen(fd, options->backlog, &error) < 0)
		log_warning("%s", error.text);
	if (group->is_shared) {
		bank_share(group, fd);
		group->has_inode =
			listener_inode_of(&group->asked, &group->inode) == 0;
		return;
	}
	if (bank_put(group, slot, fd) < 0) {
		close(fd);
		return;
	}
	bank_note_listening(group, slot);
	supervisor->slots[slot].is_listening = true;
	if (slot >= supervisor->slot_high)
		supervisor->slot_high = slot + 1;
}

/* ---- From the service manager ---------------------------------------- */

static bool is_of_group(const struct passed_socket *socket,
			const struct bank_group *group, unsigned *slot)
{
	char name[SUPERVISOR_STORED_NAME];
	struct address bound;

	if (socket->fd < 0 ||
	    sscanf(socket->name, PASSED_STORED "%u/", slot) != 1 ||
	    *slot >= CONFIG_WORKERS_MAX ||
	    strcmp(socket->name, supervisor_stored_name(name, group, *slot)) !=
		    0)
		return false;
	return address_of_socket(&bound, socket->fd) == 0 &&
	       address_is_equal(&bound, &group->address);
}

static unsigned take_stored(struct supervisor *supervisor,
			    struct bank_group *group,
			    const struct sockopt_settings *options)
{
	struct passed *passed = &supervisor->passed;
	unsigned i, slot, count = 0;

	for (i = 0; i < passed->count; i++) {
		if (!is_of_group(&passed->sockets[i], group, &slot))
			continue;
		keep(supervisor, group, options, slot, passed->sockets[i].fd);
		passed->sockets[i].fd = -1;
		count++;
		if (group->is_shared)
			break;
	}
	return count;
}

/* ---- From orphans ---------------------------------------------------- */

static unsigned take_from_strays(struct supervisor *supervisor,
				 struct bank_group *group,
				 const struct sockopt_settings *options)
{
	int fds[CONFIG_WORKERS_MAX];
	unsigned i,
		count = strays_take(&supervisor->strays, &group->address, fds,
				    group->is_shared ? 1 : CONFIG_WORKERS_MAX);

	for (i = 0; i < count; i++)
		keep(supervisor, group, options, i, fds[i]);
	return count;
}

/* ---- All of it ------------------------------------------------------- */

bool supervisor_salvage(struct supervisor *supervisor, struct bank_group *group,
			bool is_shared, const struct sockopt_settings *options)
{
	char text[ADDRESS_TEXT];
	const char *source = "the service manager's store";
	unsigned count;

	if (!supervisor->is_fresh)
		return false;
	group->is_shared = is_shared;
	count = take_stored(supervisor, group, options);
	if (count == 0) {
		source = "workers of a supervisor that was killed";
		count = take_from_strays(supervisor, group, options);
	}
	if (count == 0) {
		group->is_shared = false;
		return false;
	}
	/* Whatever program steers it, ours replaces that. */
	group->is_steered = true;
	log_info("%s: taking over %u listener%s from %s",
		 address_format(text, &group->address), count,
		 count == 1 ? "" : "s", source);
	return true;
}

/* Slots that are not wanted now hold listeners that are. */
void supervisor_park_salvaged(struct supervisor *supervisor)
{
	unsigned i;

	for (i = supervisor->slot_count; i < supervisor->slot_high; i++)
		supervisor_park(&supervisor->slots[i]);
}
