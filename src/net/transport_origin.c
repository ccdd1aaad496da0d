/* SPDX-License-Identifier: MIT */
/* transport_origin.c - who is at the ends of a transport: the connection's own
 * addresses, and what a PROXY header said; and such a header for others. */
#include <errno.h>

#include "net/proxy_header.h"
#include "net/transport_internal.h"

/* NULL: it had no PROXY header. */
static const struct transport_origin *
origin_of(const struct cohort_transport *t)
{
	return t->extras != NULL ? t->extras->origin : NULL;
}

/* One that is connecting has none so far. */
static int raw_peer(const struct cohort_transport *t, struct address *address)
{
	bool is_known = transport_kept_peer(&t->peer, address) == 0;

	if (is_known && !t->is_connecting && !t->peer.has_zone)
		return 0;
	if (t->source.fd >= 0 && address_of_peer(address, t->source.fd) == 0)
		return 0;
	if (!t->is_connecting)
		return transport_kept_peer(&t->peer, address);
	errno = ENOTCONN;
	return -1;
}

static int raw_local(const struct cohort_transport *t, struct address *address)
{
	if (t->source.fd >= 0)
		return address_of_socket(address, t->source.fd);
	errno = ENOTCONN;
	return -1;
}

int transport_peer(const struct cohort_transport *t, struct address *address)
{
	const struct transport_origin *origin = origin_of(t);

	if (origin == NULL || !origin->has_addresses)
		return raw_peer(t, address);
	*address = origin->peer;
	return 0;
}

int transport_local(const struct cohort_transport *t, struct address *address)
{
	const struct transport_origin *origin = origin_of(t);

	if (origin == NULL || !origin->has_addresses)
		return raw_local(t, address);
	*address = origin->local;
	return 0;
}

/* ---- Public ---------------------------------------------------------- */

static int publish(int result, const struct address *address,
		   struct cohort_address *published)
{
	if (result < 0)
		return -1;
	address_publish(address, published);
	return 0;
}

int cohort_peer(const struct cohort_transport *t,
		struct cohort_address *address)
{
	struct address peer;

	transport_require(t, __func__);
	return publish(transport_peer(t, &peer), &peer, address);
}

int cohort_local(const struct cohort_transport *t,
		 struct cohort_address *address)
{
	struct address local;

	transport_require(t, __func__);
	return publish(transport_local(t, &local), &local, address);
}

int cohort_raw_peer(const struct cohort_transport *t,
		    struct cohort_address *address)
{
	struct address peer;

	transport_require(t, __func__);
	return publish(raw_peer(t, &peer), &peer, address);
}

int cohort_raw_local(const struct cohort_transport *t,
		     struct cohort_address *address)
{
	struct address local;

	transport_require(t, __func__);
	return publish(raw_local(t, &local), &local, address);
}

enum cohort_proxy_version
cohort_proxy_received(const struct cohort_transport *t)
{
	const struct transport_origin *origin;

	transport_require(t, __func__);
	origin = origin_of(t);
	return origin != NULL ? origin->version : COHORT_PROXY_NONE;
}

int cohort_proxy_tlv(const struct cohort_transport *t, unsigned type,
		     const void **value, size_t *size)
{
	const struct transport_origin *origin;

	transport_require(t, __func__);
	origin = origin_of(t);
	if (origin != NULL &&
	    proxy_header_find_tlv(origin->tlvs, origin->tlvs_bytes, type, value,
				  size) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

int cohort_write_proxy_header(struct cohort_transport *upstream,
			      const struct cohort_transport *client,
			      enum cohort_proxy_version version)
{
	unsigned char header[PROXY_HEADER_BUILT_MOST];
	struct address peer, local;
	size_t size;

	transport_require(upstream, __func__);
	if ((version != COHORT_PROXY_V1 && version != COHORT_PROXY_V2) ||
	    upstream->sent_bytes > 0 || upstream->queue.size_bytes > 0) {
		errno = EINVAL;
		return -1;
	}
	if (client == NULL) {
		size = proxy_header_build(header, version, NULL, NULL);
	} else {
		transport_require(client, __func__);
		if (transport_peer(client, &peer) < 0 ||
		    transport_local(client, &local) < 0)
			return -1;
		size = proxy_header_build(header, version, &peer, &local);
	}
	return cohort_write(upstream, header, size);
}
