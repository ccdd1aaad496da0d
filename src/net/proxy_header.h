/* SPDX-License-Identifier: MIT */
/* proxy_header.h - the PROXY protocol, versions 1 and 2: read and written.
 *
 * Pure: bytes in, a struct out, and back.  The contract is HAProxy's
 * doc/proxy-protocol.txt ("the specification"); where that leaves a choice:
 *
 * - LOCAL (version 2): the block is skipped unread, TLVs and all.
 * - A datagram, or an unspecified family or protocol: accepted, without
 *   addresses.  TLVs are read where it is known where they begin, which for a
 *   known family of no known protocol it is not.
 * - A line feed without a carriage return before it, and a NUL: bad, also in
 *   what follows UNKNOWN.
 * - A checksum that is there must be right, and there may be only one. */
#ifndef COHORT_NET_PROXY_HEADER_H
#define COHORT_NET_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort.h"
#include "net/address.h"

/* The bounds of a limit: with the addresses of a unix socket it must be
 * possible, and no more can be announced than is looked at in one piece. */
#define PROXY_HEADER_LIMIT_LEAST 232
#define PROXY_HEADER_LIMIT_MOST  65536

enum proxy_header_result {
	PROXY_HEADER_UNDECIDED, /* nothing, or the beginning of a signature */
	PROXY_HEADER_PARTIAL,   /* a signature; the rest has to come yet */
	PROXY_HEADER_WHOLE,
	PROXY_HEADER_ABSENT, /* these bytes are something else */
	PROXY_HEADER_BAD,    /* a signature, and something wrong after it */
};

struct proxy_header {
	enum cohort_proxy_version version;
	size_t size_bytes;  /* all of it: what follows is payload */
	bool has_addresses; /* else those of the connection itself hold */
	struct address peer;
	struct address local;
	const unsigned char *tlvs; /* within the bytes that were read */
	size_t tlvs_bytes;
	const char *fault; /* what is wrong, in words; of a bad one only */
};

/* Look at the first `size` bytes of a connection.  A version 2 header of more
 * than `limit` bytes is bad.  `header` is filled for WHOLE, and has its fault
 * for BAD; more bytes never change an answer of ABSENT, BAD or WHOLE. */
enum proxy_header_result proxy_header_parse(struct proxy_header *header,
					    const void *data, size_t size,
					    size_t limit);

/* The first TLV of this type in the `bytes` at `tlvs` of a WHOLE header: 0, or
 * -1 if there is none. */
int proxy_header_find_tlv(const unsigned char *tlvs, size_t bytes,
			  unsigned type, const void **value, size_t *size);

#define PROXY_HEADER_BUILT_MOST 232

/* Write a header for a connection from `peer` to `local`; returns its bytes.
 * Both NULL: LOCAL (version 1: UNKNOWN).  Addresses that the version has no
 * words for: UNKNOWN, in version 2 an unspecified family.  IPv4 in the guise
 * of IPv6 is written as IPv4 if both ends are. */
size_t proxy_header_build(unsigned char out[PROXY_HEADER_BUILT_MOST],
			  enum cohort_proxy_version version,
			  const struct address *peer,
			  const struct address *local);

#endif
