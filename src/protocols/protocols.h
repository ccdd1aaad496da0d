/* SPDX-License-Identifier: MIT */
/* protocols.h - the protocols that come with the server, one file each
 * (proxy_*.c are one),
 * written on cohort.h alone. */
#ifndef COHORT_PROTOCOLS_H
#define COHORT_PROTOCOLS_H

#include "cohort.h"

extern const struct cohort_protocol protocol_echo;    /* RFC 862 */
extern const struct cohort_protocol protocol_whoami;  /* who is connected */
extern const struct cohort_protocol protocol_line;    /* echo by lines */
extern const struct cohort_protocol protocol_discard; /* RFC 863 */
extern const struct cohort_protocol protocol_chargen; /* RFC 864 */
extern const struct cohort_protocol protocol_qotd;    /* RFC 865 */
extern const struct cohort_protocol protocol_daytime; /* RFC 867 */
extern const struct cohort_protocol protocol_time;    /* RFC 868 */
extern const struct cohort_protocol protocol_proxy;   /* a TCP forwarder */

#endif
