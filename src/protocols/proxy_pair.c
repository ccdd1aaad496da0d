/* SPDX-License-Identifier: MIT */
/* proxy_pair.c - a client and its upstream: bytes, back-pressure and ends go
 * from each to the other.
 *
 * A clean end is passed on only where one was received: whoever has said that
 * it will send no more gets what is on its way to the other delivered.
 * Everything else is a reset for the other side, which can thus tell that
 * something is missing. */
#include <errno.h>

#include "protocols/proxy.h"

#define AT_ONCE_MS 100 /* after it was connected */

/* The first bytes in each direction; what follows them needs nobody here.
 * Without memory for that it goes on like this. */
static void pass_on(struct cohort_transport *from, struct cohort_transport *to,
		    const void *data, size_t size)
{
	/* One that cannot take it is lost, which is heard later. */
	if (cohort_write(to, data, size) < 0)
		cohort_pause_reading(from);
	else
		(void)cohort_forward(from, to);
}

/* ---- What a client does ----------------------------------------------- */

void proxy_client_received(struct cohort_transport *t, void *session,
			   const void *data, size_t size)
{
	struct proxy_client *client = session;

	client->is_begun = true;
	pass_on(t, client->upstream, data, size);
}

enum cohort_verdict proxy_client_eof(struct cohort_transport *t, void *session)
{
	struct proxy_client *client = session;

	(void)t;
	client->is_begun = true;
	client->is_eof_received = true;
	cohort_write_eof(client->upstream);
	return COHORT_KEEP;
}

void proxy_client_pause(struct cohort_transport *t, void *session)
{
	const struct proxy_client *client = session;

	(void)t;
	if (client->upstream)
		cohort_pause_reading(client->upstream);
}

void proxy_client_resume(struct cohort_transport *t, void *session)
{
	const struct proxy_client *client = session;

	(void)t;
	if (client->upstream)
		cohort_resume_reading(client->upstream);
}

void proxy_client_lost(struct cohort_transport *t, void *session,
		       const struct cohort_end *end)
{
	const struct proxy_client *client = session;
	struct proxy_outgoing *outgoing;

	(void)t;
	(void)end;
	if (!client->upstream)
		return;
	outgoing = cohort_session(client->upstream);
	outgoing->client = NULL;
	if (client->is_eof_received)
		cohort_close(client->upstream);
	else if (outgoing->is_connected)
		cohort_reset(client->upstream);
	else
		cohort_abort(client->upstream);
}

/* ---- What an upstream does -------------------------------------------- */

static struct proxy_client *client_of(const struct proxy_outgoing *outgoing)
{
	return cohort_session(outgoing->client);
}

static void upstream_made(struct cohort_transport *t, void *session)
{
	struct proxy_outgoing *outgoing = session;
	struct cohort_worker *w = cohort_worker(t);
	const struct proxy_worker *worker = cohort_worker_state(w);
	int version = worker->options->send_proxy;

	outgoing->is_connected = true;
	outgoing->connected_ms = proxy_now_ms(w);
	proxy_watch_connected(w, outgoing->target);
	/* Who has gone already cannot be told of. */
	if (version != 0 &&
	    cohort_write_proxy_header(t, outgoing->client,
				      (enum cohort_proxy_version)version) < 0) {
		cohort_reset(outgoing->client);
		return;
	}
	cohort_resume_reading(outgoing->client);
}

static void upstream_received(struct cohort_transport *t, void *session,
			      const void *data, size_t size)
{
	struct proxy_outgoing *outgoing = session;

	if (!outgoing->has_received) {
		outgoing->has_received = true;
		client_of(outgoing)->is_begun = true;
		proxy_watch_received(cohort_worker(t), outgoing->target);
	}
	pass_on(t, outgoing->client, data, size);
}

/* What a client has sent may be to blame for what follows: failures are only
 * counted while nothing was.  And so may its silence, but not so early. */
static bool is_at_once(const struct cohort_transport *t,
		       const struct proxy_outgoing *outgoing)
{
	return !outgoing->has_received &&
	       proxy_now_ms(cohort_worker(t)) - outgoing->connected_ms <=
		       AT_ONCE_MS;
}

