/* SPDX-License-Identifier: MIT */
/* clock.h - time, read in one place.
 *
 * Everything that measures or waits uses CLOCK_MONOTONIC, which no one can
 * set; only log lines and start times use the wall clock. */
#ifndef COHORT_BASE_CLOCK_H
#define COHORT_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);  /* monotonic */
int64_t clock_now_us(void);  /* monotonic */
int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
int64_t clock_boot_ms(void); /* since the machine was started */
int64_t clock_cpu_us(void);  /* CPU that this process has had */

#endif
