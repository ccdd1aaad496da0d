/* SPDX-License-Identifier: MIT */
/* time.c - RFC 868: the seconds since 1900 in 32 bits, big-endian, then the
 * end.
 *
 * The number wraps on 7 February 2036, when 32 bits are full; the RFC has no
 * answer to that, and clients take the nearest moment that fits. */
#include <time.h>

#include "protocols/protocols.h"

#define SECONDS_1900_TO_1970 2208988800U /* RFC 868 */

static void time_made(struct cohort_transport *t, void *session)
{
	uint32_t seconds = (uint32_t)time(NULL) + SECONDS_1900_TO_1970;
	const unsigned char bytes[] = {
		(unsigned char)(seconds >> 24),
		(unsigned char)(seconds >> 16),
		(unsigned char)(seconds >> 8),
		(unsigned char)seconds,
	};

	(void)session;
	cohort_write(t, bytes, sizeof(bytes));
	cohort_close(t);
}

const struct cohort_protocol protocol_time = {
	.name = "time",
	.connection_made = time_made,
};