/* The client goes to another upstream, if there is one. */
static bool move_on(struct cohort_transport *t, struct proxy_outgoing *outgoing)
{
	struct proxy_client *client = client_of(outgoing);

	if (client->is_begun)
		return false;
	cohort_pause_reading(outgoing->client);
	if (!proxy_attempt_another(outgoing->client, client))
		return false;
	outgoing->client = NULL;
	cohort_abort(t);
	return true;
}

/* One that closes at once and in good order is not worth a client, but if it
 * is the last it may mean it. */
static enum cohort_verdict upstream_eof(struct cohort_transport *t,
					void *session)
{
	struct proxy_outgoing *outgoing = session;

	outgoing->is_eof_received = true;
	if (!client_of(outgoing)->is_begun && is_at_once(t, outgoing)) {
		proxy_watch_failed(cohort_worker(t), outgoing->target, 0);
		if (move_on(t, outgoing))
			return COHORT_KEEP;
		cohort_resume_reading(outgoing->client);
	}
	client_of(outgoing)->is_begun = true;
	cohort_write_eof(outgoing->client);
	return COHORT_KEEP;
}

static void upstream_pause(struct cohort_transport *t, void *session)
{
	const struct proxy_outgoing *outgoing = session;

	(void)t;
	if (outgoing->client)
		cohort_pause_reading(outgoing->client);
}

static void upstream_resume(struct cohort_transport *t, void *session)
{
	const struct proxy_outgoing *outgoing = session;

	(void)t;
	if (outgoing->client && outgoing->is_connected)
		cohort_resume_reading(outgoing->client);
}

/* ---- The end of an upstream ------------------------------------------- */

static void count_bytes(const struct cohort_transport *t,
			struct proxy_outgoing *outgoing)
{
	struct cohort_info info;

	cohort_info(t, &info);
	outgoing->target->live_count--;
	outgoing->target->sent_bytes += info.sent_bytes;
	outgoing->target->received_bytes += info.received_bytes;
}

/* Ours, when memory or descriptors are out or the worker has to go: nobody
 * else is to blame. */
static bool is_own_trouble(const struct cohort_end *end)
{
	return (end->reason == COHORT_REASON_RESOURCE &&
		end->error != EADDRNOTAVAIL) ||
	       end->reason == COHORT_REASON_SHUTDOWN ||
	       end->reason == COHORT_REASON_KILLED;
}

/* Is the upstream to blame?  Not for want of our own ports, of which there may
 * be some for another address. */
static bool is_failure(const struct cohort_transport *t,
		       const struct proxy_outgoing *outgoing, int error)
{
	if (outgoing->is_connected)
		return is_at_once(t, outgoing);
	return error != EADDRNOTAVAIL;
}

static void end_client(struct cohort_transport *client,
		       const struct proxy_outgoing *outgoing,
		       const struct cohort_end *end)
{
	struct cohort_end why = *end;

	/* It gets what is queued for it. */
	if (cohort_is_closing(client))
		return;
	if (outgoing->is_eof_received) {
		cohort_close(client);
		return;
	}
	if (end->reason == COHORT_REASON_KILLED) {
		cohort_close_for(client, end);
		return;
	}
	if (!is_own_trouble(end))
		why.reason = COHORT_REASON_UPSTREAM;
	cohort_reset_for(client, &why);
}

static void upstream_lost(struct cohort_transport *t, void *session,
			  const struct cohort_end *end)
{
	struct proxy_outgoing *outgoing = session;
	struct cohort_transport *client = outgoing->client;
	struct proxy_client *other;

	count_bytes(t, outgoing);
	if (outgoing->is_connected && !is_at_once(t, outgoing))
		proxy_watch_lasted(cohort_worker(t), outgoing->target);
	if (!client)
		return;
	other = client_of(outgoing);
	other->upstream = NULL;
	other->error = end->error;
	if (other->is_begun || is_own_trouble(end)) {
		end_client(client, outgoing, end);
		return;
	}
	if (is_failure(t, outgoing, end->error))
		proxy_watch_failed(cohort_worker(t), outgoing->target,
				   end->error);
	cohort_pause_reading(client);
	proxy_attempt(client, other);
}

const struct cohort_protocol proxy_upstream_protocol = {
	.name = "proxy upstream",
	.session_size = sizeof(struct proxy_outgoing),
	.connection_made = upstream_made,
	.data_received = upstream_received,
	.eof_received = upstream_eof,
	.pause_writing = upstream_pause,
	.resume_writing = upstream_resume,
	.connection_lost = upstream_lost,
	.resets_when_cut = true,
};
