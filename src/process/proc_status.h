/* SPDX-License-Identifier: MIT */
/* proc_status.h - what the kernel says of a process (proc(5): status). */
#ifndef COHORT_PROCESS_PROC_STATUS_H
#define COHORT_PROCESS_PROC_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

bool proc_status_is_traced(pid_t pid);  /* by a debugger */
bool proc_status_is_stopped(pid_t pid); /* by a signal or a debugger */
bool proc_status_is_dead(pid_t pid);    /* and not reaped, or just gone */
/* Did it begin after `when_ms` (monotonic)?  By a second and more: the kernel
 * counts in ticks. */
bool proc_status_is_younger(pid_t pid, int64_t when_ms);

#endif
