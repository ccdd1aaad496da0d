/* SPDX-License-Identifier: MIT */
/* transport_bulk.c - who is sent much, and how little of it waits in the kernel.
 *
 * What the kernel has and may not send yet, for the peer's window is full, goes
 * out when an acknowledgement comes: on the CPU that handles that, not on ours.
 * On one machine it is the peer's, which has its own to do, while our worker
 * sleeps; and by then no cache has the bytes any more.  With a bound for what
 * is unsent the worker is woken instead, and sends.
 *
 * Measured on loopback with a core for the server and one for its clients,
 * beside a bare loop that copies, medians.  64 clients take what they get:
 * sendfile moved 0.67 as much a second without the bound and 1.05 with it, at
 * 0.70 and 0.95 of the CPU for each byte; memory sent again and again 1.25 and
 * 1.96, at 0.82 and 0.62.  64 messages of 1 MiB are echoed by splice: 0.89 and
 * 1.05, at 0.76 and 0.83.  It was much the same from 64 to 256 KiB.
 *
 * A forwarder between two has no such bound: its work would rise by 7 to 37 per
 * cent for 1.2 to 1.3 times the bytes, and it is bought for its CPU.
 *
 * The bytes on their way are not bounded by it, so nothing far away is slower;
 * and whoever does not read holds less of the kernel's memory. */
#include "net/transport_internal.h"

#define UNSENT_BYTES (1 << 18)

/* Once for each transport; what is configured (`notsent_lowat`) stays. */
void transport_note_bulk(struct cohort_transport *t)
{
	const struct sockopt_settings *options = &t->service->settings->options;

	if (t->extras->is_bulk)
		return;
	t->extras->is_bulk = true;
	if (t->is_tcp && options->notsent_lowat_bytes == SOCKOPT_KERNEL)
		sockopt_limit_unsent(t->source.fd, UNSENT_BYTES);
}
