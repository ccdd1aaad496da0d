/* SPDX-License-Identifier: MIT */
/* transport_file.h - what is sent of a file, or of memory, without a queue. */
#ifndef COHORT_NET_TRANSPORT_FILE_H
#define COHORT_NET_TRANSPORT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cohort_transport;

/* What cohort_send_file or cohort_send_memory was asked for; valid while
 * is_file_pending. */
struct transport_unqueued {
	const char *memory; /* the caller's; NULL: a file */
	size_t memory_bytes;
	off_t offset; /* in either */
	uint64_t left_bytes;
	uint64_t sent_bytes;
	int fd;    /* of the file, the caller's; or -1 */
	int error; /* why it ended early, or 0 */
};

/* Much is to be sent, and `t` has extras: little of it shall wait in the
 * kernel. */
void transport_note_bulk(struct cohort_transport *t);

/* One sendfile, or one sendmsg of memory; the bytes taken, 0: none for now, or
 * it is over, or -1: the transport has ended. */
ssize_t transport_send_file_piece(struct cohort_transport *t);

/* The transport has ended with `error` or 0: no more is sent. */
void transport_drop_file(struct cohort_transport *t, int error);

/* Call file_sent if it is over; not from inside a callback of `t`. */
void transport_tell_file(struct cohort_transport *t);

#endif
