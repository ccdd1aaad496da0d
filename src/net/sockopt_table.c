/* SPDX-License-Identifier: MIT */
/* sockopt_table.c - one row for each socket option that can be configured. */
#include "net/sockopt_table.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* From linux/tcp.h and asm-generic/socket.h, for C libraries that are older
 * than the option. */
#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT 25
#endif
#ifndef SO_INCOMING_CPU
#define SO_INCOMING_CPU 49
#endif

#define AT(member) offsetof(struct sockopt_settings, member)

#define MIN_SEGMENT 88    /* TCP_MIN_MSS, include/net/tcp.h */
#define MAX_SEGMENT 32767 /* MAX_TCP_WINDOW, the same */
#define MAX_TIME_S  32767 /* MAX_TCP_KEEPIDLE, the same; kernel.md 17 */
#define MAX_NAME    15    /* IFNAMSIZ and TCP_CA_NAME_MAX without the NUL */
#define MIN_BUFFER  1024  /* less is raised by the kernel anyway */

/* The options that a directive sets; what is not said is 0: on the listener,
 * the kernel says the same. */
#define CALLS static const struct sockopt_call
#define CALL(family, level_, number_, kind, member, ...)                       \
	{                                                                      \
		.families = SOCKOPT_##family, .level = (level_),               \
		.number = (number_), .source = SOCKOPT_FROM_##kind,            \
		.offset = AT(member), __VA_ARGS__                              \
	}
#define END                                                                    \
	{                                                                      \
		.families = 0                                                  \
	}

CALLS reuse_address_calls[] = {
	CALL(IP, SOL_SOCKET, SO_REUSEADDR, BOOL, reuse_address,
	     .flags = SOCKOPT_ACCEPTING),
	END,
};

CALLS reuse_port_calls[] = {
	CALL(IP, SOL_SOCKET, SO_REUSEPORT, BOOL, reuse_port,
	     .flags = SOCKOPT_ACCEPTING),
	END,
};

CALLS ipv6_only_calls[] = {
	CALL(IPV6, IPPROTO_IPV6, IPV6_V6ONLY, BOOL, ipv6_only,
	     .flags = SOCKOPT_ASK_FIRST | SOCKOPT_UNTIL_BOUND |
		      SOCKOPT_ACCEPTING),
	END,
};

CALLS nodelay_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_NODELAY, BOOL, nodelay),
	END,
};

CALLS quickack_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_QUICKACK, QUICKACK, quickack,
	     .place = SOCKOPT_ON_CONNECTION),
	END,
};

CALLS keepalive_calls[] = {
	CALL(IP, SOL_SOCKET, SO_KEEPALIVE, INT, keepalive),
	CALL(IP, IPPROTO_TCP, TCP_KEEPIDLE, INT, keepalive_idle_s,
	     .part = "idle"),
	CALL(IP, IPPROTO_TCP, TCP_KEEPINTVL, INT, keepalive_interval_s,
	     .part = "interval"),
	CALL(IP, IPPROTO_TCP, TCP_KEEPCNT, INT, keepalive_count,
	     .part = "count"),
	END,
};

CALLS receive_buffer_calls[] = {
	CALL(IP, SOL_SOCKET, SO_RCVBUF, INT, receive_buffer_bytes,
	     .answer = SOCKOPT_SAYS_DOUBLE, .limit = "net.core.rmem_max"),
	END,
};

/* A unix socket is made new on connect, with no buffer of the listener's. */
enum {
	SEND_BUFFER_OF_LISTENER,
	SEND_BUFFER_OF_CONNECTION,
	SEND_BUFFER_END
};
CALLS send_buffer_calls[] = {
	[SEND_BUFFER_OF_LISTENER] = CALL(
		IP, SOL_SOCKET, SO_SNDBUF, INT, send_buffer_bytes,
		.answer = SOCKOPT_SAYS_DOUBLE, .limit = "net.core.wmem_max"),
	[SEND_BUFFER_OF_CONNECTION] = CALL(
		UNIX, SOL_SOCKET, SO_SNDBUF, INT, send_buffer_bytes,
		.place = SOCKOPT_ON_CONNECTION, .answer = SOCKOPT_SAYS_DOUBLE,
		.limit = "net.core.wmem_max"),
	[SEND_BUFFER_END] = END,
};

CALLS user_timeout_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_USER_TIMEOUT, INT, user_timeout_ms),
	END,
};

CALLS notsent_lowat_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_NOTSENT_LOWAT, INT, notsent_lowat_bytes),
	END,
};

CALLS congestion_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_CONGESTION, WORD, congestion,
	     .limit = "net.ipv4.tcp_available_congestion_control"),
	END,
};

CALLS max_segment_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_MAXSEG, INT, max_segment_bytes,
	     .flags = SOCKOPT_ZERO_RESETS),
	END,
};

CALLS tos_calls[] = {
	CALL(IPV4, IPPROTO_IP, IP_TOS, INT, tos),
	CALL(IPV6, IPPROTO_IPV6, IPV6_TCLASS, INT, tos),
	END,
};

