/* SPDX-License-Identifier: MIT */
/* version_two.c - it answers "two". */
#define ANSWER "two"
#include "version.h"

COHORT_EXPORT(&version);
