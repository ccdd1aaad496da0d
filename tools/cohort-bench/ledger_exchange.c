/* SPDX-License-Identifier: MIT */
/* ledger_exchange.c - what a client of the ledger says and hears. */
#include "ledger_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "failures.h"

#define REQUEST_BYTES 128

/* ---- Sending --------------------------------------------------------- */

static size_t compose(const struct ledger_client *client, char *out)
{
	bool is_http = client->setup->options->is_http;
	char token[LEDGER_TOKEN_BYTES];

	ledger_token_format(token, &client->token);
	return (size_t)snprintf(
		out, REQUEST_BYTES, "%s%s%s", is_http ? "GET /" : "", token,
		is_http ? " HTTP/1.1\r\nHost: ledger\r\n\r\n" : "\n");
}

void ledger_exchange_send(struct ledger_client *client)
{
	char request[REQUEST_BYTES];
	size_t size = compose(client, request);
	ssize_t sent;

	client->state = LEDGER_WAITING;
	do
		sent = send(client->fd, request, size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)size)
		return;
	/* The kernel takes a hundred bytes as a whole or not at all. */
	if (sent >= 0)
		errno = EAGAIN;
	if (failure_of_errno(errno) != FAILURE_RESET) {
		ledger_client_failed(client, errno);
		return;
	}
	/* What was said before the end can still be read.  EPIPE: there was a
	 * FIN before the RST, and the end of file tells of it. */
	client->is_reset = errno == ECONNRESET;
	ledger_exchange_receive(client);
}

/* ---- Receiving ------------------------------------------------------- */

/* A greeting comes once, and all that follows is of the same worker; behind
 * a proxy nothing of that is promised. */
static bool is_from_its_worker(const struct ledger_client *client,
			       const struct ledger_reply *reply)
{
	if (client->worker_pid == 0 || client->setup->options->is_http)
		return true;
	return reply->pid == client->worker_pid && !reply->is_greeting;
}

static bool is_own(const struct ledger_client *client,
		   const struct ledger_reply *reply)
{
	return reply->is_token && reply->token.client == client->token.client;
}

static void hear(struct ledger_client *client, const struct ledger_reply *reply)
{
	if (!is_from_its_worker(client, reply)) {
		ledger_client_abandon(client, LEDGER_CORRUPT);
		return;
	}
	client->worker_pid = reply->pid;
	ledger_book_saw(client->setup->book, reply->pid);
	if (reply->is_greeting)
		return;
	if (client->state == LEDGER_WAITING && is_own(client, reply) &&
	    reply->token.number == client->token.number)
		ledger_client_answered(client, reply->is_last);
	else if (is_own(client, reply) &&
		 reply->token.number <= client->answered_number)
		ledger_client_note(client, LEDGER_DUPLICATED);
	else
		ledger_client_abandon(client, LEDGER_OUT_OF_ORDER);
}

static void take_replies(struct ledger_client *client)
{
	struct ledger_reply reply;
	int size = 0;

	while (client->fd >= 0 && client->inbox_size > 0) {
		size = client->setup->options->is_http
			       ? ledger_reply_http(&reply, client->inbox,
						   client->inbox_size)
			       : ledger_reply_line(&reply, client->inbox,
						   client->inbox_size);
		if (size <= 0)
			break;
		client->inbox_size -= (size_t)size;
		memmove(client->inbox, client->inbox + size,
			client->inbox_size);
		hear(client, &reply);
	}
	if (client->fd >= 0 &&
	    (size < 0 || client->inbox_size == sizeof(client->inbox)))
		ledger_client_abandon(client, LEDGER_CORRUPT);
}

/* One recv(): is there more to come? */
static bool receive_some(struct ledger_client *client)
{
	ssize_t size;

	do
		size = recv(client->fd, client->inbox + client->inbox_size,
			    sizeof(client->inbox) - client->inbox_size, 0);
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno == EAGAIN)
		return false;
	if (size < 0) {
		ledger_client_failed(client, errno);
		return false;
	}
	if (size == 0) {
		ledger_client_ended(client, client->is_reset
						    ? LEDGER_RESET
						    : LEDGER_END_OF_FILE);
		return false;
	}
	client->inbox_size += (size_t)size;
	take_replies(client);
	return client->fd >= 0;
}

void ledger_exchange_receive(struct ledger_client *client)
{
	while (receive_some(client))
		continue;
}
