/* SPDX-License-Identifier: MIT */
/* group_members.h - who listens on an address, by the kernel's own list
 * (sock_diag(7)): all of this network namespace, whoever holds them. */
#ifndef COHORT_NET_GROUP_MEMBERS_H
#define COHORT_NET_GROUP_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/address.h"

/* As many as a group has slots, and some that are not ours. */
#define GROUP_MEMBERS_MAX 320

/* Listeners of one address and owner that differ in this are of different
 * groups, none of which knows of the other. */
struct group_key {
	uint32_t interface; /* SO_BINDTODEVICE; 0: any */
	bool is_ipv6_only;  /* of IPv6: no client of IPv4 comes in */
};

struct group_member {
	uint64_t inode; /* as in st_ino of a descriptor of it */
	uid_t uid;
	uint32_t queue; /* connections that wait to be accepted */
	struct group_key key;
};

bool group_key_is_equal(const struct group_key *a, const struct group_key *b);
/* That of a TCP socket.  0, or -1 with errno: the kernel is older than 5.1. */
int group_key_of(struct group_key *key, int fd);

/* Those that listen on exactly this address, which has a port, in the order in
 * which they began to.  Their number,
 * not above GROUP_MEMBERS_MAX (the rest is left out); or -1 with errno: a
 * kernel or a sandbox that does not tell (EPERM, EAFNOSUPPORT, ENOENT, …).
 * Costs a few system calls, and no more the more connections there are. */
int group_members_list(const struct address *address,
		       struct group_member members[GROUP_MEMBERS_MAX]);

/* One that listens, anywhere. */
struct group_listener {
	enum address_kind kind; /* ADDRESS_IPV4 or ADDRESS_IPV6 */
	uint16_t port;
	uint8_t source[16]; /* its address, network order; of IPv4 4 bytes */
	struct group_member member;
};

/* Does it listen on exactly this address? */
bool group_listener_is_of(const struct group_listener *listener,
			  const struct address *address);

/* Call `visit` for all of a family (ADDRESS_IPV4, ADDRESS_IPV6) that listen:
 * those of one address in the order in which they began to, the newest first
 * with IPv4, the oldest with IPv6; mostly one address after another.  0; or -1
 * with errno as above, after some of them or none.  Costs about a microsecond
 * for each, where asking for each address by itself would walk over all of them
 * each time. */
int group_members_visit(enum address_kind kind,
			void (*visit)(void *context,
				      const struct group_listener *listener),
			void *context);

/* How many handshakes with the address are under way: clients that were
 * answered, and wait in no queue yet.  The number, or -1 with errno.  Costs a
 * walk over all connections of the machine: not for every day. */
int group_members_half_open(const struct address *address);

#endif
