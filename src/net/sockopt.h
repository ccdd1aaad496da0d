/* SPDX-License-Identifier: MIT */
/* sockopt.h - every socket option that Cohort sets or reads, in one table.
 *
 * A row is an option and its directive at once: its name, how it is written,
 * where it has to be set (on the listener, from which accepted sockets inherit
 * it, or on each connection; kernel.md 14-20) and which limit of the system
 * applies.  config/ reads the rows to parse and print, the listener and the
 * transport to apply them. */
#ifndef COHORT_NET_SOCKOPT_H
#define COHORT_NET_SOCKOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/error.h"

#define SOCKOPT_KERNEL (-1) /* leave it as the kernel has it */
#define SOCKOPT_WORD   32   /* congestion algorithm, device name */

/* The third part of `keepalive idle:interval:count` (kernel.md 17); the first
 * two have the bounds of their row. */
#define SOCKOPT_KEEPALIVE_COUNT_MAX 127

enum sockopt_quickack {
	SOCKOPT_QUICKACK_OFF,
	SOCKOPT_QUICKACK_ON,   /* set again after every read */
	SOCKOPT_QUICKACK_AUTO, /* after reads not answered in that turn */
};

/* What a service asks for; filled by the configuration through the table's
 * offsets.  Integers are SOCKOPT_KERNEL, or the value in the unit named. */
struct sockopt_settings {
	bool reuse_address;
	bool reuse_port;
	bool ipv6_only;
	bool nodelay;
	bool incoming_cpu; /* each listener asks for its worker's own CPU */
	int backlog;
	int quickack;  /* enum sockopt_quickack */
	int keepalive; /* 0 off, 1 on */
	int keepalive_idle_s;
	int keepalive_interval_s;
	int keepalive_count;
	int receive_buffer_bytes;
	int send_buffer_bytes;
	int user_timeout_ms;
	int notsent_lowat_bytes;
	int max_segment_bytes;
	int tos;
	int fastopen_queue;             /* 0 off */
	int defer_accept_s;             /* 0 off */
	char congestion[SOCKOPT_WORD];  /* "" kernel's */
	char bind_device[SOCKOPT_WORD]; /* "" none */
};

/* For an initialiser: what the kernel decides unless it is told. */
#define SOCKOPT_REST_KERNEL                                                    \
	.keepalive = SOCKOPT_KERNEL, .keepalive_idle_s = SOCKOPT_KERNEL,       \
	.keepalive_interval_s = SOCKOPT_KERNEL,                                \
	.keepalive_count = SOCKOPT_KERNEL,                                     \
	.receive_buffer_bytes = SOCKOPT_KERNEL,                                \
	.send_buffer_bytes = SOCKOPT_KERNEL,                                   \
	.user_timeout_ms = SOCKOPT_KERNEL,                                     \
	.notsent_lowat_bytes = SOCKOPT_KERNEL,                                 \
	.max_segment_bytes = SOCKOPT_KERNEL, .tos = SOCKOPT_KERNEL,            \
	.fastopen_queue = SOCKOPT_KERNEL

/* How a directive is written. */
enum sockopt_form {
	SOCKOPT_FORM_BOOLEAN,   /* on | off -> bool */
	SOCKOPT_FORM_NUMBER,    /* integer -> int */
	SOCKOPT_FORM_SIZE,      /* 64k -> int, bytes */
	SOCKOPT_FORM_MS,        /* duration -> int, ms; off -> SOCKOPT_KERNEL */
	SOCKOPT_FORM_SECONDS,   /* duration of whole seconds -> int; off -> 0 */
	SOCKOPT_FORM_WORD,      /* -> char[SOCKOPT_WORD]; off -> "" */
	SOCKOPT_FORM_QUICKACK,  /* off | on | auto */
	SOCKOPT_FORM_KEEPALIVE, /* off | on | idle:interval:count */
};

struct sockopt_call; /* sockopt_table.h */

struct sockopt_row {
	const char *directive;
	enum sockopt_form form;
	size_t offset;       /* into struct sockopt_settings */
	const char *initial; /* default as written; NULL: the kernel's, which
				`off` (or "kernel") stands for where a value has
				no other meaning for it */
	int minimum;         /* bounds of what the kernel takes, in the unit */
	int maximum;         /* of the setting; of a word: of its length */
	const char *help;
	/* What it sets in the kernel; NULL for an argument of listen(). */
	const struct sockopt_call *calls;
};

