/* SPDX-License-Identifier: MIT */
/* supervisor_door.c - before listeners close, nobody new comes in.
 *
 * A queue that is empty says nothing about clients whose handshake is under way
 * (kernel.md 3): closed then, it would reset them.  So newcomers are barred
 * first, and those on the threshold get a moment to pass it. */
#include <errno.h>
#include <string.h>

#include "net/group_members.h"
#include "process/supervisor_internal.h"

#define MOMENT_MS 500 /* more than a round trip and a lost packet take */
/* A SYN that has just passed the filter is nowhere to be seen yet. */
#define GLANCE_MS 10

/* What the service manager has goes on when we end: who comes meanwhile waits
 * for the next instance. */
static bool is_ours_alone(const struct supervisor *supervisor,
			  const struct bank_group *group)
{
	return group->asked.kind != ADDRESS_DESCRIPTOR &&
	       group->asked.kind != ADDRESS_SYSTEMD &&
	       !command_line_variable(supervisor->line, "FDSTORE");
}

void supervisor_bar(struct supervisor *supervisor, struct bank_group *group,
		    bool is_barred)
{
	unsigned slot, count = group->is_shared ? 1 : CONFIG_WORKERS_MAX;

	if (group->is_barred == is_barred ||
	    address_port(&group->address) == 0 ||
	    (is_barred && !is_ours_alone(supervisor, group)))
		return;
	for (slot = 0; slot < count; slot++)
		if (bank_get(group, slot) >= 0 &&
		    steering_bar(bank_get(group, slot), is_barred) < 0)
			log_debug("cannot bar newcomers: %s", strerror(errno));
	group->is_barred = is_barred;
}

void supervisor_bar_all(struct supervisor *supervisor)
{
	struct list *node;

	if (supervisor->barred_ms != SUPERVISOR_NO_TIME)
		return;
	supervisor->barred_ms = supervisor->loop.now_ms;
	log_debug("newcomers are turned away");
	list_for_each (node, &supervisor->bank.groups)
		supervisor_bar(supervisor,
			       list_entry(node, struct bank_group, node), true);
}

bool supervisor_is_someone_coming(const struct supervisor *supervisor)
{
	int64_t barred_for_ms = supervisor->loop.now_ms - supervisor->barred_ms;
	const struct bank_group *group;
	struct list *node;

	if (barred_for_ms >= MOMENT_MS)
		return false;
	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (group->is_barred &&
		    (barred_for_ms < GLANCE_MS ||
		     group_members_half_open(&group->address) > 0))
			return true;
	}
	return false;
}
