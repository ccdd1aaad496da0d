/* SPDX-License-Identifier: MIT */
/* transport_bulk.c - a neighbour is sent much, and little of it waits in the
 * kernel.
 *
 * What the kernel has and may not send yet, for the peer's window is full, goes
 * out when an acknowledgement comes: on the CPU that handles that.  Where the
 * peer is on this machine it is the peer's, which has its own to do, while our
 * worker sleeps; and by then no cache has the bytes any more.  With a bound for
 * what is unsent the worker is woken instead, and sends.
 *
 * Measured on loopback with a core for the server and one for its clients,
 * beside a bare loop that copies, medians.  64 clients take what they get:
 * sendfile moved 0.67 as much a second without the bound and 1.05 with it, at
 * 0.70 and 0.95 of the CPU for each byte; memory sent again and again 1.25 and
 * 1.96, at 0.82 and 0.62.  64 messages of 1 MiB are echoed by splice: 0.89 and
 * 1.05, at 0.76 and 0.83.  It was much the same from 64 to 256 KiB.
 *
 * Whoever is elsewhere has none: acknowledgements come in on our CPUs anyhow,
 * and while the worker is busy what waits in the kernel keeps the line full (a
 * worker that was held for 10 ms of every 20 sent 73 MB/s with the bound, 100
 * without, to who took 100).  Nor has a forwarder between two: its work would
 * rise by 7 to 37 per cent for 1.2 to 1.3 times the bytes, and it is bought for
 * its CPU. */
#include "net/transport_internal.h"

#define UNSENT_BYTES (1 << 18)

/* Its peer has the address that we have. */
static bool is_neighbour(const struct cohort_transport *t)
{
	struct address local, peer;

	if (!t->is_tcp || address_of_socket(&local, t->source.fd) < 0 ||
	    address_of_peer(&peer, t->source.fd) < 0)
		return false;
	address_set_port(&peer, address_port(&local));
	return address_is_equal(&local, &peer);
}

/* Once for each transport; what is configured (`notsent_lowat`), and less that
 * the system wants, stays. */
void transport_note_bulk(struct cohort_transport *t)
{
	const struct sockopt_settings *options = &t->service->settings->options;

	if (t->extras->is_bulk)
		return;
	t->extras->is_bulk = true;
	if (options->notsent_lowat_bytes == SOCKOPT_KERNEL &&
	    t->service->worker->unsent_bytes > UNSENT_BYTES && is_neighbour(t))
		sockopt_limit_unsent(t->source.fd, UNSENT_BYTES);
}
