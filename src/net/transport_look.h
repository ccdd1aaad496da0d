/* SPDX-License-Identifier: MIT */
/* transport_look.h - a transport as an operator sees it: from outside, without
 * its protocol's knowing. */
#ifndef COHORT_NET_TRANSPORT_LOOK_H
#define COHORT_NET_TRANSPORT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/sockopt.h"
#include "net/transport.h"

enum transport_stage {
	TRANSPORT_STAGE_CONNECTING,
	TRANSPORT_STAGE_OPEN,
	TRANSPORT_STAGE_HALF_CLOSED, /* the peer has sent its EOF */
	TRANSPORT_STAGE_FLUSHING,
	TRANSPORT_STAGE_LINGERING,
	TRANSPORT_STAGE_ENDED, /* only its connection_lost is due */
};

struct transport_look {
	uint64_t id;
	const struct service *service;
	int64_t age_ms;
	int64_t idle_ms;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t queued_bytes;
	enum transport_stage stage;
	bool is_outgoing;
};

/* What is in memory: no system call. */
void transport_look(const struct cohort_transport *t,
		    struct transport_look *look);

/* What TCP knows of it.  0, or -1 with errno: nothing. */
int transport_look_tcp(const struct cohort_transport *t,
		       struct sockopt_tcp *tcp);

/* Who is at its ends, as cohort_peer and cohort_local.  0, or -1 with errno. */
int transport_look_peer(const struct cohort_transport *t,
			struct address *address);
int transport_look_local(const struct cohort_transport *t,
			 struct address *address);

#endif
