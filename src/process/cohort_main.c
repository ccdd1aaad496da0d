/* SPDX-License-Identifier: MIT */
/* cohort_main.c - the whole program, from its command line to its status. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cohort.h"
#include "process/command_line.h"
#include "process/loader.h"
#include "process/supervisor.h"
#include "process/title.h"
#include "process/tune.h"

static void print_text(FILE *stream, const struct text *text)
{
	if (text->size > 0)
		fwrite(text->bytes, 1, text->size, stream);
	fflush(stream);
}

/* Have a loader read the configuration; 0, or the status to exit with. */
static int load(struct loader *loader, const struct command_line *line)
{
	struct error error;
	int result = loader_run(loader, &line->request, &error);

	print_text(stderr, &loader->complaints);
	if (result < 0) {
		fprintf(stderr, "cohort: %s\n", error.text);
		return EXIT_FAILED;
	}
	return result == 0 ? 0 : EXIT_CONFIGURATION;
}

/* What the loader has answered; NULL: it is explained. */
static struct config *parse(const struct loader *loader,
			    const struct command_line *line)
{
	const struct config_source source = {
		.name = "canonical text",
		.text = loader->canonical.bytes,
		.size = loader->canonical.size,
	};
	struct text complaints = {0};
	struct config *config =
		config_parse(&source, line->request.protocols, &complaints);

	print_text(stderr, &complaints);
	text_release(&complaints);
	return config;
}

static int serve(struct loader *loader, const struct command_line *line)
{
	struct config *config = parse(loader, line);
	struct error error;

	if (config == NULL)
		return EXIT_CONFIGURATION;
	if (plugins_attach(&loader->plugins, config, &error) < 0) {
		fprintf(stderr, "cohort: %s\n", error.text);
		config_free(config);
		return EXIT_FAILED;
	}
	if (log_open_target(&config->log, config->log_level, &error) < 0) {
		fprintf(stderr, "cohort: %s\n", error.text);
		config_free(config);
		return exit_status_of(error.number);
	}
	return supervisor_run(config, line);
}

/* The status of an answer on standard output: a full disk is a failure. */
static int end_answer(void)
{
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? EXIT_DONE
							  : EXIT_FAILED;
}

/* With status 1 if something configured cannot take effect here. */
static int tune(const struct loader *loader, const struct command_line *line)
{
	struct config *config = parse(loader, line);
	struct text report = {0};
	struct tune_facts facts;
	unsigned count;
	int status;

	if (config == NULL)
		return EXIT_CONFIGURATION;
	facts = tune_facts_of(config);
	count = tune_report(&facts, &report);
	print_text(stdout, &report);
	text_release(&report);
	config_free(config);
	status = end_answer();
	return count > 0 ? EXIT_FAILED : status;
}

static int check(const struct loader *loader, const struct command_line *line)
{
	if (line->action == ACTION_TUNE)
		return tune(loader, line);
	if (line->action == ACTION_PRINT)
		print_text(stdout, &loader->canonical);
	else
		fprintf(stderr, "cohort: the configuration is good\n");
	return end_answer();
}

static int act(const struct command_line *line)
{
	struct loader loader;
	int status;

	if (line->action == ACTION_HELP) {
		command_line_print_help(line->request.protocols);
		return end_answer();
	}
	if (line->action == ACTION_VERSION) {
		printf("cohort %s\n", COHORT_VERSION);
		return end_answer();
	}
	if (line->handover_fd >= 0)
		return supervisor_resume(line);
	status = load(&loader, line);
	if (loader.is_cancelled)
		status = line->action == ACTION_RUN ? EXIT_DONE : EXIT_FAILED;
	else if (status == 0 && line->action == ACTION_RUN)
		status = serve(&loader, line);
	else if (status == 0)
		status = check(&loader, line);
	loader_release(&loader);
	return status;
}

/* A program started with standard descriptors closed would find its listeners
 * or its log under their numbers. */
static int open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

int cohort_main_with(int argc, char **argv,
		     const struct cohort_protocol *const *protocols)
{
	char **environment = command_line_environment();
	struct command_line line;
	int status = EXIT_USAGE;

	if (open_standard() < 0)
		return EXIT_FAILED;
	argv = title_init(argv, &environment);
	command_line_move_environment(environment);
	/* For syslog's lines: workers may have no way to the zone's file. */
	tzset();
	if (command_line_parse(&line, argc, argv, environment, protocols) ==
	    0) {
		log_set_journal(command_line_variable(&line, "JOURNAL_STREAM"));
		status = act(&line);
	}
	command_line_release(&line);
	return status;
}

int cohort_main(int argc, char **argv, const struct cohort_protocol *protocol)
{
	const struct cohort_protocol *const protocols[] = {protocol, NULL};

	return cohort_main_with(argc, argv, protocols);
}
