/* SPDX-License-Identifier: MIT */
/* service_rate.c - a rate that many share, in turn. */
#include "net/service_rate.h"

#define PART_LEAST 1024 /* bytes: less is not worth a system call */
#define TURN_PARTS 256  /* handed out before others get their turn */

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static int64_t now_ms(const struct service_rate *rate)
{
	return rate->loop->now_ms;
}

static bool is_off(const struct service_rate *rate)
{
	return rate->rate.bytes_per_second == 0;
}

static void arm(struct service_rate *rate)
{
	uint64_t portion = rate_portion(&rate->rate);

	if (list_is_empty(&rate->waiters))
		timer_stop(&rate->loop->timers, &rate->timer);
	else
		timer_start(&rate->loop->timers, &rate->timer,
			    rate->rate.filled_ms +
				    rate_wait_ms(&rate->rate, portion));
}

static void remove_waiter(struct service_rate *rate,
			  struct service_rate_waiter *waiter)
{
	if (list_is_empty(&waiter->node))
		return;
	list_remove(&waiter->node);
	rate->waiters_count--;
}

/* All that is there, in equal parts for those who wait. */
static uint64_t part_of(const struct service_rate *rate, uint64_t available)
{
	uint64_t part = available / rate->waiters_count;

	if (part < PART_LEAST)
		part = smaller(available, PART_LEAST);
	return part;
}

static void wake(struct service_rate *rate, uint64_t part)
{
	struct service_rate_waiter *waiter = list_entry(
		rate->waiters.next, struct service_rate_waiter, node);

	remove_waiter(rate, waiter);
	waiter->granted_bytes = part;
	rate_spend(&rate->rate, part);
	waiter->woken(waiter);
}

static void hand_out(struct timer *timer)
{
	struct service_rate *rate =
		list_entry(timer, struct service_rate, timer);
	uint64_t available = rate_available(&rate->rate, now_ms(rate));
	uint64_t part;
	unsigned parts = 0;

	if (list_is_empty(&rate->waiters))
		return;
	part = part_of(rate, available);
	while (part > 0 && available >= part && parts++ < TURN_PARTS &&
	       !list_is_empty(&rate->waiters)) {
		wake(rate, part);
		available -= part;
	}
	arm(rate);
}

void service_rate_init(struct service_rate *rate, struct loop *loop)
{
	*rate = (struct service_rate){.loop = loop};
	list_init(&rate->waiters);
	timer_init(&rate->timer, hand_out);
}

void service_rate_release(struct service_rate *rate)
{
	timer_stop(&rate->loop->timers, &rate->timer);
}

void service_rate_set(struct service_rate *rate, uint64_t bytes_per_second)
{
	rate_set(&rate->rate, bytes_per_second, now_ms(rate));
	arm(rate);
}

void service_rate_waiter_init(struct service_rate_waiter *waiter,
			      void (*woken)(struct service_rate_waiter *))
{
	list_init(&waiter->node);
	waiter->granted_bytes = 0;
	waiter->woken = woken;
}

uint64_t service_rate_ask(struct service_rate *rate,
			  struct service_rate_waiter *waiter, uint64_t wanted)
{
	uint64_t available;

	if (waiter->granted_bytes > 0)
		return smaller(waiter->granted_bytes, wanted);
	if (is_off(rate))
		return wanted;
	if (!list_is_empty(&waiter->node))
		return 0;
	available = rate_available(&rate->rate, now_ms(rate));
	if (list_is_empty(&rate->waiters) &&
	    available >= smaller(wanted, rate_portion(&rate->rate)))
		return smaller(available, wanted);
	list_append(&rate->waiters, &waiter->node);
	if (rate->waiters_count++ == 0)
		arm(rate);
	return 0;
}

void service_rate_spend(struct service_rate *rate,
			struct service_rate_waiter *waiter, uint64_t bytes)
{
	uint64_t granted = smaller(bytes, waiter->granted_bytes);

	waiter->granted_bytes -= granted;
	rate_spend(&rate->rate, bytes - granted);
}

void service_rate_leave(struct service_rate *rate,
			struct service_rate_waiter *waiter)
{
	remove_waiter(rate, waiter);
	if (waiter->granted_bytes == 0)
		return;
	rate_return(&rate->rate, waiter->granted_bytes);
	waiter->granted_bytes = 0;
	arm(rate);
}
