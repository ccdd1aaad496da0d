/* SPDX-License-Identifier: MIT */
/* transport_table.h - from a transport's id to the transport, never to
 * another one.
 *
 * An id is a serial number (upper 40 bits, from 1) and a place (lower 24
 * bits).  Places are used again, serial numbers are not, so a stale id finds
 * nothing.  The table grows by blocks and does not move. */
#ifndef COHORT_NET_TRANSPORT_TABLE_H
#define COHORT_NET_TRANSPORT_TABLE_H

#include <stdint.h>

struct cohort_transport;

#define TRANSPORT_TABLE_BLOCK       4096 /* places in a block */
#define TRANSPORT_TABLE_BLOCKS      4096 /* together 2^24 places */
#define TRANSPORT_TABLE_PLACE_BYTES 16

struct transport_table {
	struct transport_place *blocks[TRANSPORT_TABLE_BLOCKS];
	uint32_t used_count; /* places ever handed out */
	uint32_t free_first; /* place + 1; 0: none */
	uint64_t serial;
};

void transport_table_init(struct transport_table *table);
void transport_table_release(struct transport_table *table);

/* A new id for `transport`; 0 if there is no memory or no place. */
uint64_t transport_table_add(struct transport_table *table,
			     struct cohort_transport *transport);
void transport_table_remove(struct transport_table *table, uint64_t id);
struct cohort_transport *
transport_table_find(const struct transport_table *table, uint64_t id);

/* Walk: the transport in the first place from `*place` on that is taken, or
 * NULL when no more than `*budget` places were looked at, or none is left;
 * `*place` is where to go on, 0 at the end.  Whoever lives from the beginning
 * of a walk to its end is met once, whatever comes and goes meanwhile. */
struct cohort_transport *
transport_table_next(const struct transport_table *table, uint32_t *place,
		     unsigned *budget);

#endif
