/* SPDX-License-Identifier: MIT */
/* service_block.h - the top of a configuration: global directives and
 * `service NAME { … }`, in a file and in an -o text. */
#ifndef COHORT_CONFIG_SERVICE_BLOCK_H
#define COHORT_CONFIG_SERVICE_BLOCK_H

#include "config/reading.h"
#include "config/statement.h"

/* A file, or canonical text: every block makes a service. */
void service_block_apply_file(struct reading *reading,
			      const struct statement *list);

/* An -o text: a bare service directive is for every service, a block for the
 * one that it names, which must exist. */
void service_block_apply_override(struct reading *reading,
				  const struct statement *list);

#endif
