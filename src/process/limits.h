/* SPDX-License-Identifier: MIT */
/* limits.h - how many descriptors, and from that how many connections. */
#ifndef COHORT_PROCESS_LIMITS_H
#define COHORT_PROCESS_LIMITS_H

#include <stdint.h>

/* Descriptors a worker needs beside its connections and listeners: standard
 * ones, channel, log, poller, signals, a spare, and some for the protocol. */
#define LIMITS_RESERVED 24

/* Supervisor, before it forks: set RLIMIT_NOFILE to `max_open_files` (the
 * hard limit too, where privilege allows), or as far as it goes for 0 (auto:
 * the hard limit, at most 1048576).  What cannot be had is a warning that
 * names the limit.  Returns the soft limit that this came to; if it is less
 * than `need`, the one in force is as before. */
uint64_t limits_raise_descriptors(uint64_t max_open_files, uint64_t need);

/* The soft limit that was in force before: 0 is none. */
void limits_restore_descriptors(uint64_t descriptors);

/* Connections one worker may hold with `descriptors` of them and
 * `listener_count` listeners; at least 1. */
unsigned limits_connections(uint64_t descriptors, unsigned listener_count);

#endif
