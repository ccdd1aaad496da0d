/* SPDX-License-Identifier: MIT */
/* title.c - the room of argv and the environment, written over. */
#include "process/title.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/memory.h"

/* The kernel shows the process's own memory as its title, so there is one
 * place for it, found once at the start. */
static struct {
	char *begin;
	size_t argument_room; /* what argv took */
	size_t room;          /* with the environment behind it */
	/* The copies, where leak checkers find them. */
	char **volatile arguments;
	char **volatile environment;
} title;

static char *copy_string(const char *string)
{
	size_t size = strlen(string) + 1;

	return memcpy(memory_require(1, size), string, size);
}

/* A copy of a list of strings; `*end` is moved beyond those that follow each
 * other in memory. */
static char **copy_list(char **list, char **end)
{
	size_t count = 0, i;
	char **copy;

	while (list[count] != NULL)
		count++;
	copy = memory_require(count + 1, sizeof(*copy));
	for (i = 0; i < count; i++) {
		if (*end == list[i])
			*end = list[i] + strlen(list[i]) + 1;
		copy[i] = copy_string(list[i]);
	}
	return copy;
}

char **title_init(char **argv, char ***environment)
{
	char *end = argv[0];

	if (end == NULL)
		return argv;
	title.begin = argv[0];
	title.arguments = copy_list(argv, &end);
	title.argument_room = (size_t)(end - title.begin);
	title.environment = copy_list(*environment, &end);
	*environment = title.environment;
	title.room = (size_t)(end - title.begin);
	return title.arguments;
}

void title_set(const char *words)
{
	static const char prefix[] = "cohort: ";
	const char *name = words;
	size_t size = strlen(words);

	if (strncmp(words, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (title.room < 2)
		return;
	if (size > title.room - 1)
		size = title.room - 1;
	memset(title.begin, 0, title.room);
	memcpy(title.begin, words, size);
	/* Without a NUL at the end of argv the kernel takes it all for one
	 * string, which ends at its own NUL (proc(5), cmdline). */
	if (size + 1 < title.argument_room)
		title.begin[title.argument_room - 1] = '.';
}
