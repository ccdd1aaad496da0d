/* SPDX-License-Identifier: MIT */
/* spawn.c - the one home of fork. */
#include "process/spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "event/signals.h"
#include "process/title.h"

/* The system call's number, the same on every architecture; musl 1.2.3 has no
 * wrapper for close_range(2). */
#define CLOSE_RANGE_CALL 436

static const int ignored_signals[] = {
	SIGINT,  SIGQUIT, SIGHUP,   SIGUSR1, SIGUSR2,
	SIGTTIN, SIGTTOU, SIGWINCH, SIGPIPE, 0,
};

/* ---- Descriptors of the child ---- */

/* For kernels before 5.9, which have no close_range(2). */
static void close_listed(int first)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd >= first && fd != dirfd(directory))
			close(fd);
	}
	closedir(directory);
}

static void close_from(int first)
{
	if (syscall(CLOSE_RANGE_CALL, (unsigned)first, UINT_MAX, 0) < 0)
		close_listed(first);
}

static int open_null(int number)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || fd == number)
		return fd;
	if (dup2(fd, number) < 0)
		return -1;
	close(fd);
	return number;
}

/* All that the child keeps: what it was given, and the log's sink. */
struct kept {
	struct spawn_descriptor *list;
	unsigned count;
	int highest; /* number */
};

static int list_kept(const struct spawn *spawn, struct kept *kept)
{
	unsigned i;

	kept->list = calloc(spawn->descriptor_count + 1, sizeof(*kept->list));
	if (kept->list == NULL)
		return -1;
	kept->count = 0;
	kept->highest = SPAWN_LOG;
	if (log_descriptor() >= 0)
		kept->list[kept->count++] =
			(struct spawn_descriptor){log_descriptor(), SPAWN_LOG};
	for (i = 0; i < spawn->descriptor_count; i++) {
		kept->list[kept->count++] = spawn->descriptors[i];
		if (spawn->descriptors[i].number > kept->highest)
			kept->highest = spawn->descriptors[i].number;
	}
	return 0;
}

/* A source may stand where a target has to be: first all of them are moved
 * beyond the highest target, then each to its place. */
static int place_kept(struct kept *kept)
{
	unsigned i;
	int number;

	for (i = 0; i < kept->count; i++) {
		kept->list[i].fd = fcntl(kept->list[i].fd, F_DUPFD_CLOEXEC,
					 kept->highest + 1);
		if (kept->list[i].fd < 0)
			return -1;
	}
	for (number = STDERR_FILENO + 1; number <= kept->highest; number++)
		close(number);
	for (i = 0; i < kept->count; i++)
		if (dup3(kept->list[i].fd, kept->list[i].number, O_CLOEXEC) < 0)
			return -1;
	close_from(kept->highest + 1);
	return 0;
}

static int arrange_descriptors(const struct spawn *spawn)
{
	struct kept kept;
	int result;

	if (list_kept(spawn, &kept) < 0)
		return -1;
	result = place_kept(&kept);
	free(kept.list);
	if (result < 0)
		return -1;
	if (log_descriptor() >= 0)
		log_moved(SPAWN_LOG);
	if (open_null(STDIN_FILENO) < 0 || open_null(STDOUT_FILENO) < 0)
		return -1;
	return 0;
}

/* ---- The fork ---- */

/* Nobody else would end it after its maker. */
int spawn_end_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	/* It may have ended before it was asked for. */
	return getppid() == parent ? 0 : -1;
}

static int run_child(const struct spawn *spawn, pid_t parent)
{
	signals_reset(ignored_signals);
	if (spawn->is_group)
		setpgid(0, 0);
	if (spawn->is_group && spawn_end_with(parent) < 0)
		return SPAWN_STATUS;
	log_set_role(spawn->role);
	if (arrange_descriptors(spawn) < 0)
		return SPAWN_STATUS;
	title_set(spawn->title);
	return spawn->main(spawn->context);
}

pid_t spawn_child(const struct spawn *spawn, struct error *error)
{
	sigset_t all, before;
	pid_t parent = getpid(), pid;

	/* The child must not act on a signal before it is reset. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		exit(run_child(spawn, parent));
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		error_set_errno(error, "cannot fork %s", spawn->role);
	else if (spawn->is_group) /* whoever of the two comes first */
		setpgid(pid, pid);
	return pid;
}

/* ---- Other programs ---- */

static void set_flags(const struct spawn_program *program, int flags)
{
	unsigned i;

	for (i = 0; i < program->fd_count; i++)
		fcntl(program->fds[i], F_SETFD, flags);
}

static void execute(const struct spawn_program *program)
{
	set_flags(program, 0);
	fexecve(program->file, program->arguments, program->environment);
}

static void run_program(const struct spawn_program *program, pid_t parent)
{
	static const int none[] = {0};

	signals_reset(none);
	setpgid(0, 0);
	if (spawn_end_with(parent) == 0 && open_null(STDIN_FILENO) >= 0 &&
	    dup2(program->output, STDOUT_FILENO) >= 0)
		execute(program);
	_exit(SPAWN_NOT_EXECUTED);
}

pid_t spawn_program(const struct spawn_program *program, struct error *error)
{
	sigset_t all, before;
	pid_t parent = getpid(), pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		run_program(program, parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		error_set_errno(error, "cannot fork the new program");
	else /* whoever of the two comes first */
		setpgid(pid, pid);
	return pid;
}

int spawn_replace(const struct spawn_program *program, struct error *error)
{
	execute(program);
	error_set_errno(error, "cannot execute the new program");
	set_flags(program, FD_CLOEXEC);
	return -1;
}
