/* SPDX-License-Identifier: MIT */
/* supervisor_audit.c - what the bank says of our groups, against what the
 * kernel says.
 *
 * Whoever has our uid can join a group: what goes to such a stranger is not
 * ours to serve, so it is steered around.  Whoever has a listener of ours can
 * shut it down: it is made to listen again (kernel.md 7). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "net/group_members.h"
#include "process/roll_call.h"
#include "process/supervisor_internal.h"
#include "process/supervisor_leftovers.h"

#define INTERVAL_MS 2000

/* Rounds until the keeper and the store are told again what nobody has said. */
#define KEEP_ROUNDS 15

/* All groups of one family, as both have them. */
struct audit {
	struct supervisor *supervisor;
	enum address_kind kind;
	struct bank_group *last; /* found, as the next one will be */
	bool is_changed;
};

/* ---- Listeners that are deaf ----------------------------------------- */

/* Whether it listens again. */
static bool repair(struct supervisor *supervisor, struct bank_group *group,
		   unsigned slot)
{
	int index = generation_index(supervisor->current, group);
	char text[ADDRESS_TEXT];
	struct error error;

	if (index < 0)
		return false;
	log_error(
		"%s: somebody has shut down the listener of worker %u, and "
		"what waited there is lost: it listens again",
		address_format(text, &group->address), slot);
	if (listener_listen(
		    bank_get(group, slot),
		    generation_options(supervisor->current, (unsigned)index)
			    ->backlog,
		    &error) < 0) {
		log_error("%s", error.text);
		return false;
	}
	bank_note_listening(group, slot);
	return true;
}

static bool repair_if_deaf(struct supervisor *supervisor,
			   struct bank_group *group, unsigned slot)
{
	return group->is_deaf[slot] && repair(supervisor, group, slot);
}

/* If it is deaf it has left the kernel's order. */
static bool note_if_deaf(struct supervisor *supervisor,
			 struct bank_group *group, unsigned slot)
{
	(void)supervisor;
	if (bank_get(group, slot) < 0 || !bank_is_listening(group, slot) ||
	    sockopt_is_listening(bank_get(group, slot)))
		return false;
	bank_note_deaf(group, slot);
	return true;
}

/* Of all groups.  Whether any was of that kind. */
static bool for_all_slots(struct supervisor *supervisor,
			  bool (*visit)(struct supervisor *,
					struct bank_group *, unsigned))
{
	struct bank_group *group;
	struct list *node;
	bool is_any = false;
	unsigned slot, count;

	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		count = group->is_shared ? 1 : supervisor->slot_high;
		for (slot = 0; slot < count; slot++)
			is_any |= visit(supervisor, group, slot);
	}
	return is_any;
}

/* ---- Strangers ------------------------------------------------------- */

static bool is_audited(const struct audit *audit,
		       const struct bank_group *group)
{
	return !group->is_shared && group->address.kind == audit->kind;
}

/* A descriptor's inode stays while it is open: each is asked for once. */
static void note_own(struct bank_group *group, unsigned slot_high)
{
	struct group_member own = {0};
	struct stat status;
	bool has_key;
	unsigned slot;
	int fd;

	for (slot = 0; slot < slot_high; slot++) {
		fd = bank_get(group, slot);
		if (group->roll.own[slot] != 0 || fd < 0 ||
		    fstat(fd, &status) < 0)
			continue;
		has_key = group_key_of(&own.key, fd) == 0;
		own.inode = status.st_ino;
		own.uid = status.st_uid;
		roll_call_own(group, slot, &own, has_key);
	}
}

static struct bank_group *find_group(struct audit *audit,
				     const struct group_listener *listener)
{
	struct bank_group *group;
	struct list *node;

	if (audit->last &&
	    group_listener_is_of(listener, &audit->last->address))
		return audit->last;
	list_for_each (node, &audit->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (is_audited(audit, group) &&
		    group_listener_is_of(listener, &group->address)) {
			audit->last = group;
			return group;
		}
	}
	return NULL;
}

static void look_at(void *context, const struct group_listener *listener)
{
	struct bank_group *group = find_group(context, listener);

	if (group)
		roll_call_answer(group, &listener->member);
}

static void look_again_at(void *context, const struct group_listener *listener)
{
	struct bank_group *group = find_group(context, listener);

	if (group)
		roll_call_find(group, listener->member.inode);
}

static void log_stranger(const struct bank_group *group,
			 const struct group_member *member)
{
	char text[ADDRESS_TEXT];

	log_warning(
		"%s: a socket that is not ours listens there (inode %llu, "
		"uid %u, %u waiting): new connections are steered around it; "
		"\"ss -ltnpe\" names its process",
		address_format(text, &group->address),
		(unsigned long long)member->inode, (unsigned)member->uid,
		member->queue);
}

/* A line for all of them, once: who has no place is new in each round. */
static void note_surplus(struct audit *audit, struct bank_group *group,
			 unsigned count)
{
	char text[ADDRESS_TEXT];

	if ((count > 0) != (group->roll.surplus_count > 0))
		audit->is_changed = true;
	address_format(text, &group->address);
	if (count > 0 && group->roll.surplus_count == 0)
		log_warning(
			"%s: %u more sockets that are not ours listen there, "
			"too many for an account of them: a listener that is "
			"opened before they are gone gets no new connections",
			text, count);
	else if (count == 0 && group->roll.surplus_count > 0)
		log_info("%s: all that are not ours there are steered around",
			 text);
	group->roll.surplus_count = count;
}

