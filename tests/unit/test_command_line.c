/* SPDX-License-Identifier: MIT */
/* test_command_line.c - flags, what they fill, and usage errors. */
#include "process/command_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define WORDS_MAX 12

static const struct cohort_protocol protocol = {.name = "some"};
static const struct cohort_protocol *const protocols[] = {&protocol, NULL};
static char *environment[] = {"NAME=value", NULL};

/* argv of a table's row; the first word is the program's name. */
static int parse(struct command_line *line, const char *const *words)
{
	char *argv[WORDS_MAX + 2] = {"cohort"};
	int argc = 1;

	while (words[argc - 1] != NULL) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	return command_line_parse(line, argc, argv, environment, protocols);
}

/* ---- What is accepted ---- */

static void test_nothing_at_all(void)
{
	static const char *const words[] = {NULL};
	struct command_line line;

	check_int(parse(&line, words), 0);
	check_int(line.action, ACTION_RUN);
	check_int(line.ready_fd, -1);
	CHECK(line.request.file == NULL);
	CHECK(line.request.protocol == NULL);
	CHECK(line.request.workers == NULL);
	check_int(line.request.listen_count, 0);
	check_int(line.request.override_count, 0);
	CHECK(line.request.protocols == protocols);
	check_string(line.request.environment[0], "NAME=value");
	command_line_release(&line);
}

static void test_every_flag(void)
{
	static const char *const words[] = {"-l",  ":1", "-l",   "[::1]:2",
					    "-p",  "p",  "-w4",  "-o",
					    "a b", "-o", "c d;", NULL};
	static const char *const file[] = {"-c", "some.conf", "-w", "auto",
					   NULL};
	struct command_line line;

	check_int(parse(&line, words), 0);
	check_int(line.request.listen_count, 2);
	check_string(line.request.listens[0], ":1");
	check_string(line.request.listens[1], "[::1]:2");
	check_string(line.request.protocol, "p");
	check_string(line.request.workers, "4");
	check_int(line.request.override_count, 2);
	check_string(line.request.overrides[0], "a b");
	check_string(line.request.overrides[1], "c d;");
	command_line_release(&line);
	check_int(parse(&line, file), 0);
	check_string(line.request.file, "some.conf");
	check_string(line.request.workers, "auto");
	command_line_release(&line);
}

static void test_actions(void)
{
	static const struct {
		const char *word;
		enum command_line_action action;
	} cases[] = {
		{"-t", ACTION_CHECK},          {"-T", ACTION_PRINT},
		{"-V", ACTION_VERSION},        {"-h", ACTION_HELP},
		{"--version", ACTION_VERSION}, {"--help", ACTION_HELP},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const words[] = {cases[i].word, NULL};
		struct command_line line;

		check_int(parse(&line, words), 0);
		check_int(line.action, cases[i].action);
		command_line_release(&line);
	}
}

static void test_ready_fd_is_not_inherited(void)
{
	char word[16];
	const char *const words[] = {"--ready-fd", word, NULL};
	struct command_line line;
	int fds[2];

	CHECK(pipe(fds) == 0);
	snprintf(word, sizeof(word), "%d", fds[1]);
	check_int(parse(&line, words), 0);
	check_int(line.ready_fd, fds[1]);
	check_int(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	command_line_release(&line);
	/* It is read only. */
	snprintf(word, sizeof(word), "%d", fds[0]);
	check_int(parse(&line, words), -1);
	command_line_release(&line);
	close(fds[0]);
	close(fds[1]);
}

/* ---- What is not ---- */

static const char *const refused[][WORDS_MAX] = {
	{"--frobnicate"},
	{"-x"},
	{"stray"},
	{"-w", "2", "stray"},
	{"--", "stray"},
	{"-c"},
	{"-l"},
	{"-o"},
	{"--ready-fd"},
	{"--ready-fd", "x"},
	{"--ready-fd", ""},
	{"--ready-fd", "-1"},
	{"--ready-fd", "999"},
	{"--ready-fd", "4294967298"},
	{"-c", "f", "-l", ":1"},
	{"-p", "p", "-c", "f"},
	{"--help=x"},
};

static void test_usage_errors(void)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct command_line line;
		int result = parse(&line, refused[i]);

		check_int(result, -1);
		if (result != -1)
			printf("  (%s …)\n", refused[i][0]);
		command_line_release(&line);
	}
}

/* ---- Statuses ---- */

static void test_statuses(void)
{
	check_int(exit_status_of(EADDRINUSE), 75);
	check_int(exit_status_of(EACCES), 77);
	check_int(exit_status_of(EPERM), 77);
	check_int(exit_status_of(EADDRNOTAVAIL), 1);
	check_int(exit_status_of(0), 1);
}

int main(void)
{
	test_nothing_at_all();
	test_every_flag();
	test_actions();
	test_ready_fd_is_not_inherited();
	test_usage_errors();
	test_statuses();
	return check_result();
}
