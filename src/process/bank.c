/* SPDX-License-Identifier: MIT */
/* bank.c - descriptors by group and slot. */
#include "process/bank.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bank_init(struct bank *bank)
{
	list_init(&bank->groups);
}

void bank_release(struct bank *bank)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &bank->groups)
		bank_remove(list_entry(node, struct bank_group, node));
}

void bank_leave(struct bank *bank)
{
	struct list *node;

	list_for_each (node, &bank->groups)
		list_entry(node, struct bank_group, node)->has_inode = false;
}

struct bank_group *bank_add(struct bank *bank, const struct address *asked,
			    const char *service, unsigned position)
{
	struct bank_group *group = calloc(1, sizeof(*group));
	unsigned i;

	if (!group)
		return NULL;
	group->asked = *asked;
	group->address = *asked;
	memcpy(group->service, service,
	       strnlen(service, sizeof(group->service) - 1));
	group->position = position;
	group->reservation = BANK_NONE;
	group->roll.uid = (uid_t)-1;
	instance_lock_init(&group->lock);
	for (i = 0; i < CONFIG_WORKERS_MAX; i++)
		group->fds[i] = BANK_NONE;
	list_append(&bank->groups, &group->node);
	return group;
}

static void close_group(struct bank_group *group)
{
	unsigned slot;

	bank_end_reservation(group);
	for (slot = 0; slot < CONFIG_WORKERS_MAX; slot++)
		bank_close_slot(group, slot);
	bank_close_shared(group);
	instance_unlock(&group->lock);
}

void bank_close(struct bank *bank)
{
	struct list *node;

	list_for_each (node, &bank->groups)
		close_group(list_entry(node, struct bank_group, node));
}

void bank_remove(struct bank_group *group)
{
	close_group(group);
	list_remove(&group->node);
	free(group);
}

static bool is_any_port(const struct address *address)
{
	return (address->kind == ADDRESS_IPV4 ||
		address->kind == ADDRESS_IPV6) &&
	       address_port(address) == 0;
}

struct bank_group *bank_find(const struct bank *bank,
			     const struct address *asked, const char *service,
			     unsigned position)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &bank->groups) {
		group = list_entry(node, struct bank_group, node);
		/* The port may have been picked by the kernel, and be named
		 * since. */
		if (!is_any_port(asked) &&
		    (address_is_equal(&group->asked, asked) ||
		     address_is_equal(&group->address, asked)))
			return group;
		if (address_is_equal(&group->asked, asked) &&
		    group->position == position &&
		    strcmp(group->service, service) == 0)
			return group;
	}
	return NULL;
}

static int *place_of(struct bank_group *group, unsigned slot)
{
	return &group->fds[group->is_shared ? 0 : slot];
}

void bank_share(struct bank_group *group, int fd)
{
	group->is_shared = true;
	group->fds[0] = fd;
}

int bank_put(struct bank_group *group, unsigned slot, int fd)
{
	int *place = place_of(group, slot);

	if (group->is_shared || *place != BANK_NONE)
		return -1;
	*place = fd;
	return 0;
}

int bank_get(const struct bank_group *group, unsigned slot)
{
	return group->fds[group->is_shared ? 0 : slot];
}

/* ---- The kernel's order ---------------------------------------------- */

static unsigned position_of(const struct bank_group *group, unsigned number)
{
	unsigned i;

	for (i = 0; i < group->order_count; i++)
		if (group->order[i] == number)
			break;
	return i;
}

/* Behind strangers without a place: how many there are by now, the kernel
 * knows. */
static void append(struct bank_group *group, unsigned number)
{
	group->order[group->order_count++] = (unsigned short)number;
	group->is_adrift[number] = group->roll.surplus_count > 0;
}

/* The kernel moves its last into the gap.  If that may be another one than our
 * last, or the gap elsewhere, our last is where nobody knows from now on. */
static void leave_order(struct bank_group *group, unsigned number)
{
	unsigned position = position_of(group, number);
	unsigned last;

	if (position == group->order_count)
		return;
	last = group->order[--group->order_count];
	if (last != number &&
	    (group->is_adrift[number] || group->roll.surplus_count > 0))
		group->is_adrift[last] = true;
	group->order[position] = (unsigned short)last;
	group->is_adrift[number] = false;
}

bool bank_is_listening(const struct bank_group *group, unsigned slot)
{
	return group->is_shared ||
	       position_of(group, slot) < group->order_count;
}

void bank_note_listening(struct bank_group *group, unsigned slot)
{
	group->is_deaf[slot] = false;
	if (bank_is_listening(group, slot))
		return;
	append(group, slot);
}

void bank_note_deaf(struct bank_group *group, unsigned slot)
{
	group->is_deaf[slot] = true;
	leave_order(group, slot);
}

bool bank_is_stranger(unsigned number)
{
	return number >= CONFIG_WORKERS_MAX;
}

int bank_note_stranger(struct bank_group *group, uint64_t inode)
{
	unsigned i;

	for (i = 0; i < BANK_STRANGERS; i++) {
		if (group->strangers[i] != 0)
			continue;
		group->strangers[i] = inode;
		append(group, CONFIG_WORKERS_MAX + i);
		return (int)(CONFIG_WORKERS_MAX + i);
	}
	return -1;
}

void bank_forget_stranger(struct bank_group *group, unsigned number)
{
	group->strangers[number - CONFIG_WORKERS_MAX] = 0;
	leave_order(group, number);
}

void bank_replace_stranger(struct bank_group *group, unsigned number,
			   uint64_t inode)
{
	group->strangers[number - CONFIG_WORKERS_MAX] = inode;
	group->is_adrift[number] = true;
}

unsigned bank_settle(struct bank_group *group)
{
	unsigned i, number, count = 0, last = 0;

	group->adrift_count = 0;
	for (i = 0; i < group->order_count; i++) {
		number = group->order[i];
		if (!group->is_adrift[number])
			continue;
		count++;
		last = number;
		group->adrift_count += !bank_is_stranger(number);
	}
	if (count == 1 && group->roll.surplus_count == 0) {
		group->is_adrift[last] = false;
		group->adrift_count = 0;
	}
	return group->adrift_count;
}

/* ---- The end --------------------------------------------------------- */

static void close_place(int *place)
{
	if (*place != BANK_NONE)
		close(*place);
	*place = BANK_NONE;
}

void bank_end_reservation(struct bank_group *group)
{
	close_place(&group->reservation);
}

void bank_close_slot(struct bank_group *group, unsigned slot)
{
	if (group->is_shared)
		return;
	close_place(place_of(group, slot));
	leave_order(group, slot);
	group->is_deaf[slot] = false;
	group->roll.own[slot] = 0;
}

void bank_close_shared(struct bank_group *group)
{
	if (!group->is_shared)
		return;
	close_place(&group->fds[0]);
	if (group->has_inode)
		listener_unlink(&group->asked, &group->inode);
	group->has_inode = false;
}
