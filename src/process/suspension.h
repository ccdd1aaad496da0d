/* SPDX-License-Identifier: MIT */
/* suspension.h - which services were suspended or resumed by an order, against
 * what the configuration says of them.
 *
 * Pure.  An order holds for a service of that name, over reloads, upgrades and
 * a killed supervisor, until the configuration says something else than it did
 * when the order came: then the file has the last word again. */
#ifndef COHORT_PROCESS_SUSPENSION_H
#define COHORT_PROCESS_SUSPENSION_H

#include <stdbool.h>

#include "config/config.h"

struct suspension {
	char service[SCOREBOARD_SERVICE_NAME];
	bool is_on;
	bool was_configured; /* to be on, when the order came */
};

/* Zeroed memory: no order. */
struct suspensions {
	struct suspension list[CONFIG_SERVICES_MAX];
	unsigned count;
};

/* Is it suspended, where `is_configured` is what the configuration says? */
bool suspensions_is_on(const struct suspensions *suspensions,
		       const char *service, bool is_configured);

/* An order; one that agrees with the configuration is no more than the end of
 * an earlier one.  False if there is no room: nothing has changed. */
bool suspensions_set(struct suspensions *suspensions, const char *service,
		     bool is_configured, bool is_on);

/* One that was written down. */
bool suspensions_add(struct suspensions *suspensions,
		     const struct suspension *suspension);

/* Another configuration is in force: what it overrules is forgotten, so that
 * there is room for its services. */
void suspensions_review(struct suspensions *suspensions,
			const struct config *config);

#endif
