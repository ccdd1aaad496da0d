/* SPDX-License-Identifier: MIT */
/* supervisor_import_groups.c - the lines of a state that the bank is made
 * of. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "process/supervisor_handover.h"
#include "process/supervisor_import.h"
#include "process/supervisor_internal.h"

int import_group(struct import *import, const char *rest)
{
	static const struct address none;
	unsigned is_shared, position, last, has_inode;
	int lock, reservation, used = 0;

	if (sscanf(rest, "%u %u %d %d %u %u %n", &is_shared, &position, &lock,
		   &reservation, &last, &has_inode, &used) < 6 ||
	    used == 0)
		return -1;
	import->group = bank_add(&import->supervisor->bank, &none, rest + used,
				 position);
	if (!import->group)
		return -1;
	import->group->is_shared = import_flag(is_shared);
	import->group->last_generation = last;
	import->group->has_inode = import_flag(has_inode);
	import->group->reservation = import_take(import, reservation);
	/* Whatever program the kernel has, the next one replaces it. */
	import->group->is_steered = true;
	/* It may have been turning newcomers away; a trial must not let them
	 * in. */
	import->group->is_barred = !import_is(import, IMPORT_TRIAL);
	if (import_is(import, IMPORT_UPGRADE))
		instance_lock_adopt(&import->group->lock,
				    import_take(import, lock));
	return 0;
}

int import_inode(struct import *import, const char *rest)
{
	uintmax_t device, inode;

	if (!import->group || sscanf(rest, "%ju %ju", &device, &inode) != 2)
		return -1;
	import->group->inode.device = (dev_t)device;
	import->group->inode.inode = (ino_t)inode;
	/* The file is not a trial's to remove, nor a successor's until all has
	 * been taken. */
	if (!import_is(import, IMPORT_UPGRADE))
		import->group->has_inode = false;
	return 0;
}

int import_asked(struct import *import, const char *rest)
{
	struct error error;

	return import->group
		       ? address_parse(&import->group->asked, rest, &error)
		       : -1;
}

int import_address(struct import *import, const char *rest)
{
	struct error error;

	return import->group
		       ? address_parse(&import->group->address, rest, &error)
		       : -1;
}

int import_listener(struct import *import, const char *rest)
{
	unsigned slot;
	int fd;

	if (!import->group || sscanf(rest, "%u %d", &slot, &fd) != 2 ||
	    slot >= CONFIG_WORKERS_MAX)
		return -1;
	import->group->fds[slot] = import_take(import, fd);
	return import->group->fds[slot] < 0 ? -1 : 0;
}

/* The last word, if it is there. */
static bool is_adrift(const char *rest)
{
	const char *word = strchr(rest, ' ');

	return word && strcmp(word, " adrift") == 0;
}

int import_listens(struct import *import, const char *rest)
{
	unsigned slot;

	if (!import->group || sscanf(rest, "%u", &slot) != 1 ||
	    slot >= CONFIG_WORKERS_MAX)
		return -1;
	bank_note_listening(import->group, slot);
	if (is_adrift(rest)) {
		import->group->is_adrift[slot] = true;
		import->group->adrift_count++;
	}
	return 0;
}

int import_stranger(struct import *import, const char *rest)
{
	uint64_t inode;
	int number;

	if (!import->group || sscanf(rest, "%" SCNu64, &inode) != 1 ||
	    inode == 0)
		return -1;
	number = bank_note_stranger(import->group, inode);
	if (number < 0)
		return -1;
	import->group->is_adrift[number] = is_adrift(rest);
	return 0;
}

int import_surplus(struct import *import, const char *rest)
{
	unsigned count;

	if (!import->group || sscanf(rest, "%u", &count) != 1)
		return -1;
	import->group->roll.surplus_count = count;
	return 0;
}
