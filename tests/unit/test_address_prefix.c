/* SPDX-License-Identifier: MIT */
/* test_address_prefix.c - which addresses are in a prefix. */
#include "net/address_prefix.h"

#include <arpa/inet.h>
#include <string.h>

#include "check.h"

static const struct {
	const char *prefix;
	uint8_t bits;
	const char *address;
	bool is_in;
} rows[] = {
	{"10.0.0.0", 8, "10.255.3.4:1", true},
	{"10.0.0.0", 8, "11.0.0.0:1", false},
	{"10.1.2.3", 32, "10.1.2.3:65535", true},
	{"10.1.2.3", 32, "10.1.2.2:65535", false},
	{"10.1.2.0", 23, "10.1.3.255:1", true},
	{"10.1.2.0", 23, "10.1.4.0:1", false},
	{"10.1.2.128", 25, "10.1.2.127:1", false},
	{"0.0.0.0", 0, "255.1.1.1:1", true},
	{"0.0.0.0", 0, "[::1]:1", false},
	{"0.0.0.0", 0, "[::ffff:1.2.3.4]:1", true},
	{"1.2.3.0", 24, "[::ffff:1.2.3.4]:1", true},
	{"1.2.4.0", 24, "[::ffff:1.2.3.4]:1", false},
	{"::ffff:1.2.3.0", 120, "[::ffff:1.2.3.4]:1", true},
	{"::", 0, "[2001:db8::1]:1", true},
	{"::", 0, "1.2.3.4:1", false},
	{"2001:db8::", 32, "[2001:db8:ffff::1]:1", true},
	{"2001:db8::", 33, "[2001:db8:8000::1]:1", false},
	{"2001:db8::1", 128, "[2001:db8::1]:1", true},
	{"2001:db8::1", 128, "[2001:db8::2]:1", false},
	{"0.0.0.0", 0, "unix:/x", false},
	{"::", 0, "unix:/x", false},
};

static struct address_prefix prefix_of(const char *text, uint8_t bits)
{
	struct address_prefix prefix = {.bits = bits};

	prefix.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	CHECK(inet_pton(prefix.family, text, prefix.bytes) == 1);
	return prefix;
}

int main(void)
{
	struct address_prefix prefix;
	struct address address;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prefix = prefix_of(rows[i].prefix, rows[i].bits);
		CHECK(address_parse(&address, rows[i].address, &error) == 0);
		CHECK(address_prefix_is_sound(&prefix));
		check_int(address_prefix_holds(&prefix, &address),
			  rows[i].is_in);
		if (address_prefix_holds(&prefix, &address) != rows[i].is_in)
			printf("  (row %zu)\n", i);
	}
	prefix.bits = 129;
	CHECK(!address_prefix_is_sound(&prefix));
	prefix.family = AF_INET;
	prefix.bits = 33;
	CHECK(!address_prefix_is_sound(&prefix));
	prefix.family = AF_UNIX;
	prefix.bits = 0;
	CHECK(!address_prefix_is_sound(&prefix));
	return check_result();
}
