/* SPDX-License-Identifier: MIT */
/* impostor.c - what stands where the new build of a server should: it does
 * what the environment says, or a file that it names. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The word in the file; it may change while whoever starts us lives on. */
static const char *read_word(const char *path, char *word, size_t room)
{
	FILE *file = fopen(path, "r");

	if (file == NULL || fgets(word, (int)room, file) == NULL)
		exit(5);
	fclose(file);
	word[strcspn(word, "\n")] = '\0';
	return word;
}

int main(void)
{
	const char *what = getenv("IMPOSTOR");
	char word[32];

	if (what == NULL)
		return 3;
	if (what[0] == '/')
		what = read_word(what, word, sizeof(word));
	if (strcmp(what, "hang") == 0)
		pause();
	if (strcmp(what, "crash") == 0)
		raise(SIGABRT);
	if (strcmp(what, "other") == 0)
		puts("cohort trial 999 ok");
	if (strcmp(what, "late") == 0)
		puts("cohort trial 1 ok");
	return strcmp(what, "late") == 0 ? 4 : 0;
}
