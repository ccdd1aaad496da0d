/* SPDX-License-Identifier: MIT */
/* group_members.c - a dump of listening sockets over netlink. */
#include "net/group_members.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/sockopt.h"

/* As linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h have it, which
 * not every libc comes with. */
#define SOCK_DIAG_PROTOCOL  4
#define SOCK_DIAG_BY_FAMILY 20
#define MESSAGE_ERROR       2
#define MESSAGE_DONE        3
#define FLAGS_REQUEST_DUMP  (0x1 | 0x300)
#define ATTRIBUTE_IPV6_ONLY 11 /* INET_DIAG_SKV6ONLY, of all that listen */
#define STATES_LISTENING    (1u << 10)           /* TCP_LISTEN */
#define STATES_HALF_OPEN    (1u << 3 | 1u << 12) /* TCP_SYN_RECV, _NEW_SYN_RECV */

struct message {
	uint32_t length;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
};

struct socket_id {
	uint16_t source_port; /* network order, as are the addresses */
	uint16_t destination_port;
	uint8_t source[16];
	uint8_t destination[16];
	uint32_t interface;
	uint32_t cookie[2];
};

struct request {
	struct message head;
	uint8_t family;
	uint8_t protocol;
	uint8_t extensions;
	uint8_t padding;
	uint32_t states;
	struct socket_id id;
};

struct answer {
	struct message head;
	uint8_t family;
	uint8_t state;
	uint8_t timer;
	uint8_t retransmits;
	struct socket_id id;
	uint32_t expires;
	uint32_t receive_queue; /* of a listener: its accept queue */
	uint32_t send_queue;    /* … and the limit of that */
	uint32_t uid;
	uint32_t inode;
};

/* What may follow it; the next is aligned to 4 bytes. */
struct attribute {
	uint16_t length; /* with this head */
	uint16_t type;
};

struct listing {
	const struct address *address;
	struct group_member *members; /* NULL: they are only counted */
	int count;
	/* Not NULL: it is called for each, whatever its address. */
	void (*visit)(void *context, const struct group_listener *listener);
	void *context;
};

/* Who is asked for. */
struct wanted {
	uint8_t family;
	uint16_t port; /* 0: any */
	uint32_t states;
};

#define ANSWER_BYTES 16384 /* the kernel's pieces are no larger */

static int ask(int fd, const struct wanted *wanted)
{
	const struct request request = {
		.head = {.length = sizeof(request),
			 .type = SOCK_DIAG_BY_FAMILY,
			 .flags = FLAGS_REQUEST_DUMP},
		.family = wanted->family,
		.protocol = IPPROTO_TCP,
		.states = wanted->states,
		.id = {.source_port = htons(wanted->port)},
	};
	ssize_t sent = send(fd, &request, sizeof(request), 0);

	return sent == (ssize_t)sizeof(request) ? 0 : -1;
}

static bool is_source(const uint8_t *source, const struct address *address)
{
	const struct sockaddr_storage *storage = &address->socket.storage;

	if (address->kind == ADDRESS_IPV4)
		return memcmp(source,
			      &((const struct sockaddr_in *)storage)->sin_addr,
			      4) == 0;
	return memcmp(source,
		      &((const struct sockaddr_in6 *)storage)->sin6_addr,
		      16) == 0;
}

bool group_listener_is_of(const struct group_listener *listener,
			  const struct address *address)
{
	return listener->kind == address->kind &&
	       listener->port == address_port(address) &&
	       is_source(listener->source, address);
}

static bool is_of_address(const struct answer *answer,
			  const struct address *address)
{
	if (answer->id.source_port != htons(address_port(address)))
		return false;
	/* A connection's own end is one of the addresses it stands for. */
	if (!(1u << answer->state & STATES_LISTENING) &&
	    address_is_wildcard(address))
		return true;
	return is_source(answer->id.source, address);
}

bool group_key_is_equal(const struct group_key *a, const struct group_key *b)
{
	return a->interface == b->interface &&
	       a->is_ipv6_only == b->is_ipv6_only;
}

int group_key_of(struct group_key *key, int fd)
{
	int interface = sockopt_interface(fd);

	if (interface < 0)
		return -1;
	*key = (struct group_key){(uint32_t)interface,
				  sockopt_is_ipv6_only(fd)};
	return 0;
}

static bool is_ipv6_only(const char *at, size_t left)
{
	struct attribute attribute;
	size_t step;

	for (; left >= sizeof(attribute); at += step, left -= step) {
		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.length < sizeof(attribute) ||
		    attribute.length > left)
			break;
		if (attribute.type == ATTRIBUTE_IPV6_ONLY)
			return attribute.length > sizeof(attribute) &&
			       at[sizeof(attribute)] != 0;
		step = (attribute.length + 3u) & ~(size_t)3;
		if (step > left)
			break;
	}
	return false;
}

