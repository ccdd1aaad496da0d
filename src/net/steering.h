/* SPDX-License-Identifier: MIT */
/* steering.h - which listeners of a reuseport group get new connections.
 *
 * A classic BPF program on the group answers the index of a listener
 * (kernel.md 4).  While all are fit and the kernel's own hash is wanted, there
 * is none.  Compiling is pure; steering_apply alone talks to the kernel. */
#ifndef COHORT_NET_STEERING_H
#define COHORT_NET_STEERING_H

#include <linux/filter.h>
#include <stdbool.h>

#define STEERING_POSITIONS    256
/* Two for each position that is out, in either section; and the frames. */
#define STEERING_INSTRUCTIONS (4 * STEERING_POSITIONS + 8)

enum steering_balance {
	STEERING_HASH,   /* the kernel's, by addresses and ports */
	STEERING_RANDOM, /* even, per connection */
	STEERING_CPU,    /* by the CPU that the packet came to */
	STEERING_SHARED, /* one listener for all workers: nothing to steer */
};

/* What is wanted of a group of `count` listeners. */
struct steering {
	enum steering_balance balance;
	unsigned count;
	bool is_out[STEERING_POSITIONS]; /* by the index in the group */
};

bool steering_is_equal(const struct steering *a, const struct steering *b);

/* The program: the number of its instructions, 0 for none.  Those that are out
 * get nothing; if all are out all are in, for a connection has to wait
 * somewhere.  What would go to one that is out is spread at random over the
 * others.  A lone listener needs none. */
unsigned steering_compile(const struct steering *steering,
			  struct sock_filter program[STEERING_INSTRUCTIONS]);

/* Have the group that the listener `fd` is a member of follow `program`; or
 * none, with `count` 0.  0, or -1 with errno. */
int steering_apply(int fd, struct sock_filter *program, unsigned count);

#endif
