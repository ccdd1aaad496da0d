/* SPDX-License-Identifier: MIT */
/* death.c - kinds of death, and the names of signals. */
#include "process/death.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "process/spawn.h"

/* sigabbrev_np(3) exists in glibc only. */
static const struct {
	int number;
	const char *name;
} signal_names[] = {
	{SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGSEGV, "SIGSEGV"},
	{SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
	{SIGILL, "SIGILL"},   {SIGSYS, "SIGSYS"},   {SIGTRAP, "SIGTRAP"},
	{SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGINT, "SIGINT"},
	{SIGQUIT, "SIGQUIT"}, {SIGHUP, "SIGHUP"},   {SIGALRM, "SIGALRM"},
	{SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGPIPE, "SIGPIPE"},
};

static enum scoreboard_restart cause_of(const struct death *death)
{
	if (!WIFSIGNALED(death->status))
		return SCOREBOARD_RESTART_EXIT;
	switch (WTERMSIG(death->status)) {
	case SIGKILL:
	case SIGTERM: return SCOREBOARD_RESTART_KILLED;
	default: return SCOREBOARD_RESTART_CRASH;
	}
}

enum scoreboard_restart death_cause(const struct death *death)
{
	enum scoreboard_restart cause = cause_of(death);

	if (!death->was_ready)
		return SCOREBOARD_RESTART_STARTUP;
	if (death->is_in_plugin && cause != SCOREBOARD_RESTART_KILLED)
		return SCOREBOARD_RESTART_PLUGIN;
	return cause;
}

bool death_is_early(const struct death *death)
{
	if (!death->was_ready)
		return true;
	if (death_cause(death) == SCOREBOARD_RESTART_PLUGIN)
		return true;
	if (death->ready_ms >= DEATH_EARLY_MS || death->status == 0)
		return false;
	return death_cause(death) != SCOREBOARD_RESTART_KILLED;
}

static const char *signal_name(int number)
{
	size_t i;

	for (i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++)
		if (signal_names[i].number == number)
			return signal_names[i].name;
	return NULL;
}

char *death_describe(char *out, int status)
{
	const char *name;

	if (WIFEXITED(status) && WEXITSTATUS(status) == SPAWN_STATUS) {
		snprintf(out, DEATH_TEXT,
			 "could not arrange its descriptors (status %d)",
			 SPAWN_STATUS);
		return out;
	}
	if (!WIFSIGNALED(status)) {
		snprintf(out, DEATH_TEXT, "exited with status %d",
			 WEXITSTATUS(status));
		return out;
	}
	name = signal_name(WTERMSIG(status));
	if (name)
		snprintf(out, DEATH_TEXT, "was killed by %s", name);
	else
		snprintf(out, DEATH_TEXT, "was killed by signal %d",
			 WTERMSIG(status));
	return out;
}
