/* SPDX-License-Identifier: MIT */
/* supervisor_adopt.c - who accepts where no worker of the slot does.
 *
 * The listener of a slot that is parked, suspect, full or vacant for more than
 * a moment is lent to a sibling with room, through its channel, and taken back
 * when the slot has a fit worker again.  Both may accept meanwhile: a client
 * is taken by one of them. */
#include "process/supervisor_internal.h"

#include <errno.h>

#define RETRY_MS 20   /* a sibling's channel was full */
#define REST_MS  1000 /* it had no means to accept for another */

static void rest(struct child *child, int64_t rest_ms)
{
	child->adopt_rest_ms = child->supervisor->loop.now_ms + rest_ms;
	supervisor_arrange_by(child->supervisor, child->adopt_rest_ms);
}

/* 0; or -1, to be tried again.  Other failures mean that the sibling dies,
 * which comes back as its end. */
static int tell(struct child *child, enum record_type type,
		const struct bank_group *group, unsigned slot)
{
	int index = generation_index(child->supervisor->current, group);
	int fd = bank_get(group, slot);
	const struct channel_load load = {
		.number = (uint32_t)index,
		.data = &slot,
		.size = sizeof(slot),
		.fds = &fd,
		.fd_count = type == RECORD_ADOPT,
	};

	if (channel_send(&child->channel, type, &load) == 0)
		return 0;
	rest(child, RETRY_MS);
	return -1;
}

static bool may_adopt(const struct child *child, const struct bank_group *group)
{
	return child->slot && !child->is_leaving && !child->is_orphan &&
	       child->generation == child->supervisor->current->number &&
	       supervisor_is_fit(child, group);
}

static bool is_resting(const struct child *child)
{
	return child->supervisor->loop.now_ms < child->adopt_rest_ms ||
	       child->channel.fd < 0;
}

/* The sibling that has been lent least; NULL: there is none. */
static struct child *choose(struct supervisor *supervisor,
			    const struct bank_group *group)
{
	struct child *best = NULL;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		struct child *child = &supervisor->children[i];

		if (may_adopt(child, group) && !is_resting(child) &&
		    (!best || child->adopted_count < best->adopted_count))
			best = child;
	}
	return best;
}

static bool has_own(const struct supervisor *supervisor,
		    const struct bank_group *group, unsigned slot)
{
	const struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot == &supervisor->slots[slot] &&
		    supervisor_is_fit(child, group))
			return true;
	}
	return false;
}

/* One that is full is helped at once; one that is vacant, after a moment. */
static bool needs_help(const struct supervisor *supervisor,
		       const struct bank_group *group, unsigned slot)
{
	const struct supervisor_slot *own = &supervisor->slots[slot];

	if (has_own(supervisor, group, slot))
		return false;
	return !own->is_vacant || supervisor_is_vacant(own);
}

static void take_back(struct bank_group *group, unsigned slot)
{
	struct child *adopter = group->adopters[slot];

	/* One that hangs is left behind: two may accept. */
	if (tell(adopter, RECORD_DISOWN, group, slot) < 0 &&
	    !adopter->is_suspect)
		return;
	adopter->adopted_count--;
	group->adopters[slot] = NULL;
}

static void lend(struct supervisor *supervisor, struct bank_group *group,
		 unsigned slot)
{
	struct child *adopter;

	/* One that cannot be told rests, and is not chosen again. */
	do
		adopter = choose(supervisor, group);
	while (adopter && tell(adopter, RECORD_ADOPT, group, slot) < 0);
	if (!adopter)
		return;
	log_debug("worker %u accepts for worker %u", adopter->slot->number,
		  slot);
	adopter->adopted_count++;
	group->adopters[slot] = adopter;
}

void supervisor_adopt(struct supervisor *supervisor, struct bank_group *group)
{
	unsigned i, slot;

	if (generation_index(supervisor->current, group) < 0)
		return;
	for (i = 0; i < group->order_count; i++) {
		struct child *adopter;
		bool is_needed;

		slot = group->order[i];
		if (bank_is_stranger(slot))
			continue;
		adopter = group->adopters[slot];
		is_needed = needs_help(supervisor, group, slot);
		if (adopter && (!is_needed || !may_adopt(adopter, group)))
			take_back(group, slot);
		if (is_needed && !group->adopters[slot])
			lend(supervisor, group, slot);
	}
}

void supervisor_note_refusal(struct child *child, struct bank_group *group,
			     unsigned slot)
{
	if (slot >= CONFIG_WORKERS_MAX || group->adopters[slot] != child)
		return;
	group->adopters[slot] = NULL;
	child->adopted_count--;
	rest(child, REST_MS);
	supervisor_arrange(child->supervisor);
}

void supervisor_forget_adopter(struct child *child)
{
	struct list *node;
	unsigned slot;

	if (child->adopted_count == 0)
		return;
	list_for_each (node, &child->supervisor->bank.groups) {
		struct bank_group *group =
			list_entry(node, struct bank_group, node);

		for (slot = 0; slot < CONFIG_WORKERS_MAX; slot++)
			if (group->adopters[slot] == child)
				group->adopters[slot] = NULL;
	}
	child->adopted_count = 0;
}
