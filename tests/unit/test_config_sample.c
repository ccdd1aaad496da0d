/* SPDX-License-Identifier: MIT */
/* test_config_sample.c - conf/cohort.conf loads, and shows every directive
 * with its default.  Runs at the top of the source. */
#include "config/directive.h"
#include "config_fixture.h"

#define SAMPLE "conf/cohort.conf"

static const struct cohort_directive echo_directives[] = {
	{.name = "once",
	 .kind = COHORT_VALUE_BOOLEAN,
	 .initial = "off",
	 .help = "one chunk"},
	{.name = NULL},
};
static const struct cohort_protocol echo = {
	.name = "echo",
	.directives = echo_directives,
	.options_size = sizeof(bool),
};
static const struct cohort_protocol *const protocols[] = {&echo, NULL};

static void read_sample(struct text *text)
{
	FILE *file = fopen(SAMPLE, "r");
	char chunk[4096];
	size_t size;

	CHECK(file != NULL);
	if (!file)
		return;
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
		text_append_bytes(text, chunk, size);
	CHECK(fclose(file) == 0);
}

/* "#name value;" becomes a statement; "# prose" stays. */
static void uncomment(struct text *text)
{
	char *at;

	for (at = text->bytes; at && (at = strchr(at, '#')) != NULL; at++)
		if (at[1] >= 'a' && at[1] <= 'z')
			*at = ' ';
}

static void check_all_named(const struct text *text,
			    const struct directive_list *list)
{
	char statement[64];
	unsigned i;

	for (i = 0; i < list->count; i++) {
		snprintf(statement, sizeof(statement), " %s ",
			 list->rows[i].name);
		check_note(strstr(words_of(text), statement) != NULL, SAMPLE, 0,
			   statement);
	}
}

int main(void)
{
	struct text sample = {.bytes = NULL};
	struct directive_list global, service;
	struct outcome as_it_is, uncommented;

	read_sample(&sample);
	load(&as_it_is,
	     (struct config_request){.protocols = protocols, .file = SAMPLE});
	check_string(words_of(&as_it_is.complaints), "");
	uncomment(&sample);
	directive_list_global(&global);
	check_all_named(&sample, &global);
	directive_list_service(&service);
	check_all_named(&sample, &service);
	enter_directory();
	put("t.conf", words_of(&sample));
	load(&uncommented,
	     (struct config_request){.protocols = protocols, .file = "t.conf"});
	check_string(words_of(&uncommented.complaints), "");
	check_string(words_of(&uncommented.canonical),
		     words_of(&as_it_is.canonical));
	leave_directory();
	outcome_release(&as_it_is);
	outcome_release(&uncommented);
	text_release(&sample);
	return check_result();
}
