/* SPDX-License-Identifier: MIT */
/* verb.h - what may be asked through the control socket: a row for each verb.
 *
 * The rows (verbs.c) are the one place that knows a verb: the server checks and
 * runs requests by them; cohortctl parses its arguments by them and prints them
 * as its help; completion and manual are made from them. */
#ifndef COHORT_CONTROL_VERB_H
#define COHORT_CONTROL_VERB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "control/backend.h"
#include "control/connection_query.h"
#include "control/reply.h"
#include "control/request.h"

enum verb_argument_kind {
	VERB_FLAG,       /* given or not; its value is "on" */
	VERB_NUMBER,     /* 20 */
	VERB_DURATION,   /* 5m, as in the configuration */
	VERB_PEER,       /* 10.0.0.0/8, ::1 */
	VERB_SERVICE,    /* its name */
	VERB_CONNECTION, /* PID-NUMBER, as `connections` prints it */
	VERB_WORD,       /* one of `words` */
	VERB_ARGUMENT_KINDS,
};

struct verb_argument {
	const char *name; /* the key in a request, --NAME for cohortctl */
	enum verb_argument_kind kind;
	bool is_positional; /* cohortctl takes it without its name */
	bool is_required;
	const char *form; /* of the value, for the help; NULL: of the kind */
	const char *help;
	const char *const *words; /* of VERB_WORD */
	unsigned word_count;
	uint64_t minimum; /* of VERB_NUMBER */
	uint64_t maximum; /* 0: none */
};

struct verb {
	const char *name;
	const char *help;
	const struct verb_argument *arguments; /* a nameless one ends them */
	bool is_order;    /* not for those who may only look */
	bool is_streamed; /* in JSON an object a line */
	/* `request` has been checked; it lives as long as `reply`. */
	void (*run)(const struct control_backend *backend,
		    const struct request *request, struct reply *reply);
};

/* All of them; a nameless one ends them. */
extern const struct verb verbs[];

/* NULL, with words that name the nearest one. */
const struct verb *verb_find(const struct verb *table, const char *name,
			     struct error *error);
/* NULL: it has none of that name. */
const struct verb_argument *verb_argument(const struct verb_argument *arguments,
					  const char *name);

/* Is it a request that this verb can have?  Also for cohortctl, before it asks.
 * 0, or -1 with words. */
int verb_check(const struct verb *verb, const struct request *request,
	       struct error *error);
/* The same of one value. */
int verb_check_value(const struct verb_argument *argument, const char *value,
		     struct error *error);

/* The form of an argument's value, as help shows it: "DURATION"; "" for a
 * flag. */
const char *verb_form(const struct verb_argument *argument);

/* Values that verb_check has let pass.  `fallback`: it was not given. */
uint64_t verb_number(const struct request *request, const char *name,
		     uint64_t fallback);
int64_t verb_duration_ms(const struct request *request, const char *name,
			 int64_t fallback_ms);
/* The place in `words`, or -1: it was not given. */
int verb_word(const struct verb_argument *arguments,
	      const struct request *request, const char *name);

/* "4711-12" and "10.0.0.0/8" or "::1" into a query.  Bits of the address
 * beyond the prefix are cleared.  0, or -1 with words. */
int verb_parse_connection(const char *word, struct connection_query *query,
			  struct error *error);
int verb_parse_peer(const char *word, struct connection_query *query,
		    struct error *error);

#endif
