/* SPDX-License-Identifier: MIT */
/* roll_call.c - who is ours, who is known, who is new. */
#include "process/roll_call.h"

#include <string.h>

void roll_call_own(struct bank_group *group, unsigned slot,
		   const struct group_member *own, bool has_key)
{
	struct bank_roll *roll = &group->roll;

	roll->own[slot] = own->inode;
	roll->uid = own->uid;
	if (has_key) {
		roll->key = own->key;
		roll->has_key = true;
	}
	if (roll->own_high <= slot)
		roll->own_high = slot + 1;
}

void roll_call_begin(struct bank_group *group)
{
	memset(group->roll.is_found, 0, sizeof(group->roll.is_found));
	group->roll.arrival_count = 0;
}

static bool is_own(const struct bank_roll *roll, uint64_t inode)
{
	unsigned slot;

	for (slot = 0; slot < roll->own_high; slot++)
		if (roll->own[slot] == inode)
			return true;
	return false;
}

static int index_of(const struct bank_group *group, uint64_t inode)
{
	int i;

	for (i = 0; i < BANK_STRANGERS; i++)
		if (group->strangers[i] == inode)
			return i;
	return -1;
}

bool roll_call_find(struct bank_group *group, uint64_t inode)
{
	int i = index_of(group, inode);

	if (i >= 0)
		group->roll.is_found[i] = true;
	return i >= 0;
}

static bool is_newest_first(const struct bank_group *group)
{
	return group->address.kind == ADDRESS_IPV4;
}

/* The newest are those that are left out: what has a place is the kernel's
 * order as far as it goes. */
static void note_arrival(struct bank_group *group,
			 const struct group_member *member)
{
	struct bank_roll *roll = &group->roll;
	unsigned at = roll->arrival_count++;

	if (is_newest_first(group))
		roll->arrivals[at % BANK_STRANGERS] = *member;
	else if (at < BANK_STRANGERS)
		roll->arrivals[at] = *member;
}

void roll_call_answer(struct bank_group *group,
		      const struct group_member *member)
{
	struct bank_roll *roll = &group->roll;

	if (member->inode == 0)
		return; /* it is being closed */
	if (!is_own(roll, member->inode)) {
		if (member->uid == roll->uid &&
		    !roll_call_find(group, member->inode) &&
		    (!roll->has_key ||
		     group_key_is_equal(&member->key, &roll->key)))
			note_arrival(group, member);
	} else if (!roll->has_key) {
		/* An old kernel did not say: who came before is judged in the
		 * next round. */
		roll->key = member->key;
		roll->has_key = true;
		roll->arrival_count = 0;
	}
}

int roll_call_missing(const struct bank_group *group, unsigned number)
{
	unsigned i = bank_is_stranger(number) ? number - CONFIG_WORKERS_MAX : 0;

	for (; i < BANK_STRANGERS; i++)
		if (group->strangers[i] != 0 && !group->roll.is_found[i])
			return (int)(CONFIG_WORKERS_MAX + i);
	return -1;
}

const struct group_member *roll_call_arrival(const struct bank_group *group,
					     unsigned i)
{
	const struct bank_roll *roll = &group->roll;

	if (i >= roll->arrival_count || i >= BANK_STRANGERS)
		return NULL;
	if (is_newest_first(group))
		i = (roll->arrival_count - 1 - i) % BANK_STRANGERS;
	return &roll->arrivals[i];
}

const struct group_member *roll_call_youngest(const struct bank_group *group)
{
	const struct group_member *member;
	unsigned i = group->roll.arrival_count;

	if (i > BANK_STRANGERS)
		i = BANK_STRANGERS;
	while (i > 0) {
		member = roll_call_arrival(group, --i);
		if (index_of(group, member->inode) < 0)
			return member;
	}
	return NULL;
}
