/* SPDX-License-Identifier: MIT */
/* log_directive.h - `log TARGET …;` and `access_log TARGET …;` */
#ifndef COHORT_CONFIG_LOG_DIRECTIVE_H
#define COHORT_CONFIG_LOG_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

/* `object` is a struct config. */
int log_directive_apply(struct reading *reading,
			const struct statement *statement, void *object);
void log_directive_print(const void *object, struct text *out);

int log_directive_apply_access(struct reading *reading,
			       const struct statement *statement, void *object);
void log_directive_print_access(const void *object, struct text *out);

#endif
