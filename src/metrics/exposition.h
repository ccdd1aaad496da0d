/* SPDX-License-Identifier: MIT */
/* exposition.h - the metrics as Prometheus reads them: the text format 0.0.4,
 * and OpenMetrics 1.0.
 *
 * Pure: made from a snapshot and the table of metrics.  Names and series are
 * the same in both formats, so that a scraper may change its mind. */
#ifndef COHORT_METRICS_EXPOSITION_H
#define COHORT_METRICS_EXPOSITION_H

#include "base/text.h"
#include "metrics/process_stats.h"
#include "metrics/snapshot.h"

enum exposition_format {
	EXPOSITION_TEXT,
	EXPOSITION_OPENMETRICS,
	EXPOSITION_FORMATS,
};

/* For Content-Type. */
const char *exposition_content_type(enum exposition_format format);

/* Append all of it.  `process` (NULL: unknown) is the supervisor's. */
void exposition_write(struct text *out, enum exposition_format format,
		      const struct snapshot *snapshot,
		      const struct process_stats *process);

#endif
