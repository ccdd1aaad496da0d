/* SPDX-License-Identifier: MIT */
/* address_prefix.c - is an address in a prefix? */
#include "net/address_prefix.h"

#include <netinet/in.h>
#include <string.h>

#define MAPPED_BYTES 12 /* of ::ffff:10.0.0.1, before the address */

bool address_prefix_is_sound(const struct address_prefix *prefix)
{
	if (prefix->family == AF_INET)
		return prefix->bits <= 32;
	return prefix->family == AF_INET6 && prefix->bits <= 128;
}

static bool is_alike(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool holds_ipv6(const struct address_prefix *prefix,
		       const struct in6_addr *in)
{
	if (prefix->family == AF_INET6)
		return is_alike(prefix->bytes, in->s6_addr, prefix->bits);
	return IN6_IS_ADDR_V4MAPPED(in) &&
	       is_alike(prefix->bytes, in->s6_addr + MAPPED_BYTES,
			prefix->bits);
}

bool address_prefix_holds(const struct address_prefix *prefix,
			  const struct address *address)
{
	const struct sockaddr *generic = &address->socket.generic;

	if (address->kind == ADDRESS_IPV6) {
		const struct sockaddr_in6 *in = (const void *)generic;

		return holds_ipv6(prefix, &in->sin6_addr);
	}
	if (address->kind == ADDRESS_IPV4 && prefix->family == AF_INET) {
		const struct sockaddr_in *in = (const void *)generic;

		return is_alike(prefix->bytes, (const void *)&in->sin_addr,
				prefix->bits);
	}
	return false;
}
