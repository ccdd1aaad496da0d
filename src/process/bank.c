/* SPDX-License-Identifier: MIT */
/* bank.c - descriptors by group and slot. */
#include "process/bank.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

#define BANK_NONE (-1)

void bank_init(struct bank *bank, unsigned group_count, unsigned slot_count)
{
	size_t i, count = (size_t)group_count * slot_count;

	bank->group_count = group_count;
	bank->slot_count = slot_count;
	bank->groups = memory_require(group_count, sizeof(*bank->groups));
	bank->fds = memory_require(count, sizeof(*bank->fds));
	for (i = 0; i < count; i++)
		bank->fds[i] = BANK_NONE;
	for (i = 0; i < group_count; i++)
		bank->groups[i].fds = bank->fds + i * slot_count;
}

void bank_release(struct bank *bank)
{
	unsigned slot;

	for (slot = 0; slot < bank->slot_count; slot++)
		bank_close_slot(bank, slot);
	bank_close_shared(bank);
	free(bank->groups);
	free(bank->fds);
}

static int *place_of(const struct bank *bank, unsigned slot, unsigned group)
{
	const struct bank_group *found = &bank->groups[group];

	return &found->fds[found->is_shared ? 0 : slot];
}

void bank_share(struct bank *bank, unsigned group, int fd)
{
	bank->groups[group].is_shared = true;
	bank->groups[group].fds[0] = fd;
}

int bank_put(struct bank *bank, unsigned slot, unsigned group, int fd)
{
	int *place;

	if (group >= bank->group_count || bank->groups[group].is_shared)
		return -1;
	place = place_of(bank, slot, group);
	if (*place != BANK_NONE)
		return -1;
	*place = fd;
	return 0;
}

int bank_get(const struct bank *bank, unsigned slot, unsigned group)
{
	return *place_of(bank, slot, group);
}

bool bank_has_slot(const struct bank *bank, unsigned slot)
{
	unsigned group;

	for (group = 0; group < bank->group_count; group++)
		if (bank_get(bank, slot, group) == BANK_NONE)
			return false;
	return true;
}

bool bank_has_group(const struct bank *bank, unsigned group)
{
	unsigned slot;

	for (slot = 0; slot < bank->slot_count; slot++)
		if (bank_get(bank, slot, group) == BANK_NONE)
			return false;
	return true;
}

static void close_place(int *place)
{
	if (*place != BANK_NONE)
		close(*place);
	*place = BANK_NONE;
}

void bank_close_slot(struct bank *bank, unsigned slot)
{
	unsigned group;

	for (group = 0; group < bank->group_count; group++)
		if (!bank->groups[group].is_shared)
			close_place(place_of(bank, slot, group));
}

void bank_close_shared(struct bank *bank)
{
	unsigned group;

	for (group = 0; group < bank->group_count; group++)
		if (bank->groups[group].is_shared)
			close_place(place_of(bank, 0, group));
}
