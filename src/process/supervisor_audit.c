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

/* One group, as both have it. */
struct audit {
	struct bank_group *group;
	uint64_t own[CONFIG_WORKERS_MAX]; /* inodes */
	unsigned own_count;
	uid_t uid; /* who joins must have the same */
	struct group_member members[GROUP_MEMBERS_MAX];
	int member_count;
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

static void repair_deaf(struct supervisor *supervisor, struct bank_group *group)
{
	unsigned slot, count = group->is_shared ? 1 : supervisor->slot_high;

	/* All of them have left the kernel's order before one joins it. */
	for (slot = 0; slot < count; slot++)
		if (bank_get(group, slot) >= 0 &&
		    bank_is_listening(group, slot) &&
		    !sockopt_is_listening(bank_get(group, slot)))
			bank_note_deaf(group, slot);
	for (slot = 0; slot < count; slot++)
		if (group->is_deaf[slot])
			repair(supervisor, group, slot);
}

/* ---- Strangers ------------------------------------------------------- */

static void list_own(struct audit *audit)
{
	struct stat status;
	unsigned slot;
	int fd;

	for (slot = 0; slot < CONFIG_WORKERS_MAX; slot++) {
		fd = bank_get(audit->group, slot);
		if (fd < 0 || fstat(fd, &status) < 0)
			continue;
		audit->own[audit->own_count++] = status.st_ino;
		audit->uid = status.st_uid;
	}
}

static bool is_own(const struct audit *audit, uint64_t inode)
{
	unsigned i;

	for (i = 0; i < audit->own_count; i++)
		if (audit->own[i] == inode)
			return true;
	return false;
}

static bool is_known(const struct bank_group *group, uint64_t inode)
{
	unsigned i;

	for (i = 0; i < BANK_STRANGERS; i++)
		if (group->strangers[i] == inode)
			return true;
	return false;
}

static bool is_listed(const struct audit *audit, uint64_t inode)
{
	int i;

	for (i = 0; i < audit->member_count; i++)
		if (audit->members[i].inode == inode)
			return true;
	return false;
}

static void welcome(const struct audit *audit,
		    const struct group_member *member)
{
	char text[ADDRESS_TEXT];
	bool is_steered = bank_note_stranger(audit->group, member->inode) >= 0;

	address_format(text, &audit->group->address);
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
static uint32_t own_interface(const struct audit *audit)
{
	int i;

	for (i = 0; i < audit->member_count; i++)
		if (is_own(audit, audit->members[i].inode))
			return audit->members[i].interface;
	return 0;
}

static void note_arrivals(const struct audit *audit)
{
	uint32_t interface = own_interface(audit);
	const struct group_member *member;
	int i;

	for (i = 0; i < audit->member_count; i++) {
		member = &audit->members[i];
		if (member->uid == audit->uid &&
		    member->interface == interface &&
		    !is_own(audit, member->inode) &&
		    !is_known(audit->group, member->inode))
			welcome(audit, member);
	}
}

static void note_departures(const struct audit *audit)
{
	struct bank_group *group = audit->group;
	char text[ADDRESS_TEXT];
	unsigned i;

	for (i = 0; i < BANK_STRANGERS; i++) {
		if (group->strangers[i] == 0 ||
		    is_listed(audit, group->strangers[i]))
			continue;
		log_info(
			"%s: the socket that is not ours (inode %llu) listens "
			"no more",
			address_format(text, &group->address),
			(unsigned long long)group->strangers[i]);
		bank_forget_stranger(group, CONFIG_WORKERS_MAX + i);
	}
}

void supervisor_audit_strangers(struct supervisor *supervisor,
				struct bank_group *group)
{
	struct audit audit = {.group = group};

	if (group->is_shared)
		return;
	list_own(&audit);
	if (audit.own_count == 0)
		return;
	audit.member_count = group_members_list(&group->address, audit.members);
	if (audit.member_count < 0) {
		if (!supervisor->is_audit_off)
			log_info(
				"the kernel does not tell who listens (%s): "
				"strangers in our groups will not be seen",
				strerror(errno));
		supervisor->is_audit_off = true;
		return;
	}
	note_departures(&audit);
	note_arrivals(&audit);
}

/* ---- Rounds ---------------------------------------------------------- */

static void audit_all(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, audit);
	struct bank_group *group;
	struct list *node;

	if (supervisor->is_stopping)
		return;
	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		repair_deaf(supervisor, group);
		supervisor_audit_strangers(supervisor, group);
	}
	supervisor_sweep_leftovers(supervisor);
	/* What could not be done before is tried again, too. */
	supervisor_arrange(supervisor);
	timer_start(&supervisor->loop.timers, timer,
		    supervisor->loop.now_ms + INTERVAL_MS);
}

void supervisor_start_audit(struct supervisor *supervisor)
{
	timer_init(&supervisor->audit, audit_all);
	timer_start(&supervisor->loop.timers, &supervisor->audit,
		    supervisor->loop.now_ms + INTERVAL_MS);
}