/* Behind it in the message are its attributes. */
static struct group_member member_of(const struct answer *answer,
				     const char *message)
{
	return (struct group_member){
		.inode = answer->inode,
		.uid = (uid_t)answer->uid,
		.queue = answer->receive_queue,
		.key = {.interface = answer->id.interface,
			.is_ipv6_only = is_ipv6_only(message + sizeof(*answer),
						     answer->head.length -
							     sizeof(*answer))},
	};
}

static void visit(const struct listing *listing, const struct answer *answer,
		  const char *message)
{
	struct group_listener listener = {
		.kind = answer->family == AF_INET ? ADDRESS_IPV4 : ADDRESS_IPV6,
		.port = ntohs(answer->id.source_port),
		.member = member_of(answer, message),
	};

	memcpy(listener.source, answer->id.source, sizeof(listener.source));
	listing->visit(listing->context, &listener);
}

/* A message that is long enough. */
static void take(struct listing *listing, const char *message)
{
	struct answer answer;

	memcpy(&answer, message, sizeof(answer));
	if (listing->visit) {
		visit(listing, &answer, message);
		return;
	}
	if (!is_of_address(&answer, listing->address))
		return;
	if (!listing->members) {
		listing->count++;
		return;
	}
	if (listing->count == GROUP_MEMBERS_MAX)
		return;
	listing->members[listing->count++] = member_of(&answer, message);
}

/* -1: the dump failed; its errno is in the message. */
static int fail(const struct message *head)
{
	int number = -EPROTO;

	if (head->length >= sizeof(*head) + sizeof(number))
		memcpy(&number, (const char *)head + sizeof(*head),
		       sizeof(number));
	errno = number < 0 ? -number : EPROTO;
	return -1;
}

/* What one datagram says: 1: the list has ended; 0: there is more; -1. */
static int take_datagram(struct listing *listing, const char *at, size_t left)
{
	struct message head;
	size_t step;

	for (; left >= sizeof(head); at += step, left -= step) {
		memcpy(&head, at, sizeof(head));
		if (head.length < sizeof(head) || head.length > left)
			break;
		if (head.type == MESSAGE_DONE)
			return 1;
		if (head.type == MESSAGE_ERROR)
			return fail((const struct message *)(const void *)at);
		if (head.length >= sizeof(struct answer))
			take(listing, at);
		step = (head.length + 3u) & ~(size_t)3;
		if (step > left)
			break;
	}
	return 0;
}

/* The kernel answers while it is asked: nothing here waits. */
static int receive(int fd, struct listing *listing)
{
	_Alignas(struct answer) char bytes[ANSWER_BYTES];
	ssize_t size;
	int status;

	do {
		size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (size < 0 && errno == EINTR) {
			status = 0;
			continue;
		}
		if (size < 0)
			return -1;
		status = take_datagram(listing, bytes, (size_t)size);
	} while (status == 0);
	return status < 0 ? -1 : listing->count;
}

static int list(struct listing *listing, const struct wanted *wanted)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			SOCK_DIAG_PROTOCOL);
	int count = -1, number;

	if (fd < 0)
		return -1;
	if (ask(fd, wanted) == 0)
		count = receive(fd, listing);
	number = errno;
	close(fd);
	errno = number;
	return count;
}

static int list_address(struct listing *listing, uint32_t states)
{
	const struct wanted wanted = {
		.family = (uint8_t)listing->address->socket.generic.sa_family,
		.port = address_port(listing->address),
		.states = states,
	};

	return list(listing, &wanted);
}

static void reverse(struct group_member *members, int count)
{
	struct group_member member;
	int i;

	for (i = 0; i < count / 2; i++) {
		member = members[i];
		members[i] = members[count - 1 - i];
		members[count - 1 - i] = member;
	}
}

int group_members_list(const struct address *address,
		       struct group_member members[GROUP_MEMBERS_MAX])
{
	struct listing listing = {.address = address, .members = members};
	int count = list_address(&listing, STATES_LISTENING);

	/* The kernel has the newest first, of IPv6 the oldest. */
	if (address->kind == ADDRESS_IPV4)
		reverse(members, count);
	return count;
}

int group_members_visit(enum address_kind kind,
			void (*visit_each)(void *,
					   const struct group_listener *),
			void *context)
{
	struct listing listing = {.visit = visit_each, .context = context};
	const struct wanted wanted = {
		.family = kind == ADDRESS_IPV4 ? AF_INET : AF_INET6,
		.states = STATES_LISTENING,
	};

	return list(&listing, &wanted);
}

int group_members_half_open(const struct address *address)
{
	struct listing listing = {.address = address};

	return list_address(&listing, STATES_HALF_OPEN);
}
