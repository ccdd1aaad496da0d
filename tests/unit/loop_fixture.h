/* SPDX-License-Identifier: MIT */
/* loop_fixture.h - a loop whose events write a trace of letters. */
#ifndef COHORT_TESTS_LOOP_FIXTURE_H
#define COHORT_TESTS_LOOP_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "event/loop.h"

#define PATIENCE_S 60 /* then a loop that never stops ends the program */

static struct loop loop;
static char trace[256];

static inline void trace_add(char letter)
{
	size_t size = strlen(trace);

	if (size + 1 < sizeof(trace)) {
		trace[size] = letter;
		trace[size + 1] = '\0';
	}
}

/* Ends the run after as many turns as `context` points at. */
static inline void count_turns(void *context, struct loop *observed)
{
	int *turns = context;

	trace_add('.');
	if (--*turns == 0)
		loop_stop(observed);
}

static inline void fixture_open(void)
{
	struct error error = {0};

	CHECK(loop_init(&loop, &error) == 0);
	trace[0] = '\0';
}

static inline void fixture_close(void)
{
	loop_release(&loop);
}

/* Turn so many times; a '.' in the trace ends each. */
static inline void turn_times(int turns)
{
	struct error error = {0};

	loop.observer = count_turns;
	loop.observer_context = &turns;
	alarm(PATIENCE_S);
	CHECK(loop_run(&loop, &error) == 0);
	alarm(0);
}

/* A pipe whose reading end is watched. */
struct probe {
	struct loop_source source;
	int reader;
	int writer;
	int ready_count;
	unsigned found;
	void (*act)(struct probe *probe); /* after counting; may be NULL */
};

static inline void probe_ready(struct loop_source *source, unsigned found)
{
	struct probe *probe = list_entry(source, struct probe, source);

	probe->ready_count++;
	probe->found = found;
	if (probe->act != NULL)
		probe->act(probe);
}

static inline void probe_open(struct probe *probe, unsigned interest)
{
	int fds[2] = {-1, -1};

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	probe->reader = fds[0];
	probe->writer = fds[1];
	probe->ready_count = 0;
	probe->found = 0;
	probe->act = NULL;
	loop_source_init(&probe->source, probe_ready);
	CHECK(loop_add(&loop, &probe->source, probe->reader, interest) == 0);
}

static inline void probe_write(struct probe *probe)
{
	CHECK(write(probe->writer, "x", 1) == 1);
}

static inline void probe_read(struct probe *probe)
{
	char byte;

	CHECK(read(probe->reader, &byte, 1) == 1);
}

static inline void probe_close(struct probe *probe)
{
	loop_remove(&loop, &probe->source);
	close(probe->reader);
	close(probe->writer);
}

#endif
