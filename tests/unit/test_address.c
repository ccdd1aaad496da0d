/* SPDX-License-Identifier: MIT */
/* test_address.c - addresses: as written, as the kernel has them, and back. */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define PATH_107                                                               \
	"/123456789012345678901234567890123456789012345678901234567890"        \
	"1234567890123456789012345678901234567890123456"

/* A word, and the canonical text of what it stands for. */
static const struct {
	const char *word;
	const char *text;
} good_words[] = {
	{"127.0.0.1:80", "127.0.0.1:80"},
	{"127.0.0.1:0", "127.0.0.1:0"},
	{"127.0.0.1:65535", "127.0.0.1:65535"},
	{"*:80", "0.0.0.0:80"},
	{"[::1]:80", "[::1]:80"},
	{"[::]:0", "[::]:0"},
	{"[0:0:0:0:0:0:0:1]:8", "[::1]:8"},
	{"[2001:DB8::00ff]:1", "[2001:db8::ff]:1"},
	{"[::ffff:1.2.3.4]:80", "[::ffff:1.2.3.4]:80"},
	{"[fe80::1%lo]:80", "[fe80::1%lo]:80"},
	{"[fe80::1%1]:80", "[fe80::1%lo]:80"},
	{"[fe80::1%999999]:80", "[fe80::1%999999]:80"},
	{"unix:/run/a b", "unix:/run/a b"},
	{"unix:@name", "unix:@name"},
	{"unix:" PATH_107, "unix:" PATH_107},
	{"fd:0", "fd:0"},
	{"fd:17", "fd:17"},
	{"systemd:web", "systemd:web"},
	{"systemd:a b/c+d:2", "systemd:a b/c+d:2"},
};

/* An ill word, and what its message must say. */
static const struct {
	const char *word;
	const char *says;
} bad_words[] = {
	{"", "no port"},
	{"127.0.0.1", "no port"},
	{"127.0.0.1:", "'' in 127.0.0.1:"},
	{"127.0.0.1:65536", "0 to 65535"},
	{"127.0.0.1:-1", "'-1'"},
	{"127.0.0.1:+1", "'+1'"},
	{"127.0.0.1: 1", "' 1'"},
	{"127.0.0.1:80x", "'80x'"},
	{"127.0.0.1:http", "'http'"},
	{"127.0.0.1:99999999999999999999", "is not a port"},
	{"256.0.0.1:80", "not an IPv4 address"},
	{"1.2.3:80", "not an IPv4 address"},
	{"0x7f000001:80", "not an IPv4 address"},
	{"::1:80", "in brackets"},
	{"[::1]", "port"},
	{"[::1:80", "in brackets"},
	{"[127.0.0.1]:80", "not an IPv6 address"},
	{"[]:80", "not an IPv6 address"},
	{"[fe80::1]:80", "[fe80::1%eth0]:80"},
	{"[fe80::1%nolink]:80", "'nolink' is not an interface"},
	{"[fe80::1%0]:80", "is not an interface"},
	{"[::1%lo]:80", "only a link-local"},
	{"unix:", "neither"},
	{"unix:relative", "neither"},
	{"unix:@", "no name"},
	{"unix:" PATH_107 "8", "at most 107 bytes; this one has 108"},
	{"systemd:", "is neither systemd:NAME"},
	{"systemd::2", "is neither systemd:NAME"},
	{"systemd:web:0", "is neither systemd:NAME"},
	{"systemd:web:1:2", "is neither systemd:NAME"},
	{"systemd:w\tb", "is neither systemd:NAME"},
	{"fd:", "not the number"},
	{"fd:-1", "not the number"},
	{"fd:2147483648", "not the number"},
	{"fd:stdin", "not the number"},
};

static struct address parsed(const char *word)
{
	struct address address;
	struct error error;

	if (address_parse(&address, word, &error) < 0)
		printf("%s: %s\n", word, error.text);
	CHECK(address_parse(&address, word, &error) == 0);
	return address;
}

