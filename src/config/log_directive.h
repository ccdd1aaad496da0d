/* SPDX-License-Identifier: MIT */
/* log_directive.h - `log TARGET …;` */
#ifndef COHORT_CONFIG_LOG_DIRECTIVE_H
#define COHORT_CONFIG_LOG_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

/* `object` is a struct config. */
int log_directive_apply(struct reading *reading,
			const struct statement *statement, void *object);
void log_directive_print(const void *object, struct text *out);

#endif
