/* SPDX-License-Identifier: MIT */
/* channel.h - a non-blocking SOCK_SEQPACKET socketpair between the supervisor
 * and one child: records, and descriptors by SCM_RIGHTS.
 *
 * Either end runs in its process's loop.  The other end's death is an event
 * like any other (`closed`). */
#ifndef COHORT_PROCESS_CHANNEL_H
#define COHORT_PROCESS_CHANNEL_H

#include <stdbool.h>

#include "base/error.h"
#include "event/loop.h"
#include "process/records.h"

#define CHANNEL_DESCRIPTORS 200 /* in one record, at most */

struct channel {
	struct loop_source source;
	struct loop *loop; /* NULL until it is started */
	int fd;            /* -1: closed */
	int spare;         /* gives way to a descriptor that comes; -1: none */
	bool has_spare;    /* … or is to be had again */
	/* There is room again: channel_wait_room was called. */
	void (*room)(struct channel *channel);
	/* A whole, valid record came.  `fds` are the callee's to close
	 * (close-on-exec is set; channel_drop); may close the channel.  Descriptors for which
	 * there is no room in the table are lost: such a record comes with none
	 * of its own. */
	void (*received)(struct channel *channel, const struct record *record,
			 const int *fds);
	/* The other end is gone, or broke the rules (log says which); the
	 * channel is closed already. */
	void (*closed)(struct channel *channel);
};

/* A pair, both ends non-blocking and close-on-exec. 0, or -1 with words. */
int channel_pair(int fds[2], struct error *error);

/* Take `fd` and serve it from `loop`.  0, or -1 with errno. */
int channel_start(struct channel *channel, struct loop *loop, int fd,
		  void (*received)(struct channel *, const struct record *,
				   const int *fds),
		  void (*closed)(struct channel *));
/* Hold a place in the table for a descriptor that comes: where the table may be
 * full of other things. */
void channel_hold_spare(struct channel *channel);
/* Idempotent; no callback. */
void channel_close(struct channel *channel);
/* Close descriptors that came: at once, whatever they are. */
void channel_drop(const int *fds, unsigned count);

/* A record found no room (EAGAIN): `room` is called once, when there is some.
 * 0, or -1 with errno: it hears nothing any more, and is to be closed. */
int channel_wait_room(struct channel *channel,
		      void (*room)(struct channel *channel));

/* What a record carries beside its type: all may be 0 or NULL. */
struct channel_load {
	uint32_t number;
	const void *data; /* at most RECORD_DATA_BYTES */
	uint32_t size;
	const int *fds; /* stay the caller's */
	uint32_t fd_count;
};

/* 0, or -1 with errno: EAGAIN when the channel is full (the caller tries
 * again later or gives the child up), EPIPE when the other end is gone. */
int channel_send(struct channel *channel, enum record_type type,
		 const struct channel_load *load);

/* Send text of any length as numbered pieces, waiting for room (children
 * that have nothing else to do: the loader). 0, or -1 with errno. */
int channel_send_text(int fd, enum record_type type, const char *text,
		      size_t size);
/* The same wait for one record. */
int channel_send_waiting(int fd, enum record_type type,
			 const struct channel_load *load);
/* The same, but no longer than until `until_ms` (monotonic): ETIMEDOUT. */
int channel_send_until(int fd, enum record_type type,
		       const struct channel_load *load, int64_t until_ms);

#endif
