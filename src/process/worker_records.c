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
	worker_drain(worker, bound_ms);
}

void worker_receive(struct channel *channel, const struct record *record,
		    const int *fds)
{
	struct worker *worker = list_entry(channel, struct worker, channel);
	uint32_t i;

	if (record->type == RECORD_LOG && record->descriptor_count == 1) {
		log_adopt(fds[0]);
		return;
	}
	for (i = 0; i < record->descriptor_count; i++)
		close(fds[i]);
	if (record->type == RECORD_BANKED)
		worker_go_on(worker);
	else if (record->type == RECORD_DRAIN)
		take_drain(worker, record);
	else
		log_error("channel: an unexpected record %u", record->type);
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
		.number = type == RECORD_DRAINING ? worker->context.live_count
						  : 0,
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

void worker_report_again(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, retry);

	send_unsent(worker);
	worker_end_if_done(worker);
}
