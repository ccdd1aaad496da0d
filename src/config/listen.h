/* SPDX-License-Identifier: MIT */
/* listen.h - `listen ADDRESS [mode=0660] [owner=NAME] [group=NAME];` */
#ifndef COHORT_CONFIG_LISTEN_H
#define COHORT_CONFIG_LISTEN_H

#include "config/reading.h"
#include "config/statement.h"
#include "net/address.h"

/* `object` is the struct config_service of a draft.  The first of a text
 * replaces the list that an earlier text made. */
int listen_apply(struct reading *reading, const struct statement *statement,
		 void *object);
void listen_print(const void *object, struct text *out);

/* Add all addresses of one word.  0, or -1 after a complaint. */
int listen_add(struct reading *reading, struct draft *draft,
	       const struct config_listen *listen, const struct word *word);

/* Has the machine the family of the address?  Canonical text says so. */
bool listen_is_supported(struct reading *reading,
			 const struct address *address);

/* The addresses of a word, at most CONFIG_LISTENS_MAX of them; a name is asked
 * for unless the text is canonical.  Their number, or -1 with words. */
int listen_resolve(const struct reading *reading, struct address *addresses,
		   const char *word, struct error *error);

#endif
