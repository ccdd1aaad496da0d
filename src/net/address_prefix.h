/* SPDX-License-Identifier: MIT */
/* address_prefix.h - 10.0.0.0/8: is an address one of these? */
#ifndef COHORT_NET_ADDRESS_PREFIX_H
#define COHORT_NET_ADDRESS_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

struct address_prefix {
	uint8_t bytes[16]; /* network order; IPv4 in the first 4 */
	uint8_t family;    /* AF_INET, AF_INET6 */
	uint8_t bits;      /* that count: at most 32, 128 */
};

/* A family that is one of these, and no more bits than it has? */
bool address_prefix_is_sound(const struct address_prefix *prefix);

/* An IPv4 client of an IPv6 socket (::ffff:10.0.0.1) is in the prefixes of
 * both families.  No address of another kind is in any. */
bool address_prefix_holds(const struct address_prefix *prefix,
			  const struct address *address);

#endif
