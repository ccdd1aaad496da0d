/* SPDX-License-Identifier: MIT */
/* address.c - numeric addresses: parsed, printed, compared, read back. */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "net/address_word.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_MOST   (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static struct sockaddr_in *ipv4(struct address *address)
{
	return (struct sockaddr_in *)(void *)&address->socket;
}

static struct sockaddr_in6 *ipv6(struct address *address)
{
	return (struct sockaddr_in6 *)(void *)&address->socket;
}

static const struct sockaddr_in *ipv4_of(const struct address *address)
{
	return (const struct sockaddr_in *)(const void *)&address->socket;
}

static const struct sockaddr_in6 *ipv6_of(const struct address *address)
{
	return (const struct sockaddr_in6 *)(const void *)&address->socket;
}

/* ---- From words ------------------------------------------------------ */

int address_split(struct address_word *parts, const char *word,
		  struct error *error)
{
	const char *colon = strrchr(word, ':');
	uint64_t port;
	size_t size;

	if (!colon)
		return error_set(error, "%s has no port: write %s:PORT", word,
				 word);
	if (text_parse_number(colon + 1, &port) < 0 || port > UINT16_MAX)
		return error_set(error,
				 "'%s' in %s is not a port: "
				 "it is a number from 0 to 65535",
				 colon + 1, word);
	size = (size_t)(colon - word);
	parts->is_bracketed = word[0] == '[' && size > 1 && colon[-1] == ']';
	if (parts->is_bracketed)
		size -= 2;
	else if (memchr(word, ':', size))
		return error_set(error,
				 "an IPv6 address stands in brackets: "
				 "[::1]:80, not %s",
				 word);
	if (size >= sizeof(parts->host))
		return error_set(error, "the host in %.40s… is too long", word);
	memcpy(parts->host, word + parts->is_bracketed, size);
	parts->host[size] = '\0';
	parts->port = (uint16_t)port;
	return 0;
}

bool address_looks_numeric(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *label = dot ? dot + 1 : host;

	return label[0] >= '0' && label[0] <= '9' &&
	       (label[strspn(label, "0123456789")] == '\0' ||
		((label[1] == 'x' || label[1] == 'X') &&
		 label[2 + strspn(label + 2, "0123456789abcdefABCDEF")] ==
			 '\0'));
}

static int parse_ipv4(struct address *address, const struct address_word *parts,
		      struct error *error)
{
	struct sockaddr_in *socket = ipv4(address);

	address->kind = ADDRESS_IPV4;
	address->length = sizeof(*socket);
	socket->sin_family = AF_INET;
	socket->sin_port = htons(parts->port);
	if (strcmp(parts->host, "*") == 0)
		return 0; /* zeros are INADDR_ANY */
	if (inet_pton(AF_INET, parts->host, &socket->sin_addr) == 1)
		return 0;
	return error_set(error, "'%s' is not an IPv4 address", parts->host);
}

/* The zone of a link-local address: an interface, by name or number. */
static int parse_zone(uint32_t *scope, const char *zone, struct error *error)
{
	uint64_t number;

	*scope = if_nametoindex(zone);
	if (*scope != 0)
		return 0;
	if (text_parse_number(zone, &number) < 0 || number == 0 ||
	    number > INT_MAX)
		return error_set(error,
				 "'%s' is not an interface of this machine",
				 zone);
	*scope = (uint32_t)number;
	return 0;
}

static int parse_ipv6(struct address *address, struct address_word *parts,
		      struct error *error)
{
	struct sockaddr_in6 *socket = ipv6(address);
	char *percent = strchr(parts->host, '%');
	bool is_local;

	if (percent)
		*percent = '\0';
	address->kind = ADDRESS_IPV6;
	address->length = sizeof(*socket);
	socket->sin6_family = AF_INET6;
	socket->sin6_port = htons(parts->port);
	if (inet_pton(AF_INET6, parts->host, &socket->sin6_addr) != 1)
		return error_set(error, "'%s' is not an IPv6 address",
				 parts->host);
	is_local = IN6_IS_ADDR_LINKLOCAL(&socket->sin6_addr);
	if (is_local && !percent)
		return error_set(error,
				 "the link-local address %s needs its "
				 "interface: [%s%%eth0]:%u",
				 parts->host, parts->host, parts->port);
	if (!is_local && percent)
		return error_set(error,
				 "only a link-local address (fe80::) has an "
				 "interface: '%s' has '%s'",
				 parts->host, percent + 1);
	if (!percent)
		return 0;
	return parse_zone(&socket->sin6_scope_id, percent + 1, error);
}

static int parse_unix(struct address *address, const char *path,
		      struct error *error)
{
	struct sockaddr_un *socket = &address->socket.path;
	size_t size = strlen(path);

