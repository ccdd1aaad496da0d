/* SPDX-License-Identifier: MIT */
/* test_config_load.c - `load`: who opens what, when, and what those who open
 * nothing make of it. */
#include <limits.h>

#include "config_fixture.h"

static const struct cohort_protocol told = {
	.name = "told",
	.directives = sample_directives,
	.options_size = sizeof(struct sample_options),
};
static const struct cohort_protocol bare = {.name = "bare"};
static const struct cohort_protocol other = {.name = "other"};
static const struct cohort_protocol twin = {.name = "bare"};
static const struct cohort_protocol taken = {.name = "plain"};
static const struct cohort_protocol ill = {.name = "a b"};

/* The files there are, and what they export. */
static const struct file {
	const char *path;
	const struct cohort_protocol *protocols[3];
} files[] = {
	{"/two.so", {&told, &bare, NULL}},
	{"/other.so", {&other, NULL}},
	{"/twin.so", {&other, &twin}},
	{"/taken.so", {&taken}},
	{"/ill.so", {&ill}},
	{"/we ird;${X}\".so", {&other}},
	{NULL, {NULL}},
};

/* An opener that remembers what it was asked. */
struct fake {
	struct config_opener opener;
	struct text calls;
	bool is_announced;
};

static const struct cohort_protocol *const *
fake_open(struct config_opener *opener, const char *path, struct error *error)
{
	struct fake *fake = (struct fake *)opener;
	const struct file *file = files;

	CHECK(fake->is_announced);
	text_append(&fake->calls, "%s ", path);
	while (file->path && strcmp(file->path, path) != 0)
		file++;
	if (file->path)
		return file->protocols;
	error_set(error, "there is none");
	return NULL;
}

static void fake_announce(struct config_opener *opener, const char *complaint)
{
	struct fake *fake = (struct fake *)opener;

	CHECK(fake->is_announced == (complaint == NULL));
	fake->is_announced = complaint != NULL;
	if (complaint)
		CHECK(strstr(complaint, ": load: '/") != NULL);
}

static struct fake a_fake(void)
{
	return (struct fake){.opener = {fake_open, fake_announce}};
}

static void load_with(struct outcome *outcome, struct fake *fake,
		      const char *text)
{
	put("t.conf", text);
	load(outcome, (struct config_request){.file = "t.conf",
					      .opener = &fake->opener});
	CHECK(!fake->is_announced);
}

static void read_again(struct outcome *outcome, struct fake *fake,
		       const struct text *canonical)
{
	const struct config_source source = {"canonical", canonical->bytes,
					     canonical->size};

	memset(outcome, 0, sizeof(*outcome));
	outcome->config = config_parse_whole(
		&source, sample_protocols, &fake->opener, &outcome->complaints);
	if (outcome->config)
		config_print(outcome->config, &outcome->canonical);
}

#define SERVICES                                                               \
	"load /two.so;\n"                                                      \
	"service a { listen 127.0.0.1:1; protocol told { number 7; "           \
	"string 'a;{ \"}'; } }\n"                                              \
	"service b { listen 127.0.0.1:2; protocol bare; }\n"                   \
	"service c { listen 127.0.0.1:3; protocol other; }\n"                  \
	"service d { listen 127.0.0.1:4; protocol sample { number 9; } }\n"    \
	"load /other.so;\n"

static void test_all_read_the_same_text_with_and_without_opening(void)
{
	struct outcome loaded, opaque, again;
	struct fake fake = a_fake(), second = a_fake();

	load_with(&loaded, &fake, SERVICES);
	check_string(words_of(&loaded.complaints), "");
	check_string(fake.calls.bytes, "/two.so /other.so ");
	check_line(&loaded, "load /two.so;");
	check_line(&loaded, "number 7;");
	check_int(loaded.config->plugin_count, 2);
	check_string(loaded.config->plugins[0].names, "told bare");

	parse(&opaque, loaded.canonical.bytes, loaded.canonical.size);
	check_string(words_of(&opaque.complaints), "");
	check_string(words_of(&opaque.canonical), loaded.canonical.bytes);
	check_string(opaque.config->services[0].protocol->name, "told");
	CHECK(opaque.config->services[0].protocol_text != NULL);
	CHECK(opaque.config->services[0].protocol_options == NULL);
	CHECK(opaque.config->services[3].protocol_text == NULL);

	read_again(&again, &second, &opaque.canonical);
	check_string(words_of(&again.complaints), "");
	check_string(words_of(&again.canonical), loaded.canonical.bytes);
	CHECK(again.config->services[0].protocol == &told);
	CHECK(again.config->services[0].protocol_text == NULL);
	check_int((int)((struct sample_options *)again.config->services[0]
				.protocol_options)
			  ->number,
		  7);
	outcome_release(&loaded);
	outcome_release(&opaque);
	outcome_release(&again);
	text_release(&fake.calls);
	text_release(&second.calls);
}