static void note_arrivals(struct audit *audit, struct bank_group *group)
{
	const struct group_member *member;
	unsigned i, surplus_count = group->roll.arrival_count;

	for (i = 0; (member = roll_call_arrival(group, i)); i++) {
		/* The list may have had it twice. */
		if (!roll_call_find(group, member->inode)) {
			if (bank_note_stranger(group, member->inode) < 0)
				break;
			log_stranger(group, member);
			audit->is_changed = true;
		}
		surplus_count--;
	}
	note_surplus(audit, group, surplus_count);
}

static void note_departure(struct bank_group *group, unsigned number)
{
	const struct group_member *heir = group->roll.surplus_count > 0
						  ? roll_call_youngest(group)
						  : NULL;
	char text[ADDRESS_TEXT];

	log_info("%s: the socket that is not ours (inode %llu) listens no more",
		 address_format(text, &group->address),
		 (unsigned long long)
			 group->strangers[number - CONFIG_WORKERS_MAX]);
	if (!heir) {
		bank_forget_stranger(group, number);
		return;
	}
	bank_replace_stranger(group, number, heir->inode);
	roll_call_find(group, heir->inode);
	log_stranger(group, heir);
}

static void note_departures(struct audit *audit, struct bank_group *group)
{
	int number = 0;

	while ((number = roll_call_missing(group, (unsigned)number)) >= 0) {
		note_departure(group, (unsigned)number);
		audit->is_changed = true;
	}
}

/* Said once, too; and whoever goes on with the groups has to know it. */
static void settle(struct audit *audit, struct bank_group *group)
{
	unsigned before = group->adrift_count, count = bank_settle(group);
	char text[ADDRESS_TEXT];

	if (count == before)
		return;
	audit->is_changed = true;
	address_format(text, &group->address);
	if (before == 0)
		log_warning(
			"%s: so many have come and gone there that nobody "
			"knows where in the kernel's order %u of our listeners "
			"stand: they get no new connections while strangers, "
			"or workers that cannot take any, may stand there",
			text, count);
	else if (count == 0)
		log_info("%s: it is known again where all of ours stand", text);
}

/* Whether there is anything to look at. */
static bool begin(const struct audit *audit)
{
	struct bank_group *group;
	struct list *node;
	bool is_any = false;

	list_for_each (node, &audit->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (!is_audited(audit, group))
			continue;
		note_own(group, audit->supervisor->slot_high);
		roll_call_begin(group);
		is_any = true;
	}
	return is_any;
}

static bool is_anybody_missing(const struct audit *audit)
{
	const struct bank_group *group;
	struct list *node;

	list_for_each (node, &audit->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (is_audited(audit, group) &&
		    roll_call_missing(group, 0) >= 0)
			return true;
	}
	return false;
}

/* The kernel's list may leave out somebody when another one goes while it is
 * written.  To wait for the next round with that is no way out: one of ours may
 * be about to get its place behind. */
static int read_lists(struct audit *audit)
{
	if (group_members_visit(audit->kind, look_at, audit) < 0)
		return -1;
	return is_anybody_missing(audit)
		       ? group_members_visit(audit->kind, look_again_at, audit)
		       : 0;
}

static void end(struct audit *audit)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &audit->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (!is_audited(audit, group))
			continue;
		note_departures(audit, group);
		note_arrivals(audit, group);
		settle(audit, group);
	}
}

static bool audit_family(struct supervisor *supervisor, enum address_kind kind)
{
	struct audit audit = {.supervisor = supervisor, .kind = kind};

	if (!begin(&audit))
		return false;
	if (read_lists(&audit) == 0) {
		end(&audit);
		return audit.is_changed;
	}
	if (!supervisor->is_audit_off)
		log_info(
			"the kernel does not tell who listens (%s): "
			"strangers in our groups will not be seen",
			strerror(errno));
	supervisor->is_audit_off = true;
	return false;
}

bool supervisor_audit_strangers(struct supervisor *supervisor)
{
	bool is_changed = audit_family(supervisor, ADDRESS_IPV4);

	return audit_family(supervisor, ADDRESS_IPV6) || is_changed;
}

/* ---- Rounds ---------------------------------------------------------- */

static void audit_all(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, audit);
	bool is_changed;

	if (supervisor->is_stopping)
		return;
	/* Who has come since the last round stands before what is repaired. */
	is_changed = for_all_slots(supervisor, note_if_deaf);
	is_changed |= supervisor_audit_strangers(supervisor);
	is_changed |= for_all_slots(supervisor, repair_if_deaf);
	supervisor_sweep_leftovers(supervisor);
	/* What could not be done before is tried again, too. */
	if (is_changed || ++supervisor->audit_rounds % KEEP_ROUNDS == 0)
		supervisor_arrange(supervisor);
	else
		supervisor_arrange_again(supervisor);
	timer_start(&supervisor->loop.timers, timer,
		    supervisor_round(supervisor,
				     supervisor->loop.now_ms + INTERVAL_MS));
}

void supervisor_start_audit(struct supervisor *supervisor)
{
	timer_init(&supervisor->audit, audit_all);
	timer_start(&supervisor->loop.timers, &supervisor->audit,
		    supervisor->loop.now_ms + INTERVAL_MS);
}