/* Ended by a row without a directive; applied in this order. */
extern const struct sockopt_row sockopt_rows[];

/* For whom a listener is made. */
struct sockopt_owner {
	int cpu;       /* of the worker, for incoming_cpu; -1: any */
	bool is_first; /* the first of several alike: it gives the warnings */
};

/* Set before bind (the order matters: buffers before listen for the window
 * scale), on a listener of address family `family`.  What the kernel refuses although it makes the
 * option useless (unknown congestion algorithm, no such device, option not
 * supported) is an error naming the directive and the value; what it merely
 * clamps (buffers, backlog above somaxconn) is logged as a warning once by the
 * first owner.  Every option is read back and logged at debug as
 * asked / got / limit; what is left to the kernel only by the first owner.
 *
 * An option that says `off` and one that the socket has already are not set
 * again, so this may be repeated on a socket that is bound or listens; what a
 * bound socket cannot change (ipv6_only) stays, with a warning. */
int sockopt_apply_listener(int fd, int family,
			   const struct sockopt_settings *settings,
			   const struct sockopt_owner *owner,
			   struct error *error);

/* Do both ask for the same of a listener? */
bool sockopt_is_equal(const struct sockopt_settings *one,
		      const struct sockopt_settings *other);

/* Would the kernel take the settings, on a socket of its own that nobody else
 * has?  0, or -1 with the same words; no warnings. */
int sockopt_try(int family, const struct sockopt_settings *settings,
		struct error *error);

/* Give a listener back to the kernel's own values where `before` had asked for
 * others and `settings` leaves them to the kernel.  Those that cannot be given
 * back (buffers, once set, are not sized by the kernel any more) stay, with a
 * warning for the first owner. */
void sockopt_restore_listener(int fd, int family,
			      const struct sockopt_settings *before,
			      const struct sockopt_settings *settings,
			      const struct sockopt_owner *owner);

/* For the first slot, once per service: warn when `backlog` exceeds net.core.somaxconn, when
 * fastopen lacks its bit in net.ipv4.tcp_fastopen; reads /proc/sys. */
void sockopt_check_system(const struct sockopt_settings *settings);

/* What an accepted socket does not inherit.  No system call if nothing has to
 * be set.  0, or -1 with errno. */
int sockopt_apply_connection(int fd, int family,
			     const struct sockopt_settings *settings);

/* Before an outgoing socket is connected: everything that is not about
 * accepting. */
int sockopt_apply_outgoing(int fd, int family,
			   const struct sockopt_settings *settings);

/* Before it is bound to an address of its own.  Without a port it gets one when
 * it is connected, and may share it with connections to other places. */
int sockopt_prepare_source(int fd, bool has_port);

int sockopt_rearm_quickack(int fd); /* 0, or -1 with errno */
/* At most about so many bytes wait in the kernel to be sent, beside those that
 * are on their way (TCP_NOTSENT_LOWAT), unless it has another bound by itself:
 * inherited from a listener that somebody else made.  No matter if the kernel
 * refuses. */
void sockopt_limit_unsent(int fd, int bytes);
int sockopt_set_reset_on_close(int fd); /* SO_LINGER 1,0 */
/* Whoever sent `fd` may have made close() wait for what is unsent: it waits no
 * more.  No matter if it is no socket. */
void sockopt_stop_lingering(int fd);
int sockopt_take_error(int fd);    /* SO_ERROR, cleared by reading */
int sockopt_type(int fd);          /* SOCK_STREAM …, or -1 with errno */
bool sockopt_is_listening(int fd); /* SO_ACCEPTCONN */

/* Who is at the other end of a unix socket: 0, or -1 with errno. */
int sockopt_peer_credentials(int fd, pid_t *pid, uid_t *uid);

struct sockopt_tcp {
	uint32_t rtt_us, rtt_variance_us, cwnd_segments, ssthresh_segments,
		retransmits_count;
	/* of a listener (kernel.md 10) */
	uint32_t accept_queue, accept_queue_limit;
	uint8_t state; /* TCP_ESTABLISHED … as the kernel numbers them */
};
int sockopt_tcp_info(int fd, struct sockopt_tcp *tcp); /* 0, or -1/errno */

#endif
