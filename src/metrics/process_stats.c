/* SPDX-License-Identifier: MIT */
/* process_stats.c - files of /proc/PID (proc(5)). */
#include "metrics/process_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define FILE_BYTES 4096 /* more than any file that is read here has */
#define PATH_BYTES 32

void process_stats_note(struct process_stats *stats, enum process_cell cell,
			uint64_t value)
{
	stats->cells[cell] = value;
	stats->known |= 1U << cell;
}

/* The whole file as a string; 0, or -1.  One that is read from its beginning
 * is made anew by the kernel. */
static int read_file(int fd, char text[FILE_BYTES])
{
	ssize_t size = fd < 0 ? -1 : pread(fd, text, FILE_BYTES - 1, 0);

	if (size <= 0)
		return -1;
	text[size] = '\0';
	return 0;
}

static uint64_t ticks_to_ms(uint64_t ticks)
{
	long per_second = sysconf(_SC_CLK_TCK);

	return per_second > 0 ? ticks * 1000 / (uint64_t)per_second : 0;
}

/* The name, in brackets, may hold anything; the fields behind it are numbers,
 * from the third on. */
static void read_stat(struct process_stats *stats, int fd)
{
	uint64_t user, system, started, virtual_bytes, pages;
	char text[FILE_BYTES];
	const char *rest;

	if (read_file(fd, text) < 0)
		return;
	rest = strrchr(text, ')');
	if (rest == NULL ||
	    sscanf(rest,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
		   " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64 " %" SCNu64
		   " %" SCNu64,
		   &user, &system, &started, &virtual_bytes, &pages) != 5)
		return;
	process_stats_note(stats, PROCESS_CPU_MS, ticks_to_ms(user + system));
	process_stats_note(stats, PROCESS_VIRTUAL_BYTES, virtual_bytes);
	process_stats_note(stats, PROCESS_RESIDENT_BYTES,
			   pages * (uint64_t)sysconf(_SC_PAGESIZE));
	if (stats->cells[PROCESS_STARTED_WALL_MS] != 0)
		started = stats->cells[PROCESS_STARTED_WALL_MS];
	else
		started = (uint64_t)(clock_wall_ms() - clock_boot_ms()) +
			  ticks_to_ms(started);
	process_stats_note(stats, PROCESS_STARTED_WALL_MS, started);
}

/* The soft limit of the line that begins with `name`. */
static void read_limit(struct process_stats *stats, const char *text,
		       const char *name, enum process_cell cell)
{
	const char *line = strstr(text, name);
	uint64_t limit = UINT64_MAX;

	if (line == NULL)
		return;
	line += strlen(name);
	line += strspn(line, " ");
	if (strncmp(line, "unlimited", 9) != 0 &&
	    sscanf(line, "%" SCNu64, &limit) != 1)
		return;
	process_stats_note(stats, cell, limit);
}

static void read_limits(struct process_stats *stats, int fd)
{
	char text[FILE_BYTES];

	if (read_file(fd, text) < 0)
		return;
	read_limit(stats, text, "\nMax open files", PROCESS_MAX_FDS);
	read_limit(stats, text, "\nMax address space",
		   PROCESS_VIRTUAL_MAX_BYTES);
}

/* ---- Files ------------------------------------------------------------ */

static int open_file(pid_t pid, const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void process_files_open(struct process_files *files, pid_t pid)
{
	files->stat = open_file(pid, "stat");
	files->limits = open_file(pid, "limits");
}

void process_files_close(struct process_files *files)
{
	if (files->stat >= 0)
		close(files->stat);
	if (files->limits >= 0)
		close(files->limits);
	files->stat = files->limits = -1;
}

void process_stats_read(struct process_stats *stats,
			const struct process_files *files)
{
	stats->known = 0;
	read_stat(stats, files->stat);
	read_limits(stats, files->limits);
}

/* ---- Descriptors ------------------------------------------------------ */

static unsigned count_entries(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	/* Itself, its parent, and the one that it is read through. */
	return count > 3 ? count - 3 : 0;
}

/* Since Linux 6.2 the folder's size is the number. */
unsigned process_count_descriptors(void)
{
	struct stat status;

	if (stat("/proc/self/fd", &status) < 0)
		return 0;
	return status.st_size > 0 ? (unsigned)status.st_size : count_entries();
}
