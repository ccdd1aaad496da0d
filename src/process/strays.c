/* SPDX-License-Identifier: MIT */
/* strays.c - from the kernel's list of listeners to who holds them. */
#include "process/strays.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/group_members.h"
#include "process/pidfd.h"
#include "process/proc_status.h"

#define WORKER_TITLE "cohort: worker "
#define PATH_TEXT    64

/* One look through /proc, for the listeners of one address. */
struct search {
	struct strays *strays;
	const struct group_member *members;
	int *fds; /* as members has them; -1: not found */
	unsigned count;
	int number; /* errno: why one was found and not to be had */
};

/* ---- A process ------------------------------------------------------- */

static bool is_worker(pid_t pid)
{
	char path[PATH_TEXT], title[sizeof(WORKER_TITLE)] = "";
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size = read(fd, title, sizeof(title) - 1);
	close(fd);
	return size > 0 && strcmp(title, WORKER_TITLE) == 0;
}

/* The number of `/proc/PID/fd/NUMBER`'s socket; 0: it is none. */
static uint64_t inode_of(int directory, const char *number)
{
	char link[PATH_TEXT];
	ssize_t size = readlinkat(directory, number, link, sizeof(link) - 1);
	unsigned long long inode;

	if (size <= 0)
		return 0;
	link[size] = '\0';
	return sscanf(link, "socket:[%llu]", &inode) == 1 ? inode : 0;
}

/* The process may have closed it meanwhile, and opened another. */
static int take(const struct search *search, int pidfd, int number,
		unsigned index)
{
	struct stat status;
	int fd = pidfd_take(pidfd, number);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 &&
	    status.st_ino == search->members[index].inode)
		return fd;
	close(fd);
	errno = EBADF;
	return -1;
}

/* Is it one that is looked for, and not found yet? */
static int index_of(const struct search *search, uint64_t inode)
{
	unsigned i;

	for (i = 0; inode != 0 && i < search->count; i++)
		if (search->members[i].inode == inode)
			return search->fds[i] < 0 ? (int)i : -1;
	return -1;
}

/* How many of the process's descriptors were looked for. */
static unsigned search_descriptors(struct search *search, int pidfd,
				   DIR *descriptors)
{
	const struct dirent *entry;
	unsigned found = 0;
	int index;

	while ((entry = readdir(descriptors)) != NULL) {
		index = index_of(search,
				 inode_of(dirfd(descriptors), entry->d_name));
		if (index < 0)
			continue;
		search->fds[index] = take(search, pidfd, atoi(entry->d_name),
					  (unsigned)index);
		if (search->fds[index] >= 0)
			found++;
		else
			search->number = errno;
	}
	return found;
}

static void note_stray(struct strays *strays, pid_t pid, int pidfd)
{
	size_t size = (strays->count + 1) * sizeof(*strays->list);
	struct stray *grown = realloc(strays->list, size);

	if (!grown)
		log_fatal(1, "there is no memory to take over workers with");
	strays->list = grown;
	strays->list[strays->count++] = (struct stray){pid, pidfd};
}

static bool is_noted(const struct strays *strays, pid_t pid)
{
	unsigned i;

	for (i = 0; i < strays->count; i++)
		if (strays->list[i].pid == pid)
			return true;
	return false;
}

/* The pidfd comes first: whatever is found is of the process that it names. */
static void search_process(struct search *search, pid_t pid)
{
	int pidfd = pidfd_open_process(pid);
	char path[PATH_TEXT];
	DIR *descriptors;
	unsigned found = 0;

	if (pidfd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	descriptors = is_worker(pid) ? opendir(path) : NULL;
	if (descriptors) {
		found = search_descriptors(search, pidfd, descriptors);
		closedir(descriptors);
	}
	if (found > 0 && !is_noted(search->strays, pid))
		note_stray(search->strays, pid, pidfd);
	else
		close(pidfd);
}

/* ---- All of them ----------------------------------------------------- */

static void search_all(struct search *search)
{
	const struct dirent *entry;
	DIR *processes = opendir("/proc");
	pid_t pid;

	if (!processes)
		return;
	while ((entry = readdir(processes)) != NULL) {
		pid = (pid_t)atoi(entry->d_name);
		if (pid > 0 && pid != getpid())
			search_process(search, pid);
	}
	closedir(processes);
}

static bool is_complete(const struct search *search)
{
	unsigned i;

	for (i = 0; i < search->count; i++)
		if (search->fds[i] < 0)
			return false;
	return true;
}

static void give_back(struct search *search, const struct address *address)
{
	char text[ADDRESS_TEXT];
	unsigned i;

	for (i = 0; i < search->count; i++)
		if (search->fds[i] >= 0)
			close(search->fds[i]);
	if (search->number != 0)
		log_warning(
			"workers of a supervisor that was killed serve %s, "
			"and cannot be taken over: %s",
			address_format(text, address),
			strerror(search->number));
}

/* Whoever else listens there might go on accepting. */
static bool are_ours(const struct group_member *members, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (members[i].uid != geteuid())
			return false;
	return true;
}

unsigned strays_take(struct strays *strays, const struct address *address,
		     int *fds, unsigned room)
{
	struct group_member members[GROUP_MEMBERS_MAX];
	struct search search = {
		.strays = strays, .members = members, .fds = fds};
	unsigned i, known = strays->count;
	int count = address_port(address) == 0
			    ? 0
			    : group_members_list(address, members);

	if (count <= 0 || (unsigned)count > room || !are_ours(members, count))
		return 0;
	search.count = (unsigned)count;
	for (i = 0; i < search.count; i++)
		fds[i] = -1;
	search_all(&search);
	if (is_complete(&search))
		return search.count;
	give_back(&search, address);
	while (strays->count > known)
		close(strays->list[--strays->count].pidfd);
	return 0;
}

/* ---- Their end ------------------------------------------------------- */

static void retire(const struct stray *stray)
{
	bool is_stopped = proc_status_is_stopped(stray->pid);

	if (is_stopped)
		log_warning(
			"process %d is killed: it is stopped and cannot "
			"leave",
			(int)stray->pid);
	if (pidfd_signal(stray->pidfd, is_stopped ? SIGKILL : SIGTERM) < 0 &&
	    errno != ESRCH)
		log_error("cannot end process %d: %s", (int)stray->pid,
			  strerror(errno));
}

void strays_retire(struct strays *strays)
{
	unsigned i;

	for (i = 0; i < strays->count; i++)
		retire(&strays->list[i]);
	strays_release(strays);
}

void strays_release(struct strays *strays)
{
	unsigned i;

	for (i = 0; i < strays->count; i++)
		close(strays->list[i].pidfd);
	free(strays->list);
	*strays = (struct strays){0};
}
