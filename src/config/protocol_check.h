/* SPDX-License-Identifier: MIT */
/* protocol_check.h - is a protocol that nobody has compiled into this program
 * one that it can read the options of?  For plug-ins: what is wrong with a
 * built-in one is a bug and found elsewhere. */
#ifndef COHORT_CONFIG_PROTOCOL_CHECK_H
#define COHORT_CONFIG_PROTOCOL_CHECK_H

#include "base/error.h"
#include "cohort.h"

#define PROTOCOL_NAME_MAX 60

/* 0, or -1 with words about its name, its table of directives or members that
 * contradict each other. */
int protocol_check(const struct cohort_protocol *protocol, struct error *error);

#endif
