/* SPDX-License-Identifier: MIT */
/* command_line.h - argv and the environment, read once. */
#ifndef COHORT_PROCESS_COMMAND_LINE_H
#define COHORT_PROCESS_COMMAND_LINE_H

#include <stdbool.h>

#include "config/read.h"

/* Exit statuses of the program (design.md section 4). */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_WORKER = 70,
	EXIT_IN_USE = 75,
	EXIT_NOT_PERMITTED = 77,
	EXIT_CONFIGURATION = 78,
};

/* The status that fits an errno: EADDRINUSE, EACCES and EPERM, others. */
enum exit_status exit_status_of(int number);

enum command_line_action {
	ACTION_RUN,
	ACTION_CHECK,   /* -t */
	ACTION_PRINT,   /* -T */
	ACTION_TUNE,    /* --tune */
	ACTION_VERSION, /* -V */
	ACTION_HELP,    /* -h */
};

/* The words that an older build puts before all others (handover.h). */
#define COMMAND_LINE_HANDOVER "--handover"
#define COMMAND_LINE_TRIAL    "--trial"

struct command_line {
	enum command_line_action action;
	char *program;            /* the file that is executed; "" unknown */
	char *const *arguments;   /* as the user gave them */
	char *const *environment; /* as it was inherited */
	int handover_fd;          /* the state of an older build, or -1 */
	bool is_trial;            /* … which only wants to know */
	struct config_request request; /* points into argv and environ */
	int ready_fd;                  /* --ready-fd, or -1 */
};

/* 0, or -1: a usage error, which was explained on stderr.  Borrows argv and
 * the environment. */
int command_line_parse(struct command_line *line, int argc, char **argv,
		       char **environment,
		       const struct cohort_protocol *const *protocols);
void command_line_release(struct command_line *line);

/* The value of an environment variable, or NULL. */
const char *command_line_variable(const struct command_line *line,
				  const char *name);

void command_line_print_help(const struct cohort_protocol *const *protocols);

/* The process's environment, named nowhere else; and the copy that takes its
 * place when its room is needed for titles. */
char **command_line_environment(void);
void command_line_move_environment(char **environment);

#endif
