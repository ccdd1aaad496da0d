/* SPDX-License-Identifier: MIT */
/* cohort.h - write a protocol, get a server.
 *
 * A protocol is a table of callbacks.  Cohort forks workers, accepts
 * connections in each of them, and calls the protocol for every connection
 * (transport): connection_made, then data_received any number of times, then
 * eof_received at most once, then connection_lost.
 *
 * Everything runs in one thread of one worker process: no locks, no callback
 * is entered from within another of the same transport, nothing may block.
 * A transport pointer is valid from connection_made until connection_lost has
 * returned; keep the id (cohort_id) for anything longer.  A call with NULL, or
 * with a transport that has ended as far as can be seen, is a mistake of the
 * program: it aborts with a message that names the call.
 *
 * The whole of a server:
 *
 *	static void echo(struct cohort_transport *t, void *session,
 *			 const void *data, size_t size)
 *	{
 *		(void)session;
 *		cohort_write(t, data, size);
 *	}
 *
 *	static const struct cohort_protocol protocol = {
 *		.name = "my-echo",
 *		.data_received = echo,
 *		.holds_reading = true,
 *	};
 *
 *	int main(int argc, char **argv)
 *	{
 *		return cohort_main(argc, argv, &protocol);
 *	}
 */
#ifndef COHORT_H
#define COHORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library itself is compiled with everything else hidden. */
#pragma GCC visibility push(default)

#define COHORT_VERSION "0.1.0"

/* What a plug-in was compiled for.  It rises when one that was compiled before
 * could not be called any more. */
#define COHORT_API 1

struct cohort_transport; /* opaque: a connection */
struct cohort_worker;    /* opaque: one service in one worker process */
struct cohort_timer;     /* opaque: of a worker */

/* What a callback that has a choice wants done. */
enum cohort_verdict {
	COHORT_CLOSE, /* flush what is queued, then close */
	COHORT_KEEP,  /* go on; the protocol closes when it is done */
	COHORT_ABORT, /* the peer broke the protocol: end it now, with the
			 reason protocol_error */
};

/* Why a transport ended.  The words (cohort_reason_name) appear in logs and
 * as a metric's label. */
enum cohort_reason {
	COHORT_REASON_EOF,                /* the peer closed first */
	COHORT_REASON_PEER_RESET,         /* RST, or the network gave up */
	COHORT_REASON_LOCAL_CLOSE,        /* the protocol closed or aborted */
	COHORT_REASON_IDLE_TIMEOUT,       /* no byte either way */
	COHORT_REASON_FIRST_BYTE_TIMEOUT, /* connected and said nothing */
	COHORT_REASON_WRITE_TIMEOUT,      /* queued bytes, no progress */
	COHORT_REASON_LIFETIME,           /* its time was up */
	COHORT_REASON_WRITE_OVERFLOW,     /* more than write_limit queued */
	COHORT_REASON_LIMIT,
	COHORT_REASON_LIMIT_SOURCE,
	COHORT_REASON_DENIED,
	COHORT_REASON_PROXY_HEADER,   /* none, a bad one, or too late */
	COHORT_REASON_PROTOCOL_ERROR, /* a callback's verdict was abort */
	COHORT_REASON_UPSTREAM,
	COHORT_REASON_SHUTDOWN,    /* a drain reached its bound */
	COHORT_REASON_KILLED,      /* an operator closed it */
	COHORT_REASON_WORKER_EXIT, /* its worker died */
	COHORT_REASON_RESOURCE,    /* memory or descriptors ran out */
	COHORT_REASONS,
};

/* "eof", "peer_reset", …; never NULL for a value below COHORT_REASONS. */
const char *cohort_reason_name(enum cohort_reason reason);

/* What connection_lost is told. */
struct cohort_end {
	enum cohort_reason reason;
	int error; /* the errno behind it, or 0 */
};

/* ---- A protocol's own directives ------------------------------------- */

/* `protocol NAME { DIRECTIVE VALUE; … }`: each row is one directive whose
 * value is stored at `offset` of the options (cohort_options). */
