/* SPDX-License-Identifier: MIT */
/* test_config_include.c - files, patterns, loops, and what is not a file. */
#include "config_fixture.h"

static void load_file(struct outcome *outcome, const char *name)
{
	load(outcome, (struct config_request){.file = name});
}

static void check_refused(const char *name, const char *words)
{
	struct outcome outcome;

	load_file(&outcome, name);
	CHECK(outcome.config == NULL);
	check_says(&outcome, words);
	outcome_release(&outcome);
}

/* Names are relative to the including file; that file's own path may look
 * like a pattern, and a pattern may match nothing. */
static void check_good(void)
{
	struct outcome outcome;

	CHECK(mkdir("sub", 0755) == 0 && mkdir("a[b", 0755) == 0);
	put("main.conf",
	    "include sub/*.conf; include none/*.conf;\n"
	    "include strange.inc; workers 3;");
	put("sub/a.conf", "include ../leaf.inc;");
	put("sub/b.conf", "service b { listen *:2; }");
	put("leaf.inc", "service leaf { listen *:1; }");
	put("strange.inc", "include a\\\\[*/main.conf;");
	put("a[b/main.conf", "include *.inc;");
	put("a[b/x.inc", "service x { listen *:3; }");
	load_file(&outcome, "sub/../main.conf");
	check_string(words_of(&outcome.complaints), "");
	check_line(&outcome, "workers 3;");
	check_line(&outcome, "service leaf {");
	check_line(&outcome, "service b {");
	check_line(&outcome, "service x {");
	outcome_release(&outcome);
}

/* A file is preferred to the pattern that its name is. */
static void check_name_like_a_pattern(void)
{
	struct outcome outcome;

	put("t.conf", "include 'a[b]c.inc'; service s { listen *:1; }");
	put("a[b]c.inc", "workers 7;");
	load_file(&outcome, "t.conf");
	check_line(&outcome, "workers 7;");
	outcome_release(&outcome);
}

static void check_bad(void)
{
	put("leaf.inc", "\nbacklog;");
	check_refused("main.conf", "sub/../leaf.inc:2:1: ");
	put("leaf.inc", "include main.conf;");
	check_refused("main.conf",
		      "sub/../leaf.inc:1:9: a file includes itself: main.conf "
		      "-> sub/a.conf -> sub/../leaf.inc -> ");
	put("t.conf", "include nothere.conf;");
	check_refused("t.conf", "t.conf:1:9: cannot read 'nothere.conf': No ");
	put("t.conf", "include sub;");
	check_refused("t.conf", "t.conf:1:9: cannot read 'sub': it is a dir");
	put("t.conf", "include;");
	check_refused("t.conf", "t.conf:1:8: ");
	put("t.conf", "include a b;");
	check_refused("t.conf", "t.conf:1:11: ");
}

static void check_depth(void)
{
	char name[32], text[64];
	struct outcome outcome;
	int i;

	for (i = 0; i <= 17; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(text, sizeof(text), "include deep%d;", i + 1);
		put(name, text);
	}
	put("deep17", "service s { listen *:1; }");
	check_refused("deep0", "deep16:1:9: files include files more than 16");
	load_file(&outcome, "deep1");
	check_line(&outcome, "service s {");
	outcome_release(&outcome);
}

static void check_files(void)
{
	check_refused("absent.conf", "absent.conf: No such file");
	check_refused("sub", "sub: it is a directory");
	CHECK(mkfifo("pipe", 0600) == 0);
	check_refused("pipe", "pipe: it is not a regular file");
	check_refused("/dev/null", "/dev/null: it is not a regular file");
	put("big.conf", "");
	CHECK(truncate("big.conf", (16 << 20) + 1) == 0);
	check_refused("big.conf", "big.conf: it is larger than 16 MiB");
}

/* The supervisor's reading asks nobody. */
static void check_canonical(void)
{
	static const char *const rows[][2] = {
		{"include x;", "canonical:1:1: no include"},
		{"service s { listen ${X:-1}; }", "canonical:1:20: no var"},
		{"service s { listen localhost:1; }", "canonical:1:20: "},
		{"service s { listen :1; }", "canonical:1:20: "},
		{"service s { listen unix:/a owner=root; }",
		 "canonical:1:28: "},
		{"", "canonical: no service"},
	};
	struct outcome outcome;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(&outcome, rows[i][0], strlen(rows[i][0]));
		CHECK(outcome.config == NULL);
		check_says(&outcome, rows[i][1]);
		outcome_release(&outcome);
	}
}

int main(void)
{
	enter_directory();
	check_good();
	check_name_like_a_pattern();
	check_bad();
	check_depth();
	check_files();
	check_canonical();
	leave_directory();
	return check_result();
}
