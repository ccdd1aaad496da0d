/* SPDX-License-Identifier: MIT */
/* config_fixture.h - protocols, files and loaded configurations for the tests
 * of config/. */
#ifndef COHORT_TESTS_CONFIG_FIXTURE_H
#define COHORT_TESTS_CONFIG_FIXTURE_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"
#include "config/read.h"

struct sample_options {
	bool flag;
	uint64_t number;
	uint64_t size;
	int64_t duration_ms;
	const char *string;
	const char *unset;
	int choice;
	const char *address;
	struct cohort_rows rows;
};

struct sample_row {
	const char *address;
	uint64_t weight;
	int64_t patience_ms;
	const char *label;
	int colour;
	bool is_spare;
};

#define OPTION(name_, kind_, member, initial_)                                 \
	.name = (name_), .kind = COHORT_VALUE_##kind_,                         \
	.offset = offsetof(struct sample_options, member),                     \
	.initial = (initial_), .help = "of the test"

#define COLUMN(name_, kind_, member, initial_)                                 \
	.name = (name_), .kind = COHORT_VALUE_##kind_,                         \
	.offset = offsetof(struct sample_row, member), .initial = (initial_)

static const char *const sample_words[] = {"red", "green", "deep blue", NULL};

/* clang-format off */
static const struct cohort_directive sample_columns[] = {
	{COLUMN("address", ADDRESS, address, NULL)},
	{COLUMN("weight", NUMBER, weight, "1"), .minimum = 1, .maximum = 256},
	{COLUMN("patience", DURATION, patience_ms, "off")},
	{COLUMN("label", STRING, label, NULL)},
	{COLUMN("colour", CHOICE, colour, "green"), .words = sample_words},
	{COLUMN("spare", BOOLEAN, is_spare, "off")},
	{.name = NULL},
};

static const struct cohort_directive sample_directives[] = {
	{OPTION("flag", BOOLEAN, flag, "off")},
	{OPTION("number", NUMBER, number, "5"), .minimum = 2, .maximum = 100},
	{OPTION("size", SIZE, size, "4k")},
	{OPTION("duration", DURATION, duration_ms, "off")},
	{OPTION("string", STRING, string, "a b")},
	{OPTION("unset", STRING, unset, NULL)},
	{OPTION("choice", CHOICE, choice, "deep blue"), .words = sample_words},
	{OPTION("address", ADDRESS, address, NULL)},
	{OPTION("row", ROWS, rows, NULL), .columns = sample_columns,
	 .row_size = sizeof(struct sample_row), .maximum = 9},
	{.name = NULL},
};
/* clang-format on */

static const struct cohort_protocol sample_protocol = {
	.name = "sample",
	.directives = sample_directives,
	.options_size = sizeof(struct sample_options),
};
static const struct cohort_protocol plain_protocol = {
	.name = "plain",
	.descriptors_count = 1,
};

/* One that nobody can do without rows. */
static const struct cohort_directive needy_directives[] = {
	{OPTION("row", ROWS, rows, NULL), .columns = sample_columns,
	 .row_size = sizeof(struct sample_row), .minimum = 1},
	{.name = NULL},
};
static const struct cohort_protocol needy_protocol = {
	.name = "needy",
	.directives = needy_directives,
	.options_size = sizeof(struct sample_options),
};

static const struct cohort_protocol *const sample_protocols[] = {
	&sample_protocol, &plain_protocol, &needy_protocol, NULL};

/* What a reading answered. */
struct outcome {
	struct config *config;
	struct text complaints;
	struct text canonical; /* if it is good */
};

static inline const char *words_of(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

static inline void outcome_release(struct outcome *outcome)
{
	config_free(outcome->config);
	text_release(&outcome->complaints);
	text_release(&outcome->canonical);
}

static inline void load(struct outcome *outcome, struct config_request request)
{
	memset(outcome, 0, sizeof(*outcome));
	if (!request.protocols)
		request.protocols = sample_protocols;
	outcome->config = config_load(&request, &outcome->complaints);
	if (outcome->config)
		config_print(outcome->config, &outcome->canonical);
}

static inline void parse(struct outcome *outcome, const char *text, size_t size)
{
	const struct config_source source = {"canonical", text, size};

	memset(outcome, 0, sizeof(*outcome));
	outcome->config =
		config_parse(&source, sample_protocols, &outcome->complaints);
	if (outcome->config)
		config_print(outcome->config, &outcome->canonical);
}

/* Write a file in the present directory. */
static inline void put_bytes(const char *name, const char *bytes, size_t size)
{
	FILE *file = fopen(name, "w");

	CHECK(file && fwrite(bytes, 1, size, file) == size);
	if (file)
		CHECK(fclose(file) == 0);
}

static inline void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

/* The file t.conf with this text. */
static inline void load_text(struct outcome *outcome, const char *text)
{
	put("t.conf", text);
	load(outcome, (struct config_request){.file = "t.conf"});
}

/* Does the canonical text have this line, blanks aside? */
static inline bool has_line(const struct outcome *outcome, const char *wanted)
{
	const char *at = words_of(&outcome->canonical);

	while (*at) {
		const char *want = wanted;

		while (*want && *at && *at != '\n') {
			if (*at == ' ')
				at++;
			else if (*want == ' ')
				want++;
			else if (*at++ != *want++)
				break;
		}
		if (*want == '\0' && *at == '\n')
			return true;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return false;
}

static inline void check_line(const struct outcome *outcome, const char *line)
{
	check_note(has_line(outcome, line), __FILE__, __LINE__, line);
	if (!has_line(outcome, line))
		printf("%s%s", words_of(&outcome->canonical),
		       words_of(&outcome->complaints));
}

static inline void check_says(const struct outcome *outcome, const char *words)
{
	bool says = strstr(words_of(&outcome->complaints), words) != NULL;

	check_note(says, __FILE__, __LINE__, words);
	if (!says)
		printf("  said: %s\n", words_of(&outcome->complaints));
}

/* Work in a fresh directory; leave_directory removes it. */
static char fixture_directory[] = "/tmp/cohort-config-XXXXXX";

static inline void enter_directory(void)
{
	if (!mkdtemp(fixture_directory) || chdir(fixture_directory) < 0) {
		perror(fixture_directory);
		exit(1);
	}
}

static inline void leave_directory(void)
{
	char command[sizeof(fixture_directory) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", fixture_directory);
	CHECK(chdir("/") == 0);
	CHECK(system(command) == 0);
}

#endif