enum cohort_value {
	COHORT_VALUE_BOOLEAN,  /* bool: on, off */
	COHORT_VALUE_NUMBER,   /* uint64_t */
	COHORT_VALUE_SIZE,     /* uint64_t, bytes: 64k 1m */
	COHORT_VALUE_DURATION, /* int64_t, ms: 250ms 30s; off is -1 */
	COHORT_VALUE_STRING,   /* const char *, owned by the configuration */
	COHORT_VALUE_CHOICE,   /* int: which of `words` it is, from 0 */
	/* const char *, owned by the configuration: where to connect to, in
	 * its shortest form: 127.0.0.1:80 [::1]:80 host:80 unix:/path unix:@n.
	 * A name has the form of one; it is not asked after. */
	COHORT_VALUE_ADDRESS,
	/* struct cohort_rows: a directive of several words that may come any
	 * number of times.  The first of `columns` is written as it is and
	 * differs from row to row; the others are NAME=VALUE in any order,
	 * or, of booleans, the bare name. */
	COHORT_VALUE_ROWS,
	/* const char *, owned by the configuration: the path of a regular
	 * file, which has to be readable when the configuration is checked
	 * (by root, where root starts the server) and when worker_start comes
	 * to read it (by `user`, within `chroot`).  A default is not looked
	 * for.  A relative path is one from the working directory. */
	COHORT_VALUE_FILE,
};

struct cohort_rows {
	const void *rows; /* `row_size` bytes each, in the order written */
	size_t count;
};

struct cohort_directive {
	const char *name; /* NULL ends the table */
	enum cohort_value kind;
	size_t offset;
	const char *initial; /* the default, as it would be written; NULL for
				a string, a file or an address means that it
				may stay unset (NULL); rows and the first of
				their columns need none, all others do */
	uint64_t minimum;    /* of number, size and duration, and of how */
	uint64_t maximum;    /* many rows; 0 stands for no bound */
	const char *help;    /* one line */

	const char *const *words; /* of a choice; NULL ends them */
	/* Of rows, with offsets into the row.  No rows within rows. */
	const struct cohort_directive *columns;
	size_t row_size;
};

/* ---- Framing ---------------------------------------------------------- */

/* How a stream of bytes is cut into frames; a protocol with a framing is given
 * each frame once and whole (frame_received), however the network cut it.  A
 * frame that breaks the rules ends the transport with protocol_error, with
 * EMSGSIZE if it is too long and EBADMSG otherwise, after the frames before it
 * have been given: memory never holds more than a limit's worth. */
enum cohort_framing_kind {
	COHORT_FRAMING_LINES,     /* ended by \n or \r\n; given without them */
	COHORT_FRAMING_DELIMITER, /* ended by `delimiter`, given without it */
	COHORT_FRAMING_LENGTH,    /* the payload's length in front of it */
	COHORT_FRAMING_FIXED,     /* all of the same `size` */
	COHORT_FRAMING_NETSTRING, /* 5:hello, */
};

struct cohort_framing {
	enum cohort_framing_kind kind;
	size_t limit; /* the longest payload; 0: 64 KiB; not for FIXED.  Too
			 long is known from the length in front, or as soon as
			 more bytes than this have come without their end */
	const void *delimiter; /* DELIMITER: at least one byte; must live as
				  long as the framing is in use */
	size_t delimiter_size;
	unsigned length_size;    /* LENGTH: 1, 2, 4 or 8 bytes, unsigned, */
	bool is_little_endian;   /* else the most significant first */
	size_t size;             /* FIXED: at least 1 */
	bool takes_unterminated; /* LINES, DELIMITER: what stands before the
				    end of file is a frame too.  Without it,
				    and for the other kinds, an unfinished
				    frame there is a protocol_error */
};

/* ---- A protocol ------------------------------------------------------ */

/* All members but `name` may be left out.  The table and what it points at
 * must live as long as the program. */
struct cohort_protocol {
	const char *name;    /* as written after `protocol` */
	size_t session_size; /* zeroed bytes given to each transport */

	const struct cohort_directive *directives; /* own directives, or NULL */
	size_t options_size; /* of the struct that the offsets point into */

	/* Exactly once, first; after the PROXY header where the service takes
	 * one (a connection that ends for its header is told to nobody).
	 * Reading starts after it has returned. */
	void (*connection_made)(struct cohort_transport *t, void *session);

