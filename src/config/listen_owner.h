/* SPDX-License-Identifier: MIT */
/* listen_owner.h - mode=, owner= and group= of a unix socket's file. */
#ifndef COHORT_CONFIG_LISTEN_OWNER_H
#define COHORT_CONFIG_LISTEN_OWNER_H

#include "config/config.h"
#include "config/reading.h"
#include "config/statement.h"

/* Read them from the words after the address; what is not named stays as it
 * is.  Names are looked up unless the text is canonical.  0, or -1 after
 * complaints. */
int listen_owner_read(struct reading *reading, const struct word *words,
		      struct config_listen *listen);

/* " mode=0660 owner=0 group=4", without what is left as it is. */
void listen_owner_print(const struct config_listen *listen, struct text *out);

#endif
