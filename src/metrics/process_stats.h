/* SPDX-License-Identifier: MIT */
/* process_stats.h - what the kernel says of a process, for the metrics that
 * every Prometheus client has (process_…).
 *
 * The admin process reads it of the supervisor, through a descriptor of /proc
 * that was opened before its sandbox closed.  What may not be read (another
 * user's, /proc is not there) is unknown, and nothing fails. */
#ifndef COHORT_METRICS_PROCESS_STATS_H
#define COHORT_METRICS_PROCESS_STATS_H

#include <stdint.h>
#include <sys/types.h>

enum process_cell {
	PROCESS_CPU_MS, /* in the process and in the kernel for it */
	PROCESS_STARTED_WALL_MS,
	PROCESS_OPEN_FDS,
	PROCESS_MAX_FDS, /* UINT64_MAX: no limit */
	PROCESS_VIRTUAL_BYTES,
	PROCESS_VIRTUAL_MAX_BYTES, /* likewise */
	PROCESS_RESIDENT_BYTES,
	PROCESS_CELLS,
};

/* Zeroed memory knows nothing. */
struct process_stats {
	pid_t pid;      /* of the last time */
	unsigned known; /* a bit for each cell */
	uint64_t cells[PROCESS_CELLS];
};

/* A descriptor for process_stats_read, close-on-exec; -1: there is none. */
int process_stats_open(void);

/* Read all anew.  When it was started is asked once for each pid: clocks are
 * set now and then, and it would seem to move. */
void process_stats_read(struct process_stats *stats, int proc, pid_t pid);

#endif
