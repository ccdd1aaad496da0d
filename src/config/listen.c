/* SPDX-License-Identifier: MIT */
/* listen.c - the addresses of a service. */
#include "config/listen.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "config/apply.h"
#include "config/draft.h"
#include "config/layout.h"
#include "config/listen_owner.h"
#include "config/value.h"

/* ---- Families that the machine lacks --------------------------------- */

/* Asked once: 1, or -1. */
static int probe_family(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT ? -1 : 1;
	close(fd);
	return 1;
}

bool listen_is_supported(struct reading *reading, const struct address *address)
{
	if (reading->is_canonical)
		return true;
	if (address->kind == ADDRESS_IPV4) {
		if (reading->ipv4_support == 0)
			reading->ipv4_support = probe_family(AF_INET);
		return reading->ipv4_support > 0;
	}
	if (address->kind == ADDRESS_IPV6) {
		if (reading->ipv6_support == 0)
			reading->ipv6_support = probe_family(AF_INET6);
		return reading->ipv6_support > 0;
	}
	return true;
}

/* ---- Adding ---------------------------------------------------------- */

/* Port 0 twice means two free ports. */
static bool is_known(const struct config_service *service,
		     const struct address *address)
{
	bool is_free_port = (address->kind == ADDRESS_IPV4 ||
			     address->kind == ADDRESS_IPV6) &&
			    address_port(address) == 0;
	unsigned i;

	if (is_free_port)
		return false;
	for (i = 0; i < service->listen_count; i++)
		if (address_is_equal(&service->listens[i].address, address))
			return true;
	return false;
}

static void skip_family(struct reading *reading, struct draft *draft,
			const struct address *address, const struct word *word)
{
	char text[ADDRESS_TEXT];

	draft->has_skipped = true;
	draft->skipped_where = word->where;
	complain_softly(&reading->complaints, &word->where,
			"this machine has no %s: %s is left out",
			address->kind == ADDRESS_IPV6 ? "IPv6" : "IPv4",
			address_format(text, address));
}

static int add_address(struct reading *reading, struct draft *draft,
		       const struct config_listen *listen,
		       const struct word *word)
{
	struct config_service *service = &draft->service;

	if (!listen_is_supported(reading, &listen->address)) {
		skip_family(reading, draft, &listen->address, word);
		return 0;
	}
	if (is_known(service, &listen->address))
		return 0;
	if (service->listen_count == CONFIG_LISTENS_MAX)
		return complain(&reading->complaints, &word->where,
				"a service has at most %d addresses",
				CONFIG_LISTENS_MAX);
	draft->listens[service->listen_count] = *listen;
	draft->listens[service->listen_count].line = (int)word->where.line;
	draft->listens_where[service->listen_count] = word->where;
	service->listen_count++;
	return 0;
}

int listen_resolve(const struct reading *reading, struct address *addresses,
		   const char *word, struct error *error)
{
	if (word[0] == '\0')
		return error_set(error, "the address is empty");
	if (reading->is_canonical)
		return address_parse(addresses, word, error) < 0 ? -1 : 1;
	return address_resolve(addresses, CONFIG_LISTENS_MAX, word, error);
}

int listen_add(struct reading *reading, struct draft *draft,
	       const struct config_listen *listen, const struct word *word)
{
	struct address addresses[CONFIG_LISTENS_MAX];
	struct config_listen each = *listen;
	struct error error;
	int i, count = listen_resolve(reading, addresses, word->text, &error);

	if (draft->listen_pass != reading->pass) {
		draft->listen_pass = reading->pass;
		draft->service.listen_count = 0;
		draft->has_skipped = false;
	}
	draft->service.listens = draft->listens;
	if (count < 0)
		return complain(&reading->complaints, &word->where, "%s",
				error.text);
	for (i = 0; i < count; i++) {
		each.address = addresses[i];
		if (add_address(reading, draft, &each, word) < 0)
			return -1;
	}
	return 0;
}

int listen_apply(struct reading *reading, const struct statement *statement,
		 void *object)
{
	const struct word *address = statement->name->next;
	struct config_listen listen = {.mode = -1, .owner = -1, .group = -1};

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!address)
		return complain(&reading->complaints, &statement->end,
				"'listen' takes an address, as 127.0.0.1:8888");
	if (address->next && strncmp(address->text, "unix:/", 6) != 0)
		return complain(&reading->complaints, &address->next->where,
				"after an address that is not unix:/path "
				"belongs ';'");
	if (listen_owner_read(reading, address->next, &listen) < 0)
		return -1;
	return listen_add(reading, draft_of(object), &listen, address);
}

/* ---- Printing -------------------------------------------------------- */

static void print_one(const struct config_listen *listen, struct text *out)
{
	char address[ADDRESS_TEXT];

	layout_begin(out, 1, "listen");
	value_print_word(address_format(address, &listen->address), out);
	listen_owner_print(listen, out);
	text_append(out, ";\n");
}

void listen_print(const void *object, struct text *out)
{
	const struct config_service *service = object;
	unsigned i;

	for (i = 0; i < service->listen_count; i++)
		print_one(&service->listens[i], out);
}
