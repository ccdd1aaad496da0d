/* SPDX-License-Identifier: MIT */
/* command_line.c - argv and the environment, read once. */
#include "process/command_line.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum {
	FLAG_READY_FD = 256,
	FLAG_TUNE,
};

/* A row is a flag: how it is parsed and what -h says of it. */
struct flag {
	const char *name;     /* the long name, or NULL */
	const char *argument; /* its name, or NULL */
	const char *help;
	int letter; /* or a number beyond characters */
};

static const struct flag flags[] = {
	{NULL, "FILE", "read the configuration from FILE", 'c'},
	{NULL, "ADDRESS", "listen there (repeatable; default 127.0.0.1:8888)",
	 'l'},
	{NULL, "PROTOCOL", "serve this protocol (default: the first below)",
	 'p'},
	{NULL, "N|auto", "so many workers (default auto: one per usable CPU)",
	 'w'},
	{NULL, "DIRECTIVES", "configuration text that overrides the file", 'o'},
	{NULL, NULL, "check the configuration and exit", 't'},
	{NULL, NULL, "print the complete configuration and exit", 'T'},
	{"ready-fd", "N", "report SERVICE ADDRESS on descriptor N when ready",
	 FLAG_READY_FD},
	{"tune", NULL, "compare the system's settings with the configuration",
	 FLAG_TUNE},
	{"version", NULL, "print the version and exit", 'V'},
	{"help", NULL, "print this and exit", 'h'},
};
#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

enum exit_status exit_status_of(int number)
{
	if (number == EADDRINUSE)
		return EXIT_IN_USE;
	if (number == EACCES || number == EPERM)
		return EXIT_NOT_PERMITTED;
	return EXIT_FAILED;
}

/* ---- Help ---- */

void command_line_print_help(const struct cohort_protocol *const *protocols)
{
	struct text directives = {0};
	size_t i;

	printf("usage: cohort [-c FILE] [-l ADDRESS]... [-p PROTOCOL] "
	       "[-w N|auto]\n"
	       "              [-o 'DIRECTIVES']... [-t | -T] [--ready-fd N] "
	       "[--tune] [-V] [-h]\n\n");
	for (i = 0; i < FLAG_COUNT; i++) {
		const struct flag *flag = &flags[i];
		char left[40];

		if (flag->letter < FLAG_READY_FD)
			snprintf(left, sizeof(left), "-%c %s", flag->letter,
				 flag->argument != NULL ? flag->argument : "");
		else
			snprintf(left, sizeof(left), "--%s %s", flag->name,
				 flag->argument != NULL ? flag->argument : "");
		printf("  %-16s %s\n", left, flag->help);
	}
	config_print_directives(protocols, &directives);
	printf("\nDirectives (defaults in parentheses):\n\n%s",
	       directives.bytes != NULL ? directives.bytes : "");
	text_release(&directives);
}

/* ---- Parsing ---- */

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format,
							     ...)
{
	va_list arguments;

	fputs("cohort: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; `cohort -h` lists the flags\n", stderr);
	return -1;
}

static int parse_ready_fd(struct command_line *line, const char *word)
{
	uint64_t number;
	int mode;

	/* The state says whether anybody still waits for a report. */
	if (line->handover_fd >= 0)
		return 0;
	if (text_parse_number(word, &number) < 0 || number > 1 << 20)
		return usage_error("--ready-fd: not a descriptor: %s", word);
	mode = fcntl((int)number, F_GETFL);
	if (mode < 0)
		return usage_error("--ready-fd: descriptor %s is not open",
				   word);
	if ((mode & O_ACCMODE) == O_RDONLY)
		return usage_error(
			"--ready-fd: descriptor %s is not open for "
			"writing",
			word);
	line->ready_fd = (int)number;
	return fcntl((int)number, F_SETFD, FD_CLOEXEC);
}

static void append(const char *const **list, unsigned *count, const char *word)
{
	size_t size = (*count + 1) * sizeof(**list);
	const char **grown = realloc((void *)*list, size);

	if (grown == NULL)
		log_fatal(EXIT_FAILED, "out of memory (%zu bytes)", size);
	grown[(*count)++] = word;
	*list = grown;
}

