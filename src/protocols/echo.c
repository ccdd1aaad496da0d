/* SPDX-License-Identifier: MIT */
/* echo.c - RFC 862: what a client sends comes back.
 *
 * A client that sends much at a time is forwarded to itself: as long as it does
 * so, its bytes need not come up here.
 *
 * `once on` is another, older service: one chunk comes back, then the server
 * closes. */
#include "protocols/protocols.h"

/* The most that is received at once: where so much is, more follows. */
#define FULL_BYTES 65536

struct echo_options {
	bool once;
};

static const struct cohort_directive directives[] = {
	{.name = "once",
	 .kind = COHORT_VALUE_BOOLEAN,
	 .offset = offsetof(struct echo_options, once),
	 .initial = "off",
	 .help = "send one chunk back, then close"},
	{.name = NULL},
};

static void echo_received(struct cohort_transport *t, void *session,
			  const void *data, size_t size)
{
	const struct echo_options *options;

	(void)session;
	if (cohort_write(t, data, size) < 0)
		return;
	options = cohort_options(t);
	if (options != NULL && options->once)
		cohort_close(t);
	else if (size == FULL_BYTES)
		/* Without memory for that it goes on as it is. */
		(void)cohort_forward(t, t);
}

const struct cohort_protocol protocol_echo = {
	.name = "echo",
	.directives = directives,
	.options_size = sizeof(struct echo_options),
	.data_received = echo_received,
	.holds_reading = true,
};
