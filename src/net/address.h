/* SPDX-License-Identifier: MIT */
/* address.h - where a server listens, as written and as the kernel has it.
 *
 *	127.0.0.1:80  [::1]:80  *:80 (every IPv4 address)  :80 (both families)
 *	host:80       127.0.0.1:0 (a free port)
 *	unix:/path    unix:@abstract   fd:N (inherited, listening or bound)
 *	systemd:NAME  (passed by the service manager under that name; its second
 *	               of the same name is systemd:NAME:2)
 *
 * The loader resolves what has to be resolved; everybody else sees numeric
 * addresses only, which parse without asking anyone. */
#ifndef COHORT_NET_ADDRESS_H
#define COHORT_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "cohort.h"

enum address_kind {
	ADDRESS_IPV4,
	ADDRESS_IPV6,
	ADDRESS_UNIX,
	ADDRESS_DESCRIPTOR,
	ADDRESS_SYSTEMD, /* the name is in socket.path.sun_path */
};

/* Longest text: "unix:" and the 107 bytes of a path, escaped by nobody. */
#define ADDRESS_TEXT 128

struct address {
	enum address_kind kind;
	int descriptor; /* of ADDRESS_DESCRIPTOR */
	socklen_t length;
	union {
		struct sockaddr generic;
		struct sockaddr_storage storage;
		struct sockaddr_un path;
	} socket;
};

/* Parse a word that needs no resolution.  -1 with words for everything else;
 * `*:80` gives the IPv4 wildcard. */
int address_parse(struct address *address, const char *word,
		  struct error *error);

/* Resolve any of the forms into at most `limit` addresses without
 * duplicates, in the resolver's order; `:80` gives [::] and 0.0.0.0.  May
 * block: for the loader and the resolver's thread only.  The number, or -1 with
 * words and an errno: ENOENT (no such name), EAGAIN (no name server answered),
 * EIO (one refused), E2BIG (more than that: the first ones are there). */
int address_resolve(struct address *addresses, int limit, const char *word,
		    struct error *error);

/* Could `word` be connected to?  A name is not asked after.  0 with the
 * canonical text in `out`, of at least ADDRESS_REMOTE_TEXT bytes, or -1 with
 * words: a wildcard, port 0, fd:, systemd: and what is no address at all. */
#define ADDRESS_REMOTE_TEXT 272 /* a name has up to 253 bytes */
int address_check_remote(char *out, const char *word, struct error *error);
/* Is it HOST:PORT with the name of a host, which takes address_resolve, and a
 * port? */
bool address_is_name(const char *word);

/* The canonical text, which address_parse reads back.  Returns `out`, of at
 * least ADDRESS_TEXT bytes. */
char *address_format(char *out, const struct address *address);

bool address_is_equal(const struct address *a, const struct address *b);
/* 0.0.0.0 or [::], whatever the port. */
bool address_is_wildcard(const struct address *address);
uint16_t address_port(const struct address *address); /* 0 if it has none */
void address_set_port(struct address *address, uint16_t port);

/* From the kernel: the own or the other end of a socket.  0, or -1/errno. */
int address_of_socket(struct address *address, int fd);
int address_of_peer(struct address *address, int fd);

/* Of ADDRESS_SYSTEMD: the name, of which there may be several; this is the
 * `number`th of them, from 1. */
#define ADDRESS_NAME_TEXT 108
unsigned address_systemd_name(const struct address *address,
			      char name[ADDRESS_NAME_TEXT]);

/* For a protocol's eyes. */
void address_publish(const struct address *address,
		     struct cohort_address *published);

#endif
