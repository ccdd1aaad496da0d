/* SPDX-License-Identifier: MIT */
/* address_word.h - the parts of `HOST:PORT`, for address.c,
 * address_resolve.c and address_remote.c alone. */
#ifndef COHORT_NET_ADDRESS_WORD_H
#define COHORT_NET_ADDRESS_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define ADDRESS_HOST 254 /* RFC 1035, 2.3.4: 253 characters as written */

struct address_word {
	char host[ADDRESS_HOST]; /* without brackets; "" in ":80" */
	uint16_t port;
	bool is_bracketed;
};

/* 0, or -1 with words: no port, an ill one, an IPv6 address without
 * brackets, a host that is too long. */
int address_split(struct address_word *parts, const char *word,
		  struct error *error);

/* Does the host end in a number, as 127.0.0.1, 1.2.3 and 0x7f do?  Then it is
 * an IPv4 address, good or bad, and never a name: resolvers read the short and
 * hexadecimal forms in ways that nobody means (1.2.3 as 1.2.0.3). */
bool address_looks_numeric(const char *host);

/* Has it the form of a name? */
bool address_is_host_name(const char *host);

#endif
