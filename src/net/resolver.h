/* SPDX-License-Identifier: MIT */
/* resolver.h - names to addresses, without the loop having to wait.
 *
 * Workers only; made when the first name has to be resolved.  getaddrinfo(3)
 * blocks and cannot be interrupted, so it runs in one thread, with all signals
 * blocked, one name after the other; answers come through the worker's inbox.
 * What it was told lately it does not ask again (resolver_known.h).
 * A worker that ends does not wait for the thread. */
#ifndef COHORT_NET_RESOLVER_H
#define COHORT_NET_RESOLVER_H

#include "event/inbox.h"
#include "net/address.h"

#define RESOLVER_ADDRESSES 64 /* of one name; more are not tried */

struct resolver;         /* opaque */
struct resolver_request; /* opaque: one name that was asked for */

/* Called once by the loop, never from inside resolver_ask: the addresses, in
 * the resolver's order, which are the callee's to free; or NULL with an errno:
 * ENOENT (there is no such name, or it has no address), EAGAIN (no name server
 * answered), or what the system says. */
typedef void resolver_answer(void *context, struct address *addresses,
			     unsigned count, int error);

/* NULL with errno. */
struct resolver *resolver_new(struct inbox *inbox);

/* `word` is HOST:PORT, and copied.  NULL with errno (EAGAIN: no thread). */
struct resolver_request *resolver_ask(struct resolver *resolver,
				      const char *word, resolver_answer *answer,
				      void *context);

/* The answer is not wanted any more, and will not come. */
void resolver_cancel(struct resolver *resolver,
		     struct resolver_request *request);

/* Before the inbox is closed.  Nothing comes after it but what is in the inbox
 * already; all other requests are gone.  NULL is fine. */
void resolver_free(struct resolver *resolver);

#endif
