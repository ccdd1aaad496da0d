/* SPDX-License-Identifier: MIT */
/* supervisor_steer.c - new connections go where they are accepted.
 *
 * Whenever a worker comes, goes, hangs, is full or has room again, this looks
 * at all of them anew: what follows for the kernel and for the siblings is
 * derived from their states, never kept beside them. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <string.h>

/* A crash is healed in less: adopting costs more than it gains. */
#define MOMENT_MS 50

bool supervisor_is_full(const struct child *child, unsigned service)
{
	return child->full[service / 64] >> (service % 64) & 1;
}

bool supervisor_has_room(const struct child *child,
			 const struct bank_group *group)
{
	const struct generation *generation = supervisor_generation_of(child);
	int index = generation ? generation_index(generation, group) : -1;

	return index >= 0 &&
	       !supervisor_is_full(child, generation->plan[index].service);
}

bool supervisor_is_fit(const struct child *child,
		       const struct bank_group *group)
{
	return child->state == WORKER_READY && !child->is_reaped &&
	       !child->is_suspect && supervisor_has_room(child, group);
}

static bool is_parked(const struct supervisor *supervisor, unsigned number)
{
	return supervisor->slots[number].state == SLOT_PARKED;
}

/* None of those that are adrift is a stranger, and all are fit: whichever of
 * them gets a client, it is served. */
static bool may_drift(const struct bank_group *group, const bool *is_fit)
{
	unsigned i, number;

	for (i = 0; i < group->order_count; i++) {
		number = group->order[i];
		if (group->is_adrift[number] &&
		    (bank_is_stranger(number) || !is_fit[number]))
			return false;
	}
	return group->roll.surplus_count == 0;
}

/* Not one of ours; or nobody knows whether it is. */
static bool is_off(const struct bank_group *group, unsigned number,
		   const bool *is_fit)
{
	return bank_is_stranger(number) ||
	       (group->is_adrift[number] && !may_drift(group, is_fit));
}

static bool are_all_parked(const struct supervisor *supervisor,
			   const struct bank_group *group, const bool *is_fit)
{
	unsigned i;

	for (i = 0; i < group->order_count; i++)
		if (!is_off(group, group->order[i], is_fit) &&
		    !is_parked(supervisor, group->order[i]))
			return false;
	return true;
}

static bool is_any_in(const struct bank_group *group, const bool *is_fit)
{
	unsigned i;

	for (i = 0; i < group->order_count; i++)
		if (!is_off(group, group->order[i], is_fit) &&
		    is_fit[group->order[i]])
			return true;
	return false;
}

/* Where nobody is fit, all of ours are in: a connection has to wait somewhere,
 * but not with a stranger, nor where no worker will be.  Who is fit, but gets
 * nothing, adopts what waits there. */
static void find_out(const struct supervisor *supervisor,
		     const struct bank_group *group, struct steering *steering)
{
	bool is_fit[CONFIG_WORKERS_MAX] = {false}, is_any_fit, may_be_parked;
	const struct child *child;
	unsigned i, number;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && supervisor_is_fit(child, group))
			is_fit[child->slot->number] = true;
	}
	is_any_fit = is_any_in(group, is_fit);
	may_be_parked = are_all_parked(supervisor, group, is_fit);
	steering->count = group->order_count;
	for (i = 0; i < group->order_count; i++) {
		number = group->order[i];
		steering->is_out[i] =
			is_off(group, number, is_fit) ||
			(is_any_fit ? !is_fit[number]
				    : !may_be_parked &&
					      is_parked(supervisor, number));
	}
}

/* BANK_NONE if none of ours listens. */
static int any_listener(const struct bank_group *group)
{
	unsigned i;

	for (i = 0; i < group->order_count; i++)
		if (!bank_is_stranger(group->order[i]))
			return bank_get(group, group->order[i]);
	return BANK_NONE;
}

static bool is_out_as_before(const struct bank_group *group,
			     const struct steering *wanted)
{
	const struct steering *before = &group->steering;

	return before->balance == wanted->balance &&
	       before->count == wanted->count &&
	       memcmp(before->is_out, wanted->is_out,
		      wanted->count * sizeof(wanted->is_out[0])) == 0;
}

/* A kernel that refuses leaves everything to its hash, which loses nothing:
 * who is out is adopted, or replaced. */
