/* SPDX-License-Identifier: MIT */
/* main.c - the server with the protocols that come with it. */
#include "protocols/protocols.h"

int main(int argc, char **argv)
{
	static const struct cohort_protocol *const protocols[] = {
		&protocol_echo,    /* first: the default */
		&protocol_line,    /* echo, line by line */
		&protocol_discard, /* reads and says nothing */
		&protocol_chargen, /* speaks without end */
		&protocol_qotd,    /* a quote */
		&protocol_daytime, /* what time it is, in words */
		&protocol_time,    /* … in 32 bits */
		&protocol_whoami,  /* what is known of the client */
		&protocol_proxy,   /* forwards to others */
		NULL,
	};

	return cohort_main_with(argc, argv, protocols);
}
