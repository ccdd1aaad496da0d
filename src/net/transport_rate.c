/* SPDX-License-Identifier: MIT */
/* transport_rate.c - a transport and the rates that bound it. */
#include "net/transport_rate.h"

#include <errno.h>
#include <stdlib.h>

#include "net/transport_internal.h"

static struct transport_rates *rates_of(const struct cohort_transport *t)
{
	return t->extras->rates;
}

/* The service's own bounds its clients alone. */
static struct service_rate *shared_rate(const struct cohort_transport *t,
					enum rate_side side)
{
	return t->is_outgoing ? NULL : &t->service->rates[side];
}

/* ---- Held, and not any more ------------------------------------------ */

static bool is_held(const struct cohort_transport *t, enum rate_side side)
{
	return side == RATE_IN ? t->is_input_held : t->is_output_held;
}

static void set_held(struct cohort_transport *t, enum rate_side side,
		     bool is_held_now)
{
	if (side == RATE_IN)
		t->is_input_held = is_held_now;
	else
		t->is_output_held = is_held_now;
}

/* The timeouts that did not run begin anew. */
static void let_go(struct cohort_transport *t, enum rate_side side)
{
	struct transport_rates *rates = rates_of(t);

	set_held(t, side, false);
	rates->sides[side].wake_ms = TRANSPORT_NEVER;
	rates->released_ms = transport_now_ms(t);
	if (side == RATE_OUT && t->state != TRANSPORT_LINGERING)
		t->progress_ms = rates->released_ms;
	transport_arm_all(t);
}

static void woken(struct transport_rate_side *side, enum rate_side number)
{
	struct transport_rates *rates =
		list_entry(side, struct transport_rates, sides[number]);

	let_go(rates->transport, number);
	transport_serve(rates->transport, number == RATE_OUT);
}

static void input_woken(struct service_rate_waiter *waiter)
{
	woken(list_entry(waiter, struct transport_rate_side, waiter), RATE_IN);
}

static void output_woken(struct service_rate_waiter *waiter)
{
	woken(list_entry(waiter, struct transport_rate_side, waiter), RATE_OUT);
}

int64_t transport_rate_wake_ms(const struct cohort_transport *t)
{
	const struct transport_rate_side *sides = rates_of(t)->sides;

	return sides[RATE_IN].wake_ms < sides[RATE_OUT].wake_ms
		       ? sides[RATE_IN].wake_ms
		       : sides[RATE_OUT].wake_ms;
}

void transport_rate_due(struct cohort_transport *t)
{
	const struct transport_rate_side *sides = rates_of(t)->sides;
	int64_t now_ms = transport_now_ms(t);

	if (sides[RATE_OUT].wake_ms <= now_ms) {
		let_go(t, RATE_OUT);
		transport_flush(t);
		transport_settle_watermarks(t);
	}
	if (sides[RATE_IN].wake_ms <= now_ms) {
		let_go(t, RATE_IN);
		transport_read(t);
	}
}

int64_t transport_rate_idle_since_ms(const struct cohort_transport *t)
{
	int64_t released_ms = rates_of(t)->released_ms;

	if (t->is_input_held || t->is_output_held)
		return TRANSPORT_NEVER;
	return released_ms > t->activity_ms ? released_ms : t->activity_ms;
}

/* ---- Passing --------------------------------------------------------- */

static size_t smaller(uint64_t one, size_t other)
{
	return one < other ? (size_t)one : other;
}

/* Of its own rate; 0: not until wake_ms. */
static size_t own_room(struct cohort_transport *t,
		       struct transport_rate_side *side, size_t wanted)
{
	size_t portion = smaller(rate_portion(&side->own), wanted);
	uint64_t available = rate_available(&side->own, transport_now_ms(t));

	if (available >= portion)
		return smaller(available, wanted);
	side->wake_ms = transport_now_ms(t) + rate_wait_ms(&side->own, portion);
	transport_arm(t, side->wake_ms);
	return 0;
}