static void steer(struct supervisor *supervisor, struct bank_group *group,
		  const struct steering *wanted)
{
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	unsigned count = steering_compile(wanted, program);
	char text[ADDRESS_TEXT];

	if (steering_is_equal(&group->steering, wanted) ||
	    (count == 0 && !group->is_steered)) {
		group->steering = *wanted;
		return;
	}
	if (steering_apply(any_listener(group), program, count) < 0) {
		log_write_limited(&supervisor->steer_limit, LOG_LEVEL_WARNING,
				  "cannot steer %s: %s",
				  address_format(text, &group->address),
				  strerror(errno));
		return;
	}
	if (!is_out_as_before(group, wanted))
		log_debug("%s: %u instructions steer %u listeners",
			  address_format(text, &group->address), count,
			  wanted->count);
	group->steering = *wanted;
	group->is_steered = count > 0;
}

static void steer_group(struct supervisor *supervisor, struct bank_group *group)
{
	struct steering wanted;
	int index = generation_index(supervisor->current, group);

	if (group->is_shared || any_listener(group) < 0 || index < 0)
		return;
	memset(&wanted, 0, sizeof(wanted));
	wanted.balance =
		generation_service(supervisor->current, (unsigned)index)
			->settings.balance;
	find_out(supervisor, group, &wanted);
	if (wanted.balance == STEERING_ADAPTIVE &&
	    !is_out_as_before(group, &wanted))
		supervisor_balance_anew(supervisor);
	supervisor_weigh(supervisor, group, &wanted);
	steer(supervisor, group, &wanted);
}

void supervisor_resteer(struct supervisor *supervisor, struct bank_group *group)
{
	struct steering wanted = group->steering;

	supervisor_weigh(supervisor, group, &wanted);
	steer(supervisor, group, &wanted);
}

/* ---- Vacancies ------------------------------------------------------- */

static bool is_accepting(const struct child *child)
{
	return child->slot && child->state == WORKER_READY &&
	       !child->is_reaped && !child->is_suspect;
}

/* Since when does nobody of its own accept from the slot's listeners? */
static void note_vacancies(struct supervisor *supervisor)
{
	bool has_worker[CONFIG_WORKERS_MAX] = {false};
	const struct loop *loop = &supervisor->loop;
	struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (is_accepting(&supervisor->children[i]))
			has_worker[supervisor->children[i].slot->number] = true;
	for (i = 0; i < supervisor->slot_high; i++) {
		slot = &supervisor->slots[i];
		if (!has_worker[i] && !slot->is_vacant)
			slot->vacant_ms = loop->now_ms;
		slot->is_vacant = !has_worker[i];
		/* Whoever looked earlier has used up the timer. */
		if (slot->is_vacant &&
		    loop->now_ms - slot->vacant_ms < MOMENT_MS)
			supervisor_arrange_by(supervisor,
					      slot->vacant_ms + MOMENT_MS);
	}
}

bool supervisor_is_vacant(const struct supervisor_slot *slot)
{
	const struct supervisor *supervisor = slot->supervisor;

	if (slot->state == SLOT_PARKED || slot->state == SLOT_SUSPECT)
		return true;
	return slot->is_vacant &&
	       supervisor->loop.now_ms - slot->vacant_ms >= MOMENT_MS;
}

/* ---- All of it ------------------------------------------------------- */

void supervisor_arrange(struct supervisor *supervisor)
{
	if (supervisor->is_stopping || supervisor->is_trial)
		return;
	supervisor_keep(supervisor);
	supervisor_store(supervisor);
	supervisor_arrange_again(supervisor);
}

void supervisor_arrange_again(struct supervisor *supervisor)
{
	struct list *node;

	/* Everybody leaves: each worker empties its own queue.  In a trial all
	 * of it is somebody else's. */
	if (supervisor->is_stopping || supervisor->is_trial)
		return;
	note_vacancies(supervisor);
	if (supervisor->balance.generation != supervisor->current->number)
		supervisor_balance_anew(supervisor);
	list_for_each (node, &supervisor->bank.groups) {
		struct bank_group *group =
			list_entry(node, struct bank_group, node);

		steer_group(supervisor, group);
		supervisor_adopt(supervisor, group);
	}
}

void supervisor_arrange_by(struct supervisor *supervisor, int64_t at_ms)
{
	struct timer *timer = &supervisor->arrange;

	if (!timer_is_started(timer) || timer->deadline_ms > at_ms)
		timer_start(&supervisor->loop.timers, timer, at_ms);
}

void supervisor_arrange_later(struct timer *timer)
{
	supervisor_arrange(list_entry(timer, struct supervisor, arrange));
}
