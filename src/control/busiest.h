/* SPDX-License-Identifier: MIT */
/* busiest.h - the first few connections by several orders, for the live page.
 *
 * A page is answered at once, from memory, and workers take a moment: so they
 * are asked beforehand, in the admin's loop, as long as somebody looks. */
#ifndef COHORT_CONTROL_BUSIEST_H
#define COHORT_CONTROL_BUSIEST_H

#include "base/text.h"
#include "control/backend.h"
#include "event/loop.h"

#define BUSIEST_ROWS    20
#define BUSIEST_STEP_MS 2000
#define BUSIEST_IDLE_MS 10000 /* after the last look nobody is asked */

struct busiest; /* opaque */

/* `backend` must outlive it.  NULL: memory is out. */
struct busiest *busiest_new(struct loop *loop,
			    const struct control_backend *backend);
void busiest_free(struct busiest *busiest); /* NULL is fine */

/* {"busiest":[…],…} as of late; {} if there is nothing yet, or `busiest` is
 * NULL.  Counts as a look. */
void busiest_append(struct text *out, struct busiest *busiest);

#endif