	/* `size` is 1 to 65536 bytes; `data` is valid during the call only.
	 * Never comes after end of file, close, or while reading is paused. */
	void (*data_received)(struct cohort_transport *t, void *session,
			      const void *data, size_t size);

	/* With a framing, frame_received comes instead of data_received.  The
	 * payload (0 bytes are possible; never NULL) is valid during the call
	 * only.  A pause, close or abort, another protocol or another framing
	 * takes effect before the next frame; what has already been read waits
	 * and is delivered on resume, or to the new protocol in its way, or is
	 * dropped after close.  eof_received comes after the last frame.
	 * Others are served between a pile of frames that came at once.
	 * A framing that cohort_set_framing would refuse is a bug: abort. */
	const struct cohort_framing *framing;
	void (*frame_received)(struct cohort_transport *t, void *session,
			       const void *frame, size_t size);

	/* Both, instead of data_received and without a framing: the kernel
	 * writes straight into the protocol's memory.  buffer_get says where
	 * and how much there is room for; NULL or no room is a protocol_error.
	 * It may be called when there is nothing to read, or only the end of
	 * file; otherwise buffer_updated follows at once, with the 1 to
	 * 262144 bytes that were written there. */
	void *(*buffer_get)(struct cohort_transport *t, void *session,
			    size_t *size);
	void (*buffer_updated)(struct cohort_transport *t, void *session,
			       size_t size);

	/* At most once: the peer will send no more.  Without this callback
	 * the verdict is COHORT_CLOSE. */
	enum cohort_verdict (*eof_received)(struct cohort_transport *t,
					    void *session);

	/* More than the high mark is queued: stop writing.  Strictly
	 * alternates with resume_writing, pause first. */
	void (*pause_writing)(struct cohort_transport *t, void *session);
	/* The queue has fallen to the low mark or below. */
	void (*resume_writing)(struct cohort_transport *t, void *session);

	/* While writing is paused nothing is read, by itself: who does not
	 * take the answers cannot go on asking.  Right for every protocol that
	 * answers what it receives; without it a peer that never reads costs
	 * up to write_limit, unless the protocol pauses reading itself. */
	bool holds_reading;

	/* Once for each cohort_send_file and cohort_send_memory: `sent_bytes`
	 * of it have been handed to the kernel, and the descriptor, or the
	 * memory, is the caller's again.  Fewer than asked for with error 0:
	 * the file ends there.  Otherwise the errno of reading it (EFAULT of
	 * memory; the transport goes on), or, before connection_lost, of what
	 * ended the transport (ECANCELED where there is none).  Comes after
	 * cohort_close too, never from inside a call of the protocol's own;
	 * cohort_set_protocol hands it on to the new protocol. */
	void (*file_sent)(struct cohort_transport *t, void *session,
			  uint64_t sent_bytes, int error);

	/* Once, when the worker wants to leave: finish soon.  Without it the
	 * transport lives until the peer closes or the drain's bound. */
	void (*draining)(struct cohort_transport *t, void *session);

	/* What its peers are sent has no end of its own: when a drain reaches
	 * its bound, or an operator closes the connection, they are told by a
	 * reset that something is missing, not by an end of file (except after
	 * cohort_write_eof). */
	bool resets_when_cut;

	/* The timer set by cohort_set_timer has run out. */
	void (*timeout)(struct cohort_transport *t, void *session);

	/* Exactly once, last; never from inside a call of the protocol's
	 * own.  cohort_peer, cohort_local and cohort_info still answer; the
	 * transport and the session are gone after it. */
	void (*connection_lost)(struct cohort_transport *t, void *session,
				const struct cohort_end *end);

	/* ---- Of the worker ---- */

	size_t worker_size; /* zeroed bytes for each worker of each service */

	/* Once in each worker, unprivileged already, before the first
	 * transport and before the worker counts as ready.  -1: it cannot
	 * start, for the reason that was last given to cohort_worker_log at
	 * level error; its slot tries again as after any failed start.  A
	 * reload or an upgrade whose workers fail here changes nothing.  (The
	 * trial before an upgrade runs it in a worker more, and ends that by
	 * worker_stop, beside those that serve.) */
	int (*worker_start)(struct cohort_worker *w, void *state);

