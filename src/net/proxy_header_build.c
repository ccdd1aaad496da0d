/* SPDX-License-Identifier: MIT */
/* proxy_header_build.c - a PROXY header for a connection that is passed on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/proxy_header_internal.h"

#define HOST_TEXT 46 /* INET6_ADDRSTRLEN */

/* Both ends in one family, as they stand in a header. */
struct ends {
	unsigned family; /* PROXY_FAMILY_… */
	unsigned char peer[PROXY_HEADER_PATH_BYTES];
	unsigned char local[PROXY_HEADER_PATH_BYTES];
	uint16_t peer_port;
	uint16_t local_port;
};

static bool is_internet(const struct address *address)
{
	return address->kind == ADDRESS_IPV4 || address->kind == ADDRESS_IPV6;
}

/* Sixteen bytes, IPv4 as ::ffff:… */
static void widen(unsigned char bytes[16], const struct address *address)
{
	const struct sockaddr_in *ipv4 = (const void *)&address->socket;
	const struct sockaddr_in6 *ipv6 = (const void *)&address->socket;

	if (address->kind == ADDRESS_IPV6) {
		memcpy(bytes, &ipv6->sin6_addr, 16);
		return;
	}
	memset(bytes, 0, 10);
	memset(bytes + 10, 0xff, 2);
	memcpy(bytes + 12, &ipv4->sin_addr, 4);
}

static bool is_mapped(const unsigned char bytes[16])
{
	return IN6_IS_ADDR_V4MAPPED(
		(const struct in6_addr *)(const void *)bytes);
}

static void take_internet(struct ends *ends, const struct address *peer,
			  const struct address *local)
{
	widen(ends->peer, peer);
	widen(ends->local, local);
	ends->peer_port = address_port(peer);
	ends->local_port = address_port(local);
	ends->family = PROXY_FAMILY_IPV6;
	if (!is_mapped(ends->peer) || !is_mapped(ends->local))
		return;
	ends->family = PROXY_FAMILY_IPV4;
	memmove(ends->peer, ends->peer + 12, 4);
	memmove(ends->local, ends->local + 12, 4);
}

static void take_path(unsigned char bytes[PROXY_HEADER_PATH_BYTES],
		      const struct address *address)
{
	const size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t size = address->length > offset ? address->length - offset : 0;

	memcpy(bytes, address->socket.path.sun_path,
	       size < PROXY_HEADER_PATH_BYTES ? size : PROXY_HEADER_PATH_BYTES);
}

static void take_ends(struct ends *ends, const struct address *peer,
		      const struct address *local)
{
	memset(ends, 0, sizeof(*ends));
	if (peer == NULL || local == NULL)
		return;
	if (is_internet(peer) && is_internet(local)) {
		take_internet(ends, peer, local);
	} else if (peer->kind == ADDRESS_UNIX && local->kind == ADDRESS_UNIX) {
		ends->family = PROXY_FAMILY_UNIX;
		take_path(ends->peer, peer);
		take_path(ends->local, local);
	}
}

/* ---- Version 1 ------------------------------------------------------- */

/* The specification has no dots in IPv6, inet_ntop has. */
static const char *format_host(char out[HOST_TEXT], unsigned family,
			       const unsigned char *bytes)
{
	size_t used = 0;
	int i;

	if (family == PROXY_FAMILY_IPV4)
		return inet_ntop(AF_INET, bytes, out, HOST_TEXT);
	if (inet_ntop(AF_INET6, bytes, out, HOST_TEXT) != NULL &&
	    strchr(out, '.') == NULL)
		return out;
	for (i = 0; i < 16; i += 2)
		used += (size_t)snprintf(
			out + used, HOST_TEXT - used, "%s%x", i > 0 ? ":" : "",
			(unsigned)bytes[i] << 8 | bytes[i + 1]);
	return out;
}

static size_t build_v1(unsigned char *out, const struct ends *ends)
{
	char peer[HOST_TEXT], local[HOST_TEXT];

	if (ends->family != PROXY_FAMILY_IPV4 &&
	    ends->family != PROXY_FAMILY_IPV6)
		return (size_t)snprintf((char *)out, PROXY_HEADER_BUILT_MOST,
					"PROXY UNKNOWN\r\n");
	return (size_t)snprintf((char *)out, PROXY_HEADER_BUILT_MOST,
				"PROXY TCP%c %s %s %u %u\r\n",
				ends->family == PROXY_FAMILY_IPV4 ? '4' : '6',
				format_host(peer, ends->family, ends->peer),
				format_host(local, ends->family, ends->local),
				(unsigned)ends->peer_port,
				(unsigned)ends->local_port);
}

/* ---- Version 2 ------------------------------------------------------- */

static unsigned char *put(unsigned char *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static unsigned char *put_number(unsigned char *at, size_t number)
{
	const unsigned char bytes[2] = {(unsigned char)(number >> 8),
					(unsigned char)number};

	return put(at, bytes, sizeof(bytes));
}

static size_t build_v2(unsigned char *out, const struct ends *ends,
		       bool is_local)
{
	size_t block = proxy_header_address_bytes[ends->family];
	bool has_ports = ends->family == PROXY_FAMILY_IPV4 ||
			 ends->family == PROXY_FAMILY_IPV6;
	size_t each = has_ports ? block / 2 - 2 : block / 2;
	unsigned char *at =
		put(out, PROXY_HEADER_V2_SIGNATURE, PROXY_HEADER_V2_BYTES);

	*at++ = is_local ? PROXY_COMMAND_LOCAL : PROXY_COMMAND_PROXY;
	*at++ = (unsigned char)(block > 0 ? ends->family << 4 |
						    PROXY_TRANSPORT_STREAM
					  : 0);
	at = put_number(at, block);
	at = put(at, ends->peer, each);
	at = put(at, ends->local, each);
	if (has_ports) {
		at = put_number(at, ends->peer_port);
		at = put_number(at, ends->local_port);
	}
	return (size_t)(at - out);
}

size_t proxy_header_build(unsigned char out[PROXY_HEADER_BUILT_MOST],
			  enum cohort_proxy_version version,
			  const struct address *peer,
			  const struct address *local)
{
	struct ends ends;

	take_ends(&ends, peer, local);
	if (version == COHORT_PROXY_V1)
		return build_v1(out, &ends);
	return build_v2(out, &ends, peer == NULL);
}
