/* SPDX-License-Identifier: MIT */
/* address_resolve.c - names to addresses; may block, for the loader only. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "net/address_word.h"

#define NAME_CHARACTERS                                                        \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"0123456789.-_"

/* The addresses found so far. */
struct finds {
	struct address *addresses;
	int count;
	int limit;
};

static int add(struct finds *finds, const struct address *address,
	       const char *word, struct error *error)
{
	int i;

	for (i = 0; i < finds->count; i++)
		if (address_is_equal(&finds->addresses[i], address))
			return 0;
	if (finds->count == finds->limit) {
		error_set(error, "%s has more than %d addresses", word,
			  finds->limit);
		error->number = E2BIG;
		return -1;
	}
	finds->addresses[finds->count++] = *address;
	return 0;
}

static int add_word(struct finds *finds, const char *numeric, const char *word,
		    struct error *error)
{
	struct address address;

	if (address_parse(&address, numeric, error) < 0)
		return -1;
	return add(finds, &address, word, error);
}

/* What the resolver's answers mean to who has to mend it. */
static const char *advice(int status)
{
	switch (status) {
	case EAI_NONAME: return "check the spelling, /etc/hosts and the DNS";
	case EAI_AGAIN: return "no name server answered; try again later";
	default: return "a numeric address would do without a resolver";
	}
}

static int number_of(int status)
{
	switch (status) {
	case EAI_SYSTEM: return errno;
	case EAI_AGAIN: return EAGAIN;
	case EAI_MEMORY: return ENOMEM;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY: return ENOENT;
	default: return EIO;
	}
}

static int resolve_failed(const char *host, int status, struct error *error)
{
	int number = number_of(status);

	error_set(error, "cannot resolve host %s: %s; %s", host,
		  status == EAI_SYSTEM ? strerror(number)
				       : gai_strerror(status),
		  advice(status));
	error->number = number;
	return -1;
}

static int add_answer(struct finds *finds, const struct addrinfo *answer,
		      const char *word, struct error *error)
{
	struct address address = {.descriptor = -1};

	if (answer->ai_family != AF_INET && answer->ai_family != AF_INET6)
		return 0;
	address.kind =
		answer->ai_family == AF_INET ? ADDRESS_IPV4 : ADDRESS_IPV6;
	address.length = answer->ai_addrlen;
	memcpy(&address.socket, answer->ai_addr, answer->ai_addrlen);
	return add(finds, &address, word, error);
}

static int add_host(struct finds *finds, const struct address_word *parts,
		    const char *word, struct error *error)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *answers, *answer;
	char port[8];
	int status;

	snprintf(port, sizeof(port), "%u", (unsigned)parts->port);
	status = getaddrinfo(parts->host, port, &hints, &answers);
	if (status != 0)
		return resolve_failed(parts->host, status, error);
	for (answer = answers; answer && status == 0; answer = answer->ai_next)
		status = add_answer(finds, answer, word, error);
	freeaddrinfo(answers);
	if (status == 0 && finds->count == 0)
		return resolve_failed(parts->host, EAI_NONAME, error);
	return status;
}

bool address_is_host_name(const char *host)
{
	return host[0] != '-' && host[strspn(host, NAME_CHARACTERS)] == '\0';
}

/* Of a form that has no host and port. */
static bool is_no_host(const char *word)
{
	return strncmp(word, "unix:", 5) == 0 || strncmp(word, "fd:", 3) == 0 ||
	       strncmp(word, "systemd:", 8) == 0;
}

bool address_is_name(const char *word)
{
	struct address_word parts = {.port = 0};
	struct error error;

	return !is_no_host(word) && address_split(&parts, word, &error) == 0 &&
	       parts.port != 0 && parts.host[0] != '\0' &&
	       !parts.is_bracketed && address_is_host_name(parts.host) &&
	       !address_looks_numeric(parts.host);
}

int address_resolve(struct address *addresses, int limit, const char *word,
		    struct error *error)
{
	struct finds finds = {.addresses = addresses, .limit = limit};
	struct address_word parts = {.port = 0};
	char any[16];
	int status;

	if (is_no_host(word)) {
		status = add_word(&finds, word, word, error);
		return status < 0 ? -1 : finds.count;
	}
	if (address_split(&parts, word, error) < 0)
		return -1;
	if (parts.host[0] == '\0' && !parts.is_bracketed) {
		snprintf(any, sizeof(any), "[::]:%u", (unsigned)parts.port);
		status = add_word(&finds, any, word, error);
		snprintf(any, sizeof(any), "*:%u", (unsigned)parts.port);
		if (status == 0)
			status = add_word(&finds, any, word, error);
	} else if (parts.is_bracketed || strcmp(parts.host, "*") == 0 ||
		   address_looks_numeric(parts.host)) {
		status = add_word(&finds, word, word, error);
	} else if (address_is_host_name(parts.host)) {
		status = add_host(&finds, &parts, word, error);
	} else {
		status = error_set(error, "'%s' is not the name of a host",
				   parts.host);
	}
	return status < 0 ? -1 : finds.count;
}
