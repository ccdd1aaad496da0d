/* SPDX-License-Identifier: MIT */
/* proxy_directive.h - `proxy_protocol off|optional|required [timeout=5s]
 * [limit=4k];` of a service: its row of the table. */
#ifndef COHORT_CONFIG_PROXY_DIRECTIVE_H
#define COHORT_CONFIG_PROXY_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

int proxy_directive_apply(struct reading *reading,
			  const struct statement *statement, void *object);
void proxy_directive_print(const void *object, struct text *out);

#endif
