/* SPDX-License-Identifier: MIT */
/* test_spawn.c - what a child inherits: what it was given, and nothing
 * else. */
#include "process/spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#define STRANGERS 40

/* The files behind descriptors, as the parent saw them. */
struct expectation {
	const struct spawn_descriptor *descriptors;
	unsigned count;
	const struct stat *files;
};

/* In the child; the status of the whole spawn. */
static int run_child(int (*main)(void *), void *context,
		     const struct spawn_descriptor *descriptors, unsigned count)
{
	const struct spawn spawn = {
		.main = main,
		.context = context,
		.title = "cohort: child of a test",
		.role = "child",
		.descriptors = descriptors,
		.descriptor_count = count,
	};
	struct error error;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = spawn_child(&spawn, &error);
	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* stdout is not the test's in the child: it speaks by its status, and on
 * standard error. */
static int complain(const char *what, int number)
{
	fprintf(stderr, "in the child: %s: %d\n", what, number);
	return 1;
}

/* ---- Descriptors ---- */

static bool is_expected(const struct expectation *expected, int fd)
{
	unsigned i;

	if (fd <= STDERR_FILENO || (fd == SPAWN_LOG && log_descriptor() == fd))
		return true;
	for (i = 0; i < expected->count; i++)
		if (expected->descriptors[i].number == fd)
			return true;
	return false;
}

static int check_no_strangers(const struct expectation *expected)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int bad = 0;

	if (directory == NULL)
		return complain("cannot list descriptors", 0);
	while ((entry = readdir(directory)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(directory) &&
		    !is_expected(expected, fd))
			bad = complain("a stranger", fd);
	}
	closedir(directory);
	return bad;
}

static int descriptors_main(void *context)
{
	const struct expectation *expected = context;
	struct stat file;
	unsigned i;
	int bad = check_no_strangers(expected);

	for (i = 0; i < expected->count; i++) {
		int number = expected->descriptors[i].number;

		if (fstat(number, &file) < 0 ||
		    file.st_ino != expected->files[i].st_ino ||
		    file.st_dev != expected->files[i].st_dev)
			bad = complain("not the file it should be", number);
		if (fcntl(number, F_GETFD) != FD_CLOEXEC)
			bad = complain("open on exec", number);
	}
	for (i = 0; i < 2; i++)
		if (fstat((int)i, &file) < 0 || !S_ISCHR(file.st_mode))
			bad = complain("not /dev/null", (int)i);
	return bad;
}

static void check_placing(const struct spawn_descriptor *descriptors,
			  unsigned count)
{
	struct stat files[STRANGERS];
	struct expectation expected = {descriptors, count, files};
	unsigned i;

	for (i = 0; i < count; i++)
		CHECK(fstat(descriptors[i].fd, &files[i]) == 0);
	check_int(run_child(descriptors_main, &expected, descriptors, count),
		  0);
	/* They are still the parent's. */
	for (i = 0; i < count; i++)
		CHECK(fcntl(descriptors[i].fd, F_GETFD) >= 0);
}

/* One pipe for each descriptor from `first` on, without close-on-exec. */
static void open_pipes(int first, int count)
{
	int i, fds[2];

	for (i = 0; i < count; i++) {
		CHECK(pipe(fds) == 0);
		CHECK(dup2(fds[0], first + i) == first + i);
		if (fds[0] != first + i)
			close(fds[0]);
		close(fds[1]);
	}
}

static void test_a_child_has_what_it_was_given_and_nothing_else(void)
{
	static const struct spawn_descriptor some[] = {
		{30, SPAWN_CHANNEL},
		{40, SPAWN_FIRST_LISTENER + 5},
		{31, SPAWN_FIRST_LISTENER},
		{30, SPAWN_FIRST_LISTENER + 1},
	};
	/* Each stands where another has to be. */
	static const struct spawn_descriptor swapped[] = {
		{16, 17}, {17, 16}, {18, SPAWN_CHANNEL}, {19, 18}, {20, 20},
	};
	static const struct spawn_descriptor far[] = {
		{30, SPAWN_CHANNEL},
		{31, 300},
		{32, SPAWN_FIRST_LISTENER + 200},
	};

	open_pipes(16, STRANGERS);
	check_placing(NULL, 0);
	check_placing(some, 4);
	check_placing(swapped, 5);
	check_placing(far, 3);
}

