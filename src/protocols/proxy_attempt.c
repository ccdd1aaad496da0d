/* SPDX-License-Identifier: MIT */
/* proxy_attempt.c - how a client comes to an upstream: one after the other is
 * asked, until one is connected or there is none left to ask. */
#include <errno.h>

#include "protocols/proxy.h"

/* The same for all connections of one client. */
static uint64_t source_of(const struct cohort_transport *client)
{
	struct cohort_address peer;
	uint64_t id = cohort_id(client);

	if (cohort_peer(client, &peer) < 0)
		return 0; /* gone: any upstream will do */
	switch (peer.family) {
	case COHORT_FAMILY_IPV4: return proxy_hash(peer.bytes, 4);
	case COHORT_FAMILY_IPV6: return proxy_hash(peer.bytes, 16);
	case COHORT_FAMILY_UNIX: break;
	}
	return proxy_hash(&id, sizeof(id)); /* nobody in particular */
}

static struct proxy_upstream *choose(struct cohort_transport *client,
				     const struct proxy_client *session)
{
	struct cohort_worker *w = cohort_worker(client);
	struct proxy_worker *worker = cohort_worker_state(w);
	struct proxy_balance *balance = &worker->balance;
	struct cohort_worker_info info;
	uint64_t source = 0;

	cohort_worker_info(w, &info);
	balance->now_ms = info.now_ms;
	proxy_balance_share(balance, info.worker, info.worker_count);
	if (balance->method == PROXY_SOURCE)
		source = source_of(client);
	return proxy_balance_choose(balance, &session->tried, source);
}

static void pair(struct cohort_transport *client, struct proxy_client *session,
		 struct cohort_transport *upstream,
		 struct proxy_upstream *target)
{
	struct proxy_outgoing *outgoing = cohort_session(upstream);

	outgoing->client = client;
	outgoing->target = target;
	session->upstream = upstream;
	target->live_count++;
}

/* Would it be the same with any other?  For want of descriptors or memory, and
 * when the worker ends, which is no upstream's fault. */
static bool is_in_vain(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case ESHUTDOWN: return true;
	default: return false;
	}
}

/* 0, or -1 with the errno in the session. */
static int ask(struct cohort_transport *client, struct proxy_client *session,
	       struct proxy_upstream *target)
{
	struct cohort_worker *w = cohort_worker(client);
	struct proxy_worker *worker = cohort_worker_state(w);
	const struct cohort_connect how = {
		.address = target->address,
		.timeout_ms = worker->options->connect_timeout_ms,
		.protocol = &proxy_upstream_protocol,
	};
	struct cohort_transport *upstream;

	session->tries_left--;
	proxy_balance_note_tried(&worker->balance, &session->tried, target);
	upstream = cohort_connect(w, &how);
	if (!upstream) {
		session->error = errno;
		if (!is_in_vain(session->error))
			proxy_watch_failed(w, target, session->error);
		return -1;
	}
	proxy_health_begin(&target->health, &target->health_settings,
			   worker->balance.now_ms);
	pair(client, session, upstream, target);
	return 0;
}

bool proxy_attempt_another(struct cohort_transport *client,
			   struct proxy_client *session)
{
	struct proxy_upstream *target;

	while (session->tries_left > 0 && !cohort_is_closing(client)) {
		target = choose(client, session);
		if (!target)
			return false;
		if (ask(client, session, target) == 0)
			return true;
		if (is_in_vain(session->error))
			return false;
	}
	return false;
}

void proxy_attempt(struct cohort_transport *client,
		   struct proxy_client *session)
{
	struct cohort_end end = {.reason = COHORT_REASON_UPSTREAM};

	if (proxy_attempt_another(client, session))
		return;
	if (cohort_is_closing(client))
		return;
	proxy_watch_refused(cohort_worker(client), session->error);
	end.error = session->error;
	if (end.error == ESHUTDOWN)
		end.reason = COHORT_REASON_SHUTDOWN;
	else if (is_in_vain(end.error))
		end.reason = COHORT_REASON_RESOURCE;
	cohort_reset_for(client, &end);
}
