/* SPDX-License-Identifier: MIT */
/* status_json.c - what /status.json answers. */
#include "control/status_json.h"

#include <inttypes.h>
#include <string.h>

#include "control/busiest.h"
#include "control/reports.h"
#include "control/samples.h"

/* A row whose object stays open for further members. */
static void open_row(struct text *out, const struct report_table *table,
		     const struct report_value *values)
{
	report_json_row(out, table, values);
	out->size--;
	out->bytes[out->size] = '\0';
}

/* Of the rows of an array, all but the first. */
static void part(struct text *out, unsigned index)
{
	if (index > 0)
		text_append_bytes(out, ",", 1);
}

static void append_workers(struct text *out, const struct snapshot *snapshot)
{
	struct report_value values[REPORT_WORKER_COLUMNS];
	unsigned i;

	text_append(out, ",\n\"workers\":[");
	for (i = 0; i < snapshot->worker_count; i++) {
		part(out, i);
		report_worker(values, snapshot, &snapshot->workers[i]);
		report_json_row(out, &report_worker_table, values);
	}
	text_append(out, "]");
}

static void append_slots(struct text *out, const struct snapshot *snapshot)
{
	struct report_value values[REPORT_SLOT_COLUMNS];
	unsigned i;

	text_append(out, ",\n\"slots\":[");
	for (i = 0; i < snapshot->slot_count; i++) {
		part(out, i);
		report_slot(values, snapshot, i);
		report_json_row(out, &report_slot_table, values);
	}
	text_append(out, "]");
}

static void append_addresses(struct text *out,
			     const struct control_backend *backend,
			     const char *service)
{
	unsigned count = 0, i;

	text_append(out, ",\"addresses\":[");
	for (i = 0; i < backend->listener_count; i++) {
		if (strcmp(backend->listeners[i].service, service) != 0)
			continue;
		part(out, count++);
		report_json_text(out, backend->listeners[i].address);
	}
	text_append(out, "]");
}

static void append_reasons(struct text *out, const uint64_t *cells)
{
	unsigned i;

	text_append(out, ",\"closed\":{");
	for (i = 0; i < COHORT_REASONS; i++) {
		part(out, i);
		text_append(out, "\"%s\":%" PRIu64,
			    cohort_reason_name((enum cohort_reason)i),
			    cells[SCOREBOARD_CLOSED + i]);
	}
	text_append(out, "}");
}

static void append_services(struct text *out,
			    const struct control_backend *backend,
			    const struct snapshot *snapshot)
{
	struct report_value values[REPORT_SERVICE_COLUMNS];
	unsigned i;

	text_append(out, ",\n\"services\":[");
	for (i = 0; i < snapshot->service_count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];
		struct text listen = {0};

		part(out, i);
		report_service(values, backend, service, &listen);
		open_row(out, &report_service_table, values);
		text_release(&listen);
		append_addresses(out, backend, service->name);
		append_reasons(out, service->cells);
		text_append(out, "}");
	}
	text_append(out, "]");
}

static void append_events(struct text *out, const struct snapshot *snapshot)
{
	struct report_value values[REPORT_EVENT_COLUMNS];
	unsigned i;

	text_append(out, ",\n\"events\":[");
	for (i = 0; i < snapshot->event_count; i++) {
		part(out, i);
		report_event(values, &snapshot->events[i]);
		open_row(out, &report_event_table, values);
		text_append(out, ",\"wall_ms\":%" PRId64 "}",
			    snapshot->events[i].wall_ms);
	}
	text_append(out, "]");
}

static void append_samples(struct text *out, const struct samples *samples)
{
	unsigned count = samples != NULL ? samples->count : 0, i;

	text_append(out, ",\n\"samples\":[");
	for (i = 0; i < count; i++) {
		const struct sample *sample = samples_at(samples, i);

		part(out, i);
		text_append(out,
			    "{\"wall_ms\":%" PRId64 ",\"connections\":%" PRIu64
			    ",\"accepted\":%" PRIu64 ",\"closed\":%" PRIu64
			    ",\"received_bytes\":%" PRIu64
			    ",\"sent_bytes\":%" PRIu64
			    ",\"queued_bytes\":%" PRIu64 ",\"queue\":%" PRIu64
			    "}",
			    sample->wall_ms, sample->live_count,
			    sample->accepted_count, sample->closed_count,
			    sample->received_bytes, sample->sent_bytes,
			    sample->queued_bytes, sample->waiting_count);
	}
	text_append(out, "]");
}

int status_json(struct text *out, const struct control_backend *backend)
{
	const struct snapshot *snapshot = backend->look(backend->context);
	struct report_value values[REPORT_STATUS_COLUMNS];

	if (snapshot == NULL)
		return -1;
	report_status(values, backend, snapshot);
	text_append(out, "{\"status\":");
	report_json_row(out, &report_status_table, values);
	append_workers(out, snapshot);
	append_slots(out, snapshot);
	append_services(out, backend, snapshot);
	append_events(out, snapshot);
	append_samples(out, backend->samples);
	text_append(out, ",\n\"connections\":");
	busiest_append(out, backend->busiest);
	text_append(out, "}\n");
	return 0;
}
