/* SPDX-License-Identifier: MIT */
/* ledger.c - the server of the ledger: says which worker serves, and answers
 * each line with it; a line that begins with ! makes the worker misbehave. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort.h"

#define LINE_BYTES 128

struct session {
	bool is_served;  /* at least one answer */
	bool is_leaving; /* close when it is served */
	size_t used;
	char line[LINE_BYTES];
};

struct command {
	const char *name;
	void (*run)(long argument);
};

static void run_crash(long argument)
{
	raise((int)argument);
}

static void run_spin(long argument)
{
	volatile long turns = argument;

	while (turns == argument)
		turns = argument;
}

static void run_exit(long argument)
{
	_exit((int)argument);
}

static const struct command commands[] = {
	{"!crash", run_crash},
	{"!spin", run_spin},
	{"!exit", run_exit},
};

static void run_command(struct cohort_transport *t, char *line)
{
	char *argument = strchr(line, ' ');
	size_t i;

	if (argument != NULL)
		*argument++ = '\0';
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, line) != 0)
			continue;
		commands[i].run(argument != NULL ? atol(argument) : 0);
		return;
	}
	cohort_fail(t);
}

static void answer(struct cohort_transport *t, struct session *session)
{
	char text[LINE_BYTES + 16];
	int size;

	if (session->line[0] == '!') {
		run_command(t, session->line);
		return;
	}
	size = snprintf(text, sizeof(text), "%d %s\n", (int)getpid(),
			session->line);
	cohort_write(t, text, (size_t)size);
	session->is_served = true;
	if (session->is_leaving)
		cohort_close(t);
}

static void made(struct cohort_transport *t, void *session)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	(void)session;
	cohort_write(t, text, (size_t)size);
}

static void received(struct cohort_transport *t, void *memory, const void *data,
		     size_t size)
{
	struct session *session = memory;
	const char *bytes = data;
	size_t i;

	for (i = 0; i < size && !cohort_is_closing(t); i++) {
		if (session->used == LINE_BYTES - 1 && bytes[i] != '\n') {
			cohort_fail(t);
			return;
		}
		if (bytes[i] != '\n') {
			session->line[session->used++] = bytes[i];
			continue;
		}
		session->line[session->used] = '\0';
		session->used = 0;
		answer(t, session);
	}
}

/* Who was served can go elsewhere; who was only greeted is owed an answer. */
static void drains(struct cohort_transport *t, void *memory)
{
	struct session *session = memory;

	session->is_leaving = true;
	if (session->is_served)
		cohort_close(t);
}

static const struct cohort_protocol ledger = {
	.name = "ledger",
	.session_size = sizeof(struct session),
	.connection_made = made,
	.data_received = received,
	.draining = drains,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &ledger);
}
