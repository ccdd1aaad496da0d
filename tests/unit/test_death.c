/* SPDX-License-Identifier: MIT */
/* test_death.c - what a wait status says. */
#include "process/death.h"

#include <signal.h>

#include "check.h"

/* As the kernel makes them (wait(2)); with 0x80 a core was dumped. */
#define EXITED(status) ((status) << 8)
#define KILLED(number) (number)
#define DUMPED(number) ((number) | 0x80)

static const struct {
	int status;
	bool was_ready;
	int64_t ready_ms;
	enum scoreboard_restart cause;
	bool is_early;
	const char *words;
} rows[] = {
	{EXITED(0), false, 0, SCOREBOARD_RESTART_STARTUP, true,
	 "exited with status 0"},
	{EXITED(3), false, 0, SCOREBOARD_RESTART_STARTUP, true,
	 "exited with status 3"},
	{KILLED(SIGKILL), false, 5000, SCOREBOARD_RESTART_STARTUP, true,
	 "was killed by SIGKILL"},
	{KILLED(SIGKILL), true, 0, SCOREBOARD_RESTART_KILLED, false,
	 "was killed by SIGKILL"},
	{KILLED(SIGTERM), true, 999, SCOREBOARD_RESTART_KILLED, false,
	 "was killed by SIGTERM"},
	{DUMPED(SIGSEGV), true, 999, SCOREBOARD_RESTART_CRASH, true,
	 "was killed by SIGSEGV"},
	{DUMPED(SIGSEGV), true, 1000, SCOREBOARD_RESTART_CRASH, false,
	 "was killed by SIGSEGV"},
	{KILLED(SIGABRT), true, 1, SCOREBOARD_RESTART_CRASH, true,
	 "was killed by SIGABRT"},
	{EXITED(3), true, 999, SCOREBOARD_RESTART_EXIT, true,
	 "exited with status 3"},
	{EXITED(3), true, 1000, SCOREBOARD_RESTART_EXIT, false,
	 "exited with status 3"},
	{EXITED(0), true, 10, SCOREBOARD_RESTART_EXIT, false,
	 "exited with status 0"},
	{KILLED(50), true, 5000, SCOREBOARD_RESTART_CRASH, false,
	 "was killed by signal 50"},
};

/* The same in a callback of a plug-in, after a long life. */
static const struct {
	int status;
	bool was_ready;
	enum scoreboard_restart cause;
	bool is_early;
} plugin_rows[] = {
	{EXITED(0), false, SCOREBOARD_RESTART_STARTUP, true},
	{DUMPED(SIGSEGV), true, SCOREBOARD_RESTART_PLUGIN, true},
	{KILLED(SIGABRT), true, SCOREBOARD_RESTART_PLUGIN, true},
	{EXITED(0), true, SCOREBOARD_RESTART_PLUGIN, true},
	{EXITED(3), true, SCOREBOARD_RESTART_PLUGIN, true},
	{KILLED(SIGKILL), true, SCOREBOARD_RESTART_KILLED, false},
	{KILLED(SIGTERM), true, SCOREBOARD_RESTART_KILLED, false},
};

static void test_deaths_in_plugins(void)
{
	struct death death = {.is_in_plugin = true, .ready_ms = 100000};
	size_t i;

	for (i = 0; i < sizeof(plugin_rows) / sizeof(plugin_rows[0]); i++) {
		death.status = plugin_rows[i].status;
		death.was_ready = plugin_rows[i].was_ready;
		check_int(death_cause(&death), plugin_rows[i].cause);
		check_int(death_is_early(&death), plugin_rows[i].is_early);
	}
}

int main(void)
{
	char text[DEATH_TEXT];
	struct death death = {.is_in_plugin = false};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		death.status = rows[i].status;
		death.was_ready = rows[i].was_ready;
		death.ready_ms = rows[i].ready_ms;
		check_int(death_cause(&death), rows[i].cause);
		check_int(death_is_early(&death), rows[i].is_early);
		check_string(death_describe(text, rows[i].status),
			     rows[i].words);
	}
	test_deaths_in_plugins();
	return check_result();
}
