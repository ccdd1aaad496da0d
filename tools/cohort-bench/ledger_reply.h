/* SPDX-License-Identifier: MIT */
/* ledger_reply.h - what a server says to the ledger's clients, taken apart.
 *
 * Line mode: "PID\n", once, after accept, then "PID TOKEN\n" for each token.
 * HTTP mode: a response 200 with a Content-Length, whose body is "PID /TOKEN\n"
 * or "PID TOKEN\n".  A token is cCLIENT-eNUMBER, so that an answer which is not
 * the expected one says whose it was. */
#ifndef COHORT_BENCH_LEDGER_REPLY_H
#define COHORT_BENCH_LEDGER_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_TOKEN_BYTES 44      /* of two numbers of 64 bits, with the NUL */
#define LEDGER_LINE_BYTES  128     /* the longest line that is no failure */
#define LEDGER_PID_LIMIT   4194304 /* PID_MAX_LIMIT of Linux, proc(5) */

struct ledger_token {
	uint64_t client;
	uint64_t number;
};

struct ledger_reply {
	int pid;
	bool is_greeting; /* then there is no token */
	bool is_token;    /* what stands there is a token of this form */
	bool is_last;     /* HTTP: "Connection: close" */
	struct ledger_token token;
};

/* "c17-e42".  Returns `out`, which has LEDGER_TOKEN_BYTES. */
char *ledger_token_format(char *out, const struct ledger_token *token);

/* Take the first reply of `data` apart.  Returns the bytes it was long, 0 if
 * it is not complete yet, -1 if it is no reply. */
int ledger_reply_line(struct ledger_reply *reply, const char *data,
		      size_t size);
int ledger_reply_http(struct ledger_reply *reply, const char *data,
		      size_t size);

#endif
