/* SPDX-License-Identifier: MIT */
/* bank.h - the supervisor's own duplicates of every slot's listeners.
 *
 * It is why nothing is lost: a worker can die at any moment, and what waits in
 * its accept queues stays until the next worker of the slot takes it.  A group
 * is all that listens on one address; it has a descriptor per slot, or, where
 * that cannot be (unix sockets, fd:N), one for all slots.
 *
 * Only descriptors live here; nothing is bound, watched or read. */
#ifndef COHORT_PROCESS_BANK_H
#define COHORT_PROCESS_BANK_H

#include <stdbool.h>

struct bank_group {
	bool is_shared;
	int *fds; /* per slot, or one; -1: not yet */
};

struct bank {
	unsigned group_count;
	unsigned slot_count;
	struct bank_group *groups; /* by the index of the listener */
	int *fds;                  /* of all groups */
};

/* Ends the program if memory is out. */
void bank_init(struct bank *bank, unsigned group_count, unsigned slot_count);
void bank_release(struct bank *bank); /* closes what is left */

/* Make `group`, which has nothing yet, one descriptor for all slots; takes
 * `fd`. */
void bank_share(struct bank *bank, unsigned group, int fd);

/* Take `fd`, the listener of `slot`.  0; or -1 and `fd` stays the caller's: the
 * slot has one already, the group is shared, or there is no such group. */
int bank_put(struct bank *bank, unsigned slot, unsigned group, int fd);

/* The descriptor, which stays the bank's, or -1. */
int bank_get(const struct bank *bank, unsigned slot, unsigned group);

bool bank_has_slot(const struct bank *bank, unsigned slot);   /* all groups */
bool bank_has_group(const struct bank *bank, unsigned group); /* all slots */

/* Close what only `slot` has; then what all share.  Idempotent. */
void bank_close_slot(struct bank *bank, unsigned slot);
void bank_close_shared(struct bank *bank);

#endif
