/* SPDX-License-Identifier: MIT */
/* listen.h - `listen ADDRESS [mode=0660] [owner=NAME] [group=NAME];` */
#ifndef COHORT_CONFIG_LISTEN_H
#define COHORT_CONFIG_LISTEN_H

#include "config/reading.h"
#include "config/statement.h"

/* `object` is the struct config_service of a draft.  The first of a text
 * replaces the list that an earlier text made. */
int listen_apply(struct reading *reading, const struct statement *statement,
		 void *object);
void listen_print(const void *object, struct text *out);

/* Add all addresses of one word.  0, or -1 after a complaint. */
int listen_add(struct reading *reading, struct draft *draft,
	       const struct config_listen *listen, const struct word *word);

#endif
