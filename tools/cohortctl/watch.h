/* SPDX-License-Identifier: MIT */
/* watch.h - the same question again and again. */
#ifndef COHORTCTL_WATCH_H
#define COHORTCTL_WATCH_H

#include "ask.h"
#include "screen.h"

/* On a terminal, a view like top's; elsewhere (and in JSON) one answer after
 * the other.  Until the user ends it, or the very first answer fails. */
enum exit_status watch(const struct arguments *options,
		       const struct screen_facts *facts,
		       const struct layout_style *style, struct error *error);

#endif
