/* SPDX-License-Identifier: MIT */
/* test_title.c - what others read in /proc about this process. */
#include "process/title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define ROOM 4096

/* Where ps looks; the length of what is there. */
static size_t read_file(const char *path, char *text)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;

	CHECK(file != NULL);
	if (file != NULL) {
		size = fread(text, 1, ROOM - 1, file);
		fclose(file);
	}
	text[size] = '\0';
	return size;
}

static void check_title(const char *words)
{
	char text[ROOM];
	size_t size;

	title_set(words);
	size = read_file("/proc/self/cmdline", text);
	check_string(text, words);
	/* Exactly that, and nothing of what was there before. */
	check_int(size, strlen(words) + 1);
}

static void test_the_titles_of_the_program(void)
{
	check_title("cohort: worker 3 (draining)");
	check_title("cohort: worker 3");
	check_title("cohort: supervisor");
	check_title("x");
	check_title(
		"cohort: a title that is certainly longer than the "
		"arguments of this test, which have a short name");
	check_title("cohort: worker 3");
}

static void test_the_name_of_the_thread(void)
{
	char text[ROOM];

	title_set("cohort: worker 12");
	read_file("/proc/self/comm", text);
	check_string(text, "worker 12\n");
	title_set("cohort: a very long name of a process");
	read_file("/proc/self/comm", text);
	check_string(text, "a very long nam\n");
}

static void test_a_title_longer_than_the_room_is_cut(void)
{
	char *words = malloc(1 << 20);
	char text[ROOM];

	memset(words, 'x', (1 << 20) - 1);
	words[(1 << 20) - 1] = '\0';
	title_set(words);
	CHECK(read_file("/proc/self/cmdline", text) > 0);
	CHECK(text[0] == 'x');
	free(words);
}

int main(int argc, char **argv)
{
	const char *path;
	extern char **environ;
	char **environment = environ;
	char *first = argv[0], *variable = environ[0];
	char name[ROOM], value[ROOM];
	char **moved;

	snprintf(name, sizeof(name), "%s", first);
	snprintf(value, sizeof(value), "%s", variable ? variable : "");
	title_set("cohort: before it has room"); /* harmless */
	check_string(argv[0], name);
	moved = title_init(argv, &environment);
	CHECK(moved != argv && moved[argc] == NULL);
	CHECK(environment != environ);
	environ = environment;

	test_the_titles_of_the_program();
	test_the_name_of_the_thread();
	test_a_title_longer_than_the_room_is_cut();

	/* The copies are not written over. */
	REQUIRE(moved != NULL && environment != NULL);
	check_string(moved[0], name);
	if (variable != NULL)
		check_string(environment[0], value);
	path = getenv("PATH");
	CHECK(path == NULL || path[0] != 'x');
	return check_result();
}
