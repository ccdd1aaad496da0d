/* SPDX-License-Identifier: MIT */
/* proxy_header_internal.h - what the files of the PROXY header share. */
#ifndef COHORT_NET_PROXY_HEADER_INTERNAL_H
#define COHORT_NET_PROXY_HEADER_INTERNAL_H

#include "net/proxy_header.h"

#define PROXY_HEADER_V1_SIGNATURE "PROXY "
#define PROXY_HEADER_V1_BYTES     6
#define PROXY_HEADER_V1_MOST      107 /* of the line, with its CRLF */

#define PROXY_HEADER_V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define PROXY_HEADER_V2_BYTES     12
#define PROXY_HEADER_V2_FIXED     16 /* signature, command, family, length */

#define PROXY_HEADER_PATH_BYTES 108 /* of each end of a unix socket */

/* Version 2: the 13th byte, and the halves of the 14th. */
enum {
	PROXY_COMMAND_LOCAL = 0x20,
	PROXY_COMMAND_PROXY = 0x21,
	PROXY_FAMILY_UNSPECIFIED = 0x0,
	PROXY_FAMILY_IPV4 = 0x1,
	PROXY_FAMILY_IPV6 = 0x2,
	PROXY_FAMILY_UNIX = 0x3,
	PROXY_FAMILIES,
	PROXY_TRANSPORT_UNSPECIFIED = 0x0,
	PROXY_TRANSPORT_STREAM = 0x1,
	PROXY_TRANSPORT_DATAGRAM = 0x2,
	PROXY_TRANSPORTS,
};

/* The addresses and ports of both ends. */
extern const size_t proxy_header_address_bytes[PROXY_FAMILIES];

/* Note the fault; returns PROXY_HEADER_BAD. */
enum proxy_header_result proxy_header_refuse(struct proxy_header *header,
					     const char *fault);

/* After the signature was found. */
enum proxy_header_result proxy_header_parse_v1(struct proxy_header *header,
					       const unsigned char *data,
					       size_t size);
enum proxy_header_result proxy_header_parse_v2(struct proxy_header *header,
					       const unsigned char *data,
					       size_t size, size_t limit);

/* Parts as they stand in a header, ports in host order. */
void proxy_header_set_ipv4(struct address *address, const void *bytes,
			   unsigned port);
void proxy_header_set_ipv6(struct address *address, const void *bytes,
			   unsigned port);
void proxy_header_set_unix(struct address *address, const void *path);

#endif