static void good_words_are_read_and_printed_canonically(void)
{
	struct address address, again;
	char text[ADDRESS_TEXT];
	size_t i;

	for (i = 0; i < sizeof(good_words) / sizeof(good_words[0]); i++) {
		address = parsed(good_words[i].word);
		check_string(address_format(text, &address),
			     good_words[i].text);
		again = parsed(text);
		CHECK(address_is_equal(&address, &again));
	}
}

static void check_complaint(const char *word, const struct error *error,
			    const char *says)
{
	if (!strstr(error->text, says))
		printf("'%s': %s (should say: %s)\n", word, error->text, says);
	CHECK(strstr(error->text, says) != NULL);
}

static void ill_words_are_refused_with_words(void)
{
	struct address address;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(bad_words) / sizeof(bad_words[0]); i++) {
		check_int(address_parse(&address, bad_words[i].word, &error),
			  -1);
		check_complaint(bad_words[i].word, &error, bad_words[i].says);
		check_int(
			address_resolve(&address, 1, bad_words[i].word, &error),
			-1);
		check_complaint(bad_words[i].word, &error, bad_words[i].says);
	}
}

static void names_are_for_the_resolver_only(void)
{
	struct address address;
	struct error error;

	check_int(address_parse(&address, "localhost:80", &error), -1);
	check_complaint("localhost:80", &error, "is a name");
	check_int(address_parse(&address, ":80", &error), -1);
	check_complaint(":80", &error, "two addresses");
}

static void a_port_alone_is_both_families(void)
{
	struct address addresses[2];
	struct error error;
	char text[ADDRESS_TEXT];

	check_int(address_resolve(addresses, 2, ":80", &error), 2);
	check_string(address_format(text, &addresses[0]), "[::]:80");
	check_string(address_format(text, &addresses[1]), "0.0.0.0:80");
	check_int(address_resolve(addresses, 1, ":80", &error), -1);
	check_complaint(":80", &error, "more than 1 addresses");
}

static void what_is_numeric_resolves_to_itself(void)
{
	struct address address, resolved;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(good_words) / sizeof(good_words[0]); i++) {
		address = parsed(good_words[i].word);
		check_int(address_resolve(&resolved, 1, good_words[i].word,
					  &error),
			  1);
		CHECK(address_is_equal(&address, &resolved));
	}
}

static void a_name_resolves_to_all_its_addresses_once(void)
{
	struct address addresses[16];
	struct address loopback = parsed("127.0.0.1:8080");
	struct error error;
	int i, j, found = 0;
	int count = address_resolve(addresses, 16, "localhost:8080", &error);

	CHECK(count >= 1);
	for (i = 0; i < count; i++) {
		found += address_is_equal(&addresses[i], &loopback);
		check_int(address_port(&addresses[i]), 8080);
		for (j = 0; j < i; j++)
			CHECK(!address_is_equal(&addresses[i], &addresses[j]));
	}
	check_int(found, 1);
}

static void what_cannot_be_resolved_is_said_clearly(void)
{
	struct address address;
	struct error error;

	check_int(address_resolve(&address, 1, "nowhere.invalid:80", &error),
		  -1);
	check_complaint("nowhere.invalid:80", &error,
			"cannot resolve host nowhere.invalid: ");
	CHECK(strstr(error.text, "; ") != NULL);
	check_int(address_resolve(&address, 1, "a b:80", &error), -1);
	check_complaint("a b:80", &error, "'a b' is not the name of a host");
	check_int(address_resolve(&address, 1, "-x:80", &error), -1);
	check_complaint("-x:80", &error, "is not the name of a host");
}

static void a_host_that_is_too_long_is_refused(void)
{
	struct address address;
	struct error error;
	char word[400];

	memset(word, 'a', sizeof(word));
	memcpy(word + 300, ":80", 4);
	check_int(address_resolve(&address, 1, word, &error), -1);
	check_complaint("aaa…", &error, "too long");
}

