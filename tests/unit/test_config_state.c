/* SPDX-License-Identifier: MIT */
/* test_config_state.c - the configuration in force as a build reads it that
 * has other directives, or other defaults. */
#include "base/text.h"
#include "config_fixture.h"

/* Its state's text, after `change` has been replaced by `with` of the same
 * length there; read by this build. */
static void read_changed(struct outcome *outcome, const char *configuration,
			 const char *change, const char *with)
{
	struct text state = {.bytes = NULL};
	struct outcome loaded;
	char *at;

	load_text(&loaded, configuration);
	check_string(words_of(&loaded.complaints), "");
	if (loaded.config)
		config_print_state(loaded.config, &state);
	text_append_bytes(&state, "", 1);
	at = strstr(state.bytes, change);
	CHECK(at != NULL);
	if (at)
		memcpy(at, with, strlen(with));
	parse(outcome, state.bytes, state.size - 1);
	outcome_release(&loaded);
	text_release(&state);
}

/* What is not known there, and what is said of it; NULL: nothing. */
static const struct {
	const char *configuration;
	const char *change;
	const char *with;
	const char *complaint;
} rows[] = {
	{"service s { listen 127.0.0.1:0; }", "busy_poll", "lazy_poll", NULL},
	{"busy_poll off; service s { listen 127.0.0.1:0; }", "busy_poll",
	 "lazy_poll", NULL},
	{"busy_poll auto; service s { listen 127.0.0.1:0; }", "busy_poll",
	 "lazy_poll", "unknown directive 'lazy_poll'"},
	{"service s { listen 127.0.0.1:0; }", "byte_rate", "rate_byte", NULL},
	{"service s { listen 127.0.0.1:0; byte_rate 1k; }", "byte_rate",
	 "rate_byte", "unknown directive 'rate_byte'"},
	{"service s { listen 127.0.0.1:0; protocol sample { size 4096; } }",
	 "duration", "patience", NULL},
	{"service s { listen 127.0.0.1:0; protocol sample { duration 1s; } }",
	 "duration", "patience", "unknown directive 'patience'"},
	{"service s { listen 127.0.0.1:0; balance random; }", "random",
	 "rundom", "balance: 'rundom'"},
};

static void what_is_not_in_use_need_not_be_known(void)
{
	struct outcome outcome;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_changed(&outcome, rows[i].configuration, rows[i].change,
			     rows[i].with);
		CHECK(!outcome.config == (rows[i].complaint != NULL));
		if (rows[i].complaint)
			check_says(&outcome, rows[i].complaint);
		else
			check_string(words_of(&outcome.complaints), "");
		outcome_release(&outcome);
	}
}

/* Nor the words of its value, nor more of them. */
static void a_default_in_unknown_words_is_left_out(void)
{
	static const struct {
		const char *change;
		const char *with;
		const char *warning;
		const char *line;
	} values[] = {
		{" hash;", " hush;", "warning: balance: ", "balance hash;"},
		{"proxy_protocol      off;",
		 "proxy_protocol      required x=1; #",
		 "warning: proxy_protocol: ", "proxy_protocol off;"},
		{" \"a b\";", " \"a\" b;",
		 "warning: string: ", "string \"a b\";"},
		{" 10s;", " x10;",
		 "warning: shutdown_timeout: ", "shutdown_timeout 10s;"},
	};
	struct outcome outcome;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		read_changed(&outcome, "service s { listen 127.0.0.1:0; }",
			     values[i].change, values[i].with);
		check_says(&outcome, values[i].warning);
		check_line(&outcome, values[i].line);
		outcome_release(&outcome);
	}
}

/* The other build's default for orphan_timeout is 2m, say. */
static void a_default_keeps_its_value_where_the_default_is_another(void)
{
	struct outcome outcome;

	read_changed(&outcome, "service s { listen 127.0.0.1:0; }", "  1m;",
		     "  2m;");
	check_line(&outcome, "orphan_timeout 2m;");
	outcome_release(&outcome);
}

/* In what an operator writes it is a comment. */
static void a_file_has_no_marks(void)
{
	struct outcome outcome;

	load_text(&outcome,
		  "#= workers 7;\n#= unknown;\n"
		  "service s { listen 127.0.0.1:0; }");
	check_string(words_of(&outcome.complaints), "");
	check_line(&outcome, "workers auto;");
	outcome_release(&outcome);
}

/* Only what stands at its default, nothing that a successor cannot do
 * without. */
static void only_defaults_are_marked(void)
{
	struct text state = {.bytes = NULL};
	struct outcome loaded;

	load_text(&loaded,
		  "workers 3; service s { listen 127.0.0.1:0; "
		  "protocol sample { number 9; row h:1; } }");
	CHECK(loaded.config != NULL);
	if (loaded.config)
		config_print_state(loaded.config, &state);
	text_append_bytes(&state, "", 1);
	CHECK(strncmp(state.bytes, "workers ", 8) == 0);
	CHECK(strstr(state.bytes, "\n#= busy_poll ") != NULL);
	CHECK(strstr(state.bytes, "\n    listen ") != NULL);
	CHECK(strstr(state.bytes, "\n    protocol ") != NULL);
	CHECK(strstr(state.bytes, "\n        number ") != NULL);
	CHECK(strstr(state.bytes, "\n        row ") != NULL);
	CHECK(strstr(state.bytes, "\n#=         flag ") != NULL);
	CHECK(strstr(state.bytes, "\n#=     balance ") != NULL);
	outcome_release(&loaded);
	text_release(&state);
}

/* How many lines stand in the first service, and have no mark. */
static unsigned count_bare(const char *configuration)
{
	struct text state = {.bytes = NULL};
	struct outcome loaded;
	const char *at;
	unsigned count = 0;

	load_text(&loaded, configuration);
	REQUIRE(loaded.config != NULL);
	config_print_state(loaded.config, &state);
	text_append_bytes(&state, "", 1);
	at = strchr(strstr(state.bytes, "\nservice ") + 1, '\n') + 1;
	for (; *at != '}'; at = strchr(at, '\n') + 1)
		count += strncmp(at, "#=", 2) != 0;
	outcome_release(&loaded);
	text_release(&state);
	return count;
}

/* Also what follows from other values, as long as it is what follows. */
static void an_untouched_service_has_two_lines_without_a_mark(void)
{
	const char *const listen_and_protocol =
		"service s { listen 127.0.0.1:0; protocol plain; }";

	check_int(count_bare(listen_and_protocol), 2);
	check_int(count_bare("service s { listen 127.0.0.1:0; "
			     "protocol plain; write_high 8k; }"),
		  3);
	check_int(count_bare("service s { listen 127.0.0.1:0; "
			     "protocol plain; write_high 8k; write_low 1k; }"),
		  4);
}

int main(void)
{
	enter_directory();
	what_is_not_in_use_need_not_be_known();
	a_default_in_unknown_words_is_left_out();
	a_default_keeps_its_value_where_the_default_is_another();
	a_file_has_no_marks();
	only_defaults_are_marked();
	an_untouched_service_has_two_lines_without_a_mark();
	leave_directory();
	return check_result();
}
