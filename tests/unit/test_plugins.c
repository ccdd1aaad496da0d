/* SPDX-License-Identifier: MIT */
/* test_plugins.c - plug-ins that another build of the program hands over. */
#include "process/plugins.h"

#include <fcntl.h>
#include <string.h>

#include "check.h"
#include "cohort.h"

static void add(struct plugins *plugins, const char *names)
{
	check_int(plugins_add(plugins, open("/dev/null", O_RDONLY | O_CLOEXEC),
			      names),
		  0);
}

static void test_a_name_that_is_built_in_now_is_said(void)
{
	static const struct cohort_protocol hello = {.name = "hello"};
	static const struct cohort_protocol bye = {.name = "bye"};
	static const struct cohort_protocol *const some[] = {&hello, NULL};
	static const struct cohort_protocol *const both[] = {&hello, &bye,
							     NULL};
	struct plugins plugins = {.count = 0};
	struct error error = {.text = ""};

	check_int(plugins_check_names(&plugins, both, &error), 0);
	add(&plugins, "hello2 hell");
	add(&plugins, "good bye");
	check_int(plugins_check_names(&plugins, some, &error), 0);
	check_int(plugins_check_names(&plugins, both, &error), -1);
	CHECK(strstr(error.text, "'bye' is built in now") != NULL);
	plugins_release(&plugins);
}

int main(void)
{
	test_a_name_that_is_built_in_now_is_said();
	return check_result();
}
