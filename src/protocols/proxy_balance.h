/* SPDX-License-Identifier: MIT */
/* proxy_balance.h - which upstream gets the next client.
 *
 * Pure: no socket, no clock.  One table for each worker; workers do not know
 * of each other's choices.  Those that are up and have room come first; backups
 * only when no other can take the client; and when all of them are down, each
 * in turn, since one that is said to be down is better than none. */
#ifndef COHORT_PROXY_BALANCE_H
#define COHORT_PROXY_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/proxy_health.h"

#define PROXY_UPSTREAMS_MAX 256

enum proxy_method {
	PROXY_ROUND_ROBIN,       /* smooth and weighted, as nginx has it */
	PROXY_LEAST_CONNECTIONS, /* for its weight; ties by round robin */
	PROXY_SOURCE,            /* weighted rendezvous hash */
};

struct proxy_upstream {
	const char *address; /* as configured; its name in every log line */
	uint64_t weight;     /* 1 or more */
	uint64_t max_connections; /* of a generation; 0: any number */
	unsigned live_max;        /* the share of this worker */
	bool is_backup;
	struct proxy_health_settings health_settings;

	struct proxy_health health;
	bool is_said_down;   /* the log's last word on it */
	unsigned live_count; /* made or being made */
	int64_t credit;      /* of round robin */
	uint64_t hash;       /* of the address, for PROXY_SOURCE */

	/* What has become of its connections, in this worker; one that is
	 * killed takes them along. */
	uint64_t connected_count;
	uint64_t failed_count;
	uint64_t failed_checks_count;
	uint64_t full_count; /* passed over for want of room */
	uint64_t sent_bytes;
	uint64_t received_bytes;
};

/* The upstreams that a client has been to. */
struct proxy_tried {
	uint64_t bits[PROXY_UPSTREAMS_MAX / 64];
};

struct proxy_balance {
	enum proxy_method method;
	struct proxy_upstream *upstreams;
	size_t count;   /* at most PROXY_UPSTREAMS_MAX */
	size_t next;    /* in turn, when all are down */
	int64_t now_ms; /* brought up to date by the caller */
};

/* Evenly spread bits out of any bytes: FNV-1a with a finish. */
uint64_t proxy_hash(const void *data, size_t size);

/* The part of `maximum` (0: none) that one of `worker_count` workers has; the
 * parts of all are the whole, but no worker goes without: of more workers than
 * `maximum` each has 1. */
unsigned proxy_share(uint64_t maximum, unsigned worker, unsigned worker_count);

/* Give every upstream its live_max. */
void proxy_balance_share(struct proxy_balance *balance, unsigned worker,
			 unsigned worker_count);

/* The upstream for a client whose address has the hash `source`, none of
 * `tried`; NULL if there is none.  Round robin has moved on after it. */
struct proxy_upstream *proxy_balance_choose(struct proxy_balance *balance,
					    const struct proxy_tried *tried,
					    uint64_t source);

void proxy_balance_note_tried(const struct proxy_balance *balance,
			      struct proxy_tried *tried,
			      const struct proxy_upstream *upstream);

#endif
