/* SPDX-License-Identifier: MIT */
/* pidfd.h - processes that are known by a descriptor: it never means another
 * one.  Kernels before 5.3 have none. */
#ifndef COHORT_PROCESS_PIDFD_H
#define COHORT_PROCESS_PIDFD_H

#include <stdbool.h>
#include <sys/types.h>

/* Close-on-exec; -1 with errno. */
int pidfd_open_process(pid_t pid);
/* 0, or -1 with errno. */
int pidfd_signal(int pidfd, int number);
/* A duplicate of a descriptor of the process, close-on-exec; needs what a
 * debugger needs.  -1 with errno. */
int pidfd_take(int pidfd, int number);
bool pidfd_is_alive(int pidfd);

#endif
