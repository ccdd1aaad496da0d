/* SPDX-License-Identifier: MIT */
/* test_listener.c - listening sockets over TCP and fd:N. */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

/* As the directives' defaults have it. */
static const struct sockopt_settings settings = {
	.reuse_address = true,
	.reuse_port = true,
	.ipv6_only = true,
	.nodelay = true,
	.backlog = 16,
	SOCKOPT_REST_KERNEL,
};
static const struct sockopt_owner nobody = {.cpu = -1};

static struct address parsed(const char *word)
{
	struct address address;
	struct error error;

	CHECK(address_parse(&address, word, &error) == 0);
	return address;
}

static int bound(const struct address *address, struct error *error)
{
	return listener_bind(address, &settings, NULL, &nobody, error);
}

/* A listener on a free port of 127.0.0.1; the address gets the port. */
static int listening(struct address *address)
{
	struct error error;
	int fd;

	*address = parsed("127.0.0.1:0");
	fd = bound(address, &error);
	CHECK(fd >= 0);
	CHECK(address_of_socket(address, fd) == 0);
	CHECK(listener_listen(fd, settings.backlog, &error) == 0);
	return fd;
}

/* A connected client, or -1 with errno. */
static int client_of(const struct address *address)
{
	int number;
	int fd = socket(address->socket.generic.sa_family, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	if (connect(fd, &address->socket.generic, address->length) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

static void test_two_steps(void)
{
	struct address address = parsed("127.0.0.1:0");
	struct error error;
	int client, fd = bound(&address, &error);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(!sockopt_is_listening(fd));
	CHECK(address_of_socket(&address, fd) == 0);
	CHECK(client_of(&address) == -1);
	check_int(errno, ECONNREFUSED);

	CHECK(listener_listen(fd, 16, &error) == 0);
	CHECK(sockopt_is_listening(fd));
	client = client_of(&address);
	CHECK(client >= 0);
	/* A new backlog costs nobody anything. */
	CHECK(listener_listen(fd, 32, &error) == 0);
	check_int(close(client), 0);
	close(fd);
}

static void test_group(void)
{
	struct sockopt_settings alone = settings;
	struct address address;
	struct error error;
	int first = listening(&address);
	int second = bound(&address, &error);

	CHECK(second >= 0);
	CHECK(listener_listen(second, 16, &error) == 0);
	alone.reuse_port = false;
	check_int(listener_bind(&address, &alone, NULL, &nobody, &error), -1);
	check_int(error.number, EADDRINUSE);
	CHECK(strstr(error.text, "127.0.0.1:"));
	close(first);
	close(second);
}

/* The bank's promise (kernel.md 2): who waits survives the listener of the
 * worker as long as a duplicate is held. */
static void test_duplicate_keeps_queue(void)
{
	struct address address;
	char byte = 0;
	int fd = listening(&address);
	int bank = dup(fd);
	int client = client_of(&address);
	int served;

	check_int((int)write(client, "q", 1), 1);
	close(fd);
	served = accept(bank, NULL, NULL);
	CHECK(served >= 0);
	CHECK(fcntl(served, F_SETFL, 0) == 0);
	check_int((int)read(served, &byte, 1), 1);
	check_int(byte, 'q');
	close(served);
	close(client);
	close(bank);
}

static void test_probe(void)
{
	struct address address;
	struct error error;
	char byte;
	int fd = listening(&address);
	int client = client_of(&address);
	int served = accept(fd, NULL, NULL);

	check_int(listener_probe(&address, &settings, &error), -1);
	check_int(error.number, EADDRINUSE);

	/* Living connections and those in TIME_WAIT do not count. */
	close(fd);
	CHECK(listener_probe(&address, &settings, &error) == 0);
	close(served);
	check_int((int)read(client, &byte, 1), 0);
	close(client);
	CHECK(listener_probe(&address, &settings, &error) == 0);
}

static void test_refusals(void)
{
	struct address address = parsed("192.0.2.1:0");
	struct error error;

	check_int(bound(&address, &error), -1);
	check_int(error.number, EADDRNOTAVAIL);
	CHECK(strstr(error.text, "192.0.2.1:0"));
	check_int(listener_probe(&address, &settings, &error), -1);
	check_int(error.number, EADDRNOTAVAIL);

	/* A family that no kernel has. */
	address.socket.generic.sa_family = 255;
	check_int(bound(&address, &error), -1);
	check_int(error.number, EAFNOSUPPORT);
}

static void reserve_with(bool reuse_port)
{
	struct sockopt_settings own = settings;
	struct address address = parsed("127.0.0.1:0");
	struct error error;
	int reservation, fd, client;

	own.reuse_port = reuse_port;
	reservation = listener_reserve(&address, &own, &error);
	CHECK(reservation >= 0);
	CHECK(address_port(&address) != 0);
	CHECK(client_of(&address) == -1);

	fd = listener_bind(&address, &own, NULL, &nobody, &error);
	CHECK(fd >= 0);
	CHECK(listener_listen(fd, 16, &error) == 0);
	close(reservation);
	client = client_of(&address);
	CHECK(client >= 0);
	close(client);
	close(fd);
}

static void test_descriptor(void)
{
	struct address address, named = {.kind = ADDRESS_DESCRIPTOR};
	struct error error;
	int client, served, taken, fd = listening(&address);

	CHECK(fcntl(fd, F_SETFL, 0) == 0);
	named.descriptor = fd;
	CHECK(listener_probe(&named, &settings, &error) == 0);
	taken = bound(&named, &error);
	CHECK(taken >= 0 && taken != fd);
	CHECK(fcntl(taken, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(taken, F_GETFL) & O_NONBLOCK);
	close(fd);
	CHECK(listener_listen(taken, 16, &error) == 0);
	client = client_of(&address);
	served = accept(taken, NULL, NULL);
	CHECK(client >= 0 && served >= 0);

	named.descriptor = served;
	check_int(bound(&named, &error), -1);
	check_int(error.number, EISCONN);
	close(served);
	check_int(bound(&named, &error), -1);
	check_int(error.number, EBADF);
	close(client);
	close(taken);
}

static void test_descriptor_family6(void)
{
	struct address address = parsed("[::1]:0");
	struct address named = {.kind = ADDRESS_DESCRIPTOR};
	struct error error;
	int taken, fd = bound(&address, &error);

	if (fd < 0) {
		CHECK(error.number == EAFNOSUPPORT ||
		      error.number == EADDRNOTAVAIL);
		return;
	}
	named.descriptor = fd;
	taken = bound(&named, &error);
	CHECK(taken >= 0);
	CHECK(listener_listen(taken, 16, &error) == 0);
	close(taken);
	close(fd);
}

static void test_wrong_descriptors(void)
{
	static const struct {
		int family;
		int type;
		int number;
	} rows[] = {
		{AF_INET, SOCK_DGRAM, EPROTOTYPE},
		{AF_UNIX, SOCK_SEQPACKET, EPROTOTYPE},
		{AF_INET, SOCK_STREAM, EINVAL}, /* not bound */
		{AF_UNIX, SOCK_STREAM, EINVAL},
	};
	struct address named = {.kind = ADDRESS_DESCRIPTOR};
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		named.descriptor = socket(rows[i].family, rows[i].type, 0);
		check_int(bound(&named, &error), -1);
		check_int(error.number, rows[i].number);
		close(named.descriptor);
	}
	named.descriptor = open("/dev/null", O_RDONLY);
	check_int(bound(&named, &error), -1);
	check_int(error.number, ENOTSOCK);
	close(named.descriptor);
}

int main(void)
{
	test_two_steps();
	test_group();
	test_duplicate_keeps_queue();
	test_probe();
	test_refusals();
	reserve_with(true);
	reserve_with(false);
	test_descriptor();
	test_descriptor_family6();
	test_wrong_descriptors();
	return check_result();
}
