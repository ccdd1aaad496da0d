/* SPDX-License-Identifier: MIT */
/* draft.c - a service while it is being read. */
#include "config/draft.h"

#include <string.h>

#include "base/list.h"
#include "config/protocol_options.h"
#include "config/value.h"

struct draft *draft_new(struct reading *reading, const char *name,
			const struct position *where)
{
	struct draft *draft = arena_take(reading->scratch, sizeof(*draft));

	draft->position = *where;
	draft->service.name = arena_copy(reading->arena, name, strlen(name));
	value_set_initial(&reading->service_directives, &draft->service,
			  reading->arena);
	protocol_options_choose(reading, &draft->service,
				reading->protocols[0]);
	if (reading->last_draft)
		reading->last_draft->next = draft;
	else
		reading->drafts = draft;
	reading->last_draft = draft;
	reading->draft_count++;
	return draft;
}

struct draft *draft_find(const struct reading *reading, const char *name)
{
	struct draft *draft = reading->drafts;

	while (draft && strcmp(draft->service.name, name) != 0)
		draft = draft->next;
	return draft;
}

struct draft *draft_of(void *object)
{
	return list_entry(object, struct draft, service);
}
