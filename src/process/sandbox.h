/* SPDX-License-Identifier: MIT */
/* sandbox.h - a child gives up what it does not need. */
#ifndef COHORT_PROCESS_SANDBOX_H
#define COHORT_PROCESS_SANDBOX_H

#include "base/error.h"

/* chroot to `directory` (NULL: no), become `user` with its groups (NULL:
 * nobody, when started as root; a plain user stays who it is, and naming
 * another one is an error), set no_new_privs, stay dumpable for debuggers of
 * the same uid.  User and groups are looked up before the chroot.  0, or -1
 * with words. */
int sandbox_enter(const char *user, const char *directory, struct error *error);

/* No program that is executed from here on gains a privilege.  0, or -1. */
int sandbox_forbid_privileges(struct error *error);

/* Let any process of the own user look into this one, also where Yama keeps
 * that to ancestors: of an orphan, whose listeners a new supervisor may have to
 * take. */
void sandbox_open_to_user(void);

/* Is there such a user, and may this process become it?  0, or -1. */
int sandbox_check_user(const char *user, struct error *error);

#endif
