/* SPDX-License-Identifier: MIT */
/* proxy_check.c - each worker connects to each upstream now and then, and
 * closes again: that is all that a forwarder can know of any protocol. */
#include <stdlib.h>

#include "protocols/proxy.h"

struct check_session {
	struct proxy_check *check; /* NULL: it has come out already */
};

static const struct proxy_options *options_of(struct cohort_worker *w)
{
	const struct proxy_worker *worker = cohort_worker_state(w);

	return worker->options;
}

static void start_again(struct proxy_check *check)
{
	if (check->timer)
		cohort_timer_set(check->timer,
				 options_of(check->w)->check_interval_ms);
}

/* What came of it, if that says anything about the upstream. */
static void come_out(struct check_session *session, bool is_known, bool is_good,
		     int error)
{
	struct proxy_check *check = session->check;

	if (!check)
		return;
	session->check = NULL;
	check->id = 0;
	if (!check->timer)
		return; /* nobody wants to know any more */
	if (is_known)
		proxy_watch_checked(check->w, check->target, is_good, error);
	start_again(check);
}

/* An upstream that waits for a PROXY header is told that this is no client. */
static void check_made(struct cohort_transport *t, void *session)
{
	int version = options_of(cohort_worker(t))->send_proxy;

	come_out(session, true, true, 0);
	if (version != 0)
		(void)cohort_write_proxy_header(
			t, NULL, (enum cohort_proxy_version)version);
	/* Not in good order, which could keep its descriptor for long: all
	 * that was to be said is in the kernel. */
	cohort_abort(t);
}

static void check_lost(struct cohort_transport *t, void *session,
		       const struct cohort_end *end)
{
	(void)t;
	/* For want of our own descriptors, memory or ports it was not made. */
	come_out(session, end->reason == COHORT_REASON_UPSTREAM, false,
		 end->error);
}

static const struct cohort_protocol check_protocol = {
	.name = "proxy check",
	.session_size = sizeof(struct check_session),
	.connection_made = check_made,
	.connection_lost = check_lost,
};

/* For want of descriptors or memory nothing is learnt: later. */
static void expired(struct cohort_worker *w, void *argument)
{
	struct proxy_check *check = argument;
	const struct cohort_connect how = {
		.address = check->target->address,
		.timeout_ms = options_of(w)->check_timeout_ms,
		.protocol = &check_protocol,
	};
	struct cohort_transport *t = cohort_connect(w, &how);
	struct check_session *session;

	if (!t) {
		start_again(check);
		return;
	}
	session = cohort_session(t);
	session->check = check;
	check->id = cohort_id(t);
}

/* The workers' checks are spread over the interval. */
static int64_t first_delay_ms(struct cohort_worker *w)
{
	struct cohort_worker_info info;

	cohort_worker_info(w, &info);
	if (info.worker_count == 0)
		return 0;
	return options_of(w)->check_interval_ms *
	       (info.worker % info.worker_count) / info.worker_count;
}

static int start_one(struct cohort_worker *w, struct proxy_check *check,
		     struct proxy_upstream *target)
{
	check->w = w;
	check->target = target;
	check->timer = cohort_timer_new(w, expired, check);
	if (!check->timer)
		return -1;
	cohort_timer_set(check->timer, first_delay_ms(w));
	return 0;
}

int proxy_check_start(struct cohort_worker *w, struct proxy_worker *worker)
{
	struct proxy_balance *balance = &worker->balance;
	size_t i;

	if (worker->options->check_interval_ms < 0)
		return 0;
	worker->checks = calloc(balance->count, sizeof(*worker->checks));
	if (!worker->checks)
		return -1;
	for (i = 0; i < balance->count; i++) {
		if (start_one(w, &worker->checks[i], &balance->upstreams[i]) ==
		    0)
			continue;
		proxy_check_stop(w, worker);
		proxy_check_free(worker);
		return -1;
	}
	return 0;
}

static void stop_one(struct cohort_worker *w, struct proxy_check *check)
{
	struct cohort_transport *t = NULL;

	cohort_timer_free(check->timer);
	check->timer = NULL;
	if (check->id != 0)
		t = cohort_worker_find(w, check->id);
	if (t)
		cohort_abort(t);
}

void proxy_check_stop(struct cohort_worker *w, struct proxy_worker *worker)
{
	size_t i;

	for (i = 0; worker->checks && i < worker->balance.count; i++)
		stop_one(w, &worker->checks[i]);
}

void proxy_check_free(struct proxy_worker *worker)
{
	free(worker->checks);
	worker->checks = NULL;
}
