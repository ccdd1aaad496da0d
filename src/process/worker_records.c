/* SPDX-License-Identifier: MIT */
/* worker_records.c - a worker's end of the channel. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/worker_internal.h"

#define RETRY_MS 20 /* until a full channel is tried again */

/* ---- What it is told ------------------------------------------------- */

static void take_drain(struct worker *worker, const struct record *record)
{
	int64_t bound_ms;

	if (record->size < sizeof(bound_ms)) {
		log_error("channel: an order to drain without a bound");
		return;
	}
	memcpy(&bound_ms, record->data, sizeof(bound_ms));
	worker_drain(worker, bound_ms, record->number == 1);
}

static void on_banked(struct worker *worker, const struct record *record,
		      const int *fds)
{
	(void)record;
	(void)fds;
	worker_go_on(worker);
}

static void on_drain(struct worker *worker, const struct record *record,
		     const int *fds)
{
	(void)fds;
	take_drain(worker, record);
}

static const struct log_form *form_of(const struct record *record,
				      struct log_form *form)
{
	return log_form_read(form, record->data, record->size);
}

static void on_log(struct worker *worker, const struct record *record,
		   const int *fds)
{
	struct log_form form;

	(void)worker;
	log_adopt(fds[0], form_of(record, &form));
}

static void on_access(struct worker *worker, const struct record *record,
		      const int *fds)
{
	struct log_form form;

	log_sink_adopt(&worker->access.sink, fds[0], form_of(record, &form));
}

static unsigned slot_of(const struct record *record)
{
	unsigned slot = 0;

	if (record->size == sizeof(slot))
		memcpy(&slot, record->data, sizeof(slot));
	return slot;
}

static void on_adopt(struct worker *worker, const struct record *record,
		     const int *fds)
{
	worker_adopt(worker, slot_of(record), record->number, fds[0]);
}

/* Its descriptor found no room in our table. */
static void on_adopt_without(struct worker *worker, const struct record *record,
			     const int *fds)
{
	(void)fds;
	worker_refuse(worker, slot_of(record), record->number);
}

/* Until it serves, descriptors at numbers of its own may be in its way. */
static void on_asker(struct worker *worker, const struct record *record,
		     const int *fds)
{
	(void)record;
	if (worker->phase == WORKER_PHASE_STARTING)
		close(fds[0]);
	else
		worker_asked_add(&worker->asked, fds[0]);
}

static void on_asker_without(struct worker *worker, const struct record *record,
			     const int *fds)
{
	(void)worker;
	(void)record;
	(void)fds;
	log_warning(
		"an admin process found no room among the descriptors: "
		"it cannot ask about connections");
}

static void on_log_without(struct worker *worker, const struct record *record,
			   const int *fds)
{
	(void)worker;
	(void)record;
	(void)fds;
	log_warning(
		"the reopened log found no room among the descriptors: "
		"writing on to the old one");
}

/* It is off; or it was sent, and found no room in our table. */
static void on_access_without(struct worker *worker,
			      const struct record *record, const int *fds)
{
	struct log_form form;
	const struct log_form *sent = form_of(record, &form);

	(void)fds;
	if (sent != NULL && sent->kind == LOG_TO_NOWHERE)
		log_sink_adopt(&worker->access.sink, -1, sent);
	else
		log_warning(
			"the access log found no room among the descriptors: "
			"writing on to the old one");
}

static void on_disown(struct worker *worker, const struct record *record,
		      const int *fds)
{
	(void)fds;
	worker_disown(worker, slot_of(record), record->number);
}

static void on_count(struct worker *worker, const struct record *record,
		     const int *fds)
{
	(void)fds;
	if (worker->phase == WORKER_PHASE_SERVING && record->number > 0)
		worker_share_limits(worker, record->number);
}

static void on_suspend(struct worker *worker, const struct record *record,
		       const int *fds)
{
	(void)fds;
	worker_suspend(worker, record->number, true);
}

