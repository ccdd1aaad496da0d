/* SPDX-License-Identifier: MIT */
/* steering.h - which listeners of a reuseport group get new connections.
 *
 * A classic BPF program on the group answers the index of a listener
 * (kernel.md 4).  While all are fit and the kernel's own hash is wanted, there
 * is none.  Compiling is pure; steering_apply alone talks to the kernel. */
#ifndef COHORT_NET_STEERING_H
#define COHORT_NET_STEERING_H

#include <stdbool.h>
#include <stdint.h>

/* 256 slots, and strangers in their group.  4096 instructions are the kernel's
 * limit. */
#define STEERING_POSITIONS    320
/* Two for each position that is out, in either section; and the frames. */
#define STEERING_INSTRUCTIONS (4 * STEERING_POSITIONS + 8)

/* Classic BPF as linux/filter.h has it, which not every libc comes with. */
enum steering_code {
	STEERING_JUMP = 0x05,     /* over k instructions */
	STEERING_ADD = 0x04,      /* k to the accumulator */
	STEERING_IF_EQUAL = 0x15, /* to k: over jt instructions, else jf */
	STEERING_RETURN = 0x16,   /* the accumulator */
	STEERING_ANSWER = 0x06,   /* return k */
	STEERING_LOAD = 0x20,     /* what k names into the accumulator */
	STEERING_IF_LEAST = 0x35, /* k or more: over jt, else jf */
	STEERING_MODULO = 0x94,   /* the accumulator by k */
};

/* Values of k for STEERING_LOAD. */
#define STEERING_LOAD_CPU    0xfffff024u
#define STEERING_LOAD_RANDOM 0xfffff038u

struct steering_instruction {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

enum steering_balance {
	STEERING_HASH,     /* the kernel's, by addresses and ports */
	STEERING_RANDOM,   /* even, per connection */
	STEERING_CPU,      /* by the CPU that the packet came to */
	STEERING_SHARED,   /* one listener for all workers: nothing to steer */
	STEERING_ADAPTIVE, /* at random, by weights that follow the load */
};

/* What is wanted of a group of `count` listeners. */
struct steering {
	enum steering_balance balance;
	unsigned count;
	bool is_out[STEERING_POSITIONS]; /* by the index in the group */
	/* Of STEERING_ADAPTIVE, of those that are in: shares of the newcomers,
	 * relative to each other.  All 0: they are even. */
	uint16_t weights[STEERING_POSITIONS];
};

bool steering_is_equal(const struct steering *a, const struct steering *b);

/* The program: the number of its instructions, 0 for none.  Those that are out
 * get nothing; if all are out all are in, for a connection has to wait
 * somewhere.  What would go to one that is out is spread at random over the
 * others.  With weights the kernel's random number is compared with a threshold
 * after the other.  A lone listener needs none. */
unsigned
steering_compile(const struct steering *steering,
		 struct steering_instruction program[STEERING_INSTRUCTIONS]);

/* Have the group that the listener `fd` is a member of follow `program`; or
 * none, with `count` 0.  0, or -1 with errno. */
int steering_apply(int fd, struct steering_instruction *program,
		   unsigned count);

/* Let no newcomer in at the TCP listener `fd`, or let them in again.  While it
 * is barred, a SYN is dropped: whoever sent it tries again, in a second at the
 * earliest, and is refused then if nobody listens any more.  Handshakes under
 * way, and what waits, are not touched; so after those the listener can be
 * closed without a loss.  0, or -1 with errno. */
int steering_bar(int fd, bool is_barred);

#endif
