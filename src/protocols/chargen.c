/* SPDX-License-Identifier: MIT */
/* chargen.c - RFC 864: lines of 72 characters, each beginning one character
 * later in the ring of the 95 that can be printed, until the client ends it.
 *
 * A worker writes the 95 different lines into a file in memory once, and sends
 * that again and again to everybody: nothing is copied, and nothing is queued
 * for a client that does not read.  After each pass others have their turn.
 * A client that has ended its own half gets its lines all the same, as from
 * inetd. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocols/protocols.h"

#define FIRST_CHARACTER ' '
#define CHARACTERS      95 /* from ' ' to '~' */
#define LINE_CHARACTERS 72
#define LINE_BYTES      (LINE_CHARACTERS + 2)
#define PATTERN_BYTES   (CHARACTERS * LINE_BYTES)
#define PATTERNS        149 /* in the file: close to a megabyte, and below */

struct chargen_worker {
	int file;
};

static void fill_line(char *line, int first)
{
	int i;

	for (i = 0; i < LINE_CHARACTERS; i++)
		line[i] = (char)(FIRST_CHARACTER + (first + i) % CHARACTERS);
	memcpy(line + LINE_CHARACTERS, "\r\n", 2);
}

/* 0, or -1 with errno. */
static int fill_file(int file)
{
	char pattern[PATTERN_BYTES];
	int i;

	for (i = 0; i < CHARACTERS; i++)
		fill_line(pattern + (size_t)i * LINE_BYTES, i);
	for (i = 0; i < PATTERNS; i++) {
		ssize_t size = write(file, pattern, sizeof(pattern));

		if (size < 0)
			return -1;
		if ((size_t)size < sizeof(pattern)) {
			errno = ENOSPC;
			return -1;
		}
	}
	return 0;
}

static int chargen_start(struct cohort_worker *w, void *state)
{
	struct chargen_worker *worker = state;

	worker->file = memfd_create("cohort chargen", MFD_CLOEXEC);
	if (worker->file >= 0 && fill_file(worker->file) == 0)
		return 0;
	cohort_worker_log(w, COHORT_LOG_ERROR,
			  "the pattern cannot be kept in memory: %s",
			  strerror(errno));
	if (worker->file >= 0)
		close(worker->file);
	return -1;
}

static void chargen_stop(struct cohort_worker *w, void *state)
{
	const struct chargen_worker *worker = state;

	(void)w;
	close(worker->file);
}

static void speak(struct cohort_transport *t)
{
	const struct chargen_worker *worker =
		cohort_worker_state(cohort_worker(t));

	if (cohort_send_file(t, worker->file, 0, UINT64_MAX) < 0)
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
	.worker_stop = chargen_stop,
};