	/* Once, when the worker begins to drain: before `draining` of its
	 * transports, in which there may be none. */
	void (*worker_draining)(struct cohort_worker *w, void *state);

	/* Once, after the last transport, if worker_start went well; not when
	 * the worker is killed. */
	void (*worker_stop)(struct cohort_worker *w, void *state);

	/* Descriptors that each of its transports may need besides its own
	 * socket, as for one that cohort_connect gives: a worker takes no more
	 * clients than it can have all of these for. */
	unsigned descriptors_count;
};

/* ---- Plug-ins -------------------------------------------------------- */

/* `load FILE.so;` in the configuration of any server makes the protocols of a
 * shared object known, which says what it has with one line at file scope:
 *
 *	COHORT_EXPORT(&hello);              … or up to 16 of them:
 *	COHORT_EXPORT(&hello, &goodbye);    each a struct cohort_protocol
 *
 *	cc -fPIC -c hello.c && cc -shared hello.o -o hello.so
 *	cohort -o 'load hello.so;' -p hello
 *
 * A relative path is looked for beside the configuration file that has it; of
 * -o, in the working directory.
 * It calls the cohort_* functions of the program that has loaded it, also if it
 * was linked with -lcohort.  It is copied when it is checked: every worker of a
 * configuration runs that copy, whatever becomes of the file; a reload takes
 * the file as it is then.  Its constructors run in each worker before that gives
 * up its privileges, and in a child that checks the configuration: nothing that
 * takes long, no threads, which would keep those privileges, and no processes,
 * which would be killed with that child and outlive the worker.  $ORIGIN does
 * not say where the file is.
 *
 * A protocol of a plug-in has a session_size, an options_size and row_sizes of
 * 1 MiB and a worker_size of 1 GiB at the most.
 *
 * An upgrade of the program (USR2) goes on with the copies, so that it takes
 * one of the same COHORT_API and the same size of struct cohort_protocol: to
 * another, with plug-ins that were compiled for that, it has to be stopped and
 * started.  Nor may what a plug-in calls itself be built into the new one.
 *
 * In a program of its own the line is good for nothing, and does no harm. */
struct cohort_export {
	uint32_t api;           /* COHORT_API … */
	uint32_t protocol_size; /* … and sizeof(struct cohort_protocol) of the
				   cohort.h that it was compiled with */
	const struct cohort_protocol *const *protocols; /* ended by NULL */
};

#define COHORT_EXPORT(...)                                                     \
	COHORT_EXPORTED_ const struct cohort_export cohort_protocol_export;    \
	static const struct cohort_protocol *const cohort_exported_[] = {      \
		__VA_ARGS__, NULL};                                            \
	const struct cohort_export cohort_protocol_export = {                  \
		COHORT_API, sizeof(struct cohort_protocol), cohort_exported_}

#ifdef __cplusplus
#define COHORT_EXPORTED_ extern "C" __attribute__((visibility("default")))
#else
#define COHORT_EXPORTED_ extern __attribute__((visibility("default")))
#endif

/* ---- Writing --------------------------------------------------------- */

/* Send or queue `size` bytes; never blocks; the bytes are the caller's again
 * on return.  0, or -1 with errno: EPIPE after cohort_write_eof, close, abort
 * or loss, EBUSY between cohort_send_file or cohort_send_memory and file_sent
 * (nothing is queued by either), ENOBUFS when the queue would exceed
 * write_limit or memory is out (the transport is aborted).  An empty write does
 * nothing and returns 0 unless it would have been refused. */
int cohort_write(struct cohort_transport *t, const void *data, size_t size);
/* The same of several pieces, at most IOV_MAX (EINVAL, and nothing is done). */
int cohort_writev(struct cohort_transport *t, const struct iovec *pieces,
		  int count);

/* Send `data` as one frame, in one system call.  `framing` NULL stands for the
 * transport's own.  As cohort_write; and -1 with EINVAL, and nothing is done,
 * if the peer could not read it back as one frame: it is longer than the limit
 * or than its length can say, contains the end of a frame, is a line that ends
 * with \r, or has not the fixed size; or if the framing itself is no good. */