/* ---- The log ---- */

static int log_main(void *context)
{
	(void)context;
	log_info("from the child");
	return log_descriptor() == SPAWN_LOG ? 0 : 1;
}

static void test_the_log_moves_with_the_child(void)
{
	char path[] = "/tmp/cohort-unit-spawn-XXXXXX";
	static const struct spawn_descriptor channel[] = {{30, SPAWN_CHANNEL}};
	char text[512];
	struct error error;
	ssize_t size;
	int fd = mkstemp(path);

	CHECK(log_open(path, LOG_LEVEL_INFO, &error) == 0);
	check_int(run_child(log_main, NULL, channel, 1), 0);
	size = read(fd, text, sizeof(text) - 1);
	CHECK(size > 0);
	text[size > 0 ? size : 0] = '\0';
	CHECK(strstr(text, "child[") != NULL);
	CHECK(strstr(text, "from the child") != NULL);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	close(fd);
	unlink(path);
}

/* ---- Signals ---- */

static const int ignored[] = {SIGINT,  SIGQUIT, SIGHUP,   SIGUSR1, SIGUSR2,
			      SIGTTIN, SIGTTOU, SIGWINCH, SIGPIPE, 0};

static bool is_to_be_ignored(int number)
{
	const int *one;

	for (one = ignored; *one != 0; one++)
		if (*one == number)
			return true;
	return false;
}

static int signals_main(void *context)
{
	struct sigaction action;
	sigset_t blocked;
	int number, bad = 0;

	(void)context;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (number = 1; number < 32; number++) {
		if (sigismember(&blocked, number))
			bad = complain("blocked", number);
		sigaction(number, NULL, &action);
		if (action.sa_handler !=
		    (is_to_be_ignored(number) ? SIG_IGN : SIG_DFL))
			bad = complain("another disposition", number);
	}
	return bad;
}

static void handle(int number)
{
	(void)number;
}

static void test_signals_are_reset(void)
{
	sigset_t some, before, after;
	int number;

	signal(SIGTERM, handle);
	signal(SIGALRM, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR1);
	sigprocmask(SIG_SETMASK, &some, NULL);
	check_int(run_child(signals_main, NULL, NULL, 0), 0);
	/* The parent's mask is what it was. */
	sigprocmask(SIG_SETMASK, NULL, &before);
	for (number = 1; number < 32; number++)
		check_int(sigismember(&before, number),
			  sigismember(&some, number));
	sigemptyset(&after);
	sigprocmask(SIG_SETMASK, &after, NULL);
	signal(SIGTERM, SIG_DFL);
}

/* ---- The end ---- */

static int status_main(void *context)
{
	return *(const int *)context;
}

static void test_the_result_is_the_status(void)
{
	int status = 77;

	check_int(run_child(status_main, &status, NULL, 0), 77);
}

/* What the parent had not written yet is not written by the child too. */
static void test_nothing_is_written_twice(void)
{
	char path[] = "/tmp/cohort-unit-spawn-XXXXXX";
	int status = 0, fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct stat after;

	fputs("once", file);
	check_int(run_child(status_main, &status, NULL, 0), 0);
	fclose(file);
	CHECK(stat(path, &after) == 0);
	check_int(after.st_size, 4);
	unlink(path);
}

int main(void)
{
	test_a_child_has_what_it_was_given_and_nothing_else();
	test_the_log_moves_with_the_child();
	test_signals_are_reset();
	test_the_result_is_the_status();
	test_nothing_is_written_twice();
	return check_result();
}
