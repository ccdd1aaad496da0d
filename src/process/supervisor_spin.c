/* SPDX-License-Identifier: MIT */
/* supervisor_spin.c - worker processes are counted, and those told that may
 * spin. */
#include "process/supervisor_spin.h"

#include "process/supervisor_internal.h"

static unsigned count_living(const struct supervisor *supervisor)
{
	unsigned i, count = 0;

	for (i = 0; i < supervisor->child_high; i++)
		count += supervisor->children[i].slot != NULL &&
			 !supervisor->children[i].is_reaped;
	return count;
}

bool supervisor_has_cpus(const struct supervisor *supervisor)
{
	return count_living(supervisor) <= supervisor->cpu_count;
}

void supervisor_arrange_spins(struct supervisor *supervisor)
{
	bool may_spin = supervisor_has_cpus(supervisor);
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!child->slot || child->is_reaped || !child->can_spin ||
		    child->may_spin == may_spin)
			continue;
		child->may_spin = may_spin;
		supervisor_keep(supervisor);
		supervisor_order(child, RECORD_SPIN);
	}
}
