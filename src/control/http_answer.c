/* SPDX-License-Identifier: MIT */
/* http_answer.c - status line and headers of an answer. */
#include <time.h>

#include "control/http_internal.h"

/* `headers` come with an answer that says no more than its status. */
static const struct row {
	int status;
	const char *phrase;
	const char *headers;
} rows[] = {
	{200, "OK", NULL},
	{400, "Bad Request", NULL},
	{404, "Not Found", NULL},
	{405, "Method Not Allowed", "Allow: GET, HEAD\r\n"},
	{408, "Request Timeout", NULL},
	{414, "URI Too Long", NULL},
	{421, "Misdirected Request", NULL},
	{431, "Request Header Fields Too Large", NULL},
	{500, "Internal Server Error", NULL},
	{503, "Service Unavailable", "Retry-After: 1\r\n"},
	{505, "HTTP Version Not Supported", NULL},
};

static const struct row *row_of(int status)
{
	static const struct row unknown = {0, "Status", NULL};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return &rows[i];
	return &unknown;
}

void http_answer_status(struct http_answer *answer, int status)
{
	const struct row *row = row_of(status);

	text_release(&answer->body);
	answer->status = status;
	answer->content_type = NULL;
	answer->headers = row->headers;
	text_append(&answer->body, "%d %s\n", status, row->phrase);
}

/* IMF-fixdate (RFC 9110, 5.6.7).  The program never leaves the C locale. */
static void append_date(struct text *out, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char date[64] = "";
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts) ==
		    0)
		return;
	text_append(out, "Date: %s\r\n", date);
}

void http_answer_head(struct text *out, const struct http_answer *answer,
		      bool is_last, int64_t wall_ms)
{
	const char *type = answer->content_type;

	text_append(out, "HTTP/1.1 %d %s\r\n", answer->status,
		    row_of(answer->status)->phrase);
	append_date(out, wall_ms);
	text_append(out,
		    "Content-Type: %s\r\n"
		    "Content-Length: %zu\r\n"
		    "Cache-Control: no-store\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Connection: %s\r\n"
		    "%s\r\n",
		    type != NULL ? type : "text/plain; charset=utf-8",
		    answer->body.size, is_last ? "close" : "keep-alive",
		    answer->headers != NULL ? answer->headers : "");
}
