/* SPDX-License-Identifier: MIT */
/* options.h - the command line of cohort-bench. */
#ifndef COHORT_BENCH_OPTIONS_H
#define COHORT_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* What is done with each connection; a bit each, for the option table. */
enum mode {
	MODE_ECHO = 1 << 0,
	MODE_CHURN = 1 << 1,
	MODE_HOLD = 1 << 2,
	MODE_LEDGER = 1 << 3,
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
	const char *source; /* first address to connect from; NULL: any */
	uint64_t rate;      /* messages per second, of all; 0: closed loop */
	bool is_until_eof;  /* churn: half-close, read to end of file */
	bool is_spinning;   /* poll, never sleep */
	bool is_halting;    /* echo: for whoever measures between the halts */
	/* Of the ledger. */
	int64_t hang_ms;
	uint64_t short_percent; /* of the clients: connect for each exchange */
	uint64_t pause_ms;      /* from connect to the first byte */
	uint64_t client_rate;   /* exchanges per second of each; 0: any */
	uint64_t allowed_unknown_count;
	bool is_http;
	bool is_orderly; /* nobody is killed: who is gone has left */
	bool is_events;
	bool is_json;
	bool is_help;
	bool is_version;
};

/* Fill `options`, defaults first.  -1 with words for a usage error.  With
 * is_help or is_version nothing else needs to be there. */
int options_parse(struct options *options, int argc, char **argv,
		  struct error *error);

void options_print_help(FILE *out);

/* What help and manual say of a mode. */
struct mode_words {
	enum mode mode;
	const char *name;
	const char *help;
};

/* And of an option. */
struct option_words {
	char letter; /* or NUL */
	const char *name;
	const char *argument; /* NULL: it takes none */
	const char *help;
	unsigned modes; /* that it means something to */
};

/* Number `index` of the table; false: there are no more. */
bool options_describe_mode(size_t index, struct mode_words *words);
bool options_describe(size_t index, struct option_words *words);

#endif
