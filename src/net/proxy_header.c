/* SPDX-License-Identifier: MIT */
/* proxy_header.c - which version it is, and version 1: a line of text. */
#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"
#include "net/proxy_header_internal.h"

#define FIELDS 4 /* both addresses, both ports */

const size_t proxy_header_address_bytes[PROXY_FAMILIES] = {
	[PROXY_FAMILY_IPV4] = 2 * (4 + 2),
	[PROXY_FAMILY_IPV6] = 2 * (16 + 2),
	[PROXY_FAMILY_UNIX] = 2 * (size_t)PROXY_HEADER_PATH_BYTES,
};

enum proxy_header_result proxy_header_refuse(struct proxy_header *header,
					     const char *fault)
{
	header->fault = fault;
	return PROXY_HEADER_BAD;
}

/* ---- Addresses ------------------------------------------------------- */

static void begin_address(struct address *address, enum address_kind kind,
			  size_t length)
{
	memset(address, 0, sizeof(*address));
	address->kind = kind;
	address->descriptor = -1;
	address->length = (socklen_t)length;
}

void proxy_header_set_ipv4(struct address *address, const void *bytes,
			   unsigned port)
{
	struct sockaddr_in *socket = (void *)&address->socket;

	begin_address(address, ADDRESS_IPV4, sizeof(*socket));
	socket->sin_family = AF_INET;
	socket->sin_port = htons((uint16_t)port);
	memcpy(&socket->sin_addr, bytes, sizeof(socket->sin_addr));
}

void proxy_header_set_ipv6(struct address *address, const void *bytes,
			   unsigned port)
{
	struct sockaddr_in6 *socket = (void *)&address->socket;

	begin_address(address, ADDRESS_IPV6, sizeof(*socket));
	socket->sin6_family = AF_INET6;
	socket->sin6_port = htons((uint16_t)port);
	memcpy(&socket->sin6_addr, bytes, sizeof(socket->sin6_addr));
}

/* A path ends at its NUL, if it has one; an abstract name begins with one, and
 * those that follow it are padding; nothing but NULs is an unnamed socket. */
void proxy_header_set_unix(struct address *address, const void *path)
{
	struct sockaddr_un *socket = &address->socket.path;
	const char *bytes = path;
	size_t size = PROXY_HEADER_PATH_BYTES;

	if (bytes[0] != '\0')
		size = strnlen(bytes, size);
	else
		while (size > 0 && bytes[size - 1] == '\0')
			size--;
	begin_address(address, ADDRESS_UNIX,
		      offsetof(struct sockaddr_un, sun_path) + size);
	socket->sun_family = AF_UNIX;
	memcpy(socket->sun_path, bytes, size);
	if (bytes[0] != '\0' && size < PROXY_HEADER_PATH_BYTES)
		address->length++; /* the NUL after a path */
}

/* ---- Version 1 ------------------------------------------------------- */

/* At every blank, which must be as many as there have to be. */
static int split(char *text, const char *fields[FIELDS])
{
	int i;

	for (i = 0; i < FIELDS; i++) {
		fields[i] = text;
		text = strchr(text, ' ');
		if ((text != NULL) != (i < FIELDS - 1))
			return -1;
		if (text != NULL)
			*text++ = '\0';
	}
	return 0;
}

static int parse_port(unsigned *port, const char *text)
{
	uint64_t number;

	if (text_parse_number(text, &number) < 0 || number > UINT16_MAX ||
	    (text[0] == '0' && text[1] != '\0'))
		return -1;
	*port = (unsigned)number;
	return 0;
}

static int parse_end(struct address *address, int family, const char *host,
		     const char *port)
{
	struct in6_addr bytes;
	unsigned number;

	if (inet_pton(family, host, &bytes) != 1 ||
	    parse_port(&number, port) < 0)
		return -1;
	if (family == AF_INET)
		proxy_header_set_ipv4(address, &bytes, number);
	else
		proxy_header_set_ipv6(address, &bytes, number);
	return 0;
}

static enum proxy_header_result parse_ends(struct proxy_header *header,
					   int family, char *text)
{
	const char *fields[FIELDS];

	if (split(text, fields) < 0)
		return proxy_header_refuse(
			header, "it has not two addresses and two ports");
	if (parse_end(&header->peer, family, fields[0], fields[2]) < 0)
		return proxy_header_refuse(header, "an ill source");
	if (parse_end(&header->local, family, fields[1], fields[3]) < 0)
		return proxy_header_refuse(header, "an ill destination");
	header->has_addresses = true;
	return PROXY_HEADER_WHOLE;
}

/* What follows "PROXY ", without the CRLF. */
static enum proxy_header_result parse_line(struct proxy_header *header,
					   char *text)
{
	if (strncmp(text, "TCP4 ", 5) == 0)
		return parse_ends(header, AF_INET, text + 5);
	if (strncmp(text, "TCP6 ", 5) == 0)
		return parse_ends(header, AF_INET6, text + 5);
	if (strcmp(text, "UNKNOWN") == 0 || strncmp(text, "UNKNOWN ", 8) == 0)
		return PROXY_HEADER_WHOLE;
	return proxy_header_refuse(header, "neither TCP4, TCP6 nor UNKNOWN");
}

enum proxy_header_result proxy_header_parse_v1(struct proxy_header *header,
					       const unsigned char *data,
					       size_t size)
{
	char line[PROXY_HEADER_V1_MOST];
	size_t room = size < sizeof(line) ? size : sizeof(line);
	const unsigned char *end = memchr(data, '\n', room);
	size_t length;

	if (end == NULL && size < sizeof(line))
		return PROXY_HEADER_PARTIAL;
	if (end == NULL)
		return proxy_header_refuse(header, "no end in 107 bytes");
	if (end[-1] != '\r')
		return proxy_header_refuse(header, "a line without CR");
	header->version = COHORT_PROXY_V1;
	header->size_bytes = (size_t)(end - data) + 1;
	length = header->size_bytes - 2;
	memcpy(line, data, length);
	line[length] = '\0';
	if (strlen(line) != length)
		return proxy_header_refuse(header, "a NUL in the line");
	return parse_line(header, line + PROXY_HEADER_V1_BYTES);
}

/* ---- Either ---------------------------------------------------------- */

/* As far as there are bytes. */
static bool begins_like(const void *data, size_t size, const char *signature,
			size_t bytes)
{
	return memcmp(data, signature, size < bytes ? size : bytes) == 0;
}

enum proxy_header_result proxy_header_parse(struct proxy_header *header,
					    const void *data, size_t size,
					    size_t limit)
{
	memset(header, 0, sizeof(*header));
	if (size == 0)
		return PROXY_HEADER_UNDECIDED;
	if (begins_like(data, size, PROXY_HEADER_V1_SIGNATURE,
			PROXY_HEADER_V1_BYTES))
		return size < PROXY_HEADER_V1_BYTES
			       ? PROXY_HEADER_UNDECIDED
			       : proxy_header_parse_v1(header, data, size);
	if (begins_like(data, size, PROXY_HEADER_V2_SIGNATURE,
			PROXY_HEADER_V2_BYTES))
		return size < PROXY_HEADER_V2_BYTES
			       ? PROXY_HEADER_UNDECIDED
			       : proxy_header_parse_v2(header, data, size,
						       limit);
	return PROXY_HEADER_ABSENT;
}
