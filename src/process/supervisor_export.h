/* SPDX-License-Identifier: MIT */
/* supervisor_export.h - what the files share that write a state
 * (handover.h). */
#ifndef COHORT_PROCESS_SUPERVISOR_EXPORT_H
#define COHORT_PROCESS_SUPERVISOR_EXPORT_H

#include "process/supervisor_handover.h"

/* Orders, who waits for them, and what earlier ones have left. */
void export_orders(struct exported *exported,
		   const struct supervisor *supervisor);

#endif
