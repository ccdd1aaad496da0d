/* SPDX-License-Identifier: MIT */
/* daytime.c - RFC 867: the time of day as text, then the end.
 *
 * The RFC leaves the form open; this is inetd's: `Sat Nov 21 14:24:11 2026`
 * and CR LF, in the system's time zone (UTC in a chroot without
 * /etc/localtime, unless TZ says otherwise). */
#include <time.h>

#include "protocols/protocols.h"

#define LINE_BYTES 64

static void daytime_made(struct cohort_transport *t, void *session)
{
	char line[LINE_BYTES];
	time_t now = time(NULL);
	struct tm local;

	(void)session;
	if (localtime_r(&now, &local) == NULL) {
		cohort_fail(t);
		return;
	}
	cohort_write(t, line,
		     strftime(line, sizeof(line), "%a %b %e %H:%M:%S %Y\r\n",
			      &local));
	cohort_close(t);
}

const struct cohort_protocol protocol_daytime = {
	.name = "daytime",
	.connection_made = daytime_made,
};