static void test_any_path_reads_back(void)
{
	struct outcome loaded, opaque;
	struct fake fake = a_fake();

	load_with(&loaded, &fake,
		  "load '/we ird;${X}\".so';\n"
		  "service a { listen 127.0.0.1:1; protocol other; }");
	check_string(words_of(&loaded.complaints), "");
	parse(&opaque, loaded.canonical.bytes, loaded.canonical.size);
	check_string(words_of(&opaque.canonical), loaded.canonical.bytes);
	check_string(opaque.config->plugins[0].path, "/we ird;${X}\".so");
	outcome_release(&loaded);
	outcome_release(&opaque);
	text_release(&fake.calls);
}

static void test_the_owner_of_a_protocol_is_found(void)
{
	struct outcome outcome;
	struct fake fake = a_fake();

	load_with(&outcome, &fake, SERVICES);
	check_string(config_plugin_of(outcome.config, "bare")->path, "/two.so");
	check_string(config_plugin_of(outcome.config, "other")->path,
		     "/other.so");
	CHECK(config_plugin_of(outcome.config, "tol") == NULL);
	CHECK(config_plugin_of(outcome.config, "toldx") == NULL);
	CHECK(config_plugin_of(outcome.config, "sample") == NULL);
	outcome_release(&outcome);
	text_release(&fake.calls);
}

/* Whatever is loaded where, all may name it. */
static void test_overrides_load_too(void)
{
	static const char *const overrides[] = {"load /two.so;",
						"load /other.so;"};
	struct outcome outcome;
	struct fake fake = a_fake();

	load(&outcome, (struct config_request){.protocol = "other",
					       .overrides = overrides,
					       .override_count = 2,
					       .opener = &fake.opener});
	check_string(words_of(&outcome.complaints), "");
	check_line(&outcome, "protocol other;");
	check_string(fake.calls.bytes, "/two.so /other.so ");
	outcome_release(&outcome);
	text_release(&fake.calls);
}

static void test_errors(void)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{"load /no.so;", "t.conf:1:6: load: '/no.so': there is none"},
		{"load;", "t.conf:1:5: 'load' takes a value"},
		{"load '';", "t.conf:1:6: load: the name of the file is empty"},
		{"load /two.so { }", "'load' takes no block"},
		{"load /two.so /other.so;", "'load' takes one value"},
		{"service a { load /two.so; }",
		 "'load' stands outside of services"},
		{"load /ill.so;", "'a b' cannot be a protocol's name"},
		{"load /taken.so;",
		 "'/taken.so': its protocol 'plain' is built in already"},
		{"load /two.so; load /twin.so;",
		 "t.conf:1:20: load: '/twin.so': its protocol 'bare' is one of "
		 "/two.so already"},
		{"load /two.so; load /two.so;",
		 "its protocol 'told' is one of /two.so already"},
		{"load /two.so;\nservice a { protocol told { number 1; } }",
		 "t.conf:2:36: number: '1' is too small"},
		{"load /two.so;\nservice a { protocol tolld; }",
		 "unknown protocol 'tolld'; did you mean 'told'?"},
	};
	struct outcome outcome;
	struct fake fake;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake = a_fake();
		load_with(&outcome, &fake, rows[i].text);
		CHECK(outcome.config == NULL);
		check_says(&outcome, rows[i].words);
		outcome_release(&outcome);
		text_release(&fake.calls);
	}
}

static void test_a_relative_name_stands_beside_its_file(void)
{
	char expected[2 * PATH_MAX + 32], here[PATH_MAX];
	struct outcome outcome;
	struct fake fake = a_fake();

	CHECK(getcwd(here, sizeof(here)) != NULL);
	CHECK(mkdir("sub", 0755) == 0);
	put("sub/more.conf", "load x.so;");
	load_with(&outcome, &fake, "load ./a.so; include sub/more.conf;");
	snprintf(expected, sizeof(expected), "%s/./a.so %s/sub/x.so ", here,
		 here);
	check_string(fake.calls.bytes, expected);
	outcome_release(&outcome);
	text_release(&fake.calls);
}

static void test_too_many(void)
{
	struct text text = {.bytes = NULL};
	struct outcome outcome;
	struct fake fake = a_fake();
	unsigned i;

	for (i = 0; i <= CONFIG_PLUGINS_MAX; i++)
		text_append(&text, "load /no%u.so;\n", i);
	load_with(&outcome, &fake, text.bytes);
	check_says(&outcome,
		   "t.conf:33:6: load: '/no32.so': there are more "
		   "than 32 plug-ins");
	outcome_release(&outcome);
	text_release(&fake.calls);
	text_release(&text);
}

/* Without a plug-in nothing can be a plug-in's. */
static void test_unknown_protocols_stay_unknown(void)
{
	static const char text[] =
		"service a { listen 127.0.0.1:1; protocol told; }";
	struct outcome outcome;

	parse(&outcome, text, strlen(text));
	CHECK(outcome.config == NULL);
	check_says(&outcome, "unknown protocol 'told'");
	outcome_release(&outcome);
}

int main(void)
{
	enter_directory();
	test_all_read_the_same_text_with_and_without_opening();
	test_any_path_reads_back();
	test_the_owner_of_a_protocol_is_found();
	test_overrides_load_too();
	test_errors();
	test_a_relative_name_stands_beside_its_file();
	test_too_many();
	test_unknown_protocols_stay_unknown();
	leave_directory();
	return check_result();
}
