/* SPDX-License-Identifier: MIT */
/* descriptors.h - room for as many connections as the user asked for. */
#ifndef COHORT_BENCH_DESCRIPTORS_H
#define COHORT_BENCH_DESCRIPTORS_H

#include <stdint.h>

#include "base/error.h"

/* Raise RLIMIT_NOFILE as far as it takes, above the hard limit if we may.
 * 0, or -1 with words. */
int descriptors_allow(uint64_t connection_count, struct error *error);

#endif