size_t transport_rate_room(struct cohort_transport *t, enum rate_side side,
			   size_t wanted)
{
	struct transport_rate_side *mine = &rates_of(t)->sides[side];
	struct service_rate *shared = shared_rate(t, side);
	size_t room;

	if (is_held(t, side))
		return 0;
	room = own_room(t, mine, wanted);
	if (room > 0 && shared != NULL)
		room = (size_t)service_rate_ask(shared, &mine->waiter, room);
	if (room == 0)
		set_held(t, side, true);
	return room;
}

void transport_rate_spend(struct cohort_transport *t, enum rate_side side,
			  size_t size)
{
	struct transport_rate_side *mine = &rates_of(t)->sides[side];
	struct service_rate *shared = shared_rate(t, side);

	rate_spend(&mine->own, size);
	if (shared != NULL)
		service_rate_spend(shared, &mine->waiter, size);
}

static void leave(struct cohort_transport *t, enum rate_side side)
{
	if (!t->is_outgoing)
		service_rate_leave(shared_rate(t, side),
				   &rates_of(t)->sides[side].waiter);
}

void transport_rate_settle(struct cohort_transport *t)
{
	const struct transport_rate_side *sides = rates_of(t)->sides;

	if (sides[RATE_IN].waiter.granted_bytes > 0)
		leave(t, RATE_IN);
	if (sides[RATE_OUT].waiter.granted_bytes > 0)
		leave(t, RATE_OUT);
}

/* ---- Set and ended --------------------------------------------------- */

static struct transport_rates *need_rates(struct cohort_transport *t)
{
	struct transport_extras *extras = transport_need_extras(t);
	struct transport_rates *rates;

	if (extras == NULL || extras->rates != NULL)
		return extras != NULL ? extras->rates : NULL;
	rates = calloc(1, sizeof(*rates));
	if (rates == NULL)
		return NULL;
	rates->transport = t;
	rates->sides[RATE_IN].wake_ms = TRANSPORT_NEVER;
	rates->sides[RATE_OUT].wake_ms = TRANSPORT_NEVER;
	service_rate_waiter_init(&rates->sides[RATE_IN].waiter, input_woken);
	service_rate_waiter_init(&rates->sides[RATE_OUT].waiter, output_woken);
	extras->rates = rates;
	return rates;
}

/* A hold by the old rate is over; whether the new one holds it will be seen
 * when it tries. */
static void try_again(struct cohort_transport *t, enum rate_side side)
{
	if (rates_of(t)->sides[side].wake_ms == TRANSPORT_NEVER)
		return;
	let_go(t, side);
	if (side == RATE_OUT && transport_owes(t))
		t->is_flush_cut = true;
	loop_post(transport_loop(t), &t->task);
}

static int set_own(struct cohort_transport *t, uint64_t bytes_per_second)
{
	struct transport_rates *rates = need_rates(t);
	int64_t now_ms = transport_now_ms(t);
	enum rate_side side;

	if (rates == NULL) {
		errno = ENOMEM;
		return -1;
	}
	t->is_rated = true;
	for (side = RATE_IN; side < RATE_SIDES; side++) {
		rate_set(&rates->sides[side].own, bytes_per_second, now_ms);
		try_again(t, side);
	}
	return 0;
}

int transport_rate_start(struct cohort_transport *t)
{
	uint64_t own = t->service->settings->byte_rate;

	if (own == 0 && t->service->settings->byte_rate_service == 0)
		return 0;
	return set_own(t, own);
}

void transport_rate_stop(struct cohort_transport *t)
{
	leave(t, RATE_IN);
	leave(t, RATE_OUT);
}

/* ---- Public ---------------------------------------------------------- */

int cohort_set_byte_rate(struct cohort_transport *t, uint64_t bytes_per_second)
{
	transport_require(t, __func__);
	if (t->state == TRANSPORT_ENDED)
		return 0;
	if (bytes_per_second == 0 && !t->is_rated)
		return 0;
	return set_own(t, bytes_per_second);
}