int cohort_write_frame(struct cohort_transport *t,
		       const struct cohort_framing *framing, const void *data,
		       size_t size);

/* Send what is queued, then end our half of the connection; reading goes on.
 * Twice is once. */
void cohort_write_eof(struct cohort_transport *t);

/* Send `count` bytes of the file `fd` from `offset` on, or as many as there are
 * (UINT64_MAX: to its end), after what is queued, without copying them.  `fd`
 * (one that can be mapped: no pipe, no socket) stays the caller's, keeps its
 * own offset, and has to stay open until file_sent.  Writes are refused
 * meanwhile; cohort_write_eof and cohort_close wait for it.  What it has yet to
 * send counts neither as queued nor against a limit, since it takes no memory,
 * but write_timeout watches it.  Reading may wait for a disk, and the worker
 * with it.  What is changed in the file before the peer has it may be sent
 * either way.  0, or -1 with errno: EPIPE as for cohort_write, EBUSY if one is
 * under way or another forwards to it, EINVAL (offset below 0), ENOMEM. */
int cohort_send_file(struct cohort_transport *t, int fd, int64_t offset,
		     uint64_t count);

/* Send `count` bytes of memory without queueing them: the `size` bytes at
 * `data` from their beginning, and from there again and again, until `count`
 * are sent (`size` itself: once).  The kernel copies them when it has room:
 * they have to stay as they are until file_sent, and no longer.  For what is
 * small and goes to many: from a cache nearby it costs less than from a file.
 * A system call takes 64 times `size` at the most, so that it is worth having
 * something shorter than 4 KiB several times in a row.
 *
 * As with cohort_send_file it goes after what is queued, writes are refused
 * meanwhile, cohort_write_eof and cohort_close wait for it, it does not count
 * as queued, write_timeout watches it, and file_sent tells its end.  If it
 * cannot be read (a mapped file has been cut), that is told with EFAULT, and
 * some of what is before that place may not have been sent.  0, or -1 with
 * errno: EPIPE, EBUSY and ENOMEM as there, EINVAL (`size` is 0). */
int cohort_send_memory(struct cohort_transport *t, const void *data,
		       size_t size, uint64_t count);

/* Bytes that wait in the transport's own queue (not in the kernel's). */
size_t cohort_queued(const struct cohort_transport *t);

/* pause_writing comes when the queue is above `high` bytes, resume_writing at
 * `low` or below.  Takes effect at once.  -1 with EINVAL if high < low, or
 * ENOMEM. */
int cohort_set_write_limits(struct cohort_transport *t, size_t high,
			    size_t low);

/* ---- Ending ---------------------------------------------------------- */

/* Stop reading, send what is queued, end the connection in good order: the
 * peer gets every byte.  Idempotent. */
void cohort_close(struct cohort_transport *t);

/* cohort_close for a reason that is not in the connection itself.  With
 * COHORT_REASON_KILLED a protocol that resets_when_cut has a reset sent instead
 * of the end of file, once the peer has every byte. */
void cohort_close_for(struct cohort_transport *t, const struct cohort_end *end);

/* Drop the queue and close now; cohort_reset does it with an RST. */
void cohort_abort(struct cohort_transport *t);
void cohort_reset(struct cohort_transport *t);

/* cohort_reset for a reason that is not in the connection itself:
 * connection_lost is told `end`, also after cohort_close. */
void cohort_reset_for(struct cohort_transport *t, const struct cohort_end *end);

/* The peer broke the protocol: abort with the reason protocol_error. */
void cohort_fail(struct cohort_transport *t);

bool cohort_is_closing(const struct cohort_transport *t);

/* ---- Reading --------------------------------------------------------- */

/* Idempotent, allowed in any callback.  What arrives while paused is
 * delivered on resume.  A resume after close does nothing. */
void cohort_pause_reading(struct cohort_transport *t);
void cohort_resume_reading(struct cohort_transport *t);
bool cohort_is_reading(const struct cohort_transport *t);

/* From the next frame on: a limit from the options, a body of known size after
 * a header line, ….  The struct is copied; NULL goes back to the protocol's
 * own, as cohort_set_protocol does.  What has been read of an unfinished frame
 * is looked at anew.  -1 with EINVAL if the framing makes no sense or the
 * protocol has no frame_received, ENOMEM; then nothing has changed. */
