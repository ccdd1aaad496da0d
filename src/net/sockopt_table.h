/* SPDX-License-Identifier: MIT */
/* sockopt_table.h - the kernel's side of a row of sockopt_rows.
 *
 * For sockopt.c and the table.  A directive sets one option of the kernel, or
 * several (keepalive has four), or one that has another number for another
 * family (tos): each is a call. */
#ifndef COHORT_NET_SOCKOPT_TABLE_H
#define COHORT_NET_SOCKOPT_TABLE_H

#include <stddef.h>

#include "net/sockopt.h"

/* The families that a call is for: a mask.  An IPv6 socket that is not
 * v6-only has both of the first. */
#define SOCKOPT_IPV4 1u
#define SOCKOPT_IPV6 2u
#define SOCKOPT_UNIX 4u
#define SOCKOPT_IP   (SOCKOPT_IPV4 | SOCKOPT_IPV6)

/* Where it is set. */
enum sockopt_place {
	SOCKOPT_ON_LISTENER,   /* before bind; accepted sockets inherit it */
	SOCKOPT_ON_CONNECTION, /* on every accepted socket */
};

/* What the value is made from, at `offset` of the settings. */
enum sockopt_source {
	SOCKOPT_FROM_BOOL,
	SOCKOPT_FROM_INT,      /* SOCKOPT_KERNEL: not set */
	SOCKOPT_FROM_WORD,     /* "": not set */
	SOCKOPT_FROM_QUICKACK, /* set to 1 if SOCKOPT_QUICKACK_ON */
	SOCKOPT_FROM_CPU,      /* a bool that asks for the worker's CPU */
};

/* What the kernel says when it is asked for the option afterwards. */
enum sockopt_answer {
	SOCKOPT_SAYS_SAME,
	SOCKOPT_SAYS_DOUBLE,   /* socket(7): it counts its own overhead */
	SOCKOPT_SAYS_AT_LEAST, /* rounds up, to retransmissions */
};

/* Set it only if the kernel does not say so already: what another owner of an
 * inherited socket has done stays as it is, and `off` costs nothing. */
#define SOCKOPT_ASK_FIRST   1u
/* EINVAL because the socket is bound is a warning, and it stays. */
#define SOCKOPT_UNTIL_BOUND 2u
/* 0 gives it back to the kernel; what a fresh socket says would pin it. */
#define SOCKOPT_ZERO_RESETS 4u
/* It is about accepting; an outgoing connection has no use for it. */
#define SOCKOPT_ACCEPTING   8u

struct sockopt_call {
	unsigned families; /* 0 ends the calls of a row */
	int level, number; /* as setsockopt(2) takes them */
	enum sockopt_place place;
	enum sockopt_source source;
	size_t offset;
	enum sockopt_answer answer;
	unsigned flags;
	const char *part;  /* of the directive's value; NULL: all of it */
	const char *limit; /* the sysctl that bounds it, or NULL */
};

/* All of SOCKOPT_ON_CONNECTION, ended by NULL: so few that a connection does
 * not pay for a walk over the rows. */
extern const struct sockopt_call *const sockopt_connection_calls[];

#endif
