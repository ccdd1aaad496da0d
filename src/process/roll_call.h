/* SPDX-License-Identifier: MIT */
/* roll_call.h - the kernel's list of a group's members, against the bank.
 *
 * The list may be long, may have somebody twice or leave somebody out (the
 * kernel resumes it by position), and may have what is not in the group at all.
 * Nobody's number in one group has a say in what is seen of another.
 *
 * Pure: the walk over the list, and the words, are supervisor_audit.c's. */
#ifndef COHORT_PROCESS_ROLL_CALL_H
#define COHORT_PROCESS_ROLL_CALL_H

#include "process/bank.h"

/* The listener of `slot` is this one.  Whoever joins must have its uid, and its
 * key, which an old kernel tells in the list only. */
void roll_call_own(struct bank_group *group, unsigned slot,
		   const struct group_member *own, bool has_key);

/* Before the list is read. */
void roll_call_begin(struct bank_group *group);

/* One of the list, in its order: the newest first with IPv4, the oldest with
 * IPv6. */
void roll_call_answer(struct bank_group *group,
		      const struct group_member *member);

/* Is it a stranger that has a place?  Then it is there. */
bool roll_call_find(struct bank_group *group, uint64_t inode);

/* A stranger that has a place and was not found, from `number` on (0 at first);
 * or -1.  It may have been left out: read the list once more. */
int roll_call_missing(const struct bank_group *group, unsigned number);

/* Those that came, the oldest first: no more than there are places; NULL: there
 * are no more.  It may have been found since. */
const struct group_member *roll_call_arrival(const struct bank_group *group,
					     unsigned i);

/* The newest of those that came and have no place; or NULL.  Of more than there
 * are places it is the newest of the oldest, not the kernel's last: which inode
 * has which place is a guess then, and for the log alone (bank.h, is_adrift). */
const struct group_member *roll_call_youngest(const struct bank_group *group);

#endif
