/* SPDX-License-Identifier: MIT */
/* verbs_connections.h - the verbs that are about connections: a part of the
 * table in verbs.c. */
#ifndef COHORT_CONTROL_VERBS_CONNECTIONS_H
#define COHORT_CONTROL_VERBS_CONNECTIONS_H

#include "control/verb.h"

extern const struct verb_argument verbs_connections_arguments[];
extern const struct verb_argument verbs_close_arguments[];

void verbs_run_connections(const struct control_backend *backend,
			   const struct request *request, struct reply *reply);
void verbs_run_close(const struct control_backend *backend,
		     const struct request *request, struct reply *reply);

#endif
