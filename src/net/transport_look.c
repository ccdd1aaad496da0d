/* SPDX-License-Identifier: MIT */
/* transport_look.c - a transport as an operator sees it. */
#include "net/transport_look.h"

#include <errno.h>

#include "net/transport_internal.h"

static enum transport_stage stage_of(const struct cohort_transport *t)
{
	switch ((enum transport_state)t->state) {
	case TRANSPORT_OPEN: break;
	case TRANSPORT_FLUSHING: return TRANSPORT_STAGE_FLUSHING;
	case TRANSPORT_LINGERING: return TRANSPORT_STAGE_LINGERING;
	case TRANSPORT_ENDED: return TRANSPORT_STAGE_ENDED;
	}
	if (t->is_connecting)
		return TRANSPORT_STAGE_CONNECTING;
	return t->is_eof_received ? TRANSPORT_STAGE_HALF_CLOSED
				  : TRANSPORT_STAGE_OPEN;
}

void transport_look(const struct cohort_transport *t,
		    struct transport_look *look)
{
	int64_t now_ms = transport_now_ms(t);

	look->id = t->id;
	look->service = t->service;
	look->age_ms = now_ms - t->accepted_ms;
	look->idle_ms = now_ms - t->activity_ms;
	look->received_bytes = t->received_bytes;
	look->sent_bytes = t->sent_bytes;
	look->queued_bytes = t->queue.size_bytes;
	if (t->is_file_pending && !t->is_file_over)
		look->queued_bytes += t->extras->unqueued.left_bytes;
	look->stage = stage_of(t);
	look->is_outgoing = t->is_outgoing;
}

int transport_look_tcp(const struct cohort_transport *t,
		       struct sockopt_tcp *tcp)
{
	if (t->is_tcp && t->source.fd >= 0)
		return sockopt_tcp_info(t->source.fd, tcp);
	errno = ENOTCONN;
	return -1;
}

int transport_look_peer(const struct cohort_transport *t,
			struct address *address)
{
	return transport_peer(t, address);
}

int transport_look_local(const struct cohort_transport *t,
			 struct address *address)
{
	return transport_local(t, address);
}
