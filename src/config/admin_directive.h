/* SPDX-License-Identifier: MIT */
/* admin_directive.h - where the admin process listens:
 *
 *	control PATH [mode=0600] [owner=NAME] [group=NAME];
 *	admin   ADDRESS…;
 *
 * `off` alone turns either off.  Hosts become numbers, as those of `listen`. */
#ifndef COHORT_CONFIG_ADMIN_DIRECTIVE_H
#define COHORT_CONFIG_ADMIN_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

/* `object` is the struct config. */
int admin_directive_apply_control(struct reading *reading,
				  const struct statement *statement,
				  void *object);
void admin_directive_print_control(const void *object, struct text *out);
int admin_directive_apply(struct reading *reading,
			  const struct statement *statement, void *object);
void admin_directive_print(const void *object, struct text *out);

#endif
