/* SPDX-License-Identifier: MIT */
/* transport.h - a connection in a worker: reads, writes, watermarks,
 * timeouts, and the ways it can end.
 *
 * Implements the public methods of cohort.h (semantics.md is the contract)
 * and gives the worker what it needs beyond them.  A transport is registered
 * once with the poller, edge triggered, and never again: no system call but
 * recv and send per exchange.  While nothing is queued it owns no buffer.
 *
 *	open ──close──▶ flushing ──queue empty──▶ lingering ──EOF──▶ ended
 *	  └──abort, reset, timeout, error──────────────────────────────▲
 *
 * After close what arrives is read and discarded, so that nothing unread turns
 * into a reset (kernel.md 19).  Whoever has read the peer's EOF before needs no
 * lingering.  linger_timeout runs from close, anew with each byte that the
 * kernel takes and from the FIN on; when it is over the rest is dropped and the
 * reason stays, with ETIMEDOUT if bytes were still queued.
 *
 * Of the timeouts, idle_timeout, first_byte_timeout and lifetime close in good
 * order; write_timeout aborts, since the peer does not take anything.
 *
 * Callbacks are never nested: what a callback makes necessary (pause_writing,
 * connection_lost, …) happens when it has returned, or from a task of the loop
 * when the method was called from elsewhere. */
#ifndef COHORT_NET_TRANSPORT_H
#define COHORT_NET_TRANSPORT_H

#include <stdint.h>
#include <sys/socket.h>

#include "cohort.h"
#include "net/service.h"

/* Before others get their turn: full reads, and frames out of them (each may be
 * answered by a system call, and 64 KiB can hold as many empty lines). */
#define TRANSPORT_TURN_READS  4
#define TRANSPORT_TURN_FRAMES 1024

/* A protocol whose members contradict each other is a bug. */
void transport_check_protocol(const struct cohort_protocol *protocol);

/* Take over the connected, non-blocking socket `fd` of family `family`, whose
 * peer is `from`, which is remembered for when it will have gone:
 * options, registration, connection_made (which may end it already).  0, or
 * -1 with errno if there was no memory or the poller refused: the descriptor
 * is then closed and the failure counted as closed with reason resource. */
int transport_accept_from(struct service *service, int fd, int family,
			  const struct sockaddr *from);
/* The same of one whose peer accept(2) has not told. */
static inline int transport_accept(struct service *service, int fd, int family)
{
	return transport_accept_from(service, fd, family, NULL);
}

/* Close it in good order for `reason` (as cohort_close does), or at once. */
void transport_close(struct cohort_transport *t, enum cohort_reason reason);
void transport_abort(struct cohort_transport *t, enum cohort_reason reason);

/* Tell the protocol that the worker drains; once per transport. */
void transport_announce_drain(struct cohort_transport *t);

/* The node of service->transports, and back. */
struct cohort_transport *transport_of_node(struct list *node);

/* A drain nears its bound: close it in good order, or, if its protocol
 * resets_when_cut, reset it.  The bound is there: end it now, likewise. */
void transport_close_for_drain(struct cohort_transport *t);
void transport_cut(struct cohort_transport *t);

/* All of the service's end now, with reason shutdown, each with its
 * connection_lost: the loop has ended. */
void transport_cut_all(struct service *service);

/* The first of the service's transports, accepted or outgoing, which becomes
 * the last: as many calls as there are transports (all_count) visit all of
 * them, whatever ends meanwhile.  NULL if there is none. */
struct cohort_transport *transport_rotate(struct service *service);

#endif