	if (path[0] != '/' && path[0] != '@')
		return error_set(error,
				 "'unix:%s' is neither unix:/path nor "
				 "unix:@name",
				 path);
	if (path[0] == '@' && size == 1)
		return error_set(error, "unix:@ has no name after the @");
	if (size > PATH_MOST)
		return error_set(error,
				 "the path of a unix socket has at most %zu "
				 "bytes; this one has %zu: %s",
				 PATH_MOST, size, path);
	address->kind = ADDRESS_UNIX;
	socket->sun_family = AF_UNIX;
	memcpy(socket->sun_path, path, size);
	address->length = (socklen_t)(PATH_OFFSET + size + 1);
	if (path[0] == '@') { /* unix(7): a NUL in place of the @, none after */
		socket->sun_path[0] = '\0';
		address->length--;
	}
	return 0;
}

static int parse_descriptor(struct address *address, const char *number,
			    struct error *error)
{
	uint64_t fd;

	if (text_parse_number(number, &fd) < 0 || fd > INT_MAX)
		return error_set(error,
				 "'%s' in fd:%s is not the number of a "
				 "descriptor",
				 number, number);
	address->kind = ADDRESS_DESCRIPTOR;
	address->descriptor = (int)fd;
	return 0;
}

/* As sd_notify(3) has FDNAME: printable, no colon; and its number. */
static int parse_systemd(struct address *address, const char *name,
			 struct error *error)
{
	const char *colon = strchr(name, ':');
	size_t i, size = strlen(name);
	uint64_t number = 1;

	for (i = 0; i < size; i++)
		if (name[i] < ' ' || name[i] > '~')
			break;
	if (colon &&
	    (text_parse_number(colon + 1, &number) < 0 || number > INT_MAX))
		number = 0;
	if (size == 0 || colon == name || i < size || number == 0)
		return error_set(error,
				 "'systemd:%s' is neither systemd:NAME nor "
				 "systemd:NAME:NUMBER, counted from 1",
				 name);
	if (size > PATH_MOST)
		return error_set(error,
				 "the name of a passed socket has at most %zu "
				 "bytes; this one has %zu: %s",
				 PATH_MOST, size, name);
	address->kind = ADDRESS_SYSTEMD;
	memcpy(address->socket.path.sun_path, name, size + 1);
	return 0;
}

int address_parse(struct address *address, const char *word,
		  struct error *error)
{
	struct address_word parts = {.port = 0};

	memset(address, 0, sizeof(*address));
	address->descriptor = -1;
	if (strncmp(word, "unix:", 5) == 0)
		return parse_unix(address, word + 5, error);
	if (strncmp(word, "fd:", 3) == 0)
		return parse_descriptor(address, word + 3, error);
	if (strncmp(word, "systemd:", 8) == 0)
		return parse_systemd(address, word + 8, error);
	if (address_split(&parts, word, error) < 0)
		return -1;
	if (parts.is_bracketed)
		return parse_ipv6(address, &parts, error);
	if (strcmp(parts.host, "*") == 0 || address_looks_numeric(parts.host))
		return parse_ipv4(address, &parts, error);
	if (parts.host[0] == '\0')
		return error_set(error,
				 "%s stands for two addresses: [::]%s and *%s",
				 word, word, word);
	return error_set(error, "%s is a name, not a numeric address", word);
}

/* ---- To words -------------------------------------------------------- */

static void format_ipv6(char *out, const struct sockaddr_in6 *socket)
{
	char host[INET6_ADDRSTRLEN];
	char name[IF_NAMESIZE];
	char zone[IF_NAMESIZE + 1] = "";

	inet_ntop(AF_INET6, &socket->sin6_addr, host, sizeof(host));
	if (socket->sin6_scope_id != 0 &&
	    if_indextoname(socket->sin6_scope_id, name))
		snprintf(zone, sizeof(zone), "%%%s", name);
	else if (socket->sin6_scope_id != 0)
		snprintf(zone, sizeof(zone), "%%%u",
			 (unsigned)socket->sin6_scope_id);
	snprintf(out, ADDRESS_TEXT, "[%s%s]:%u", host, zone,
		 (unsigned)ntohs(socket->sin6_port));
}

/* A path ends at its NUL, or where the kernel says; an abstract name may hold
 * NULs, shown as @ like /proc/net/unix does. */
static void format_unix(char *out, const struct address *address)
{
	const char *path = address->socket.path.sun_path;
	size_t room = address->length > PATH_OFFSET
			      ? address->length - PATH_OFFSET
			      : 0;
	size_t i;

	if (room > PATH_MOST + 1)
		room = PATH_MOST + 1;
	if (room > 0 && path[0] != '\0')
		room = strnlen(path, room);
	memcpy(out, "unix:", 5);
	memcpy(out + 5, path, room);
	for (i = 0; i < room; i++)
		if (path[i] == '\0')
			out[5 + i] = '@';
	out[5 + room] = '\0';
}

