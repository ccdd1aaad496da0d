/* SPDX-License-Identifier: MIT */
/* transport_timeout.c - one timer for all deadlines of a transport.
 *
 * Activity only notes the time; when the timer runs, the deadlines are
 * computed anew, what is due is done, and the timer is started for the
 * nearest of the rest. */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/transport_internal.h"

struct deadline {
	int64_t at_ms; /* TRANSPORT_NEVER: it does not apply now */
	void (*due)(struct cohort_transport *t);
};

/* Of a header a part may be there, which is no news; so look at all of it. */
static bool has_begun(struct cohort_transport *t)
{
	t->is_readable = true;
	transport_read(t);
	return !t->is_header_awaited || t->state != TRANSPORT_OPEN;
}

/* Something has come that we have not looked at yet: this process was stopped,
 * or busy with others.  Its event comes in the next turn. */
static bool has_news(struct cohort_transport *t)
{
	char byte;

	if (t->is_header_awaited)
		return has_begun(t);
	if (!cohort_is_reading(t))
		return false;
	return recv(t->source.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       errno != EAGAIN;
}

static void due_idle(struct cohort_transport *t)
{
	if (!has_news(t))
		transport_close(t, COHORT_REASON_IDLE_TIMEOUT);
}

static void due_first_byte(struct cohort_transport *t)
{
	if (!has_news(t))
		transport_close(t, COHORT_REASON_FIRST_BYTE_TIMEOUT);
}

static void due_lifetime(struct cohort_transport *t)
{
	transport_close(t, COHORT_REASON_LIFETIME);
}

/* The peer does not take what is queued; or it does by now, and we have not
 * seen it. */
static void due_write(struct cohort_transport *t)
{
	uint64_t before = t->sent_bytes;

	transport_flush(t);
	if (t->state == TRANSPORT_OPEN && transport_owes(t) &&
	    t->sent_bytes == before)
		transport_end(t, COHORT_REASON_WRITE_TIMEOUT, 0);
}

/* The reason for the close stays; bytes that could not be sent are told by
 * the error. */
static void due_linger(struct cohort_transport *t)
{
	if (transport_ends_with_reset(t))
		sockopt_set_reset_on_close(t->source.fd);
	transport_end(t, (enum cohort_reason)t->reason,
		      transport_owes(t) ? ETIMEDOUT : 0);
}

static void due_resend(struct cohort_transport *t)
{
	t->is_resend_due = false;
	if (transport_ends_with_reset(t) && !transport_owes(t))
		transport_finish_with_reset(t);
	else
		transport_flush(t);
}

static void due_user(struct cohort_transport *t)
{
	t->user_timer_ms = TRANSPORT_NEVER;
	if (t->protocol->timeout == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_TIMEOUT);
	t->protocol->timeout(t, transport_session(t));
	transport_leave(t);
}

/* A moment that the clock cannot express does not come either. */
static int64_t after(int64_t since_ms, int64_t duration_ms)
{
	if (duration_ms == SERVICE_OFF ||
	    duration_ms > TRANSPORT_NEVER - since_ms)
		return TRANSPORT_NEVER;
	return since_ms + duration_ms;
}

/* While byte_rate holds it, it is not its fault. */
static int64_t idle_since_ms(const struct cohort_transport *t)
{
	return t->is_rated ? transport_rate_idle_since_ms(t) : t->activity_ms;
}

static inline void consider(struct deadline *nearest, int64_t at_ms,
			    void (*due)(struct cohort_transport *t))
{
	if (at_ms >= nearest->at_ms)
		return;
	nearest->at_ms = at_ms;
	nearest->due = due;
}

/* What is asked of a client only. */
static void consider_accepted(const struct cohort_transport *t,
			      struct deadline *nearest)
{
	const struct service_settings *s = t->service->settings;

	/* A header has its own time; being idle comes after it. */
	if (t->is_header_awaited)
		consider(nearest, after(t->accepted_ms, s->proxy_timeout_ms),
			 transport_header_due);
	else
		consider(nearest, after(idle_since_ms(t), s->idle_timeout_ms),
			 due_idle);
	consider(nearest, after(t->accepted_ms, s->lifetime_ms), due_lifetime);
	if (t->received_bytes == 0 && !t->is_input_held)
		consider(nearest,
			 after(t->accepted_ms, s->first_byte_timeout_ms),
			 due_first_byte);
}

static void consider_open(const struct cohort_transport *t,
			  struct deadline *nearest)
{
	const struct service_settings *s = t->service->settings;

	if (!t->is_outgoing)
		consider_accepted(t, nearest);
	if (transport_owes(t) && !t->is_output_held)
		consider(nearest, after(t->progress_ms, s->write_timeout_ms),
			 due_write);
	consider(nearest, t->user_timer_ms, due_user);
}

static struct deadline nearest_deadline(const struct cohort_transport *t)
{
	const struct service_settings *s = t->service->settings;
	struct deadline nearest = {TRANSPORT_NEVER, NULL};

	if (t->state == TRANSPORT_ENDED)
		return nearest;
	if (t->is_connecting) {
		consider(&nearest, transport_connect_deadline_ms(t),
			 transport_connect_due);
		return nearest;
	}
	if (t->state == TRANSPORT_OPEN)
		consider_open(t, &nearest);
	else if (!t->is_output_held || !transport_owes(t))
		consider(&nearest, after(t->progress_ms, s->linger_timeout_ms),
			 due_linger);
	if (t->is_rated)
		consider(&nearest, transport_rate_wake_ms(t),
			 transport_rate_due);
	/* The timer was started for it, or for something earlier. */
	if (t->is_resend_due)
		consider(&nearest, t->timer.deadline_ms, due_resend);
	return nearest;
}

void transport_arm(struct cohort_transport *t, int64_t deadline_ms)
{
	if (deadline_ms == TRANSPORT_NEVER)
		return;
	/* Too early is put right when it runs. */
	if (timer_is_started(&t->timer) && t->timer.deadline_ms <= deadline_ms)
		return;
	timer_start(&transport_loop(t)->timers, &t->timer, deadline_ms);
}

void transport_arm_resend(struct cohort_transport *t, int64_t wait_ms)
{
	t->is_resend_due = true;
	transport_arm(t, transport_now_ms(t) + wait_ms);
}

void transport_arm_all(struct cohort_transport *t)
{
	transport_arm(t, nearest_deadline(t).at_ms);
}

/* Of two durations; one that is off is, unsigned, longer than any. */
static int64_t shorter(int64_t one_ms, int64_t other_ms)
{
	return (uint64_t)one_ms < (uint64_t)other_ms ? one_ms : other_ms;
}

void transport_arm_accepted(struct cohort_transport *t)
{
	const struct service_settings *s = t->service->settings;
	int64_t wait_ms =
		t->is_header_awaited ? s->proxy_timeout_ms : s->idle_timeout_ms;

	wait_ms = shorter(wait_ms, s->lifetime_ms);
	wait_ms = shorter(wait_ms, s->first_byte_timeout_ms);
	transport_arm(t, after(t->accepted_ms, wait_ms));
}

void transport_timer_expired(struct timer *timer)
{
	struct cohort_transport *t =
		list_entry(timer, struct cohort_transport, timer);
	struct deadline nearest = nearest_deadline(t);

	if (nearest.due != NULL && nearest.at_ms <= transport_now_ms(t))
		nearest.due(t);
	if (!transport_settle(t))
		return;
	/* Another one that is due as well runs in the next turn. */
	transport_arm_all(t);
}

/* ---- Public ---- */

void cohort_set_timer(struct cohort_transport *t, int64_t delay_ms)
{
	transport_require(t, __func__);
	if (t->state != TRANSPORT_OPEN)
		return;
	t->user_timer_ms = after(clock_now_ms(), delay_ms > 0 ? delay_ms : 0);
	transport_arm(t, t->user_timer_ms);
}

void cohort_cancel_timer(struct cohort_transport *t)
{
	transport_require(t, __func__);
	t->user_timer_ms = TRANSPORT_NEVER;
}
