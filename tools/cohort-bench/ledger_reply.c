/* SPDX-License-Identifier: MIT */
/* ledger_reply.c - what a server says to the ledger's clients, taken apart. */
#include "ledger_reply.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Text that is not ended by a NUL. */
struct words {
	const char *at;
	const char *end;
};

char *ledger_token_format(char *out, const struct ledger_token *token)
{
	snprintf(out, LEDGER_TOKEN_BYTES, "c%llu-e%llu",
		 (unsigned long long)token->client,
		 (unsigned long long)token->number);
	return out;
}

static bool take_letter(struct words *words, char letter)
{
	if (words->at == words->end || *words->at != letter)
		return false;
	words->at++;
	return true;
}

static bool take_word(struct words *words, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(words->end - words->at) < length ||
	    strncasecmp(words->at, word, length) != 0)
		return false;
	words->at += length;
	return true;
}

static bool take_number(struct words *words, uint64_t *number)
{
	const char *start = words->at;

	*number = 0;
	for (; words->at < words->end && *words->at >= '0' && *words->at <= '9';
	     words->at++)
		*number = *number * 10 + (uint64_t)(*words->at - '0');
	/* 19 digits do not overflow. */
	return words->at > start && words->at - start < 20;
}

static bool take_token(struct words *words, struct ledger_token *token)
{
	return take_letter(words, 'c') && take_number(words, &token->client) &&
	       take_letter(words, '-') && take_letter(words, 'e') &&
	       take_number(words, &token->number) && words->at == words->end;
}

/* "PID", "PID TOKEN" or "PID /TOKEN". */
static bool take_answer(struct words words, struct ledger_reply *reply)
{
	uint64_t pid;

	if (!take_number(&words, &pid) || pid == 0 || pid > LEDGER_PID_LIMIT)
		return false;
	reply->pid = (int)pid;
	reply->is_greeting = words.at == words.end;
	if (reply->is_greeting)
		return true;
	if (!take_letter(&words, ' ') || words.at == words.end)
		return false;
	take_letter(&words, '/');
	reply->is_token = take_token(&words, &reply->token);
	return true;
}

int ledger_reply_line(struct ledger_reply *reply, const char *data, size_t size)
{
	const char *end = memchr(data, '\n', size);

	memset(reply, 0, sizeof(*reply));
	if (!end)
		return size < LEDGER_LINE_BYTES ? 0 : -1;
	if (end - data >= LEDGER_LINE_BYTES)
		return -1;
	if (!take_answer((struct words){data, end}, reply))
		return -1;
	return (int)(end - data) + 1;
}

/* ---- HTTP ------------------------------------------------------------ */

/* One header field.  False if it is one that must be understood and is not. */
static bool take_field(struct words field, struct ledger_reply *reply,
		       uint64_t *body_size)
{
	bool is_length = take_word(&field, "Content-Length:");
	bool is_connection = !is_length && take_word(&field, "Connection:");

	while (take_letter(&field, ' '))
		continue;
	if (is_connection && take_word(&field, "close"))
		reply->is_last = true;
	return !is_length || take_number(&field, body_size);
}

/* The head, from the status line to `end`, the start of the empty line. */
static bool take_head(struct words head, struct ledger_reply *reply,
		      uint64_t *body_size)
{
	if (!take_word(&head, "HTTP/1.1 200") &&
	    !take_word(&head, "HTTP/1.0 200"))
		return false;
	*body_size = UINT64_MAX;
	while (head.at < head.end) {
		const char *line_end =
			memchr(head.at, '\n', (size_t)(head.end - head.at));

		if (!line_end)
			line_end = head.end;
		if (!take_field((struct words){head.at, line_end}, reply,
				body_size))
			return false;
		head.at = line_end < head.end ? line_end + 1 : head.end;
	}
	return *body_size <= LEDGER_LINE_BYTES;
}

int ledger_reply_http(struct ledger_reply *reply, const char *data, size_t size)
{
	const char *end = memmem(data, size, "\r\n\r\n", 4);
	const char *body;
	uint64_t body_size;

	memset(reply, 0, sizeof(*reply));
	if (!end)
		return 0;
	if (!take_head((struct words){data, end}, reply, &body_size))
		return -1;
	body = end + 4;
	if (size - (size_t)(body - data) < body_size)
		return 0;
	end = body + body_size;
	if (end > body && end[-1] == '\n')
		end--;
	if (!take_answer((struct words){body, end}, reply) ||
	    reply->is_greeting)
		return -1;
	return (int)(body - data) + (int)body_size;
}