CALLS incoming_cpu_calls[] = {
	CALL(IP, SOL_SOCKET, SO_INCOMING_CPU, CPU, incoming_cpu,
	     .flags = SOCKOPT_ACCEPTING),
	END,
};

CALLS fastopen_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_FASTOPEN, INT, fastopen_queue,
	     .flags = SOCKOPT_ASK_FIRST | SOCKOPT_ACCEPTING,
	     .limit = "net.core.somaxconn"),
	END,
};

CALLS defer_accept_calls[] = {
	CALL(IP, IPPROTO_TCP, TCP_DEFER_ACCEPT, INT, defer_accept_s,
	     .answer = SOCKOPT_SAYS_AT_LEAST,
	     .flags = SOCKOPT_ASK_FIRST | SOCKOPT_ACCEPTING),
	END,
};

CALLS bind_device_calls[] = {
	CALL(IP, SOL_SOCKET, SO_BINDTODEVICE, WORD, bind_device,
	     .flags = SOCKOPT_ASK_FIRST | SOCKOPT_ACCEPTING),
	END,
};

const struct sockopt_call *const sockopt_connection_calls[] = {
	&quickack_calls[0],
	&send_buffer_calls[SEND_BUFFER_OF_CONNECTION],
	NULL,
};

/* clang-format off */
const struct sockopt_row sockopt_rows[] = {
	{"backlog", SOCKOPT_FORM_NUMBER, AT(backlog), "511", 1, INT_MAX,
	 "connections that may wait to be accepted, per worker", NULL},
	{"reuse_address", SOCKOPT_FORM_BOOLEAN, AT(reuse_address), "on", 0, 1,
	 "bind although old connections of the port linger",
	 reuse_address_calls},
	{"reuse_port", SOCKOPT_FORM_BOOLEAN, AT(reuse_port), "on", 0, 1,
	 "a listener per worker; off: one for all of them", reuse_port_calls},
	{"ipv6_only", SOCKOPT_FORM_BOOLEAN, AT(ipv6_only), "on", 0, 1,
	 "an IPv6 listener takes no IPv4 clients", ipv6_only_calls},
	{"nodelay", SOCKOPT_FORM_BOOLEAN, AT(nodelay), "on", 0, 1,
	 "send small writes at once (no Nagle)", nodelay_calls},
	{"quickack", SOCKOPT_FORM_QUICKACK, AT(quickack), "off", 0, 0,
	 "acknowledge at once: after every read, or (auto) unanswered ones",
	 quickack_calls},
	{"keepalive", SOCKOPT_FORM_KEEPALIVE, AT(keepalive), "on",
	 1, MAX_TIME_S,
	 "probe silent peers: on, off, or idle:interval:count as 1800s:15s:5",
	 keepalive_calls},
	{"receive_buffer", SOCKOPT_FORM_SIZE, AT(receive_buffer_bytes), NULL,
	 MIN_BUFFER, INT_MAX / 2,
	 "the kernel's receive buffer; setting it ends its autotuning",
	 receive_buffer_calls},
	{"send_buffer", SOCKOPT_FORM_SIZE, AT(send_buffer_bytes), NULL,
	 MIN_BUFFER, INT_MAX / 2,
	 "the kernel's send buffer; setting it ends its autotuning",
	 send_buffer_calls},
	{"user_timeout", SOCKOPT_FORM_MS, AT(user_timeout_ms), NULL,
	 1, INT_MAX,
	 "give up a connection whose data is not acknowledged for so long",
	 user_timeout_calls},
	{"notsent_lowat", SOCKOPT_FORM_SIZE, AT(notsent_lowat_bytes), NULL,
	 1, INT_MAX,
	 "unsent bytes in the kernel up to which it takes more; without it, "
	 "256k of what is sent in bulk to this machine itself",
	 notsent_lowat_calls},
	{"congestion", SOCKOPT_FORM_WORD, AT(congestion), NULL, 1, MAX_NAME,
	 "the congestion control algorithm", congestion_calls},
	{"max_segment", SOCKOPT_FORM_SIZE, AT(max_segment_bytes), NULL,
	 MIN_SEGMENT, MAX_SEGMENT, "the largest TCP segment",
	 max_segment_calls},
	{"tos", SOCKOPT_FORM_NUMBER, AT(tos), NULL, 0, 255,
	 "type of service or traffic class of what is sent", tos_calls},
	{"incoming_cpu", SOCKOPT_FORM_BOOLEAN, AT(incoming_cpu), "off", 0, 1,
	 "prefer the worker of the CPU that received the connection",
	 incoming_cpu_calls},
	{"fastopen", SOCKOPT_FORM_NUMBER, AT(fastopen_queue), NULL,
	 0, INT_MAX,
	 "connections that may send data with their SYN; 0 is none",
	 fastopen_calls},
	{"defer_accept", SOCKOPT_FORM_SECONDS, AT(defer_accept_s), "off",
	 1, MAX_TIME_S, "accept a connection only when data has arrived",
	 defer_accept_calls},
	{"bind_device", SOCKOPT_FORM_WORD, AT(bind_device), NULL, 1, MAX_NAME,
	 "take connections from this network interface alone",
	 bind_device_calls},
	{NULL, SOCKOPT_FORM_BOOLEAN, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */
