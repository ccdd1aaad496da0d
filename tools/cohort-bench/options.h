/* SPDX-License-Identifier: MIT */
/* options.h - the command line of cohort-bench. */
#ifndef COHORT_BENCH_OPTIONS_H
#define COHORT_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* What is done with each connection; a bit each, for the option table. */
enum mode {
	MODE_ECHO = 1 << 0,
	MODE_CHURN = 1 << 1,
	MODE_HOLD = 1 << 2,
};

struct options {
	enum mode mode;
	const char *mode_name;
	const char *address; /* as written */
	uint64_t connection_count;
	uint64_t size_bytes;
	uint64_t depth;          /* messages in flight per connection */
	uint64_t exchange_count; /* 0: no bound */
	int64_t duration_ms;     /* 0: no bound */
	int64_t timeout_ms;
	bool is_json;
	bool is_help;
	bool is_version;
};

/* Fill `options`, defaults first.  -1 with words for a usage error.  With
 * is_help or is_version nothing else needs to be there. */
int options_parse(struct options *options, int argc, char **argv,
		  struct error *error);

void options_print_help(FILE *out);

#endif
