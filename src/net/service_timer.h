/* SPDX-License-Identifier: MIT */
/* service_timer.h - the timers of a worker (cohort_timer_new, …), which belong
 * to no transport. */
#ifndef COHORT_NET_SERVICE_TIMER_H
#define COHORT_NET_SERVICE_TIMER_H

#include "net/service.h"

/* All that are left. */
void service_free_timers(struct service *service);

#endif
