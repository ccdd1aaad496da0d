/* SPDX-License-Identifier: MIT */
/* transport_end.c - what stays of a transport: its peer's address while it
 * ends, counts, and a line in the history of its worker. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "net/transport_internal.h"

/* ---- The peer --------------------------------------------------------- */

void transport_keep_peer(struct transport_peer *peer,
			 const struct sockaddr *socket)
{
	const struct sockaddr_in6 *ipv6 = (const void *)socket;
	const struct sockaddr_in *ipv4 = (const void *)socket;

	memset(peer, 0, sizeof(*peer));
	peer->family = (uint8_t)socket->sa_family;
	if (socket->sa_family == AF_INET) {
		peer->port = ntohs(ipv4->sin_port);
		memcpy(peer->bytes, &ipv4->sin_addr, sizeof(ipv4->sin_addr));
	} else if (socket->sa_family == AF_INET6) {
		peer->port = ntohs(ipv6->sin6_port);
		peer->has_zone = ipv6->sin6_scope_id != 0;
		memcpy(peer->bytes, &ipv6->sin6_addr, sizeof(ipv6->sin6_addr));
	}
}

int transport_kept_peer(const struct transport_peer *peer,
			struct address *address)
{
	struct sockaddr_in6 *ipv6 = (void *)&address->socket;
	struct sockaddr_in *ipv4 = (void *)&address->socket;

	memset(address, 0, sizeof(*address));
	address->descriptor = -1;
	switch (peer->family) {
	case AF_INET:
		address->kind = ADDRESS_IPV4;
		address->length = sizeof(*ipv4);
		memcpy(&ipv4->sin_addr, peer->bytes, sizeof(ipv4->sin_addr));
		break;
	case AF_INET6:
		address->kind = ADDRESS_IPV6;
		address->length = sizeof(*ipv6);
		memcpy(&ipv6->sin6_addr, peer->bytes, sizeof(ipv6->sin6_addr));
		break;
	default: errno = ENOTCONN; return -1;
	}
	address->socket.generic.sa_family = peer->family;
	address_set_port(address, peer->port);
	return 0;
}

/* ---- The history ------------------------------------------------------ */

static void fill_peer(struct board_closed *closed,
		      const struct transport_peer *peer)
{
	closed->family = peer->family;
	closed->peer_port = peer->port;
	memcpy(closed->peer, peer->bytes, sizeof(closed->peer));
}

/* Who it was by the PROXY header, as cohort_peer says. */
static void fill_client(struct board_closed *closed,
			const struct cohort_transport *t)
{
	const struct transport_origin *origin =
		t->extras != NULL ? t->extras->origin : NULL;
	struct transport_peer peer;

	if (origin == NULL || !origin->has_addresses) {
		fill_peer(closed, &t->peer);
		return;
	}
	transport_keep_peer(&peer, &origin->peer.socket.generic);
	fill_peer(closed, &peer);
}

#define WALL_AGE_MS 1000

static int64_t wall_ms(struct worker_context *worker)
{
	int64_t now_ms = worker->loop->now_ms;

	if (worker->wall_read_ms == 0 ||
	    now_ms - worker->wall_read_ms >= WALL_AGE_MS) {
		worker->wall_ahead_ms = clock_wall_ms() - now_ms;
		worker->wall_read_ms = now_ms;
	}
	return now_ms + worker->wall_ahead_ms;
}

static void note_closed(const struct cohort_transport *t)
{
	struct board_closed closed = {
		.id = t->id,
		.closed_ms = wall_ms(t->service->worker),
		.duration_ms = transport_now_ms(t) - t->accepted_ms,
		.received_bytes = t->received_bytes,
		.sent_bytes = t->sent_bytes,
		.count = 1,
		.service = (uint16_t)t->service->index,
		.error = t->error,
		.reason = t->reason,
		.is_outgoing = t->is_outgoing,
	};

	fill_client(&closed, t);
	scoreboard_note_closed(t->service->worker->page, &closed);
}

void transport_note_refused(struct service *service,
			    const struct transport_peer *peer, int error)
{
	struct board_closed closed = {
		.closed_ms = wall_ms(service->worker),
		.count = 1,
		.service = (uint16_t)service->index,
		.error = (int16_t)error,
		.reason = COHORT_REASON_RESOURCE,
	};

	fill_peer(&closed, peer);
	scoreboard_note_closed(service->worker->page, &closed);
	scoreboard_add(
		&service->cells[SCOREBOARD_CLOSED + COHORT_REASON_RESOURCE], 1);
	scoreboard_add(&service->cells[SCOREBOARD_REJECTED +
				       SCOREBOARD_REJECTED_RESOURCE],
		       1);
	scoreboard_add(&service->cells[SCOREBOARD_LIVE], (uint64_t)-1);
}

/* ---- Counts ----------------------------------------------------------- */

static void count_accepted(struct cohort_transport *t)
{
	transport_count(t, SCOREBOARD_CLOSED + t->reason, 1);
	transport_count(t, SCOREBOARD_LIVE, (uint64_t)-1);
	scoreboard_observe(&t->service->cells[SCOREBOARD_DURATION],
			   scoreboard_duration_bounds_ms,
			   SCOREBOARD_DURATION_BUCKETS,
			   transport_now_ms(t) - t->accepted_ms);
	service_remove_live(t->service);
}

static void count_outgoing(struct cohort_transport *t)
{
	if (t->is_connecting) {
		transport_count(t, SCOREBOARD_CONNECT_FAILED, 1);
	} else {
		transport_count(t, SCOREBOARD_OUT_CLOSED, 1);
		transport_count(t, SCOREBOARD_OUT_LIVE, (uint64_t)-1);
	}
	service_remove_outgoing(t->service);
}

void transport_count_end(struct cohort_transport *t)
{
	note_closed(t);
	if (t->is_outgoing)
		count_outgoing(t);
	else
		count_accepted(t);
}