static void on_resume(struct worker *worker, const struct record *record,
		      const int *fds)
{
	(void)fds;
	worker_suspend(worker, record->number, false);
}

static void on_level(struct worker *worker, const struct record *record,
		     const int *fds)
{
	(void)worker;
	(void)fds;
	if (record->number < LOG_LEVELS)
		log_set_level((enum log_level)record->number);
}

static void on_spin(struct worker *worker, const struct record *record,
		    const int *fds)
{
	(void)fds;
	spin_allow(&worker->loop.spin, record->number != 0);
}

/* Handlers take the descriptors. */
static const struct order_row {
	enum record_type type;
	unsigned descriptor_count;
	void (*handle)(struct worker *worker, const struct record *record,
		       const int *fds);
} rows[] = {
	/* clang-format off */
	{RECORD_BANKED, 0, on_banked},
	{RECORD_DRAIN, 0, on_drain},
	{RECORD_LOG, 1, on_log},
	{RECORD_ADOPT, 1, on_adopt},
	{RECORD_DISOWN, 0, on_disown},
	{RECORD_COUNT, 0, on_count},
	{RECORD_SUSPEND, 0, on_suspend},
	{RECORD_RESUME, 0, on_resume},
	{RECORD_LEVEL, 0, on_level},
	{RECORD_SPIN, 0, on_spin},
	{RECORD_LOG, 0, on_log_without},
	{RECORD_ADOPT, 0, on_adopt_without},
	{RECORD_ACCESS, 1, on_access},
	{RECORD_ACCESS, 0, on_access_without},
	{RECORD_ASKER, 1, on_asker},
	{RECORD_ASKER, 0, on_asker_without},
	/* clang-format on */
};

void worker_receive(struct channel *channel, const struct record *record,
		    const int *fds)
{
	struct worker *worker = list_entry(channel, struct worker, channel);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != record->type ||
		    rows[i].descriptor_count != record->descriptor_count)
			continue;
		rows[i].handle(worker, record, fds);
		return;
	}
	log_error("channel: an unexpected record %u", record->type);
	channel_drop(fds, record->descriptor_count);
}

/* ---- What it says ---------------------------------------------------- */

/* In the order in which a worker comes to say them. */
static const enum record_type reports[] = {
	RECORD_LISTENING,
	RECORD_READY,
	RECORD_LEAVE,
	RECORD_DRAINING,
};

static int send_report(struct worker *worker, enum record_type type)
{
	const struct channel_load load = {
		.number =
			type == RECORD_DRAINING ? worker->context.all_count : 0,
	};

	return channel_send(&worker->channel, type, &load);
}

static bool is_full(int number)
{
	return number == EAGAIN || number == ENOBUFS || number == ENOMEM;
}

/* Any other failure means that there is no supervisor to be told, which the
 * channel says too. */
static void send_unsent(struct worker *worker)
{
	struct loop *loop = &worker->loop;
	size_t i;

	for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		if (!(worker->unsent & 1u << reports[i]))
			continue;
		if (send_report(worker, reports[i]) < 0 && is_full(errno)) {
			timer_start(&loop->timers, &worker->retry,
				    loop->now_ms + RETRY_MS);
			return;
		}
		worker->unsent &= ~(1u << reports[i]);
	}
}

void worker_report(struct worker *worker, enum record_type type)
{
	worker->unsent |= 1u << type;
	send_unsent(worker);
}

/* If the channel is full, whoever lent it takes it for adopted, until the next
 * change. */
void worker_refuse(struct worker *worker, unsigned slot, unsigned index)
{
	const struct channel_load load = {
		.number = index,
		.data = &slot,
		.size = sizeof(slot),
	};

	if (channel_send(&worker->channel, RECORD_REFUSED, &load) < 0)
		log_debug("cannot refuse a listener: %s", strerror(errno));
}

void worker_report_again(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, retry);

	send_unsent(worker);
	worker_end_if_done(worker);
}
