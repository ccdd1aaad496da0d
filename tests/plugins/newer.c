/* SPDX-License-Identifier: MIT */
/* newer.c - it wants of cohort what this one has not. */
#include "cohort.h"

void cohort_of_tomorrow(struct cohort_transport *t);

static void call(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_of_tomorrow(t);
}

static const struct cohort_protocol newer = {
	.name = "newer",
	.connection_made = call,
};

COHORT_EXPORT(&newer);
