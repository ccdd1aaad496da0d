/* SPDX-License-Identifier: MIT */
/* variables.h - ${NAME} and ${NAME:-default} from the environment. */
#ifndef COHORT_CONFIG_VARIABLES_H
#define COHORT_CONFIG_VARIABLES_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "config/reading.h"

/* Append the value of `size` bytes of `expression` (what stands between the
 * braces).  As in a shell, the default is for a variable that is not set or
 * empty.  0, or -1 with words. */
int variables_expand(struct reading *reading, const char *expression,
		     size_t size, struct text *out, struct error *error);

#endif