static void different_addresses_differ(void)
{
	static const char *const words[] = {
		"127.0.0.1:80",   "127.0.0.1:81",
		"127.0.0.2:80",   "[::1]:80",
		"[::1]:81",       "[::2]:80",
		"[fe80::1%1]:80", "[fe80::1%77]:80",
		"unix:/a",        "unix:/ab",
		"unix:@a",        "fd:3",
		"fd:4",           "[::]:80",
		"*:80",           "[::ffff:1.2.3.4]:80"};
	struct address a, b;
	size_t i, j, count = sizeof(words) / sizeof(words[0]);

	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			a = parsed(words[i]);
			b = parsed(words[j]);
			check_int(address_is_equal(&a, &b), i == j);
		}
	}
}

static void ports_can_be_read_and_set(void)
{
	struct address address = parsed("[::1]:0");
	char text[ADDRESS_TEXT];

	address_set_port(&address, 4711);
	check_string(address_format(text, &address), "[::1]:4711");
	address = parsed("unix:/a");
	address_set_port(&address, 4711);
	check_int(address_port(&address), 0);
	check_string(address_format(text, &address), "unix:/a");
}

/* Bind what is written, ask the kernel, and get the same back. */
static void wildcards_are_known(void)
{
	static const struct {
		const char *word;
		bool is_wildcard;
	} rows[] = {
		{"*:80", true},        {"[::]:0", true},
		{"0.0.0.0:0", true},   {"127.0.0.1:80", false},
		{"[::1]:80", false},   {"unix:/nowhere", false},
		{"unix:@name", false}, {"fd:3", false},
	};
	struct address address;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_int(address_parse(&address, rows[i].word, &error), 0);
		check_int(address_is_wildcard(&address), rows[i].is_wildcard);
	}
}

static void the_kernel_has_what_was_written(const char *word)
{
	struct address address = parsed(word), bound;
	int fd = socket(address.socket.generic.sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		return; /* this machine lacks the family */
	if (bind(fd, &address.socket.generic, address.length) == 0) {
		CHECK(address_of_socket(&bound, fd) == 0);
		address_set_port(&address, address_port(&bound));
		CHECK(address_is_equal(&address, &bound));
	} else {
		CHECK(errno == EADDRNOTAVAIL);
	}
	close(fd);
}

static void sockets_without_a_name_or_of_no_stream(void)
{
	struct address address;
	char text[ADDRESS_TEXT];
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(address_of_peer(&address, pair[0]) == 0);
	check_string(address_format(text, &address), "unix:");
	close(pair[0]);
	close(pair[1]);
	check_int(address_of_socket(&address, pair[0]), -1);
	check_int(errno, EBADF);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	check_int(address_of_peer(&address, pair[0]), -1);
	check_int(errno, ENOTCONN);
	close(pair[0]);
}

static void a_protocol_sees_family_port_bytes_and_text(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct cohort_address published;

	address_publish(&address, &published);
	check_int(published.family, COHORT_FAMILY_IPV4);
	check_int(published.port, 80);
	CHECK(memcmp(published.bytes, "\x7f\0\0\1\0\0\0\0", 8) == 0);
	check_string(published.text, "127.0.0.1:80");
	address = parsed("[::1]:81");
	address_publish(&address, &published);
	check_int(published.family, COHORT_FAMILY_IPV6);
	check_int(published.port, 81);
	check_int(published.bytes[15], 1);
	check_string(published.text, "[::1]:81");
	address = parsed("unix:@x");
	address_publish(&address, &published);
	check_int(published.family, COHORT_FAMILY_UNIX);
	check_string(published.text, "unix:@x");
}

int main(void)
{
	wildcards_are_known();
	good_words_are_read_and_printed_canonically();
	ill_words_are_refused_with_words();
	names_are_for_the_resolver_only();
	a_port_alone_is_both_families();
	what_is_numeric_resolves_to_itself();
	a_name_resolves_to_all_its_addresses_once();
	what_cannot_be_resolved_is_said_clearly();
	a_host_that_is_too_long_is_refused();
	different_addresses_differ();
	ports_can_be_read_and_set();
	the_kernel_has_what_was_written("127.0.0.1:0");
	the_kernel_has_what_was_written("[::1]:0");
	the_kernel_has_what_was_written("unix:@cohort-test-address");
	sockets_without_a_name_or_of_no_stream();
	a_protocol_sees_family_port_bytes_and_text();
	return check_result();
}
