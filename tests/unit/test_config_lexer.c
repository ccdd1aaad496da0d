/* SPDX-License-Identifier: MIT */
/* test_config_lexer.c - words, quotes, escapes, variables, comments. */
#include "config_fixture.h"

static const char *const environment[] = {
	"NAME=value", "EMPTY=", "SPACED=a b;c}", "NUMBER=77", NULL};

/* The value that `string WORD;` has, or NULL if it is refused. */
static char *string_of(const char *word)
{
	char text[512];
	const char *const overrides[] = {text};
	struct outcome outcome;
	const struct sample_options *options;
	char *string = NULL;

	snprintf(text, sizeof(text), "protocol sample { string %s; }", word);
	load(&outcome, (struct config_request){
			       .overrides = overrides,
			       .override_count = 1,
			       .environment = environment,
		       });
	if (outcome.config) {
		options = outcome.config->services[0].protocol_options;
		string = strdup(options->string);
	} else {
		CHECK(strncmp(words_of(&outcome.complaints), "-o#1:1:", 7) ==
		      0);
	}
	outcome_release(&outcome);
	return string;
}

static void check_words(void)
{
	static const struct {
		const char *word;
		const char *value; /* NULL: refused */
	} rows[] = {
		{"bare", "bare"},
		{"a#b", "a#b"},
		{"\"a b\"", "a b"},
		{"'a b'", "a b"},
		{"a'b c'\"d e\"f", "ab cd ef"},
		{"''", ""},
		{"\"\"", ""},
		{"a\\ b\\;c\\{\\}", "a b;c{}"},
		{"\"\\n\\r\\t\\\\\\\"\\x41\\xfF\"", "\n\r\t\\\"A\xff"},
		{"'\\n'", "\\n"},
		{"$", "$"},
		{"$NAME", "$NAME"},
		{"${NAME}", "value"},
		{"x${NAME}y", "xvaluey"},
		{"\"<${NAME}>\"", "<value>"},
		{"'${NAME}'", "${NAME}"},
		{"\\$\\{NAME\\}", "${NAME}"},
		{"\"\\${NAME}\"", "${NAME}"},
		{"${EMPTY}", ""},
		{"${EMPTY:-other}", "other"},
		{"${NAME:-other}", "value"},
		{"${ABSENT:-other}", "other"},
		{"${ABSENT:-}", ""},
		{"${ABSENT:-a b;c{\"}", "a b;c{\""},
		{"${SPACED}", "a b;c}"},
		{"gr\xc3\xb6\xc3\x9f\x65", "gr\xc3\xb6\xc3\x9f\x65"},
		{"${ABSENT}", NULL},
		{"${}", NULL},
		{"${1A}", NULL},
		{"${NAME-x}", NULL},
		{"${NAME", NULL},
		{"\\q", NULL},
		{"\"\\x00\"", NULL},
		{"\\x4", NULL},
		{"\"open", NULL},
		{"'open", NULL},
		{"a\x01z", NULL},
		{"\"a\x7fz\"", NULL},
		{"a b", NULL},
		{"", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *string = string_of(rows[i].word);

		if (rows[i].value)
			check_string(string, rows[i].value);
		else
			CHECK(string == NULL);
		free(string);
	}
}

static void check_layouts(void)
{
	static const char *const texts[] = {
		"service a { listen *:1; }",
		"service a{listen *:1;}",
		"\xef\xbb\xbfservice a {\r\n\tlisten *:1;\r\n}\r\n",
		"# comment\nservice a { # { ; }\n listen *:1;# x\n}# end",
		"service\n\"a\"\n{\nlisten\n'*:1'\n;}",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct outcome outcome;

		load_text(&outcome, texts[i]);
		check_string(words_of(&outcome.complaints), "");
		check_line(&outcome, "listen 0.0.0.0:1;");
		outcome_release(&outcome);
	}
}

/* Variables must not eat the memory of the machine. */
static void check_expansion_limit(void)
{
	const size_t size = 4 << 20;
	char *value = malloc(size + 3);
	const char *big[] = {value, NULL};
	const char *const overrides[] = {
		"pid_file ${X}${X}${X}${X}${X}${X}${X}${X};"};
	struct outcome outcome;

	CHECK(value != NULL);
	if (!value)
		return;
	memset(value, 'a', size + 2);
	value[size + 2] = '\0';
	memcpy(value, "X=", 2);
	load(&outcome, (struct config_request){
			       .overrides = overrides,
			       .override_count = 1,
			       .environment = big,
		       });
	CHECK(outcome.config == NULL);
	check_says(&outcome, "expand to more than");
	outcome_release(&outcome);
	free(value);
}

int main(void)
{
	enter_directory();
	check_words();
	check_layouts();
	check_expansion_limit();
	leave_directory();
	return check_result();
}
