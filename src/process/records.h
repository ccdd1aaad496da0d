/* SPDX-License-Identifier: MIT */
/* records.h - what supervisor and children say to each other.
 *
 * A record is one message of a SOCK_SEQPACKET channel: a header, up to
 * RECORD_DATA_BYTES of data, and descriptors.  Longer text goes in numbered
 * pieces.  Types `drain` and `ready` are frozen for ever, so that any build can
 * manage another's workers. */
#ifndef COHORT_PROCESS_RECORDS_H
#define COHORT_PROCESS_RECORDS_H

#include <stdint.h>

#define RECORD_VERSION    1
#define RECORD_BYTES      1024 /* header and data */
#define RECORD_DATA_BYTES (RECORD_BYTES - 16)

enum record_type {
	/* Frozen numbers. */
	RECORD_READY = 1, /* worker: every listener listens, privileges are
			     dropped, accepting */
	RECORD_DRAIN = 2, /* supervisor: take no new connections, finish; data:
			     int64_t bound in ms, -1 for none.  A second one
			     replaces the bound; 0 is "now".  `number` 1: the
			     program ends, nobody accepts after you */
	/* The others. */
	RECORD_BANK = 3,      /* worker: one bound listener, as a descriptor;
			      `number` is its listener index */
	RECORD_BANKED = 4,    /* supervisor: all of yours are in the bank and it
			      is your turn: listen */
	RECORD_LISTENING = 5, /* worker: all of mine listen */
	RECORD_LEAVE = 6,     /* worker: was asked by TERM to leave */
	RECORD_FAILED = 7,    /* worker: cannot start; `number` is an errno,
				 data the words */
	RECORD_LOG = 8,       /* supervisor: the log was reopened, here it is;
				 data: its struct log_form */
	RECORD_TEXT = 9,      /* loader: a piece of canonical text; `number`
				 counts from 0 */
	RECORD_COMPLAINT = 10, /* loader: a piece of errors and warnings */
	RECORD_END = 11,       /* loader: `number` 0 good, 1 bad */
	RECORD_DRAINING = 12,  /* worker: what waited is accepted, I accept no
				  more; `number` transports still live */
	RECORD_ADOPT = 13,     /* supervisor: accept from this descriptor too,
				  the listener with index `number` of another
				  slot; data: unsigned slot */
	RECORD_DISOWN = 14,    /* supervisor: no longer; data: unsigned slot */
	RECORD_FULL = 15,      /* worker: service `number` has no room */
	RECORD_ROOM = 16,      /* worker: it has again */
	RECORD_BEGIN = 18,     /* a state begins (kept.h) */
	RECORD_FDS = 19,       /* descriptors of a state; data: their numbers
				  in its text, ints */
	RECORD_COUNT = 17,     /* supervisor: `number` workers share the limits
				  from now on */
	RECORD_REFUSED = 20,   /* worker: cannot do what RECORD_ADOPT said;
				  number and data are those of that */
	RECORD_OPENING = 21,   /* loader: a piece of what is to be said if it
				  does not come to open a plug-in; empty: it
				  did */
	RECORD_PLUGIN = 22,    /* loader: the next plug-in of the configuration,
				  as a descriptor; data: names of protocols */
	/* Of the admin process. */
	RECORD_ORDER = 23,  /* admin: an order (admin_order.h) */
	RECORD_ANSWER = 24, /* supervisor: what came of it (admin_order.h);
			       `number` is the exit status */
	RECORD_ASKER = 25,  /* supervisor: an admin asks over this channel */
	RECORD_WORKER = 26, /* supervisor: ask a worker over this channel;
			       `number` is its page, data: int32 pid, uint32
			       slot */
	RECORD_RETIRE = 27, /* supervisor: accept no more, finish, end */
	/* Between an admin and a worker. */
	RECORD_QUERY = 28,    /* admin: struct connection_query */
	RECORD_ROWS = 29,     /* worker: struct connection_row, as many as fit;
				 `number` is the query's.  None: it is at it */
	RECORD_ROWS_END = 30, /* worker: struct connection_end */
	RECORD_SUSPEND = 31,  /* supervisor: accept nobody of service `number`
				until … */
	RECORD_RESUME = 32,   /* … this */
	RECORD_LEVEL = 33,    /* supervisor: log from level `number` on */
	/* And again from admin to supervisor. */
	RECORD_BEAT = 34,   /* admin: I live */
	RECORD_ACCESS = 35, /* supervisor: the access log, as a descriptor,
				  or without one: off; data: its struct
				  log_form */
	/* From supervisor to worker. */
	RECORD_SPIN = 36, /* `number` 1: there is a CPU for each worker, so that
			     one with `busy_poll auto` may spin; 0: not so */
	RECORD_ACCEPTING = 37, /* worker: service `number`, of `balance
				  adaptive`, accepts after a rest */
};

struct record {
	uint16_t version;
	uint16_t type; /* enum record_type */
	uint32_t number;
	uint32_t size; /* of data */
	uint32_t descriptor_count;
	unsigned char data[RECORD_DATA_BYTES];
};

#endif
