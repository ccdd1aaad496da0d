/* SPDX-License-Identifier: MIT */
/* cpus.h - how many CPUs this program may use, and which. */
#ifndef COHORT_PROCESS_CPUS_H
#define COHORT_PROCESS_CPUS_H

/* What `workers auto` means: the CPUs of the affinity mask, or the cgroup's
 * quota rounded up (cgroup v2 cpu.max up to the root, v1 cpu.cfs_quota_us) if
 * that is less; at least 1, at most CONFIG_WORKERS_MAX. */
unsigned cpus_usable_count(void);

/* The part of the cgroup alone: the least quota from the groups listed in the
 * file `groups` (/proc/self/cgroup) up to the mount at `mounts`
 * (/sys/fs/cgroup); UINT_MAX without one. */
unsigned cpus_quota_count(const char *groups, const char *mounts);

/* The CPU for a slot: the slots go round the affinity mask.  -1 if the mask
 * cannot be read. */
int cpus_of_slot(unsigned slot);

/* Pin the calling process to `cpu`.  0, or -1 with errno. */
int cpus_pin(int cpu);

#endif
