/* SPDX-License-Identifier: MIT */
/* process_stats.h - what the kernel says of a process, for the metrics that
 * every Prometheus client has (process_…).
 *
 * The admin process reads it of the supervisor, through files of /proc/PID that
 * were opened before its sandbox closed; a folder would lead out of a chroot.
 * So the supervisor counts its descriptors itself.  What may not be read
 * (another user's, /proc is not there) is unknown, and nothing fails. */
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
	unsigned known; /* a bit for each cell */
	uint64_t cells[PROCESS_CELLS];
};

/* Of one process; each -1: it is not there. */
struct process_files {
	int stat;
	int limits;
};

/* All close-on-exec. */
void process_files_open(struct process_files *files, pid_t pid);
void process_files_close(struct process_files *files);

/* Read anew what the files tell.  When it was started is asked once: clocks
 * are set now and then, and it would seem to move. */
void process_stats_read(struct process_stats *stats,
			const struct process_files *files);
/* What else is known of it. */
void process_stats_note(struct process_stats *stats, enum process_cell cell,
			uint64_t value);

/* Descriptors that this process has open; 0: nobody knows. */
unsigned process_count_descriptors(void);

#endif
