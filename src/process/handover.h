/* SPDX-License-Identifier: MIT */
/* handover.h - the state that an upgrade carries over, as text in memory.
 *
 *	cohort handover 1
 *	KEY WORDS …
 *	…
 *	config
 *	the canonical configuration, to the end, with what stands at its
 *	default marked (config_print_state)
 *
 * The supervisor writes it before it executes another build of the program in
 * its own place; that build reads it, or refuses: a version or a key that it
 * does not know means that it cannot go on from here, and so does a directive
 * that is in use.  Descriptors are named by
 * their numbers and stay open across exec. */
#ifndef COHORT_PROCESS_HANDOVER_H
#define COHORT_PROCESS_HANDOVER_H

#include "base/error.h"
#include "base/text.h"

#define HANDOVER_HEAD  "cohort handover 1\n"
/* What a trial says on its standard output when all is well. */
#define HANDOVER_TRIED "cohort trial 1 ok\n"

/* A descriptor (close-on-exec) from which the text can be read; -1 with
 * words. */
int handover_write(const struct text *text, struct error *error);

/* All of it, from the beginning.  0, or -1 with words. */
int handover_read(int fd, struct text *text, struct error *error);

#endif