char *address_format(char *out, const struct address *address)
{
	char host[INET_ADDRSTRLEN];

	switch (address->kind) {
	case ADDRESS_IPV4:
		inet_ntop(AF_INET, &ipv4_of(address)->sin_addr, host,
			  sizeof(host));
		snprintf(out, ADDRESS_TEXT, "%s:%u", host,
			 (unsigned)address_port(address));
		break;
	case ADDRESS_IPV6: format_ipv6(out, ipv6_of(address)); break;
	case ADDRESS_UNIX: format_unix(out, address); break;
	case ADDRESS_DESCRIPTOR:
		snprintf(out, ADDRESS_TEXT, "fd:%d", address->descriptor);
		break;
	case ADDRESS_SYSTEMD:
		snprintf(out, ADDRESS_TEXT, "systemd:%s",
			 address->socket.path.sun_path);
		break;
	}
	return out;
}

/* ---- Looking at them ------------------------------------------------- */

static bool is_equal_ipv6(const struct sockaddr_in6 *a,
			  const struct sockaddr_in6 *b)
{
	return a->sin6_port == b->sin6_port &&
	       a->sin6_scope_id == b->sin6_scope_id &&
	       memcmp(&a->sin6_addr, &b->sin6_addr, sizeof(a->sin6_addr)) == 0;
}

bool address_is_equal(const struct address *a, const struct address *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ADDRESS_IPV4:
		return ipv4_of(a)->sin_port == ipv4_of(b)->sin_port &&
		       ipv4_of(a)->sin_addr.s_addr ==
			       ipv4_of(b)->sin_addr.s_addr;
	case ADDRESS_IPV6: return is_equal_ipv6(ipv6_of(a), ipv6_of(b));
	case ADDRESS_UNIX:
		return a->length == b->length &&
		       memcmp(a->socket.path.sun_path, b->socket.path.sun_path,
			      a->length - PATH_OFFSET) == 0;
	case ADDRESS_DESCRIPTOR: return a->descriptor == b->descriptor;
	case ADDRESS_SYSTEMD:
		return strcmp(a->socket.path.sun_path,
			      b->socket.path.sun_path) == 0;
	}
	return false;
}

bool address_is_wildcard(const struct address *address)
{
	static const struct in6_addr any6 = IN6ADDR_ANY_INIT;

	if (address->kind == ADDRESS_IPV4)
		return ipv4_of(address)->sin_addr.s_addr == htonl(INADDR_ANY);
	return address->kind == ADDRESS_IPV6 &&
	       memcmp(&ipv6_of(address)->sin6_addr, &any6, sizeof(any6)) == 0;
}

uint16_t address_port(const struct address *address)
{
	if (address->kind == ADDRESS_IPV4)
		return ntohs(ipv4_of(address)->sin_port);
	if (address->kind == ADDRESS_IPV6)
		return ntohs(ipv6_of(address)->sin6_port);
	return 0;
}

void address_set_port(struct address *address, uint16_t port)
{
	if (address->kind == ADDRESS_IPV4)
		ipv4(address)->sin_port = htons(port);
	else if (address->kind == ADDRESS_IPV6)
		ipv6(address)->sin6_port = htons(port);
}

unsigned address_systemd_name(const struct address *address,
			      char name[ADDRESS_NAME_TEXT])
{
	const char *text = address->socket.path.sun_path;
	const char *colon = strchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : strlen(text);
	uint64_t number = 1;

	memcpy(name, text, size);
	name[size] = '\0';
	if (colon)
		(void)text_parse_number(colon + 1, &number);
	return (unsigned)number;
}

/* ---- From the kernel, for a protocol --------------------------------- */

/* `address` was filled by a call that answered `status`. */
static int take_answer(struct address *address, int status)
{
	if (status < 0)
		return -1;
	address->descriptor = -1;
	switch (address->socket.generic.sa_family) {
	case AF_INET: address->kind = ADDRESS_IPV4; return 0;
	case AF_INET6: address->kind = ADDRESS_IPV6; return 0;
	case AF_UNIX: address->kind = ADDRESS_UNIX; return 0;
	default: errno = EAFNOSUPPORT; return -1;
	}
}

int address_of_socket(struct address *address, int fd)
{
	memset(address, 0, sizeof(*address));
	address->length = sizeof(address->socket);
	return take_answer(address, getsockname(fd, &address->socket.generic,
						&address->length));
}

int address_of_peer(struct address *address, int fd)
{
	memset(address, 0, sizeof(*address));
	address->length = sizeof(address->socket);
	return take_answer(address, getpeername(fd, &address->socket.generic,
						&address->length));
}

void address_publish(const struct address *address,
		     struct cohort_address *published)
{
	memset(published, 0, sizeof(*published));
	published->family = COHORT_FAMILY_UNIX;
	published->port = address_port(address);
	address_format(published->text, address);
	if (address->kind == ADDRESS_IPV4) {
		published->family = COHORT_FAMILY_IPV4;
		memcpy(published->bytes, &ipv4_of(address)->sin_addr, 4);
	} else if (address->kind == ADDRESS_IPV6) {
		published->family = COHORT_FAMILY_IPV6;
		memcpy(published->bytes, &ipv6_of(address)->sin6_addr, 16);
	}
}
