/* SPDX-License-Identifier: MIT */
/* test_http_accept.c - how gladly a client takes what it could be given. */
#include "check.h"
#include "control/http_accept.h"

#define OPEN "application/openmetrics-text"

static const struct row {
	const char *accept;
	int text; /* for text/plain; version=0.0.4 */
	int open; /* for openmetrics-text; version=1.0.0 */
} rows[] = {
	{"", 1000, 1000},
	{"*/*", 1000, 1000},
	{"text/*;q=0.5", 500, 0},
	{"text/html", 0, 0},
	{"textx/plain", 0, 0},
	{"text/plain", 1000, 0},
	{"TEXT/Plain ; Q=0.125", 125, 0},
	{OPEN, 0, 1000},
	{OPEN ";version=1.0.0", 0, 1000},
	{OPEN ";version=\"1.0.0\"", 0, 0},
	{OPEN ";version=0.0.1,text/plain;version=0.0.4", 1000, 0},
	/* The closest range counts, and of these the best. */
	{"*/*,text/plain;q=0.1", 100, 1000},
	{"text/plain;q=0.1,text/*;q=0.9,*/*", 100, 1000},
	{"text/plain;q=0.2,text/plain;q=0.3,text/plain;q=0.1", 300, 0},
	{"text/plain;q=0,*/*", 0, 1000},
	/* What Prometheus 2 and 3 send. */
	{OPEN ";version=1.0.0," OPEN
	      ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	 500, 1000},
	{OPEN ";version=1.0.0;escaping=allow-utf-8;q=0.6," OPEN
	      ";version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,"
	      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	 300, 600},
	/* Ill ones. */
	{"text/plain;q=2", 0, 0},
	{"text/plain;q=", 0, 0},
	{"text/plain;q=0.1234", 0, 0},
	{"text/plain;q=1.5", 0, 0},
	{"text/plain;q=0,5", 0, 0},
	{"text/plain;q=0x5", 0, 0},
	{",, ;,=;;q=1,text/plain", 1000, 0},
	{"x;y=\"a,text/plain;q=1\"", 0, 0},
	{"x;y=\"", 0, 0},
};

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		int before = check_failures;

		check_int(
			http_accept_quality(row->accept, "text/plain", "0.0.4"),
			row->text);
		check_int(http_accept_quality(row->accept, OPEN, "1.0.0"),
			  row->open);
		if (check_failures != before)
			printf("  of \"%s\"\n", row->accept);
	}
	return check_result();
}