/* 0, or -1: the error is explained. */
static int take_flag(struct command_line *line, int letter, const char *word)
{
	struct config_request *request = &line->request;

	switch (letter) {
	case 'c': request->file = word; return 0;
	case 'p': request->protocol = word; return 0;
	case 'w': request->workers = word; return 0;
	case 'l':
		append(&request->listens, &request->listen_count, word);
		return 0;
	case 'o':
		append(&request->overrides, &request->override_count, word);
		return 0;
	case 't': line->action = ACTION_CHECK; return 0;
	case 'T': line->action = ACTION_PRINT; return 0;
	case 'V': line->action = ACTION_VERSION; return 0;
	case 'h': line->action = ACTION_HELP; return 0;
	case FLAG_TUNE: line->action = ACTION_TUNE; return 0;
	case FLAG_READY_FD: return parse_ready_fd(line, word);
	case ':': return usage_error("%s needs an argument", word);
	default: return usage_error("unknown flag %s", word);
	}
}

/* The tables that getopt_long wants, from ours. */
static void fill_tables(char *letters, struct option *options)
{
	size_t i;

	*letters++ = ':';
	for (i = 0; i < FLAG_COUNT; i++) {
		const struct flag *flag = &flags[i];

		if (flag->letter < FLAG_READY_FD) {
			*letters++ = (char)flag->letter;
			if (flag->argument != NULL)
				*letters++ = ':';
		}
		if (flag->name != NULL)
			*options++ = (struct option){flag->name,
						     flag->argument != NULL
							     ? required_argument
							     : no_argument,
						     NULL, flag->letter};
	}
	*letters = '\0';
}

/* The word that getopt stumbled over, as the user wrote it. */
static const char *culprit(char **argv, char *room)
{
	if (optopt > 0 && optopt < FLAG_READY_FD) {
		room[0] = '-';
		room[1] = (char)optopt;
		room[2] = '\0';
		return room;
	}
	return argv[optind - 1];
}

static int check_combination(const struct command_line *line, int argc,
			     char **argv)
{
	const struct config_request *request = &line->request;

	if (optind < argc)
		return usage_error("unexpected word %s", argv[optind]);
	if (request->file == NULL)
		return 0;
	if (request->listen_count > 0 || request->protocol != NULL)
		return usage_error(
			"-l and -p shape the implied service and do "
			"not go with -c");
	return 0;
}

/* Take the words of an older build out of the arguments. */
static char **take_handover(struct command_line *line, int *argc, char **argv)
{
	uint64_t number;
	int skipped = 2;
	char *name;

	line->handover_fd = -1;
	if (*argc < 3 || strcmp(argv[1], COMMAND_LINE_HANDOVER) != 0 ||
	    text_parse_number(argv[2], &number) < 0 || number > 1 << 20)
		return argv;
	line->handover_fd = (int)number;
	line->is_trial = *argc > 3 && strcmp(argv[3], COMMAND_LINE_TRIAL) == 0;
	skipped += line->is_trial;
	name = argv[0];
	argv[0] = argv[skipped];
	argv[skipped] = name;
	*argc -= skipped;
	return argv + skipped;
}

/* Where this program is, for the day when another stands there. */
static char *find_program(void)
{
	static const char gone[] = " (deleted)";
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t end = sizeof(gone) - 1;
	char *program;

	if (size < 0)
		size = 0;
	if ((size_t)size > end &&
	    memcmp(path + (size_t)size - end, gone, end) == 0)
		size -= (ssize_t)end;
	path[size] = '\0';
	program = strdup(path);
	if (program == NULL)
		log_fatal(EXIT_FAILED, "out of memory");
	return program;
}

int command_line_parse(struct command_line *line, int argc, char **argv,
		       char **environment,
		       const struct cohort_protocol *const *protocols)
{
	char letters[2 * FLAG_COUNT + 2];
	struct option options[FLAG_COUNT + 1] = {{0}};
	char room[3];
	int letter;

	memset(line, 0, sizeof(*line));
	line->ready_fd = -1;
	line->program = find_program();
	argv = take_handover(line, &argc, argv);
	line->arguments = argv;
	line->environment = environment;
	line->request.protocols = protocols;
	line->request.environment = (const char *const *)environment;
	fill_tables(letters, options);
	optind = 1;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, letters, options, NULL)) >=
	       0) {
		bool is_bad = letter == ':' || letter == '?';

		if (take_flag(line, letter,
			      is_bad ? culprit(argv, room) : optarg) < 0)
			return -1;
	}
	return check_combination(line, argc, argv);
}

const char *command_line_variable(const struct command_line *line,
				  const char *name)
{
	char *const *entry = line->environment;
	size_t size = strlen(name);

	for (; entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, name, size) == 0 && (*entry)[size] == '=')
			return *entry + size + 1;
	return NULL;
}

void command_line_release(struct command_line *line)
{
	free(line->program);
	free((void *)line->request.listens);
	free((void *)line->request.overrides);
}

char **command_line_environment(void)
{
	return environ;
}

void command_line_move_environment(char **environment)
{
	environ = environment;
}
