/* SPDX-License-Identifier: MIT */
/* proxy_health.c - is an upstream up? */
#include "protocols/proxy_health.h"

bool proxy_health_is_up(const struct proxy_health *health)
{
	return health->state == PROXY_HEALTH_UP && !health->is_checked_down;
}

bool proxy_health_is_eligible(const struct proxy_health *health, int64_t now_ms)
{
	if (health->is_checked_down)
		return false;
	return health->state == PROXY_HEALTH_UP || now_ms >= health->retry_ms;
}

/* ---- What clients see ------------------------------------------------ */

static void go_up(struct proxy_health *health)
{
	health->state = PROXY_HEALTH_UP;
	health->failure_count = 0;
}

/* A trial that neither ends well nor badly is followed by another. */
void proxy_health_begin(struct proxy_health *health,
			const struct proxy_health_settings *settings,
			int64_t now_ms)
{
	if (health->state == PROXY_HEALTH_UP || now_ms < health->retry_ms)
		return;
	health->state = PROXY_HEALTH_TRIAL;
	health->retry_ms = now_ms + settings->failure_timeout_ms;
}

void proxy_health_connected(struct proxy_health *health,
			    const struct proxy_health_settings *settings,
			    int64_t now_ms)
{
	if (health->state == PROXY_HEALTH_UP)
		return;
	go_up(health);
	health->failure_ms = now_ms;
	if (settings->max_failures > 0)
		health->failure_count = settings->max_failures - 1;
}

/* A connection from better times proves nothing once it is down. */
void proxy_health_proven(struct proxy_health *health)
{
	if (health->state == PROXY_HEALTH_UP)
		health->failure_count = 0;
}

void proxy_health_failed(struct proxy_health *health,
			 const struct proxy_health_settings *settings,
			 int64_t now_ms)
{
	if (settings->max_failures == 0)
		return;
	if (now_ms - health->failure_ms > settings->failure_timeout_ms &&
	    health->state == PROXY_HEALTH_UP)
		health->failure_count = 0;
	health->failure_ms = now_ms;
	health->failure_count++;
	if (health->state == PROXY_HEALTH_UP &&
	    health->failure_count < settings->max_failures)
		return;
	health->state = PROXY_HEALTH_DOWN;
	health->retry_ms = now_ms + settings->failure_timeout_ms;
}

/* ---- What checks see ------------------------------------------------- */

void proxy_health_checked(struct proxy_health *health,
			  const struct proxy_health_settings *settings,
			  bool is_good)
{
	bool is_against = is_good ? !proxy_health_is_up(health)
				  : !health->is_checked_down;

	health->check_count = is_against ? health->check_count + 1 : 0;
	if (health->check_count < (is_good ? settings->rise : settings->fall))
		return;
	health->check_count = 0;
	health->is_checked_down = !is_good;
	if (is_good)
		go_up(health);
}
