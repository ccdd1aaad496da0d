/* SPDX-License-Identifier: MIT */
/* transport_access.c - what the access log is told of a transport. */
#include "net/access_log.h"
#include "net/transport_internal.h"

static void write_line(struct cohort_transport *t, struct access_log *access)
{
	struct cohort_address peer, local;
	struct cohort_info info;

	if (cohort_peer(t, &peer) < 0)
		peer.text[0] = '\0';
	if (cohort_local(t, &local) < 0)
		local.text[0] = '\0';
	cohort_info(t, &info);
	access_log_write(access, &(const struct access_entry){
					 .service = t->service->name,
					 .connection = t->id,
					 .peer = peer.text,
					 .local = local.text,
					 .duration_ms = info.age_ms,
					 .received_bytes = info.received_bytes,
					 .sent_bytes = info.sent_bytes,
					 .has_rtt = info.rtt_us > 0,
					 .rtt_us = info.rtt_us,
					 .reason = t->reason,
					 .error = t->error,
				 });
}

void transport_log_access(struct cohort_transport *t)
{
	struct access_log *access = t->service->worker->access_log;

	if (!t->is_outgoing && access_log_is_due(access))
		write_line(t, access);
}

void transport_log_refused(struct service *service, int fd, int error)
{
	struct access_log *access = service->worker->access_log;
	struct cohort_address peer = {.text = ""}, local = {.text = ""};
	struct address address;

	if (!access_log_is_due(access))
		return;
	if (address_of_peer(&address, fd) == 0)
		address_publish(&address, &peer);
	if (address_of_socket(&address, fd) == 0)
		address_publish(&address, &local);
	access_log_write(access, &(const struct access_entry){
					 .service = service->name,
					 .peer = peer.text,
					 .local = local.text,
					 .reason = COHORT_REASON_RESOURCE,
					 .error = error,
				 });
}
