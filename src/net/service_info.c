/* SPDX-License-Identifier: MIT */
/* service_info.c - what a protocol can ask of its worker. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/protocol_log.h"
#include "net/transport_internal.h"

void service_require(const void *argument, const char *name, const char *call)
{
	if (argument == NULL)
		log_bug("%s: %s is NULL", call, name);
}

struct service *service_required(const struct cohort_worker *w,
				 const char *call)
{
	service_require(w, "the worker", call);
	return service_of_public(w);
}

struct cohort_worker *cohort_worker(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	return service_public(t->service);
}

void *cohort_worker_state(struct cohort_worker *w)
{
	return service_required(w, __func__)->state;
}

const void *cohort_worker_options(const struct cohort_worker *w)
{
	return service_required(w, __func__)->protocol_options;
}

struct cohort_transport *cohort_worker_find(struct cohort_worker *w,
					    uint64_t id)
{
	struct service *service = service_required(w, __func__);

	return transport_table_find(&service->worker->transports, id);
}

void cohort_worker_info(const struct cohort_worker *w,
			struct cohort_worker_info *info)
{
	const struct service *service = service_required(w, __func__);
	const struct worker_context *worker = service->worker;

	memset(info, 0, sizeof(*info));
	info->service = service->name;
	info->worker = worker->slot;
	info->worker_count = worker->worker_count;
	info->is_draining = worker->is_draining;
	info->connections_count = service->live_count;
	info->now_ms = worker->loop->now_ms;
}

/* Why worker_start fails, if it does: the last reason is the one. */
static void __attribute__((format(printf, 2, 0)))
keep_reason(const struct service *service, const char *format,
	    va_list arguments)
{
	struct error *words = service->start_words;

	if (words->text[0] != '\0')
		log_event(LOG_LEVEL_ERROR,
			  LOG_FIELDS(.event = LOG_EVENT_PROTOCOL,
				     .service = service->name),
			  "%s: %s", service->name, words->text);
	vsnprintf(words->text, sizeof(words->text), format, arguments);
}

void cohort_worker_log(const struct cohort_worker *w,
		       enum cohort_log_level level, const char *format, ...)
{
	const struct service *service = service_required(w, __func__);
	va_list arguments;

	if (!protocol_log_is_enabled(level))
		return;
	va_start(arguments, format);
	if (level == COHORT_LOG_ERROR && service->start_words != NULL)
		keep_reason(service, format, arguments);
	else
		protocol_log(level,
			     LOG_FIELDS(.event = LOG_EVENT_PROTOCOL,
					.service = service->name),
			     format, arguments);
	va_end(arguments);
}
