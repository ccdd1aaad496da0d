/* SPDX-License-Identifier: MIT */
/* address_remote.c - is a word the address of somebody else? */
#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "net/address_word.h"

static int check_name(char *out, const struct address_word *parts,
		      const char *word, struct error *error)
{
	if (parts->host[0] == '\0' || strcmp(parts->host, "*") == 0)
		return error_set(error, "%s names no host to connect to", word);
	if (!address_is_host_name(parts->host))
		return error_set(error, "'%s' is not the name of a host",
				 parts->host);
	snprintf(out, ADDRESS_REMOTE_TEXT, "%s:%u", parts->host,
		 (unsigned)parts->port);
	return 0;
}

static int check_numeric(char *out, const char *word, struct error *error)
{
	struct address address;

	if (address_parse(&address, word, error) < 0)
		return -1;
	if (address_is_wildcard(&address))
		return error_set(error, "%s names no host to connect to", word);
	address_format(out, &address);
	return 0;
}

int address_check_remote(char *out, const char *word, struct error *error)
{
	struct address_word parts = {.port = 0};

	if (word[0] == '\0')
		return error_set(error, "the address is empty");
	if (strncmp(word, "unix:", 5) == 0)
		return check_numeric(out, word, error);
	if (strncmp(word, "fd:", 3) == 0 || strncmp(word, "systemd:", 8) == 0)
		return error_set(error, "%s is nothing to connect to", word);
	if (address_split(&parts, word, error) < 0)
		return -1;
	if (parts.port == 0)
		return error_set(error, "port 0 is nothing to connect to");
	if (parts.is_bracketed || address_looks_numeric(parts.host))
		return check_numeric(out, word, error);
	return check_name(out, &parts, word, error);
}
