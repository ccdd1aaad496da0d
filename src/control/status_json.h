/* SPDX-License-Identifier: MIT */
/* status_json.h - what /status.json answers: everything that the live page
 * shows, and a program may want, in one object.
 *
 *	{"status":   {…},    of report_status_table
 *	 "workers":  [{…}],  of report_worker_table, by slot
 *	 "slots":    [{…}],  of report_slot_table
 *	 "services": [{…}],  of report_service_table, and beside its columns
 *	                     "addresses": ["127.0.0.1:8888"],
 *	                     "closed": {"eof": 12, …}, all reasons
 *	 "events":   [{…}],  of report_event_table, oldest first, and beside its
 *	                     columns "wall_ms"
 *	 "samples":  [{"wall_ms":…, "connections":…, "accepted":…, "closed":…,
 *	               "received_bytes":…, "sent_bytes":…, "queued_bytes":…,
 *	               "queue":…}],  oldest first (samples.h)
 *	 "connections": {"busiest": [{…}], "slowest": […], "queued": […],
 *	                 "oldest": […]}}
 *
 * What is not known is null; members may be added.  Durations and times end in
 * _ms, bytes in _bytes; counters only grow while the program lives.  The last
 * member is made of connection_table (busiest.h), and is {} until the workers
 * have been asked. */
#ifndef COHORT_CONTROL_STATUS_JSON_H
#define COHORT_CONTROL_STATUS_JSON_H

#include "base/text.h"
#include "control/backend.h"

/* Append the object.  0, or -1: there was no memory for a snapshot. */
int status_json(struct text *out, const struct control_backend *backend);

#endif
