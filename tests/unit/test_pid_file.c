/* SPDX-License-Identifier: MIT */
/* test_pid_file.c - a pid file is written whole and removed if it is ours. */
#include "process/pid_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define PATH_ROOM 128

static char directory[] = "/tmp/cohort-test-pid-XXXXXX";

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static const char *get(const char *path)
{
	static char text[64];
	FILE *file = fopen(path, "r");
	size_t size;

	if (!file)
		return "(none)";
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

/* What was there before, and whether it is there after the end. */
static void test_life(const char *path, const char *stale)
{
	struct error error;
	char own[32];

	snprintf(own, sizeof(own), "%d\n", (int)getpid());
	if (stale)
		put(path, stale);
	check_int(pid_file_write(path, &error), 0);
	check_string(get(path), own);
	pid_file_remove(path, getpid());
	check_string(get(path), "(none)");
}

static void test_a_successors_file_stays(const char *path)
{
	struct error error;

	check_int(pid_file_write(path, &error), 0);
	put(path, "1\n");
	pid_file_remove(path, getpid());
	check_string(get(path), "1\n");
	unlink(path);
	pid_file_remove(path, getpid()); /* nothing there: nothing happens */
}

static void test_a_path_that_cannot_be(void)
{
	struct error error;

	check_int(pid_file_write("/nonexistent/pid", &error), -1);
	check_int(error.number, ENOENT);
	CHECK(strstr(error.text, "/nonexistent/pid") != NULL);
}

int main(void)
{
	char path[PATH_ROOM];

	CHECK(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/pid", directory);
	test_life(path, NULL);
	test_life(path, "99999999\n");
	test_life(path, "not a number, and longer than any pid can be\n");
	test_a_successors_file_stays(path);
	test_a_path_that_cannot_be();
	/* Nothing else was left behind. */
	check_int(rmdir(directory), 0);
	return check_result();
}