int cohort_set_framing(struct cohort_transport *t,
		       const struct cohort_framing *framing);
/* From now on what arrives is thrown away, where it can be (TCP) by the kernel
 * without a copy.  data_received comes no more; the bytes count as received,
 * end of file is told as ever, and a pause still holds the peer back.
 * cohort_set_protocol ends it, and so does cohort_forward. */
void cohort_discard_input(struct cohort_transport *t);

/* From now on what `from` receives is written to `to`, and its end of file is
 * written after it: in the kernel where that is possible and worth it, with no
 * data_received of `from`.  What was read before and not delivered yet goes
 * first.  While `to` is slow nothing is read from `from`, and neither while its
 * protocol pauses it.  pause_writing, resume_writing and eof_received come as
 * ever.
 * One transport can forward to one other, and be forwarded to by one, also by
 * that one; one that has closed or received its end of file is not in the way
 * of the next.  If `from` has received it already, it is written at once.
 * They may be the same: then what is received comes back, and eof_received
 * alone decides what the end of file means.  cohort_write_eof ends that: what
 * comes after it is for data_received again.
 * It ends with a NULL for `to`, with cohort_discard_input, and with
 * cohort_set_protocol of either; once another `to` is closing or was told
 * cohort_write_eof, nothing is read from `from` any more, whose protocol should
 * close it.
 * 0, or -1 with errno: EPIPE (one of them is closing, or `to` was told
 * cohort_write_eof), EBUSY (another forwards to `to`, or a file is being
 * sent), ENOMEM. */
int cohort_forward(struct cohort_transport *from, struct cohort_transport *to);

/* ---- Knowing --------------------------------------------------------- */

/* A number never used again in the life of this worker, and the way back:
 * NULL if that transport has ended. */
uint64_t cohort_id(const struct cohort_transport *t);
struct cohort_transport *cohort_find(struct cohort_transport *any, uint64_t id);

void *cohort_session(struct cohort_transport *t);

/* The protocol's options as the configuration has them; options_size bytes,
 * or NULL without a directive table, and after cohort_set_protocol to another
 * protocol than the service's. */
const void *cohort_options(const struct cohort_transport *t);

enum cohort_family {
	COHORT_FAMILY_IPV4,
	COHORT_FAMILY_IPV6,
	COHORT_FAMILY_UNIX,
};

#define COHORT_ADDRESS_TEXT 128
struct cohort_address {
	enum cohort_family family;
	uint16_t port;                  /* 0 for a unix socket */
	uint8_t bytes[16];              /* 4 or 16 of them; not for unix */
	char text[COHORT_ADDRESS_TEXT]; /* 127.0.0.1:80 [::1]:80 unix:/path;
					   an unnamed peer is "unix:" */
};
/* Who connected to where: by the PROXY header, if the transport began with one
 * that says so, else the connection's own ends.  0, or -1 with errno (ENOTCONN:
 * it is not connected yet, or a unix socket whose peer has gone). */
int cohort_peer(const struct cohort_transport *t,
		struct cohort_address *address);
int cohort_local(const struct cohort_transport *t,
		 struct cohort_address *address);
/* The connection's own ends, whatever a PROXY header says. */
int cohort_raw_peer(const struct cohort_transport *t,
		    struct cohort_address *address);
int cohort_raw_local(const struct cohort_transport *t,
		     struct cohort_address *address);

/* The PROXY protocol (HAProxy's doc/proxy-protocol.txt), for services with
 * `proxy_protocol`: a proxy before us says first for whom it connects. */
enum cohort_proxy_version {
	COHORT_PROXY_NONE,
	COHORT_PROXY_V1, /* a line of text */
	COHORT_PROXY_V2, /* binary, with TLVs */
};
/* What the transport began with. */
enum cohort_proxy_version
cohort_proxy_received(const struct cohort_transport *t);

