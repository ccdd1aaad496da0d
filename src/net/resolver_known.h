/* SPDX-License-Identifier: MIT */
/* resolver_known.h - what the resolver was told lately, good or bad.
 *
 * For the resolver's thread alone.  A forwarder asks for the same name with
 * each client: the name server is asked once in RESOLVER_KNOWN_MS. */
#ifndef COHORT_NET_RESOLVER_KNOWN_H
#define COHORT_NET_RESOLVER_KNOWN_H

#include "base/list.h"
#include "net/address.h"

#define RESOLVER_KNOWN_MS 5000
#define RESOLVER_KNOWN    64 /* names; the oldest makes room */

struct resolver_known {
	struct list node;
	int64_t until_ms; /* monotonic */
	int count;        /* -1: failed */
	int error;
	struct address *addresses;
	char word[];
};

/* What is known of `word` at `now_ms`, or NULL; what is too old goes. */
const struct resolver_known *
resolver_known_find(struct list *known, const char *word, int64_t now_ms);

/* Remember it: a copy of all, of which `word` and `until_ms` are set here.
 * Without memory it is not remembered. */
void resolver_known_add(struct list *known, const char *word,
			const struct resolver_known *answer, int64_t now_ms);

void resolver_known_release(struct list *known);

#endif
