/* SPDX-License-Identifier: MIT */
/* proc_status.h - what the kernel says of a process (proc(5): status). */
#ifndef COHORT_PROCESS_PROC_STATUS_H
#define COHORT_PROCESS_PROC_STATUS_H

#include <stdbool.h>
#include <sys/types.h>

bool proc_status_is_traced(pid_t pid);  /* by a debugger */
bool proc_status_is_stopped(pid_t pid); /* by a signal or a debugger */

#endif
