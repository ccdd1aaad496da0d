/* SPDX-License-Identifier: MIT */
/* http_host.c - which Host is no stranger's name. */
#include "control/http_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HOST_TEXT     64 /* more than an address has */
#define LOOPBACK_BYTE 127

static bool is_loopback(const struct sockaddr_storage *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memcpy(&in, address, sizeof(in));
	memcpy(&in6, address, sizeof(in6));
	if (address->ss_family == AF_INET)
		return ntohl(in.sin_addr.s_addr) >> 24 == LOOPBACK_BYTE;
	return address->ss_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) &&
		 in6.sin6_addr.s6_addr[12] == LOOPBACK_BYTE));
}

bool http_host_is_checked(int listener)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	return getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
	       is_loopback(&address);
}

static bool is_port(const char *text)
{
	return *text == '\0' ||
	       (*text == ':' &&
		text[1 + strspn(text + 1, "0123456789")] == '\0');
}

bool http_host_is_local(const char *host)
{
	bool is_bracketed = *host == '[';
	size_t size = strcspn(host + is_bracketed, is_bracketed ? "]" : ":");
	const char *behind = host + is_bracketed + size;
	unsigned char bytes[sizeof(struct in6_addr)];
	char name[HOST_TEXT];

	if (size >= sizeof(name) || (is_bracketed && *behind != ']') ||
	    !is_port(behind + is_bracketed))
		return false;
	memcpy(name, host + is_bracketed, size);
	name[size] = '\0';
	if (is_bracketed)
		return inet_pton(AF_INET6, name, bytes) == 1;
	return size == 0 || strcasecmp(name, "localhost") == 0 ||
	       strcasecmp(name, "localhost.") == 0 ||
	       inet_pton(AF_INET, name, bytes) == 1;
}
