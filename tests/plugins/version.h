/* SPDX-License-Identifier: MIT */
/* version.h - two plug-ins that differ by what they answer to "version": it is
 * for version_*.c, which define ANSWER.  Anything else is echoed. */
#ifndef COHORT_TESTS_VERSION_H
#define COHORT_TESTS_VERSION_H

#include <string.h>

#include "cohort.h"

#ifndef ANSWER
#define ANSWER "none"
#endif

static void version_received(struct cohort_transport *t, void *session,
			     const void *data, size_t size)
{
	static const char question[] = "version\n";

	(void)session;
	if (size == strlen(question) && memcmp(data, question, size) == 0)
		cohort_write(t, ANSWER "\n", strlen(ANSWER "\n"));
	else
		cohort_write(t, data, size);
}

static const struct cohort_protocol version = {
	.name = "version",
	.data_received = version_received,
};

#endif
