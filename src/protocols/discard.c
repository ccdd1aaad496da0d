/* SPDX-License-Identifier: MIT */
/* discard.c - RFC 863: what a client sends is thrown away. */
#include "protocols/protocols.h"

static void discard_made(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_discard_input(t);
}

const struct cohort_protocol protocol_discard = {
	.name = "discard",
	.connection_made = discard_made,
};
