/* SPDX-License-Identifier: MIT */
/* proxy_watch.c - who is up, and what the log says of it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "protocols/proxy.h"

#define REFUSED_LINE_MS 5000 /* between two lines about refused clients */

static const char *words_of(int error)
{
	switch (error) {
	case 0: return "it closes at once";
	case ENOENT: return "there is no such name or path";
	case EAGAIN: return "no name server answers";
	default: return strerror(error);
	}
}

/* Once, until it is up again. */
static void say_down(struct cohort_worker *w, struct proxy_upstream *upstream,
		     int error)
{
	if (upstream->is_said_down || proxy_health_is_up(&upstream->health))
		return;
	upstream->is_said_down = true;
	cohort_worker_log(w, COHORT_LOG_WARNING, "upstream %s is down: %s",
			  upstream->address, words_of(error));
}

/* One that only takes connections and closes them would go up and down with
 * every client: it takes more than a connection. */
static void say_up(struct cohort_worker *w, struct proxy_upstream *upstream)
{
	if (!upstream->is_said_down || !proxy_health_is_up(&upstream->health))
		return;
	upstream->is_said_down = false;
	cohort_worker_log(w, COHORT_LOG_INFO, "upstream %s is up again",
			  upstream->address);
}

void proxy_watch_connected(struct cohort_worker *w,
			   struct proxy_upstream *upstream)
{
	upstream->connected_count++;
	proxy_health_connected(&upstream->health, &upstream->health_settings,
			       proxy_now_ms(w));
}

void proxy_watch_received(struct cohort_worker *w,
			  struct proxy_upstream *upstream)
{
	proxy_health_proven(&upstream->health);
	say_up(w, upstream);
}

void proxy_watch_lasted(struct cohort_worker *w,
			struct proxy_upstream *upstream)
{
	say_up(w, upstream);
}

void proxy_watch_failed(struct cohort_worker *w,
			struct proxy_upstream *upstream, int error)
{
	upstream->failed_count++;
	proxy_health_failed(&upstream->health, &upstream->health_settings,
			    proxy_now_ms(w));
	say_down(w, upstream, error);
}

void proxy_watch_checked(struct cohort_worker *w,
			 struct proxy_upstream *upstream, bool is_good,
			 int error)
{
	if (!is_good)
		upstream->failed_checks_count++;
	proxy_health_checked(&upstream->health, &upstream->health_settings,
			     is_good);
	if (is_good)
		say_up(w, upstream);
	else
		say_down(w, upstream, error);
}

void proxy_watch_refused(struct cohort_worker *w, int error)
{
	struct proxy_worker *worker = cohort_worker_state(w);
	int64_t now_ms = proxy_now_ms(w);

	worker->refused_count++;
	if (worker->refused_ms != 0 &&
	    now_ms - worker->refused_ms < REFUSED_LINE_MS)
		return;
	worker->refused_ms = now_ms;
	cohort_worker_log(w, COHORT_LOG_WARNING,
			  "%" PRIu64
			  " clients refused since it was last said: %s",
			  worker->refused_count,
			  error ? words_of(error) : "no upstream has room");
	worker->refused_count = 0;
}

void proxy_watch_report(struct cohort_worker *w)
{
	const struct proxy_worker *worker = cohort_worker_state(w);
	size_t i;

	for (i = 0; i < worker->balance.count; i++) {
		const struct proxy_upstream *each =
			&worker->balance.upstreams[i];

		cohort_worker_log(w, COHORT_LOG_INFO,
				  "upstream %s: %s, %" PRIu64
				  " connected, %" PRIu64 " failed, %" PRIu64
				  " bytes to it, %" PRIu64 " from it, %" PRIu64
				  " checks failed, %" PRIu64 " times full",
				  each->address,
				  proxy_health_is_up(&each->health) ? "up"
								    : "down",
				  each->connected_count, each->failed_count,
				  each->sent_bytes, each->received_bytes,
				  each->failed_checks_count, each->full_count);
	}
}
