/* SPDX-License-Identifier: MIT */
/* main.c - cohort-bench: load a server that echoes, account for every byte. */
#include <stdio.h>

#include "cohort.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "target.h"

enum exit_status {
	EXIT_ALL_WELL = 0,
	EXIT_SOMETHING_FAILED = 1,
	EXIT_USAGE = 2,
};

static int complain(const struct error *error, enum exit_status status)
{
	fprintf(stderr, "cohort-bench: %s\n", error->text);
	if (status == EXIT_USAGE)
		fputs("cohort-bench -h shows how it is used\n", stderr);
	return status;
}

static int bench(const struct options *options)
{
	struct target target;
	struct result result;
	struct error error;

	if (target_init(&target, options->address, &error) < 0)
		return complain(&error, EXIT_USAGE);
	if (run_perform(options, &target, &result, &error) < 0)
		return complain(&error, EXIT_SOMETHING_FAILED);
	if (options->is_json)
		report_json(stdout, options, &result);
	else
		report_text(stdout, options, &result);
	if (fflush(stdout) != 0) {
		perror("cohort-bench: cannot write the report");
		return EXIT_SOMETHING_FAILED;
	}
	return report_is_ok(&result) ? EXIT_ALL_WELL : EXIT_SOMETHING_FAILED;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error;

	if (options_parse(&options, argc, argv, &error) < 0)
		return complain(&error, EXIT_USAGE);
	if (options.is_help) {
		options_print_help(stdout);
		return EXIT_ALL_WELL;
	}
	if (options.is_version) {
		puts("cohort-bench " COHORT_VERSION);
		return EXIT_ALL_WELL;
	}
	return bench(&options);
}