/* What a version 2 header may say beyond addresses. */
enum cohort_proxy_tlv_type {
	COHORT_PROXY_TLV_ALPN = 0x01,
	COHORT_PROXY_TLV_AUTHORITY = 0x02, /* the host that is asked for */
	COHORT_PROXY_TLV_CRC32C = 0x03,    /* was found right */
	COHORT_PROXY_TLV_NOOP = 0x04,
	COHORT_PROXY_TLV_UNIQUE_ID = 0x05, /* any bytes */
	COHORT_PROXY_TLV_SSL = 0x20,
	COHORT_PROXY_TLV_NETNS = 0x30,
};
/* The first TLV of that type (any of 0 to 255); the value is valid until
 * connection_lost has returned.  0, or -1 with ENOENT. */
int cohort_proxy_tlv(const struct cohort_transport *t, unsigned type,
		     const void **value, size_t *size);

/* Begin with a PROXY header that says who `client` is (cohort_peer) and where it
 * connected to (cohort_local); NULL says that we connect for ourselves.  A unix
 * socket has no words in version 1, whose header is then UNKNOWN.  0, or -1 with
 * errno: as cohort_write, as cohort_peer, or EINVAL if something was written
 * before or there is no such version. */
int cohort_write_proxy_header(struct cohort_transport *upstream,
			      const struct cohort_transport *client,
			      enum cohort_proxy_version version);

struct cohort_info {
	const char *service; /* owned by the server */
	unsigned worker;     /* slot number */
	uint64_t id;
	int64_t age_ms;  /* since it was accepted */
	int64_t idle_ms; /* since the last byte either way */
	uint64_t received_bytes;
	uint64_t sent_bytes; /* handed to the kernel */
	uint64_t queued_bytes;
	/* From TCP_INFO; all 0 for a unix socket. */
	uint32_t rtt_us;
	uint32_t rtt_variance_us;
	uint32_t cwnd_segments;
	uint32_t ssthresh_segments;
	uint32_t retransmits_count;
};
void cohort_info(const struct cohort_transport *t, struct cohort_info *info);

/* ---- Timing and changing --------------------------------------------- */

/* Call `timeout` in `delay_ms` from now; a second call moves the timer.  One
 * timer per transport.  0 runs as soon as the loop gets to it, never from
 * inside the call. */
void cohort_set_timer(struct cohort_transport *t, int64_t delay_ms);
void cohort_cancel_timer(struct cohort_transport *t);

/* From the next event on `protocol` is called, with a zeroed session of its
 * own; the old session is freed at once, also under a callback that is still
 * running, and its timer is cancelled.  No connection_made comes; if the queue
 * is above the high mark the new protocol is told by pause_writing of its own.
 * Reading that was paused stays so until it is resumed.
 * -1 with ENOMEM and nothing changed if there is no memory. */
int cohort_set_protocol(struct cohort_transport *t,
			const struct cohort_protocol *protocol);

/* From now on at most so many bytes a second are read from the peer, and as
 * many sent to it (after a silence one second's worth at once); 0: as many as
 * will.  What waits to be sent for it counts in cohort_queued.  `byte_rate` is
 * what each accepted transport begins with.  -1 with ENOMEM and nothing
 * changed. */
int cohort_set_byte_rate(struct cohort_transport *t, uint64_t bytes_per_second);

