/* SPDX-License-Identifier: MIT */
/* access_log.c - one line for each accepted connection, when it has ended. */
#include "net/access_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/errno_name.h"

void access_log_init(struct access_log *access)
{
	memset(access, 0, sizeof(*access));
	log_sink_init(&access->sink);
	access->sink.form.kind = LOG_TO_NOWHERE;
}

/* The first one, and then each that comes after as many as are asked for. */
bool access_log_is_due(struct access_log *access)
{
	const struct log_form *form;

	if (access == NULL)
		return false;
	form = &access->sink.form;
	if (form->kind == LOG_TO_NOWHERE)
		return false;
	if (access->turn == 0 || access->turn >= form->sample) {
		access->turn = 1;
		return true;
	}
	access->turn++;
	return false;
}

static void put_text(const struct access_log *access, struct log_line *line,
		     const struct log_origin *origin,
		     const struct access_entry *entry)
{
	if (access->sink.form.kind != LOG_TO_SYSLOG) {
		log_line_put_time(line, origin->wall_ms);
		log_line_put(line, " ");
	}
	log_line_put(line, "access");
	if (entry->connection != 0)
		log_line_put(line, " connection=%d-%" PRIu64, origin->pid,
			     entry->connection);
	else
		log_line_put_value(line, "connection", NULL);
	log_line_put_value(line, "service", entry->service);
	log_line_put_count(line, "worker", access->slot);
	log_line_put_count(line, "generation", access->generation);
	log_line_put_value(line, "peer", entry->peer);
	log_line_put_value(line, "local", entry->local);
	log_line_put_count(line, "duration_ms", (uint64_t)entry->duration_ms);
	log_line_put_count(line, "received_bytes", entry->received_bytes);
	log_line_put_count(line, "sent_bytes", entry->sent_bytes);
	if (entry->has_rtt)
		log_line_put_count(line, "rtt_us", entry->rtt_us);
	else
		log_line_put_value(line, "rtt_us", NULL);
	log_line_put_value(line, "reason", cohort_reason_name(entry->reason));
	log_line_put_value(line, "error",
			   entry->error ? errno_name(entry->error) : NULL);
}

static const char *known(const char *words)
{
	return words != NULL && words[0] != '\0' ? words : NULL;
}

static void put_object(struct log_line *line, const struct log_origin *origin,
		       const struct access_entry *entry)
{
	const struct log_fields fields = {
		.event = LOG_EVENT_CONNECTION_CLOSED,
		.service = entry->service,
		.connection = entry->connection,
		.reason = cohort_reason_name(entry->reason),
		.error = entry->error,
	};

	log_put_head(line, origin, &fields);
	log_line_put_string(line, "peer", known(entry->peer));
	log_line_put_string(line, "local", known(entry->local));
	log_line_put_number(line, "duration_ms", (uint64_t)entry->duration_ms);
	log_line_put_number(line, "received_bytes", entry->received_bytes);
	log_line_put_number(line, "sent_bytes", entry->sent_bytes);
	if (entry->has_rtt)
		log_line_put_number(line, "rtt_us", entry->rtt_us);
	log_line_end_object(line);
}

static void note_dropped(struct access_log *access)
{
	access->sink.dropped_count++;
	log_note_dropped();
	log_event_limited(&access->limit, LOG_LEVEL_WARNING,
			  LOG_FIELDS(.event = LOG_EVENT_LOG_DROPPED),
			  "access_log: %" PRIu64
			  " lines could not be written so far",
			  access->sink.dropped_count);
}

void access_log_write(struct access_log *access,
		      const struct access_entry *entry)
{
	int saved = errno;
	struct log_origin origin;
	struct log_line line;

	log_origin_init(&origin, LOG_LEVEL_INFO);
	log_sink_begin(&access->sink, &line, &origin);
	if (access->sink.form.format == LOG_FORMAT_JSON)
		put_object(&line, &origin, entry);
	else
		put_text(access, &line, &origin, entry);
	if (log_sink_write(&access->sink, &line) < 0)
		note_dropped(access);
	errno = saved;
}
