/* SPDX-License-Identifier: MIT */
/* main.c - cohortctl: see and steer a running server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "ask.h"
#include "cohort.h"
#include "output.h"
#include "screen.h"
#include "watch.h"

static int run(const struct arguments *options)
{
	struct screen_facts facts;
	struct layout_style style;
	struct error error = {0}, unwritten;
	enum exit_status status;

	screen_look(&facts);
	style = (struct layout_style){
		.width = facts.width,
		.has_colour = facts.has_colour,
		.is_wide = options->is_wide,
		.ellipsis = facts.ellipsis,
	};
	if (options->watch_ms > 0)
		status = watch(options, &facts, &style, &error);
	else
		status = ask(options, &style, output_print, NULL, &error);
	/* What came of it first, then what has failed. */
	if (output_flush(&unwritten) < 0 && status == EXIT_DONE) {
		status = EXIT_FAILED;
		error = unwritten;
	}
	return output_complain(&error, status, options->is_json);
}

static int begin(const struct arguments *options)
{
	struct error error;

	if (options->is_help)
		arguments_print_help(stdout, options->verb);
	else if (options->is_version)
		puts("cohortctl " COHORT_VERSION);
	else
		return run(options);
	if (output_flush(&error) == 0)
		return EXIT_DONE;
	return output_complain(&error, EXIT_FAILED, false);
}

/* Is the answer to be JSON, as far as can be told of a command line that is
 * wrong? */
static bool wants_json(const struct arguments *options, char **argv)
{
	bool is_json = options->is_json;

	for (; *argv != NULL && !is_json; argv++)
		is_json = strcmp(*argv, "--json") == 0 ||
			  strcmp(*argv, "-j") == 0;
	return is_json;
}

int main(int argc, char **argv)
{
	struct arguments options;
	struct error error, hint;
	int status;

	(void)argc;
	output_guard();
	if (arguments_parse(&options, argv, getenv("COHORT_CONTROL"), &error) <
	    0) {
		error_set(&hint, "%s; `cohortctl -h` tells how", error.text);
		status = output_complain(&hint, EXIT_USAGE,
					 wants_json(&options, argv));
	} else {
		status = begin(&options);
	}
	arguments_release(&options);
	return status;
}
