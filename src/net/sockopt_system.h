/* SPDX-License-Identifier: MIT */
/* sockopt_system.h - what the administrator's sysctl allows a socket. */
#ifndef COHORT_NET_SOCKOPT_SYSTEM_H
#define COHORT_NET_SOCKOPT_SYSTEM_H

#include <stdint.h>

#define SOCKOPT_SYSTEM_TEXT 256

/* The value of the sysctl `name` ("net.core.rmem_max") without its newline,
 * read from /proc/sys; "" if it cannot be read, as in some containers.
 * Returns `out`, of SOCKOPT_SYSTEM_TEXT bytes. */
char *sockopt_read_system(char *out, const char *name);

/* net.ipv4.tcp_notsent_lowat: so many bytes of a socket wait to be sent; none
 * more than UINT64_MAX if it cannot be read. */
uint64_t sockopt_system_unsent(void);

#endif
