/* SPDX-License-Identifier: MIT */
/* main.c - cohort-bench: load a server, account for every byte it echoes
 * or every token it answers. */
#include <stdio.h>

#include "cohort.h"
#include "ledger.h"
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

/* Did it run, and did it go well? */
static int load(const struct options *options, struct target *target,
		bool *is_ok, struct error *error)
{
	struct result result;

	if (run_perform(options, target, &result, error) < 0)
		return -1;
	*is_ok = report_is_ok(options, &result);
	if (options->is_json)
		report_json(stdout, options, &result);
	else
		report_text(stdout, options, &result);
	return 0;
}

static int bench(const struct options *options)
{
	bool is_ok = false;
	struct target target;
	struct error error;
	int status;

	if (target_init(&target, options->address, &error) < 0)
		return complain(&error, EXIT_USAGE);
	if (options->source &&
	    target_start_at(&target, options->source, &error) < 0)
		return complain(&error, EXIT_USAGE);
	if (options->mode == MODE_LEDGER)
		status = ledger_perform(options, &target, &is_ok, &error);
	else
		status = load(options, &target, &is_ok, &error);
	if (status < 0)
		return complain(&error, EXIT_SOMETHING_FAILED);
	if (fflush(stdout) != 0) {
		perror("cohort-bench: cannot write the report");
		return EXIT_SOMETHING_FAILED;
	}
	return is_ok ? EXIT_ALL_WELL : EXIT_SOMETHING_FAILED;
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
