/* SPDX-License-Identifier: MIT */
/* transport_table.c - from an id to a transport. */
#include "net/transport_table.h"

#include <stdlib.h>
#include <string.h>

#define PLACE_BITS 24
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

struct transport_place {
	union {
		struct cohort_transport *transport;
		uint32_t next_free; /* place + 1; 0: none */
	};
	uint64_t serial; /* of the present one; 0 while the place is free */
};
_Static_assert(sizeof(struct transport_place) <= TRANSPORT_TABLE_PLACE_BYTES,
	       "an idle connection has to stay small");

void transport_table_init(struct transport_table *table)
{
	memset(table, 0, sizeof(*table));
}

void transport_table_release(struct transport_table *table)
{
	uint32_t i;

	for (i = 0; i < TRANSPORT_TABLE_BLOCKS && table->blocks[i]; i++)
		free(table->blocks[i]);
	transport_table_init(table);
}

static struct transport_place *place_at(const struct transport_table *table,
					uint32_t place)
{
	return &table->blocks[place / TRANSPORT_TABLE_BLOCK]
			     [place % TRANSPORT_TABLE_BLOCK];
}

/* A place never used before; 0, or -1 if there is none. */
static int take_fresh(struct transport_table *table, uint32_t *place)
{
	uint32_t block = table->used_count / TRANSPORT_TABLE_BLOCK;

	if (block >= TRANSPORT_TABLE_BLOCKS)
		return -1;
	if (table->blocks[block] == NULL)
		table->blocks[block] = calloc(TRANSPORT_TABLE_BLOCK,
					      sizeof(struct transport_place));
	if (table->blocks[block] == NULL)
		return -1;
	*place = table->used_count++;
	return 0;
}

uint64_t transport_table_add(struct transport_table *table,
			     struct cohort_transport *transport)
{
	struct transport_place *entry;
	uint32_t place = table->free_first - 1;

	if (table->free_first != 0)
		table->free_first = place_at(table, place)->next_free;
	else if (take_fresh(table, &place) < 0)
		return 0;
	entry = place_at(table, place);
	entry->transport = transport;
	entry->serial = ++table->serial;
	return entry->serial << PLACE_BITS | place;
}

/* The place an id names, if its serial number is the present one. */
static struct transport_place *place_of_id(const struct transport_table *table,
					   uint64_t id)
{
	uint32_t place = (uint32_t)(id & PLACE_MASK);
	struct transport_place *entry;

	if (place >= table->used_count)
		return NULL;
	entry = place_at(table, place);
	if (entry->serial == 0 || entry->serial != id >> PLACE_BITS)
		return NULL;
	return entry;
}

void transport_table_remove(struct transport_table *table, uint64_t id)
{
	struct transport_place *entry = place_of_id(table, id);

	if (entry == NULL)
		return;
	entry->serial = 0;
	entry->next_free = table->free_first;
	table->free_first = (uint32_t)(id & PLACE_MASK) + 1;
}

struct cohort_transport *
transport_table_find(const struct transport_table *table, uint64_t id)
{
	struct transport_place *entry = place_of_id(table, id);

	return entry != NULL ? entry->transport : NULL;
}

struct cohort_transport *
transport_table_next(const struct transport_table *table, uint32_t *place,
		     unsigned *budget)
{
	struct cohort_transport *found = NULL;

	while (found == NULL && *place<table->used_count && * budget> 0) {
		const struct transport_place *entry =
			place_at(table, (*place)++);

		if (entry->serial != 0)
			found = entry->transport;
		--*budget;
	}
	if (*place >= table->used_count)
		*place = 0;
	return found;
}
