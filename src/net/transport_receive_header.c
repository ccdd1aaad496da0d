/* SPDX-License-Identifier: MIT */
/* transport_receive_header.c - a PROXY header comes before everything else.
 *
 * It is looked at where it lies (MSG_PEEK) until it is whole, and then taken to
 * its last byte: what follows is the protocol's, and so is everything if there
 * is no header and need not be one.  The socket is edge triggered, so looking
 * again waits for the next event; the peer's end hides behind bytes that are
 * left where they are, and has to be asked for. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/proxy_header.h"
#include "net/transport_internal.h"

_Static_assert(PROXY_HEADER_LIMIT_MOST <= SERVICE_READ_BYTES,
	       "the longest header is looked at in one piece");

static void refuse(struct cohort_transport *t, const char *fault, int error)
{
	transport_debug(t, LOG_EVENT_CONNECTION, ": no PROXY header: %s",
			fault);
	transport_end(t, COHORT_REASON_PROXY_HEADER, error);
}

/* ---- A whole one ----------------------------------------------------- */

/* 0, or -1 with errno ENOMEM. */
static int remember(struct cohort_transport *t,
		    const struct proxy_header *header)
{
	struct transport_extras *extras = transport_need_extras(t);
	struct transport_origin *origin = NULL;

	if (extras != NULL)
		origin = calloc(1, sizeof(*origin) + header->tlvs_bytes);
	if (origin == NULL) {
		errno = ENOMEM;
		return -1;
	}
	origin->version = header->version;
	origin->has_addresses = header->has_addresses;
	origin->peer = header->peer;
	origin->local = header->local;
	origin->tlvs_bytes = header->tlvs_bytes;
	if (header->tlvs_bytes > 0)
		memcpy(origin->tlvs, header->tlvs, header->tlvs_bytes);
	extras->origin = origin;
	return 0;
}

/* Bytes that have been seen there: in one call, but on a unix socket where
 * descriptors lie between them. */
static int consume(struct cohort_transport *t, size_t size)
{
	while (size > 0) {
		ssize_t taken = recv(t->source.fd,
				     t->service->worker->read_buffer, size, 0);

		if (taken < 0 && errno == EINTR)
			continue;
		if (taken <= 0)
			return -1;
		size -= (size_t)taken;
	}
	return 0;
}

static void log_origin(const struct cohort_transport *t,
		       const struct proxy_header *header)
{
	char peer[ADDRESS_TEXT], local[ADDRESS_TEXT];

	if (!log_is_enabled(LOG_LEVEL_DEBUG))
		return;
	if (header->has_addresses)
		transport_debug(t, LOG_EVENT_CONNECTION, " is from %s to %s",
				address_format(peer, &header->peer),
				address_format(local, &header->local));
	else
		transport_debug(t, LOG_EVENT_CONNECTION, " is %s own",
				"the proxy's");
}

static void take(struct cohort_transport *t, const struct proxy_header *header)
{
	if (remember(t, header) < 0) {
		transport_end(t, COHORT_REASON_RESOURCE, errno);
		return;
	}
	log_origin(t, header);
	if (consume(t, header->size_bytes) < 0)
		transport_end(t, COHORT_REASON_PEER_RESET, errno);
	else
		transport_begin(t);
}

/* ---- What came of a look --------------------------------------------- */

/* What is there is enough to tell. */
static bool is_clear(enum proxy_header_result result)
{
	return result != PROXY_HEADER_UNDECIDED &&
	       result != PROXY_HEADER_PARTIAL;
}

static bool is_optional(const struct cohort_transport *t)
{
	return t->service->settings->proxy == SERVICE_PROXY_OPTIONAL;
}

/* The bytes there are, or as recv. */
static ssize_t look(struct cohort_transport *t, struct proxy_header *header,
		    enum proxy_header_result *result)
{
	unsigned char *data = t->service->worker->read_buffer;
	size_t limit = t->service->settings->proxy_limit_bytes;
	ssize_t size = recv(t->source.fd, data, limit, MSG_PEEK | MSG_DONTWAIT);

	*result = proxy_header_parse(header, data, size > 0 ? (size_t)size : 0,
				     limit);
	return size;
}

static void follow(struct cohort_transport *t,
		   const struct proxy_header *header,
		   enum proxy_header_result result)
{
	if (result == PROXY_HEADER_WHOLE)
		take(t, header);
	else if (result == PROXY_HEADER_BAD)
		refuse(t, header->fault, EPROTO);
	else if (is_optional(t))
		transport_begin(t);
	else
		refuse(t, "something else came", EPROTO);
}

/* No more comes, or not in time.  What might still have become a signature is
 * payload where that is allowed; what has one is not. */
static void make_do(struct cohort_transport *t, enum proxy_header_result result,
		    const char *fault, int error)
{
	if (result == PROXY_HEADER_UNDECIDED && is_optional(t))
		transport_begin(t);
	else
		refuse(t, fault, error);
}

/* The peer has ended its half behind what is still there; or the connection
 * was reset, then it has ended. */
static bool has_hung_up(struct cohort_transport *t)
{
	struct pollfd end = {.fd = t->source.fd, .events = POLLRDHUP};
	int error;

	if (!t->is_read_to_end || poll(&end, 1, 0) <= 0)
		return false;
	error = end.revents & POLLERR ? sockopt_take_error(t->source.fd) : 0;
	if (error > 0)
		transport_end(t, COHORT_REASON_PEER_RESET, error);
	return true;
}

/* Nothing for the protocol, and perhaps another receiver's turn: as if a
 * signal had come between. */
ssize_t transport_receive_header(struct cohort_transport *t)
{
	enum proxy_header_result result;
	struct proxy_header header;
	ssize_t size = look(t, &header, &result);

	if (size < 0)
		return -1;
	if (is_clear(result)) {
		follow(t, &header, result);
	} else if (size == 0 || has_hung_up(t)) {
		make_do(t, result, "it ends too soon", 0);
	} else {
		errno = EAGAIN;
		return -1;
	}
	errno = EINTR;
	return -1;
}

void transport_header_due(struct cohort_transport *t)
{
	enum proxy_header_result result;
	struct proxy_header header;
	ssize_t size = look(t, &header, &result);

	/* It may have come while this process was stopped. */
	if (is_clear(result))
		follow(t, &header, result);
	else if (size > 0 || (size < 0 && errno == EAGAIN))
		make_do(t, result, "it is too late", ETIMEDOUT);
	/* What lies behind it, and the end, have had their event. */
	t->is_readable = true;
	loop_post(transport_loop(t), &t->task);
}
