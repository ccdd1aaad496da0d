/* SPDX-License-Identifier: MIT */
/* rate_directive.h - `byte_rate RATE|off [service=RATE|off];` */
#ifndef COHORT_CONFIG_RATE_DIRECTIVE_H
#define COHORT_CONFIG_RATE_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

/* `object` is a struct config_service. */
int rate_directive_apply(struct reading *reading,
			 const struct statement *statement, void *object);
void rate_directive_print(const void *object, struct text *out);

#endif
