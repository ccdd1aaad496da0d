/* SPDX-License-Identifier: MIT */
/* version_one.c - it answers "one". */
#define ANSWER "one"
#include "version.h"

COHORT_EXPORT(&version);
