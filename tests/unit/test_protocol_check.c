/* SPDX-License-Identifier: MIT */
/* test_protocol_check.c - what a plug-in's protocol must not be. */
#include "config/protocol_check.h"

#include <stddef.h>
#include <string.h>

#include "check.h"
#include "config/directive.h"

struct options {
	uint64_t number;
	struct cohort_rows rows;
	int choice;
};

static const char *const words[] = {"one", "two", NULL};
static const char *const no_words[] = {NULL};
static const struct cohort_directive end = {.name = NULL};
static const struct cohort_directive good_columns[] = {
	{.name = "name", .kind = COHORT_VALUE_STRING, .offset = 8},
	{.name = "weight", .kind = COHORT_VALUE_NUMBER, .initial = "1"},
	{.name = NULL},
};
static const struct cohort_directive number_columns[] = {
	{.name = "weight", .kind = COHORT_VALUE_NUMBER},
	{.name = "name", .kind = COHORT_VALUE_STRING, .offset = 8},
	{.name = NULL},
};
static const struct cohort_directive unset_columns[] = {
	{.name = "name", .kind = COHORT_VALUE_STRING, .offset = 8},
	{.name = "weight", .kind = COHORT_VALUE_NUMBER},
	{.name = NULL},
};
static const struct cohort_directive far_columns[] = {
	{.name = "name", .kind = COHORT_VALUE_STRING, .offset = 9},
	{.name = NULL},
};
static const struct cohort_directive deep_columns[] = {
	{.name = "name", .kind = COHORT_VALUE_ROWS, .columns = good_columns},
	{.name = NULL},
};

#define NUMBER(name_, initial_)                                                \
	{                                                                      \
		.name = (name_), .kind = COHORT_VALUE_NUMBER,                  \
		.initial = (initial_)                                          \
	}
#define ROWS(columns_)                                                         \
	{                                                                      \
		.name = "rows", .kind = COHORT_VALUE_ROWS,                     \
		.offset = offsetof(struct options, rows),                      \
		.columns = (columns_), .row_size = 16                          \
	}

/* One directive that is wrong, and why; NULL: it is not. */
static const struct {
	struct cohort_directive row;
	const char *why;
} rows[] = {
	{NUMBER("number", "5"), NULL},
	{NUMBER("number", NULL), "'number' has no default"},
	{{.name = "size", .kind = COHORT_VALUE_SIZE}, "'size' has no default"},
	{{.name = "wait", .kind = COHORT_VALUE_DURATION, .minimum = 1},
	 "'wait' has no default"},
	{{.name = "flag", .kind = COHORT_VALUE_BOOLEAN},
	 "'flag' has no default"},
	{{.name = "file", .kind = COHORT_VALUE_FILE}, NULL},
	{{.name = "address", .kind = COHORT_VALUE_ADDRESS}, NULL},
	{NUMBER("", "5"), "'' cannot be a directive's name"},
	{NUMBER("a b", "5"), "'a b' cannot be a directive's name"},
	{NUMBER("number", "many"), "the default of the directive 'number': "},
	{{.name = "far",
	  .kind = COHORT_VALUE_NUMBER,
	  .offset = sizeof(struct options) - 7,
	  .initial = "1"},
	 "'far' is stored beyond options_size"},
	{{.name = "huge",
	  .kind = COHORT_VALUE_NUMBER,
	  .offset = SIZE_MAX,
	  .initial = "1"},
	 "'huge' is stored beyond options_size"},
	{{.name = "odd", .kind = (enum cohort_value)99}, "a kind (99)"},
	{{.name = "odd", .kind = (enum cohort_value) - 1}, "a kind (-1)"},
	{{.name = "choice",
	  .kind = COHORT_VALUE_CHOICE,
	  .words = words,
	  .initial = "two"},
	 NULL},
	{{.name = "choice", .kind = COHORT_VALUE_CHOICE, .words = words},
	 "'choice' has no default"},
	{{.name = "choice", .kind = COHORT_VALUE_CHOICE},
	 "'choice' has no words"},
	{{.name = "choice", .kind = COHORT_VALUE_CHOICE, .words = no_words},
	 "'choice' has no words"},
	{{.name = "choice",
	  .kind = COHORT_VALUE_CHOICE,
	  .words = words,
	  .initial = "three"},
	 "'three' is not one of: one, two"},
	{ROWS(good_columns), NULL},
	{ROWS(number_columns), NULL},
	{ROWS(unset_columns),
	 "of 'rows': the directive 'weight' has no default"},
	{ROWS(NULL), "'rows' has no columns"},
	{ROWS(&end), "'rows' has no columns"},
	{ROWS(far_columns),
	 "of 'rows': the directive 'name' is stored beyond "
	 "row_size"},
	{ROWS(deep_columns), "of 'rows': 'name' has rows within rows"},
	{{.name = "rows",
	  .kind = COHORT_VALUE_ROWS,
	  .columns = good_columns,
	  .row_size = SIZE_MAX},
	 "'rows' has a row_size of "},
	{{.name = "rows",
	  .kind = COHORT_VALUE_ROWS,
	  .columns = good_columns,
	  .row_size = 16,
	  .initial = "a"},
	 "'rows' has rows by default"},
};

