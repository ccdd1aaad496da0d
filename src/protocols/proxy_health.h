/* SPDX-License-Identifier: MIT */
/* proxy_health.h - is an upstream up?  What one worker knows about one of
 * them, from its clients' connections (passive) and from checks (active).
 *
 * Pure: the caller brings the time and acts on the answers.
 *
 *	      max_failures in a row, each within failure_timeout
 *	up ──────────────────────────────────────────────────────▶ down
 *	 ▲                                                           │ after
 *	 └─────connected────── trial: one connection is let through ◀┘ failure_
 *	                       (failed: down again)                    timeout
 *
 * After a trial one more failure is enough until a byte has come back.  A
 * failure is a connection that could not be made, or was closed at once by the
 * other side.  `fall` failed checks in a row bring it down whatever the clients
 * see, `rise` good ones bring it up. */
#ifndef COHORT_PROXY_HEALTH_H
#define COHORT_PROXY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct proxy_health_settings {
	uint64_t max_failures; /* 0: clients' failures count for nothing */
	int64_t failure_timeout_ms;
	uint64_t rise;
	uint64_t fall;
};

enum proxy_health_state {
	PROXY_HEALTH_UP,
	PROXY_HEALTH_DOWN,
	PROXY_HEALTH_TRIAL,
};

/* Zeroed memory is up. */
struct proxy_health {
	uint8_t state;          /* enum proxy_health_state: passive */
	bool is_checked_down;   /* active */
	uint64_t failure_count; /* in a row */
	int64_t failure_ms;     /* the last of them */
	int64_t retry_ms;       /* of down and trial: when the next may come */
	uint64_t check_count;   /* in a row against the present state */
};

/* Nothing is known against it. */
bool proxy_health_is_up(const struct proxy_health *health);

/* May a client's connection be sent there?  Also true if it is time for a
 * trial. */
bool proxy_health_is_eligible(const struct proxy_health *health,
			      int64_t now_ms);

/* A connection is being made: it is the trial, if one was due. */
void proxy_health_begin(struct proxy_health *health,
			const struct proxy_health_settings *settings,
			int64_t now_ms);
/* It was made; it has brought a byte; it failed. */
void proxy_health_connected(struct proxy_health *health,
			    const struct proxy_health_settings *settings,
			    int64_t now_ms);
void proxy_health_proven(struct proxy_health *health);
void proxy_health_failed(struct proxy_health *health,
			 const struct proxy_health_settings *settings,
			 int64_t now_ms);

/* A check has come out. */
void proxy_health_checked(struct proxy_health *health,
			  const struct proxy_health_settings *settings,
			  bool is_good);

#endif
