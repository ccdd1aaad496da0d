/* SPDX-License-Identifier: MIT */
/* impostor.c - what stands where the new build of a server should: it does
 * what $IMPOSTOR says, or a file that it names; $IMPOSTOR_OF is the true
 * one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define STATE_BYTES 65536

static const char *what;

/* The word in the file; it may change while whoever starts us lives on. */
static const char *read_word(const char *path)
{
	static char word[32];
	FILE *file = fopen(path, "r");

	if (file == NULL || fgets(word, sizeof(word), file) == NULL)
		exit(5);
	fclose(file);
	word[strcspn(word, "\n")] = '\0';
	return word;
}

static int is(const char *word)
{
	return strcmp(what, word) == 0;
}

/* A child that outlives us, unless somebody ends it. */
static void leave_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		pause();
	fprintf(stderr, "impostor: forked %d\n", (int)pid);
}

/* The descriptor that the state has for the scoreboard becomes one of another
 * size, as if that were what this build has. */
static int change_board(const char *handover)
{
	static char state[STATE_BYTES];
	ssize_t size = pread(atoi(handover), state, sizeof(state) - 1, 0);
	char *line = size > 0 ? strstr(state, "\nscoreboard ") : NULL;
	int fd = memfd_create("impostor", 0);

	if (line == NULL || fd < 0 || ftruncate(fd, 4096) < 0)
		return -1;
	return dup2(fd, atoi(line + strlen("\nscoreboard ")));
}

static void go_on_as_cohort(char **argv, int is_changed)
{
	const char *program = getenv("IMPOSTOR_OF");

	if (program != NULL && (!is_changed || change_board(argv[2]) >= 0))
		execv(program, argv);
	exit(3);
}

int main(int argc, char **argv)
{
	int is_trial = argc > 3 && strcmp(argv[3], "--trial") == 0;

	what = getenv("IMPOSTOR");
	if (what == NULL)
		return 3;
	if (what[0] == '/')
		what = read_word(what);
	if (is("hang"))
		pause();
	if (is("crash"))
		raise(SIGABRT);
	if (is("fork"))
		leave_child();
	if (is("slow"))
		usleep(300000);
	if (argc > 2 && is("slow"))
		go_on_as_cohort(argv, 0);
	if (argc > 2 && (is("board") || is("change")))
		go_on_as_cohort(argv, is("board") || !is_trial);
	if (is("other"))
		puts("cohort trial 999 ok");
	if (is("late"))
		puts("cohort trial 1 ok");
	return is("late") ? 4 : 0;
}
