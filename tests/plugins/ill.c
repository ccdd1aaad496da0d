/* SPDX-License-Identifier: MIT */
/* ill.c - what is wrong with what it exports is in the environment; worker-name,
 * worker-api: another one in workers alone. */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cohort.h"

static struct cohort_directive directives[] = {
	{.name = "first",
	 .kind = COHORT_VALUE_NUMBER,
	 .initial = "1",
	 .help = "of the test"},
	{.name = "second",
	 .kind = COHORT_VALUE_NUMBER,
	 .offset = 8,
	 .initial = "2",
	 .help = "of the test"},
	{.name = NULL},
};
static struct cohort_protocol ill = {
	.name = "ill",
	.directives = directives,
	.options_size = 16,
};
static const struct cohort_protocol *protocols[] = {&ill, NULL, NULL};

extern struct cohort_export cohort_protocol_export
	__attribute__((visibility("default")));
struct cohort_export cohort_protocol_export = {
	COHORT_API, sizeof(struct cohort_protocol), protocols};

static bool is_wrong(const char *what)
{
	const char *wrong = getenv("ILL");

	return wrong && strcmp(wrong, what) == 0;
}

static bool is_wrong_in_worker(const char *what)
{
	char name[16] = "";

	prctl(PR_GET_NAME, name);
	return is_wrong(what) && strncmp(name, "worker", 6) == 0;
}

static void spoil_export(void)
{
	if (is_wrong("api") || is_wrong_in_worker("worker-api"))
		cohort_protocol_export.api = 4711;
	if (is_wrong("size"))
		cohort_protocol_export.protocol_size -= 8;
	if (is_wrong("none"))
		protocols[0] = NULL;
	if (is_wrong("twins"))
		protocols[1] = &ill;
}

static void spoil_protocol(void)
{
	if (is_wrong_in_worker("worker-name"))
		ill.name = "sick";
	if (is_wrong("null"))
		ill.name = NULL;
	if (is_wrong("empty"))
		ill.name = "";
	if (is_wrong("blank"))
		ill.name = "a b";
	if (is_wrong("echo"))
		ill.name = "echo";
	if (is_wrong("probe"))
		ill.name = "probe";
}

static void spoil_directives(void)
{
	if (is_wrong("offset"))
		directives[1].offset = 9;
	if (is_wrong("kind"))
		directives[1].kind = (enum cohort_value)77;
	if (is_wrong("default"))
		directives[1].initial = "many";
	if (is_wrong("twice"))
		directives[1].name = "first";
	if (is_wrong("unnamed"))
		directives[1].name = "";
}

__attribute__((constructor)) static void spoil(void)
{
	spoil_export();
	spoil_protocol();
	spoil_directives();
}
