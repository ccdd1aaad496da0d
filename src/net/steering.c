/* SPDX-License-Identifier: MIT */
/* steering.c - from the listeners that are out to instructions. */
#include "net/steering.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* A libc may be older than it; alpha, mips, parisc and sparc number it
 * otherwise, and have it in theirs. */
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

struct program { /* struct sock_fprog of linux/filter.h */
	unsigned short length;
	struct steering_instruction *instructions;
};

struct writer {
	struct steering_instruction *program;
	unsigned count;
};

bool steering_is_equal(const struct steering *a, const struct steering *b)
{
	return a->balance == b->balance && a->count == b->count &&
	       memcmp(a->is_out, b->is_out, a->count * sizeof(a->is_out[0])) ==
		       0 &&
	       memcmp(a->weights, b->weights,
		      a->count * sizeof(a->weights[0])) == 0;
}

static unsigned count_in(const struct steering *steering)
{
	unsigned i, count = 0;

	for (i = 0; i < steering->count; i++)
		if (!steering->is_out[i])
			count++;
	return count;
}

static void put(struct writer *writer, enum steering_code code,
		unsigned constant)
{
	writer->program[writer->count++] = (struct steering_instruction){
		.code = (uint16_t)code, .k = constant};
}

/* Skip the next instruction unless the accumulator passes the test. */
static void put_unless(struct writer *writer, enum steering_code test,
		       unsigned constant)
{
	writer->program[writer->count++] = (struct steering_instruction){
		.code = (uint16_t)test, .jf = 1, .k = constant};
}

/* … if it is that or more. */
static void put_unless_least(struct writer *writer, unsigned constant)
{
	writer->program[writer->count++] = (struct steering_instruction){
		.code = STEERING_IF_LEAST, .jt = 1, .k = constant};
}

/* The n-th of those that are in, n at random: n grows by one for each that is
 * out and stands at it or before. */
static void put_random(struct writer *writer, const struct steering *steering,
		       unsigned in_count)
{
	unsigned i;

	put(writer, STEERING_LOAD, STEERING_LOAD_RANDOM);
	put(writer, STEERING_MODULO, in_count);
	for (i = 0; i < steering->count; i++) {
		if (in_count == steering->count || !steering->is_out[i])
			continue;
		put_unless(writer, STEERING_IF_LEAST, i);
		put(writer, STEERING_ADD, 1);
	}
	put(writer, STEERING_RETURN, 0);
}

/* The listener of the CPU, unless it is out: then one at random. */
static void put_cpu(struct writer *writer, const struct steering *steering,
		    unsigned in_count)
{
	unsigned left =
		in_count == steering->count ? 0 : steering->count - in_count;
	unsigned i;

	put(writer, STEERING_LOAD, STEERING_LOAD_CPU);
	put(writer, STEERING_MODULO, steering->count);
	for (i = 0; i < steering->count && left > 0; i++) {
		if (!steering->is_out[i])
			continue;
		put_unless(writer, STEERING_IF_EQUAL, i);
		/* Over two for each that follows, and the return. */
		put(writer, STEERING_JUMP, 2 * --left + 1);
	}
	put(writer, STEERING_RETURN, 0);
	if (in_count < steering->count)
		put_random(writer, steering, in_count);
}

/* ---- By weights ------------------------------------------------------ */

static uint64_t sum_of_weights(const struct steering *steering)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < steering->count; i++)
		if (!steering->is_out[i])
			sum += steering->weights[i];
	return sum;
}

/* Whoever's part of the range of random numbers it is; the last needs no
 * threshold. */
static void put_weighted(struct writer *writer, const struct steering *steering,
			 uint64_t sum)
{
	uint64_t reached = 0;
	unsigned i;

	put(writer, STEERING_LOAD, STEERING_LOAD_RANDOM);
	for (i = 0; reached < sum; i++) {
		if (steering->is_out[i] || steering->weights[i] == 0)
			continue;
		reached += steering->weights[i];
		if (reached < sum)
			put_unless_least(writer,
					 (unsigned)((reached << 32) / sum));
		put(writer, STEERING_ANSWER, i);
	}
}

unsigned
steering_compile(const struct steering *steering,
		 struct steering_instruction program[STEERING_INSTRUCTIONS])
{
	struct writer writer = {.program = program};
	unsigned in_count = count_in(steering);
	uint64_t sum;

	if (in_count == 0)
		in_count = steering->count;
	if (steering->count <= 1)
		return 0;
	sum = steering->balance == STEERING_ADAPTIVE ? sum_of_weights(steering)
						     : 0;
	if (sum > 0)
		put_weighted(&writer, steering, sum);
	else if (steering->balance == STEERING_CPU)
		put_cpu(&writer, steering, in_count);
	else if (steering->balance == STEERING_RANDOM ||
		 steering->balance == STEERING_ADAPTIVE ||
		 in_count < steering->count)
		put_random(&writer, steering, in_count);
	return writer.count;
}

int steering_apply(int fd, struct steering_instruction *program, unsigned count)
{
	struct program filter;
	int nothing = 0;

	memset(&filter, 0, sizeof(filter)); /* the gap, too */
	filter.length = (unsigned short)count;
	filter.instructions = program;

	if (count > 0)
		return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
				  &filter, sizeof(filter));
	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &nothing,
		       sizeof(nothing)) < 0 &&
	    errno != ENOENT)
		return -1;
	return 0;
}

/* ---- Newcomers ------------------------------------------------------- */

/* Of linux/filter.h: what only this program needs. */
#define LOAD_BYTE    0x30 /* at k of the segment */
#define AND          0x54
#define RETURN_VALUE 0x06 /* k: as many bytes of the segment */

#define TCP_FLAGS_AT 13 /* RFC 9293, 3.1 */
#define TCP_SYN      0x02u
#define TCP_SYN_ACK  0x12u
#define WHOLE        0xffffffffu

int steering_bar(int fd, bool is_barred)
{
	struct steering_instruction program[] = {
		{LOAD_BYTE, 0, 0, TCP_FLAGS_AT},    {AND, 0, 0, TCP_SYN_ACK},
		{STEERING_IF_EQUAL, 0, 1, TCP_SYN}, {RETURN_VALUE, 0, 0, 0},
		{RETURN_VALUE, 0, 0, WHOLE},
	};
	struct program filter;
	int nothing = 0;

	if (!is_barred)
		return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &nothing,
				  sizeof(nothing)) < 0 &&
				       errno != ENOENT
			       ? -1
			       : 0;
	memset(&filter, 0, sizeof(filter));
	filter.length = sizeof(program) / sizeof(program[0]);
	filter.instructions = program;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter));
}