static void check_answer(const struct cohort_protocol *protocol,
			 const char *why)
{
	struct error error = {.text = ""};
	int expected = why ? -1 : 0;

	check_int(protocol_check(protocol, &error), expected);
	check_note(!why || strstr(error.text, why), __FILE__, __LINE__,
		   why ? why : "");
	if (why && !strstr(error.text, why))
		printf("  said: %s\n", error.text);
}

static void test_directives(void)
{
	struct cohort_directive table[2];
	struct cohort_protocol protocol = {
		.name = "some",
		.directives = table,
		.options_size = sizeof(struct options),
	};
	size_t i;

	table[1] = end;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		table[0] = rows[i].row;
		check_answer(&protocol, rows[i].why);
	}
}

static void test_tables(void)
{
	struct cohort_directive table[DIRECTIVES_MAX + 2];
	char names[DIRECTIVES_MAX + 1][8];
	struct cohort_protocol protocol = {
		.name = "some", .directives = table, .options_size = 8};
	unsigned i;

	for (i = 0; i <= DIRECTIVES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		table[i] = (struct cohort_directive)NUMBER(names[i], "1");
	}
	table[DIRECTIVES_MAX + 1] = end;
	check_answer(&protocol, "more than 64 directives");
	table[DIRECTIVES_MAX] = end;
	check_answer(&protocol, NULL);
	table[3].name = "n1";
	check_answer(&protocol, "the directive 'n1' is there twice");
}

static void *get(struct cohort_transport *t, void *session, size_t *size)
{
	(void)t;
	(void)session;
	*size = 0;
	return NULL;
}

static void test_protocols(void)
{
	static const struct cohort_framing senseless = {
		.kind = COHORT_FRAMING_LENGTH, .length_size = 3};
	char name[PROTOCOL_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[PROTOCOL_NAME_MAX] = '\0';
	check_answer(&(struct cohort_protocol){.name = name}, NULL);
	name[PROTOCOL_NAME_MAX] = 'x';
	name[PROTOCOL_NAME_MAX + 1] = '\0';
	check_answer(&(struct cohort_protocol){.name = name},
		     "cannot be a protocol's name");
	check_answer(&(struct cohort_protocol){.name = NULL},
		     "NULL cannot be a protocol's name");
	check_answer(&(struct cohort_protocol){.name = "a;b"},
		     "'a;b' cannot be a protocol's name");
	check_answer(&(struct cohort_protocol){.name = "some",
					       .framing = &senseless},
		     "its protocol 'some': its framing makes no sense");
	check_answer(
		&(struct cohort_protocol){.name = "some", .buffer_get = get},
		"buffer_get and buffer_updated come together");
}

static void test_sizes(void)
{
	static const struct {
		size_t session, options, worker;
		const char *why;
	} sizes[] = {
		{1 << 20, 1 << 20, 1 << 30, NULL},
		{(1 << 20) + 1, 0, 0,
		 "its session_size of 1048577 bytes is too large: at most "
		 "1048576"},
		{SIZE_MAX, 0, 0, "its session_size"},
		{0, (1 << 20) + 1, 0, "its options_size"},
		{0, SIZE_MAX, 0, "its options_size"},
		{0, 0, (1 << 30) + 1, "its worker_size"},
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_answer(
			&(struct cohort_protocol){
				.name = "some",
				.session_size = sizes[i].session,
				.options_size = sizes[i].options,
				.worker_size = sizes[i].worker,
			},
			sizes[i].why);
}

int main(void)
{
	test_directives();
	test_tables();
	test_protocols();
	test_sizes();
	return check_result();
}
