/* SPDX-License-Identifier: MIT */
/* check.h - what can only be judged when all has been read. */
#ifndef COHORT_CONFIG_CHECK_H
#define COHORT_CONFIG_CHECK_H

#include "config/reading.h"

/* Complete the configuration from its drafts, and complain about what does
 * not fit together.  `source` names the whole in messages. */
void check_configuration(struct reading *reading,
			 const struct config_source *source);

/* Give what was left to follow from other values (write_low auto) the value
 * that follows.  Idempotent. */
void check_settle(struct service_settings *settings);

#endif