/* A line in the server's log, with the transport's service and id. */
enum cohort_log_level {
	COHORT_LOG_DEBUG,
	COHORT_LOG_INFO,
	COHORT_LOG_WARNING,
	COHORT_LOG_ERROR,
};
void cohort_log(const struct cohort_transport *t, enum cohort_log_level level,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- Workers --------------------------------------------------------- */

/* Each worker process runs every service; what a protocol shares among the
 * transports of one of them hangs on its cohort_worker: the state of
 * worker_size bytes, timers, posted work, outgoing connections.  The pointer is
 * good from worker_start until worker_stop has returned. */
struct cohort_worker *cohort_worker(const struct cohort_transport *t);

void *cohort_worker_state(struct cohort_worker *w); /* NULL: worker_size 0 */

/* The service's options, as by cohort_options; NULL without a directive
 * table. */
const void *cohort_worker_options(const struct cohort_worker *w);

struct cohort_worker_info {
	const char *service;   /* owned by the server */
	unsigned worker;       /* slot number */
	unsigned worker_count; /* that share the service's limits */
	bool is_draining;
	unsigned connections_count; /* accepted by the service here, and live */
	int64_t now_ms;             /* monotonic, of this turn of the loop */
};
void cohort_worker_info(const struct cohort_worker *w,
			struct cohort_worker_info *info);

/* A line in the server's log, with the service's name. */
void cohort_worker_log(const struct cohort_worker *w,
		       enum cohort_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* By the id of any transport of this worker process; NULL if it has ended. */
struct cohort_transport *cohort_worker_find(struct cohort_worker *w,
					    uint64_t id);

/* A timer that calls `expired` when it runs out; it is not started yet.  NULL
 * with ENOMEM.  Those that are left are freed after worker_stop. */
struct cohort_timer *cohort_timer_new(struct cohort_worker *w,
				      void (*expired)(struct cohort_worker *w,
						      void *argument),
				      void *argument);

/* Run out once, in `delay_ms` from now; a second call moves it.  0 runs as
 * soon as the loop gets to it, never from inside the call. */
void cohort_timer_set(struct cohort_timer *timer, int64_t delay_ms);
void cohort_timer_cancel(struct cohort_timer *timer); /* idempotent */

/* NULL is fine, and so is the timer whose `expired` is running. */
void cohort_timer_free(struct cohort_timer *timer);

/* From any thread of the process: have the worker's loop call `run`, soon, and
 * in the order of the calls.  0: it will be called, at the latest before
 * worker_stop, unless the worker is killed.  -1 with ENOMEM, or with ESHUTDOWN
 * if the worker is about to stop.  A thread that a protocol starts must have
 * all signals blocked, and be joined in worker_stop. */
int cohort_post(struct cohort_worker *w,
		void (*run)(struct cohort_worker *w, void *argument),
		void *argument);

/* ---- Connecting ------------------------------------------------------ */

struct cohort_connect {
	const char *address; /* as after `listen`: host:80 127.0.0.1:80
				[::1]:80 unix:/path unix:@name; copied */
	const char *source;  /* a numeric address or unix: to bind to first,
				its port may be 0; or NULL */
	int64_t timeout_ms;  /* for name and connection; 0: 10 s */
	const struct cohort_protocol *protocol; /* of the transport */
};

/* An outgoing transport, which keeps the contract of all transports and exists
 * at once: its session is there, what is written is queued and goes out when it
 * is connected, it can be closed and aborted.  Then connection_made comes; or,
 * if it cannot be connected, connection_lost alone, never from inside this
 * call, with the reason upstream and the errno (ECONNREFUSED, EHOSTUNREACH;
 * ETIMEDOUT when the time is over; of a name ENOENT if it has no address, EAGAIN
 * if no name server answers).  For want of descriptors, memory or ports of our
 * own the reason is resource (EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL):
 * nothing is known of the other end then.  The addresses of a name are tried in
 * turn, each with its share of the time.  Closed while it connects it ends with
 * connection_lost alone too; what was written before is sent first.  Until it
 * is connected no other callback comes: pause_writing and `timeout` wait.
 *
 * Of the service's timeouts only write_timeout and linger_timeout apply.  It
 * is told of a drain, and keeps a draining worker alive as others do; it counts
 * for no limit.  cohort_options is NULL unless the protocol is the service's.
 *
 * NULL with errno: EINVAL (no such address, source of another family, timeout
 * or protocol), EMFILE, ENFILE, ENOMEM, ENOBUFS (resources), what binding to
 * the source says (EADDRNOTAVAIL, …), EAFNOSUPPORT, ESHUTDOWN (the worker ends:
 * its drain has reached its bound, or worker_stop runs). */
struct cohort_transport *cohort_connect(struct cohort_worker *w,
					const struct cohort_connect *how);

/* ---- A program ------------------------------------------------------- */

/* The whole program: parse the command line, run the server, return the exit
 * status.  `protocol` is the default of `-p` and of the implied service. */
int cohort_main(int argc, char **argv, const struct cohort_protocol *protocol);

/* The same with several protocols, ended by NULL; the first is the
 * default. */
int cohort_main_with(int argc, char **argv,
		     const struct cohort_protocol *const *protocols);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
