/* SPDX-License-Identifier: MIT */
/* chargen.c - RFC 864: lines of 72 characters, each beginning one character
 * later in the ring of the 95 that can be printed, until the client ends it.
 *
 * A worker keeps the 95 different lines twice, which is little enough to stay
 * in the cache beside its core, and sends them again and again to everybody:
 * nothing is queued for a client that does not read.  After each pass others
 * have their turn.
 * A client that has ended its own half gets its lines all the same, as from
 * inetd. */
#include <string.h>

#include "protocols/protocols.h"

#define FIRST_CHARACTER ' '
#define CHARACTERS      95 /* from ' ' to '~' */
#define LINE_CHARACTERS 72
#define LINE_BYTES      (LINE_CHARACTERS + 2)
#define PATTERN_BYTES   (CHARACTERS * LINE_BYTES)
#define PATTERNS        2
/* In one system call; with more at a time, other caches lose it. */
#define PASS_BYTES      (37 * PATTERN_BYTES)

struct chargen_worker {
	char bytes[PATTERNS * PATTERN_BYTES];
};

static void fill_line(char *line, int first)
{
	int i;

	for (i = 0; i < LINE_CHARACTERS; i++)
		line[i] = (char)(FIRST_CHARACTER + (first + i) % CHARACTERS);
	memcpy(line + LINE_CHARACTERS, "\r\n", 2);
}

static int chargen_start(struct cohort_worker *w, void *state)
{
	struct chargen_worker *worker = state;
	int i;

	(void)w;
	for (i = 0; i < PATTERNS * CHARACTERS; i++)
		fill_line(worker->bytes + (size_t)i * LINE_BYTES,
			  i % CHARACTERS);
	return 0;
}

static void speak(struct cohort_transport *t)
{
	const struct chargen_worker *worker =
		cohort_worker_state(cohort_worker(t));

	if (cohort_send_memory(t, worker->bytes, sizeof(worker->bytes),
			       PASS_BYTES) < 0)
		cohort_abort(t);
}

static void chargen_made(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_discard_input(t);
	speak(t);
}

static void chargen_sent(struct cohort_transport *t, void *session,
			 uint64_t sent_bytes, int error)
{
	(void)session;
	(void)sent_bytes;
	if (error != 0)
		cohort_abort(t);
	else if (!cohort_is_closing(t))
		speak(t);
}

static enum cohort_verdict chargen_eof(struct cohort_transport *t,
				       void *session)
{
	(void)t;
	(void)session;
	return COHORT_KEEP;
}

const struct cohort_protocol protocol_chargen = {
	.name = "chargen",
	.connection_made = chargen_made,
	.eof_received = chargen_eof,
	.file_sent = chargen_sent,
	.worker_size = sizeof(struct chargen_worker),
	.worker_start = chargen_start,
};
