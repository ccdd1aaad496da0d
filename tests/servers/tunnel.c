/* SPDX-License-Identifier: MIT */
/* tunnel.c - each client gets a connection of its own to `upstream`; what comes
 * on one goes out on the other.  Its worker says when it starts, drains and
 * stops, and does at the start what `at_start` says: fail, crash or hang. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort.h"

struct options {
	const char *upstream;
	const char *at_start;
};

static const struct cohort_directive directives[] = {
	{.name = "upstream",
	 .kind = COHORT_VALUE_STRING,
	 .offset = offsetof(struct options, upstream),
	 .help = "where each client is connected to"},
	{.name = "at_start",
	 .kind = COHORT_VALUE_STRING,
	 .offset = offsetof(struct options, at_start),
	 .help = "fail, crash or hang"},
	{.name = NULL},
};

/* The id of the other end, which may have gone. */
struct end {
	uint64_t other;
};

static struct cohort_transport *other_of(struct cohort_transport *t,
					 void *memory)
{
	return cohort_find(t, ((struct end *)memory)->other);
}

/* ---- Both ends ------------------------------------------------------- */

static void received(struct cohort_transport *t, void *memory, const void *data,
		     size_t size)
{
	struct cohort_transport *other = other_of(t, memory);

	if (other != NULL)
		cohort_write(other, data, size);
}

static enum cohort_verdict ended(struct cohort_transport *t, void *memory)
{
	struct cohort_transport *other = other_of(t, memory);

	if (other != NULL)
		cohort_write_eof(other);
	return COHORT_KEEP;
}

static void paused(struct cohort_transport *t, void *memory)
{
	struct cohort_transport *other = other_of(t, memory);

	if (other != NULL)
		cohort_pause_reading(other);
}

static void resumed(struct cohort_transport *t, void *memory)
{
	struct cohort_transport *other = other_of(t, memory);

	if (other != NULL)
		cohort_resume_reading(other);
}

static void lost(struct cohort_transport *t, void *memory,
		 const struct cohort_end *end)
{
	struct cohort_transport *other = other_of(t, memory);

	cohort_log(t, COHORT_LOG_INFO, "lost: %s: %s",
		   cohort_reason_name(end->reason), strerror(end->error));
	if (other != NULL)
		cohort_close(other);
}

static const struct cohort_protocol upstream = {
	.name = "upstream",
	.session_size = sizeof(struct end),
	.data_received = received,
	.eof_received = ended,
	.pause_writing = paused,
	.resume_writing = resumed,
	.connection_lost = lost,
};

/* ---- Clients --------------------------------------------------------- */

static void made(struct cohort_transport *t, void *memory)
{
	const struct options *options = cohort_options(t);
	const struct cohort_connect how = {
		.address = options->upstream,
		.protocol = &upstream,
	};
	struct cohort_transport *other = cohort_connect(cohort_worker(t), &how);

	if (other == NULL) {
		cohort_abort(t);
		return;
	}
	((struct end *)memory)->other = cohort_id(other);
	((struct end *)cohort_session(other))->other = cohort_id(t);
}

/* ---- The worker ------------------------------------------------------ */

static int started(struct cohort_worker *w, void *state)
{
	const struct options *options = cohort_worker_options(w);
	const char *act = options->at_start != NULL ? options->at_start : "";

	(void)state;
	if (strcmp(act, "fail") == 0) {
		cohort_worker_log(w, COHORT_LOG_ERROR,
				  "at_start is %s, uid %s 0", act,
				  getuid() == 0 ? "is" : "is not");
		return -1;
	}
	if (strcmp(act, "crash") == 0)
		abort();
	while (strcmp(act, "hang") == 0)
		pause();
	cohort_worker_log(w, COHORT_LOG_INFO, "its worker starts");
	return 0;
}

static void draining(struct cohort_worker *w, void *state)
{
	(void)state;
	cohort_worker_log(w, COHORT_LOG_INFO, "its worker drains");
}

static void stopped(struct cohort_worker *w, void *state)
{
	(void)state;
	cohort_worker_log(w, COHORT_LOG_INFO, "its worker stops");
}

static const struct cohort_protocol tunnel = {
	.name = "tunnel",
	.session_size = sizeof(struct end),
	.directives = directives,
	.options_size = sizeof(struct options),
	.connection_made = made,
	.data_received = received,
	.eof_received = ended,
	.pause_writing = paused,
	.resume_writing = resumed,
	.connection_lost = lost,
	.descriptors_count = 1,
	.worker_start = started,
	.worker_draining = draining,
	.worker_stop = stopped,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &tunnel);
}
