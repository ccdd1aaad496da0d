/* SPDX-License-Identifier: MIT */
/* admin_internal.h - what the files of the admin process share. */
#ifndef COHORT_PROCESS_ADMIN_INTERNAL_H
#define COHORT_PROCESS_ADMIN_INTERNAL_H

#include <stdbool.h>

#include "event/loop.h"
#include "event/signals.h"
#include "process/admin.h"
#include "process/channel.h"

struct admin {
	const struct admin_birth *birth;
	struct loop loop;
	struct signals signals;
	struct channel channel;
	struct timer beat;
	bool is_leaving;  /* has said so */
	bool is_retiring; /* was told to */
	int exit_status;
};

#endif
