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

static void know(struct process_stats *stats, enum process_cell cell,
		 uint64_t value)
{
	stats->cells[cell] = value;
	stats->known |= 1U << cell;
}

static char *path_of(char path[PATH_BYTES], pid_t pid, const char *name)
{
	snprintf(path, PATH_BYTES, "%d/%s", (int)pid, name);
	return path;
}

/* The whole file as a string; 0, or -1. */
static int read_file(int proc, pid_t pid, const char *name,
		     char text[FILE_BYTES])
{
	char path[PATH_BYTES];
	int fd = openat(proc, path_of(path, pid, name), O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0)
		return -1;
	size = read(fd, text, FILE_BYTES - 1);
	close(fd);
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
static void read_stat(struct process_stats *stats, int proc, pid_t pid)
{
	uint64_t user, system, started, virtual_bytes, pages;
	char text[FILE_BYTES];
	const char *rest;

	if (read_file(proc, pid, "stat", text) < 0)
		return;
	rest = strrchr(text, ')');
	if (rest == NULL ||
	    sscanf(rest,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
		   " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64 " %" SCNu64
		   " %" SCNu64,
		   &user, &system, &started, &virtual_bytes, &pages) != 5)
		return;
	know(stats, PROCESS_CPU_MS, ticks_to_ms(user + system));
	know(stats, PROCESS_VIRTUAL_BYTES, virtual_bytes);
	know(stats, PROCESS_RESIDENT_BYTES,
	     pages * (uint64_t)sysconf(_SC_PAGESIZE));
	if (stats->pid == pid && stats->cells[PROCESS_STARTED_WALL_MS] != 0)
		started = stats->cells[PROCESS_STARTED_WALL_MS];
	else
		started = (uint64_t)(clock_wall_ms() - clock_boot_ms()) +
			  ticks_to_ms(started);
	know(stats, PROCESS_STARTED_WALL_MS, started);
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
	know(stats, cell, limit);
}

static void read_limits(struct process_stats *stats, int proc, pid_t pid)
{
	char text[FILE_BYTES];

	if (read_file(proc, pid, "limits", text) < 0)
		return;
	read_limit(stats, text, "\nMax open files", PROCESS_MAX_FDS);
	read_limit(stats, text, "\nMax address space",
		   PROCESS_VIRTUAL_MAX_BYTES);
}

static void count_entries(struct process_stats *stats, int fd)
{
	DIR *folder = fdopendir(fd);
	uint64_t count = 0;

	if (folder == NULL) {
		close(fd);
		return;
	}
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	if (count >= 2)
		know(stats, PROCESS_OPEN_FDS, count - 2);
}

/* Since Linux 6.2 the folder's size is the number, and needs no right to look
 * into it. */
static void read_descriptors(struct process_stats *stats, int proc, pid_t pid)
{
	char path[PATH_BYTES];
	struct stat status;
	int fd;

	path_of(path, pid, "fd");
	if (fstatat(proc, path, &status, 0) < 0)
		return;
	if (status.st_size > 0) {
		know(stats, PROCESS_OPEN_FDS, (uint64_t)status.st_size);
		return;
	}
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		count_entries(stats, fd);
}

int process_stats_open(void)
{
	return open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void process_stats_read(struct process_stats *stats, int proc, pid_t pid)
{
	if (stats->pid != pid)
		memset(stats, 0, sizeof(*stats));
	stats->known = 0;
	if (proc < 0)
		return;
	read_stat(stats, proc, pid);
	read_limits(stats, proc, pid);
	read_descriptors(stats, proc, pid);
	stats->pid = pid;
}
