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
#include "process/supervisor_internal.h"
#include "process/supervisor_leftovers.h"

#define INTERVAL_MS 2000

/* Rounds until the keeper is told again what nobody has said. */
#define KEEP_ROUNDS 15

/* More have to wait for the next round. */
#define ARRIVALS 64

/* Somebody who has joined a group. */
struct arrival {
	struct bank_group *group;
	struct group_member member;
};

/* All groups of one family, as both have them. */
struct audit {
	struct supervisor *supervisor;
	enum address_kind kind;
	struct bank_group *last; /* found, as the next one will be */
	struct arrival arrivals[ARRIVALS];
	unsigned arrival_count;
	bool is_changed;
};

/* ---- Listeners that are deaf ----------------------------------------- */

static void repair(struct supervisor *supervisor, struct bank_group *group,
		   unsigned slot)
{
	int index = generation_index(supervisor->current, group);
	char text[ADDRESS_TEXT];
	struct error error;

	if (index < 0)
		return;
	log_error(
		"%s: somebody has shut down the listener of worker %u, and "
		"what waited there is lost: it listens again",
		address_format(text, &group->address), slot);
	if (listener_listen(
		    bank_get(group, slot),
		    generation_options(supervisor->current, (unsigned)index)
			    ->backlog,
		    &error) < 0)
		log_error("%s", error.text);
	else
		bank_note_listening(group, slot);
}

static bool repair_deaf(struct supervisor *supervisor, struct bank_group *group)
{
	bool is_any = false;
	unsigned slot, count = group->is_shared ? 1 : supervisor->slot_high;

	/* All of them have left the kernel's order before one joins it. */
	for (slot = 0; slot < count; slot++)
		if (bank_get(group, slot) >= 0 &&
		    bank_is_listening(group, slot) &&
		    !sockopt_is_listening(bank_get(group, slot)))
			bank_note_deaf(group, slot);
	for (slot = 0; slot < count; slot++)
		if (group->is_deaf[slot]) {
			repair(supervisor, group, slot);
			is_any = true;
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
	struct stat status;
	unsigned slot;
	int fd;

	for (slot = 0; slot < slot_high; slot++) {
		fd = bank_get(group, slot);
		if (group->inodes[slot] != 0 || fd < 0 ||
		    fstat(fd, &status) < 0)
			continue;
		group->inodes[slot] = status.st_ino;
		group->uid = status.st_uid;
	}
}

static bool is_own(const struct bank_group *group, uint64_t inode,
		   unsigned slot_high)
{
	unsigned slot;

	for (slot = 0; slot < slot_high; slot++)
		if (group->inodes[slot] == inode)
			return true;
	return false;
}

/* Whether it is known; if so, it is still there. */
static bool find_known(struct bank_group *group, uint64_t inode)
{
	unsigned i;

	for (i = 0; i < BANK_STRANGERS; i++) {
		if (group->strangers[i] != inode)
			continue;
		group->is_stranger_found[i] = true;
		return true;
	}
	return false;
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

/* Who joins must have the uid of ours. */
static void look_at(void *context, const struct group_listener *listener)
{
	const struct group_member *member = &listener->member;
	struct audit *audit = context;
	struct bank_group *group = find_group(audit, listener);

	if (!group)
		return;
	if (is_own(group, member->inode, audit->supervisor->slot_high))
		group->interface = member->interface;
	else if (!find_known(group, member->inode) &&
		 member->uid == group->uid && audit->arrival_count < ARRIVALS)
		audit->arrivals[audit->arrival_count++] =
			(struct arrival){group, *member};
}

static void welcome(struct bank_group *group, const struct group_member *member)
{
	char text[ADDRESS_TEXT];
	bool is_steered = bank_note_stranger(group, member->inode) >= 0;

	address_format(text, &group->address);
	log_warning(
		"%s: a socket that is not ours listens there (inode %llu, "
		"uid %u, %u waiting): new connections %s; \"ss -ltnpe\" "
		"names its process",
		text, (unsigned long long)member->inode, (unsigned)member->uid,
		member->queue,
		is_steered ? "are steered around it"
			   : "may go to it, for there are too many such");
}

/* Only what is bound to the same interface is in the kernel's group. */
static void note_arrivals(struct audit *audit)
{
	struct arrival *arrival;
	unsigned i, last = audit->arrival_count - 1;

	for (i = 0; i < audit->arrival_count; i++) {
		/* The kernel has the newest first, of IPv6 the oldest. */
		arrival =
			&audit->arrivals[audit->kind == ADDRESS_IPV4 ? last - i
								     : i];
		if (arrival->member.interface != arrival->group->interface)
			continue;
		welcome(arrival->group, &arrival->member);
		audit->is_changed = true;
	}
}

static void note_departures(struct audit *audit, struct bank_group *group)
{
	char text[ADDRESS_TEXT];
	unsigned i;

	for (i = 0; i < BANK_STRANGERS; i++) {
		if (group->strangers[i] == 0 || group->is_stranger_found[i])
			continue;
		log_info(
			"%s: the socket that is not ours (inode %llu) listens "
			"no more",
			address_format(text, &group->address),
			(unsigned long long)group->strangers[i]);
		bank_forget_stranger(group, CONFIG_WORKERS_MAX + i);
		audit->is_changed = true;
	}
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
		memset(group->is_stranger_found, 0,
		       sizeof(group->is_stranger_found));
		is_any = true;
	}
	return is_any;
}

static void end(struct audit *audit)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &audit->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (is_audited(audit, group))
			note_departures(audit, group);
	}
	note_arrivals(audit);
}

static bool audit_family(struct supervisor *supervisor, enum address_kind kind)
{
	struct audit audit = {.supervisor = supervisor, .kind = kind};

	if (!begin(&audit))
		return false;
	if (group_members_visit(kind, look_at, &audit) == 0) {
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
	struct list *node;
	bool is_changed = false;

	if (supervisor->is_stopping)
		return;
	list_for_each (node, &supervisor->bank.groups)
		is_changed |= repair_deaf(
			supervisor, list_entry(node, struct bank_group, node));
	is_changed |= supervisor_audit_strangers(supervisor);
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
