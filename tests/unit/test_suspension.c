/* SPDX-License-Identifier: MIT */
/* test_suspension.c - orders to suspend and to resume, against a configuration
 * that changes. */
#include "process/suspension.h"

#include "check.h"

static struct suspensions suspensions;

static bool is_on(const char *service, bool is_configured)
{
	return suspensions_is_on(&suspensions, service, is_configured);
}

/* As if the configuration now had services a and b. */
static void configure(bool is_a_suspended, bool is_b_suspended)
{
	struct config_service services[] = {{.name = "a"}, {.name = "b"}};
	struct config config = {.services = services, .service_count = 2};

	services[0].settings.is_suspended = is_a_suspended;
	services[1].settings.is_suspended = is_b_suspended;
	suspensions_review(&suspensions, &config);
}

static void test_file_alone(void)
{
	CHECK(is_on("a", true));
	CHECK(!is_on("a", false));
	configure(true, false);
	check_int(suspensions.count, 0);
}

static void test_order(void)
{
	CHECK(suspensions_set(&suspensions, "a", false, true));
	CHECK(is_on("a", false));
	CHECK(!is_on("b", false));
	CHECK(suspensions_set(&suspensions, "b", true, false));
	CHECK(!is_on("b", true));
	configure(false, true);
	CHECK(is_on("a", false));
	CHECK(!is_on("b", true));
	/* To what the file says. */
	CHECK(suspensions_set(&suspensions, "a", false, false));
	CHECK(!is_on("a", false));
	check_int(suspensions.count, 1);
	CHECK(suspensions_set(&suspensions, "c", false, false));
	check_int(suspensions.count, 1);
}

/* The file has the last word once it changes, even if it changes back. */
static void test_file_changes(void)
{
	CHECK(suspensions_set(&suspensions, "a", false, true));
	CHECK(is_on("a", true)); /* for workers that are yet to serve */
	configure(true, true);
	CHECK(is_on("a", true));
	configure(false, true);
	CHECK(!is_on("a", false));
	CHECK(!is_on("b", true));
	check_int(suspensions.count, 1);
}

static void test_service_goes(void)
{
	CHECK(suspensions_set(&suspensions, "gone", false, true));
	configure(false, true);
	CHECK(!is_on("gone", false));
	CHECK(!is_on("b", true));
}

static void test_limit(void)
{
	char name[SCOREBOARD_SERVICE_NAME];
	unsigned i;

	memset(&suspensions, 0, sizeof(suspensions));
	for (i = 0; i < CONFIG_SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		CHECK(suspensions_set(&suspensions, name, false, true));
	}
	CHECK(suspensions_set(&suspensions, "s0", false, true));
	CHECK(!suspensions_set(&suspensions, "more", false, true));
	CHECK(!is_on("more", false));
	CHECK(suspensions_set(&suspensions, "s7", false, false));
	CHECK(suspensions_set(&suspensions, "more", false, true));
	CHECK(is_on("more", false));
	CHECK(!is_on("s7", false));
	CHECK(is_on("s8", false));
}

int main(void)
{
	test_file_alone();
	test_order();
	test_file_changes();
	test_service_goes();
	test_limit();
	return check_result();
}
