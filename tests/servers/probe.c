/* SPDX-License-Identifier: MIT */
/* probe.c - a server for the tests: each line that a client sends is a command
 * which makes the protocol do what it says. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort.h"

#define LINE_BYTES 64

struct session {
	size_t used;
	char line[LINE_BYTES];
};

struct command {
	const char *name;
	void (*run)(struct cohort_transport *t, long argument);
};

static void run_crash(struct cohort_transport *t, long argument)
{
	(void)t;
	raise((int)argument);
}

static void run_exit(struct cohort_transport *t, long argument)
{
	(void)t;
	_exit((int)argument);
}

static void run_spin(struct cohort_transport *t, long argument)
{
	volatile long turns = argument;

	(void)t;
	while (turns != 0)
		turns = argument;
}

static void run_flood(struct cohort_transport *t, long argument)
{
	static const char block[1000];

	while (argument-- > 0 && cohort_write(t, block, sizeof(block)) == 0)
		continue;
}

static void run_pid(struct cohort_transport *t, long argument)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	(void)argument;
	cohort_write(t, text, (size_t)size);
}

static void run_close(struct cohort_transport *t, long argument)
{
	(void)argument;
	cohort_close(t);
}

static void run_abort(struct cohort_transport *t, long argument)
{
	(void)argument;
	cohort_abort(t);
}

static void run_reset(struct cohort_transport *t, long argument)
{
	(void)argument;
	cohort_reset(t);
}

static void run_fail(struct cohort_transport *t, long argument)
{
	(void)argument;
	cohort_fail(t);
}

static void run_timer(struct cohort_transport *t, long argument)
{
	cohort_set_timer(t, argument);
}

static void run_pause(struct cohort_transport *t, long argument)
{
	cohort_pause_reading(t);
	cohort_set_timer(t, argument);
}

static void run_eof(struct cohort_transport *t, long argument)
{
	(void)argument;
	cohort_write_eof(t);
}

static void run_info(struct cohort_transport *t, long argument)
{
	char text[256];
	struct cohort_info info;
	struct cohort_address peer;
	int size;

	(void)argument;
	cohort_info(t, &info);
	if (cohort_peer(t, &peer) < 0)
		peer.text[0] = '\0';
	size = snprintf(
		text, sizeof(text),
		"service=%s worker=%u received=%llu sent=%llu peer=%s\n",
		info.service, info.worker,
		(unsigned long long)info.received_bytes,
		(unsigned long long)info.sent_bytes, peer.text);
	cohort_write(t, text, (size_t)size);
}

static const struct command commands[] = {
	{"crash", run_crash}, {"exit", run_exit},   {"spin", run_spin},
	{"flood", run_flood}, {"pid", run_pid},     {"close", run_close},
	{"abort", run_abort}, {"reset", run_reset}, {"fail", run_fail},
	{"timer", run_timer}, {"pause", run_pause}, {"eof", run_eof},
	{"info", run_info},
};

static void run_line(struct cohort_transport *t, char *line)
{
	char *argument = strchr(line, ' ');
	size_t i;

	if (argument != NULL)
		*argument++ = '\0';
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, line) != 0)
			continue;
		commands[i].run(t, argument != NULL ? atol(argument) : 0);
		return;
	}
	cohort_fail(t);
}

static void received(struct cohort_transport *t, void *memory, const void *data,
		     size_t size)
{
	struct session *session = memory;
	const char *bytes = data;
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (session->used < LINE_BYTES - 1)
				session->line[session->used++] = bytes[i];
			continue;
		}
		session->line[session->used] = '\0';
		session->used = 0;
		run_line(t, session->line);
	}
}

static void timed_out(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_write(t, "timeout\n", 8);
	cohort_resume_reading(t);
}

static enum cohort_verdict ended(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_write(t, "eof\n", 4);
	return COHORT_CLOSE;
}

static void drains(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_write(t, "draining\n", 9);
}

static const struct cohort_protocol probe = {
	.name = "probe",
	.session_size = sizeof(struct session),
	.data_received = received,
	.timeout = timed_out,
	.eof_received = ended,
	.draining = drains,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &probe);
}
