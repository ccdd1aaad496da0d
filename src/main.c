/* SPDX-License-Identifier: MIT */
/* main.c - the server with the protocols that come with it. */
#include "protocols/protocols.h"

int main(int argc, char **argv)
{
	static const struct cohort_protocol *const protocols[] = {
		&protocol_echo, &protocol_whoami,
		&protocol_line, &protocol_discard,
		&protocol_echo,
		&protocol_discard,
		&protocol_daytime,
		&protocol_time,
		NULL,
	};

	return cohort_main_with(argc, argv, protocols);
}
