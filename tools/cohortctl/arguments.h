/* SPDX-License-Identifier: MIT */
/* arguments.h - the command line of cohortctl: its own options, and those of the
 * verb, by the table of verbs (control/verb.h). */
#ifndef COHORTCTL_ARGUMENTS_H
#define COHORTCTL_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "control/verb.h"
#include "wire.h"

#define ARGUMENTS_SOCKET   "/run/cohort/control.sock"
#define ARGUMENTS_WATCH_MS 2000

struct arguments {
	const char *socket;
	const struct verb *verb;      /* NULL with is_help, is_version */
	struct text request;          /* the line to be sent; owned */
	int64_t watch_ms;             /* 0: once */
	int64_t timeout_ms;           /* 0: none */
	const struct wire_wake *wake; /* watch.c: ends the waiting; or NULL */
	bool is_json;
	bool is_exact; /* numbers as they are */
	bool is_wide;  /* all columns */
	bool is_help;
	bool is_version;
};

/* `socket`: of the environment, or NULL.  0, or -1 with words for a usage
 * error. */
int arguments_parse(struct arguments *options, char **argv, const char *socket,
		    struct error *error);
void arguments_release(struct arguments *options);

/* Of everything, or of one verb. */
void arguments_print_help(FILE *out, const struct verb *verb);

#endif
