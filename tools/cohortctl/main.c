/* SPDX-License-Identifier: MIT */
/* main.c - cohortctl: see and steer a running server. */
#include <stdio.h>
#include <stdlib.h>

#include "arguments.h"
#include "ask.h"
#include "cohort.h"
#include "screen.h"
#include "watch.h"

static int complain(const struct error *error, enum exit_status status)
{
	if (error->text[0] != '\0')
		fprintf(stderr, "cohortctl: %s\n", error->text);
	return status;
}

static int print(void *context, const char *bytes, size_t size)
{
	(void)context;
	return fwrite(bytes, 1, size, stdout) == size ? 0 : -1;
}

static int run(const struct arguments *options)
{
	struct screen_facts facts;
	struct layout_style style;
	struct error error = {0};
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
		status = ask(options, &style, print, NULL, &error);
	if (fflush(stdout) != 0 && status == EXIT_DONE) {
		error_set_errno(&error, "cannot write the answer");
		status = EXIT_FAILED;
	}
	return complain(&error, status);
}

static int begin(const struct arguments *options)
{
	if (options->is_help)
		arguments_print_help(stdout, options->verb);
	else if (options->is_version)
		puts("cohortctl " COHORT_VERSION);
	else
		return run(options);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct arguments options;
	struct error error;
	int status;

	(void)argc;
	if (arguments_parse(&options, argv, getenv("COHORT_CONTROL"), &error) <
	    0) {
		arguments_release(&options);
		fprintf(stderr, "cohortctl: %s; `cohortctl -h` tells how\n",
			error.text);
		return EXIT_USAGE;
	}
	status = begin(&options);
	arguments_release(&options);
	return status;
}
