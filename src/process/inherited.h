/* SPDX-License-Identifier: MIT */
/* inherited.h - descriptors that whoever started us has given us. */
#ifndef COHORT_PROCESS_INHERITED_H
#define COHORT_PROCESS_INHERITED_H

/* Be done with `fd`.  A standard stream stays open, on nothing: its number
 * must not become that of a channel or a listener. */
void inherited_give_up(int fd);

#endif
