/* SPDX-License-Identifier: MIT */
/* supervisor_import_orders.c - the lines of a state that are about orders. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "process/supervisor_handover.h"
#include "process/supervisor_import.h"
#include "process/supervisor_internal.h"

#define WORD_TEXT 32

static int find_name(const char *const *names, int count, const char *word)
{
	int i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

static bool is_scale_sound(unsigned number)
{
	return number > 0 && number <= CONFIG_WORKERS_MAX;
}

int import_order(struct import *import, const char *rest)
{
	struct orders *orders = &import->supervisor->ordered.queue;
	struct orders_item item = {.number = 0};
	char word[WORD_TEXT];
	int order;

	if (import_is(import, IMPORT_SUCCESSION))
		return 0;
	if (sscanf(rest, "%31s %u", word, &item.number) < 1)
		return -1;
	order = find_name(order_names, ORDER_COUNT, word);
	if (order <= ORDER_NONE ||
	    (order == ORDER_SCALE && !is_scale_sound(item.number)))
		return -1;
	item.order = (enum order)order;
	return orders_add(orders, &item, 0) ? 0 : -1;
}

int import_upgrading(struct import *import, const char *rest)
{
	struct ordered *ordered = &import->supervisor->ordered;

	if (sscanf(rest, "%" SCNd64 " %31s", &ordered->since_ms,
		   ordered->from_version) != 2)
		return -1;
	orders_resume(&ordered->queue);
	return 0;
}

/* Of the line before.  One too many is never answered: no reason to end. */
int import_ticket(struct import *import, const char *rest)
{
	uint64_t ticket;

	if (sscanf(rest, "%" SCNu64, &ticket) != 1)
		return -1;
	orders_attach(&import->supervisor->ordered.queue, ticket);
	return 0;
}

int import_suspended(struct import *import, const char *rest)
{
	struct suspensions *list = &import->supervisor->ordered.suspensions;
	struct suspension suspension = {.is_on = false};
	unsigned is_on, was_configured;
	int used = 0;

	if (sscanf(rest, "%u %u %n", &is_on, &was_configured, &used) < 2 ||
	    used == 0 || strlen(rest + used) >= sizeof(suspension.service))
		return -1;
	suspension.is_on = import_flag(is_on);
	suspension.was_configured = import_flag(was_configured);
	snprintf(suspension.service, sizeof(suspension.service), "%s",
		 rest + used);
	return suspensions_add(list, &suspension) ? 0 : -1;
}

int import_log_level(struct import *import, const char *rest)
{
	struct ordered *ordered = &import->supervisor->ordered;
	char word[WORD_TEXT], configured_word[WORD_TEXT];
	int level, configured;

	if (sscanf(rest, "%31s %31s", word, configured_word) != 2)
		return -1;
	level = find_name(log_level_names, LOG_LEVELS, word);
	configured = find_name(log_level_names, LOG_LEVELS, configured_word);
	if (level < 0 || configured < 0)
		return -1;
	ordered->has_level = true;
	ordered->level = (enum log_level)level;
	ordered->configured_level = (enum log_level)configured;
	return 0;
}
