/* SPDX-License-Identifier: MIT */
/* board_format.h - is the board laid out as this build has it? */
#ifndef COHORT_METRICS_BOARD_FORMAT_H
#define COHORT_METRICS_BOARD_FORMAT_H

#include <stdbool.h>

#include "metrics/scoreboard.h"

/* No: another build has taken it over, or has left it; nothing on it can be
 * read until whoever supervises has taken it over. */
bool board_is_known(const struct scoreboard *scoreboard);

#endif
