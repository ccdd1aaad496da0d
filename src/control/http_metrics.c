/* SPDX-License-Identifier: MIT */
/* http_metrics.c - which format a scrape gets. */
#include "control/http_metrics.h"

#include "control/http_accept.h"
#include "metrics/exposition.h"

/* Who likes both as well, or says nothing, may not know OpenMetrics. */
enum exposition_format http_metrics_format(const struct http_request *request)
{
	const char *accept = request->accept;
	int text = http_accept_quality(accept, "text/plain", "0.0.4");
	int open = http_accept_quality(accept, "application/openmetrics-text",
				       "1.0.0");

	return open > text ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}

void http_metrics_answer(const struct http_request *request,
			 struct http_answer *answer,
			 const struct snapshot *snapshot,
			 const struct process_stats *process)
{
	enum exposition_format format = http_metrics_format(request);

	answer->headers = "Vary: Accept\r\n";
	if (snapshot == NULL) {
		answer->status = 503;
		text_append(&answer->body, "there are no numbers just now\n");
		return;
	}
	answer->content_type = exposition_content_type(format);
	exposition_write(&answer->body, format, snapshot, process);
}
