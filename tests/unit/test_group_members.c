/* SPDX-License-Identifier: MIT */
/* test_group_members.c - who listens, by the kernel's list. */
#include "net/group_members.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define COUNT 300 /* more than one datagram of the kernel's holds */

static struct address parsed(const char *word)
{
	struct address address;
	struct error error;

	CHECK(address_parse(&address, word, &error) == 0);
	return address;
}

/* One more on the address, whose port is picked if it has none. */
static int joined(struct address *address)
{
	int one = 1;
	int fd = socket(address->socket.generic.sa_family, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0);
	CHECK(bind(fd, &address->socket.generic, address->length) == 0);
	CHECK(listen(fd, 8) == 0);
	CHECK(address_of_socket(address, fd) == 0);
	return fd;
}

static bool is_listed(const struct group_member *members, int count, int fd)
{
	struct stat status;
	int i;

	CHECK(fstat(fd, &status) == 0);
	for (i = 0; i < count; i++)
		if (members[i].inode == status.st_ino)
			return members[i].uid == status.st_uid;
	return false;
}

static void test_members_come_and_go(const char *word)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed(word);
	int fds[COUNT], i, count;

	for (i = 0; i < COUNT; i++)
		fds[i] = joined(&address);
	count = group_members_list(&address, members);
	check_int(count, COUNT);
	for (i = 0; i < COUNT; i++)
		CHECK(is_listed(members + i, 1, fds[i])); /* in that order */
	for (i = 1; i < COUNT; i++)
		close(fds[i]);
	CHECK(shutdown(fds[0], SHUT_RDWR) == 0);
	check_int(group_members_list(&address, members), 0);
	close(fds[0]);
}

static void test_another_address_is_another_group(void)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed("127.0.0.1:0"), other, any;
	int here = joined(&address), there, everywhere;

	other = parsed("127.0.0.2:0");
	any = parsed("*:0");
	address_set_port(&other, address_port(&address));
	address_set_port(&any, address_port(&address));
	there = joined(&other);
	everywhere = joined(&any);
	check_int(group_members_list(&address, members), 1);
	CHECK(is_listed(members, 1, here));
	check_int(group_members_list(&other, members), 1);
	CHECK(is_listed(members, 1, there));
	check_int(group_members_list(&any, members), 1);
	CHECK(is_listed(members, 1, everywhere));
	close(here);
	close(there);
	close(everywhere);
}

/* Of one address and owner, in groups of their own. */
static void test_a_key_is_told(void)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed("[::]:0");
	int is_on = 1, is_off = 0, one = 1, i, count, fds[2];
	struct group_key key;

	for (i = 0; i < 2; i++) {
		fds[i] = socket(AF_INET6, SOCK_STREAM, 0);
		CHECK(setsockopt(fds[i], IPPROTO_IPV6, IPV6_V6ONLY,
				 i == 0 ? &is_on : &is_off,
				 sizeof(is_on)) == 0);
		CHECK(setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &one,
				 sizeof(one)) == 0);
		CHECK(bind(fds[i], &address.socket.generic, address.length) ==
		      0);
		CHECK(listen(fds[i], 8) == 0);
		CHECK(address_of_socket(&address, fds[i]) == 0);
	}
	count = group_members_list(&address, members);
	check_int(count, 2);
	for (i = 0; i < count; i++) {
		CHECK(is_listed(members + i, 1, fds[i]));
		check_int(members[i].key.is_ipv6_only, i == 0);
		check_int((int)members[i].key.interface, 0);
		CHECK(group_key_of(&key, fds[i]) == 0);
		CHECK(group_key_is_equal(&key, &members[i].key));
	}
	CHECK(!group_key_is_equal(&members[0].key, &members[1].key));
	for (i = 0; i < 2; i++)
		close(fds[i]);
}

static void test_an_interface_is_told(void)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed("127.0.0.1:0");
	int fd = joined(&address);
	struct group_key key;

	/* Since 5.7 anybody may. */
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0) {
		check_int(group_members_list(&address, members), 1);
		CHECK(members[0].key.interface != 0);
		CHECK(group_key_of(&key, fd) == 0);
		CHECK(group_key_is_equal(&key, &members[0].key));
	}
	close(fd);
}

struct visitor {
	const struct address *addresses; /* 2 of them */
	uint64_t inodes[2][COUNT];
	int counts[2];
};

static void note(void *context, const struct group_listener *listener)
{
	struct visitor *visitor = context;
	int i;

	for (i = 0; i < 2; i++)
		if (group_listener_is_of(listener, &visitor->addresses[i]) &&
		    visitor->counts[i] < COUNT)
			visitor->inodes[i][visitor->counts[i]++] =
				listener->member.inode;
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	CHECK(fstat(fd, &status) == 0);
	return status.st_ino;
}

/* All groups of a family in one walk, each in its order. */
static void test_all_are_visited(const char *word, enum address_kind kind,
				 enum address_kind other)
{
	struct address addresses[2] = {parsed(word), parsed(word)};
	static struct visitor visitor;
	int fds[2][COUNT], i, at;

	visitor = (struct visitor){.addresses = addresses};
	for (i = 0; i < COUNT; i++) {
		fds[0][i] = joined(&addresses[0]);
		fds[1][i] = joined(&addresses[1]);
	}
	check_int(group_members_visit(other, note, &visitor), 0);
	check_int(visitor.counts[0] + visitor.counts[1], 0);
	check_int(group_members_visit(kind, note, &visitor), 0);
	check_int(visitor.counts[0], COUNT);
	check_int(visitor.counts[1], COUNT);
	for (i = 0; i < COUNT; i++) {
		at = kind == ADDRESS_IPV4 ? COUNT - 1 - i : i;
		CHECK(visitor.inodes[0][at] == inode_of(fds[0][i]));
		CHECK(visitor.inodes[1][at] == inode_of(fds[1][i]));
	}
	for (i = 0; i < COUNT; i++) {
		close(fds[0][i]);
		close(fds[1][i]);
	}
}

static void test_the_queue_is_told(void)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed("127.0.0.1:0");
	int fd = joined(&address);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(client, &address.socket.generic, address.length) == 0);
	check_int(group_members_list(&address, members), 1);
	check_int((int)members[0].queue, 1);
	close(client);
	close(fd);
}

/* The client has its answer; the server waits for its first byte. */
static void test_handshakes_under_way_are_counted(void)
{
	static struct group_member members[GROUP_MEMBERS_MAX];
	struct address address = parsed("127.0.0.1:0"), any = parsed("*:0");
	int seconds = 10, fd = joined(&address);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
			 sizeof(seconds)) == 0);
	address_set_port(&any, address_port(&address));
	check_int(group_members_half_open(&address), 0);
	CHECK(connect(client, &address.socket.generic, address.length) == 0);
	check_int(group_members_half_open(&address), 1);
	check_int(group_members_half_open(&any), 1);
	check_int(group_members_list(&address, members), 1);
	CHECK(send(client, "x", 1, 0) == 1);
	check_int(group_members_half_open(&address), 0);
	close(client);
	close(fd);
}

int main(void)
{
	test_members_come_and_go("127.0.0.1:0");
	test_members_come_and_go("[::1]:0");
	test_another_address_is_another_group();
	test_all_are_visited("127.0.0.1:0", ADDRESS_IPV4, ADDRESS_IPV6);
	test_all_are_visited("[::1]:0", ADDRESS_IPV6, ADDRESS_IPV4);
	test_a_key_is_told();
	test_an_interface_is_told();
	test_the_queue_is_told();
	test_handshakes_under_way_are_counted();
	return check_result();
}
