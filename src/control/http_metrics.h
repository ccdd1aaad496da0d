/* SPDX-License-Identifier: MIT */
/* http_metrics.h - the answer to a scrape. */
#ifndef COHORT_CONTROL_HTTP_METRICS_H
#define COHORT_CONTROL_HTTP_METRICS_H

#include "control/http_server.h"
#include "metrics/exposition.h"
#include "metrics/process_stats.h"
#include "metrics/snapshot.h"

/* That the client likes better. */
enum exposition_format http_metrics_format(const struct http_request *request);

/* In the format that the client likes better: plain text unless that is
 * OpenMetrics.  `snapshot` NULL: there is none now, answered 503;
 * `process` is the supervisor's, or NULL. */
void http_metrics_answer(const struct http_request *request,
			 struct http_answer *answer,
			 const struct snapshot *snapshot,
			 const struct process_stats *process);

#endif
