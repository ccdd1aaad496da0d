/* SPDX-License-Identifier: MIT */
/* ledger_client.c - one client of the ledger: wishes, connections, retries. */
#include "ledger_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "connection.h"
#include "run.h"

static void start_timer(struct ledger_client *client, int64_t deadline_us)
{
	timer_start(&client->setup->loop->timers, &client->timer,
		    deadline_us / 1000);
}

static void start_timer_in(struct ledger_client *client, int64_t delay_ms)
{
	start_timer(client, clock_now_us() + delay_ms * 1000);
}

static void start_hang_timer(struct ledger_client *client)
{
	start_timer(client, client->attempt_us +
				    client->setup->options->hang_ms * 1000);
}

void ledger_client_drop(struct ledger_client *client)
{
	struct loop *loop = client->setup->loop;

	timer_stop(&loop->timers, &client->timer);
	if (client->fd >= 0) {
		loop_forget(loop, &client->source);
		close(client->fd);
	}
	client->fd = -1;
}

/* ---- Into the book --------------------------------------------------- */

static struct ledger_event event_of(const struct ledger_client *client)
{
	return (struct ledger_event){
		.pid = client->worker_pid,
		.age_ms = (clock_now_us() - client->connect_us) / 1000,
		.has_token = client->wanted_us > 0,
		.token = client->token,
	};
}

void ledger_client_note(struct ledger_client *client, enum ledger_entry entry)
{
	struct ledger_event event = event_of(client);

	ledger_book_note(client->setup->book, entry, &event);
}

static void end_wish(struct ledger_client *client)
{
	if (client->wanted_us > 0)
		ledger_book_waited(client->setup->book,
				   clock_now_us() - client->wanted_us);
	client->wanted_us = 0;
}

/* ---- Without a connection -------------------------------------------- */

static void finish(struct ledger_client *client)
{
	end_wish(client);
	client->state = LEDGER_FINISHED;
	client->setup->finished(client);
}

/* Until the next exchange is due, or at once if one is still wanted. */
static void leave(struct ledger_client *client)
{
	ledger_client_drop(client);
	if (client->setup->is_stopping) {
		finish(client);
		return;
	}
	client->state = LEDGER_RESTING;
	if (client->wanted_us == 0)
		start_timer(client, client->due_us);
	else if (client->retry_count++ == 0)
		start_timer_in(client, 0);
	else
		start_timer_in(client, RUN_FAILURE_REST_MS);
}

void ledger_client_abandon(struct ledger_client *client,
			   enum ledger_entry entry)
{
	ledger_client_note(client, entry);
	end_wish(client);
	leave(client);
}

void ledger_client_failed(struct ledger_client *client, int number)
{
	switch (failure_of_errno(number)) {
	case FAILURE_RESET: ledger_client_ended(client, LEDGER_RESET); return;
	case FAILURE_TIMEOUT:
		ledger_client_abandon(client, LEDGER_HUNG);
		return;
	case FAILURE_REFUSED: ledger_client_note(client, LEDGER_REFUSED); break;
	default:
		failures_add(&client->setup->book->others, FAILURE_OTHER,
			     number);
		ledger_client_note(client, LEDGER_OTHER);
		break;
	}
	leave(client);
}

static enum ledger_phase phase_of(const struct ledger_client *client)
{
	if (client->state == LEDGER_IDLE)
		return LEDGER_PHASE_IDLE;
	if (client->state == LEDGER_CLOSING)
		return LEDGER_PHASE_CLOSING;
	return LEDGER_PHASE_EXCHANGE;
}

void ledger_client_ended(struct ledger_client *client,
			 enum ledger_ending ending)
{
	const struct ledger_loss loss = {
		.ending = ending,
		.phase = phase_of(client),
		.is_worker_known = client->worker_pid > 0,
		.is_reply_counted = client->reply_count > 0,
	};
	const struct ledger_event event = event_of(client);

	ledger_pending_judge(client->setup->pending, &loss, &event);
	leave(client);
}

/* ---- Connecting ------------------------------------------------------ */

static void speak(struct ledger_client *client)
{
	int64_t now_us = clock_now_us();

	/* The pause was our own will: nobody waited for an answer. */
	client->wanted_us += now_us - client->attempt_us;
	client->attempt_us = now_us;
	start_hang_timer(client);
	ledger_exchange_send(client);
}

static void become_connected(struct ledger_client *client)
{
	const struct ledger_setup *setup = client->setup;

	ledger_book_count(setup->book, LEDGER_CONNECTED);
	if (setup->options->pause_ms == 0 || setup->is_stopping) {
		ledger_exchange_send(client);
		return;
	}
	client->state = LEDGER_PAUSING;
	client->attempt_us = clock_now_us();
	start_timer_in(client, (int64_t)setup->options->pause_ms);
}

static void dial(struct ledger_client *client)
{
	struct ledger_setup *setup = client->setup;
	const unsigned interest =
		POLLER_READ | POLLER_WRITE | POLLER_HANGUP | POLLER_EDGE;
	bool is_connected;

	client->fd = target_connect(setup->target, &is_connected);
	if (client->fd < 0 && errno == EAGAIN &&
	    setup->target->address.kind == ADDRESS_UNIX) {
		start_timer_in(client, CONNECTION_RETRY_MS);
		return;
	}
	if (client->fd < 0 ||
	    loop_add(setup->loop, &client->source, client->fd, interest) < 0) {
		ledger_client_failed(client, errno);
		return;
	}
	start_hang_timer(client);
	if (is_connected)
		become_connected(client);
}

static void open_connection(struct ledger_client *client)
{
	client->state = LEDGER_CONNECTING;
	client->worker_pid = 0;
	client->reply_count = 0;
	client->inbox_size = 0;
	client->is_reset = false;
	client->connect_us = client->attempt_us = clock_now_us();
	ledger_book_count(client->setup->book, LEDGER_TRIED);
	dial(client);
}

static void ready(struct loop_source *source, unsigned found)
{
	struct ledger_client *client =
		list_entry(source, struct ledger_client, source);
	int number;

	if (client->state == LEDGER_CONNECTING) {
		number = target_result(client->fd);
		if (number != 0) {
			ledger_client_failed(client, number);
			return;
		}
		become_connected(client);
	}
	if (client->fd >= 0 &&
	    found & (POLLER_READ | POLLER_HANGUP | POLLER_FAILURE))
		ledger_exchange_receive(client);
}

/* ---- Wishes ---------------------------------------------------------- */

/* From the moment it is due; one that came late does not hurry the next. */
static void want(struct ledger_client *client)
{
	uint64_t rate = client->setup->options->client_rate;
	int64_t now_us = clock_now_us();

	client->wanted_us = now_us;
	client->retry_count = 0;
	client->token.number++;
	client->due_us += rate > 0 ? (int64_t)(1000000 / rate) : 0;
	if (client->due_us < now_us)
		client->due_us = now_us;
}

static void begin_closing(struct ledger_client *client)
{
	client->state = LEDGER_CLOSING;
	shutdown(client->fd, SHUT_WR); /* what fails here, recv() tells */
	start_timer_in(client, LEDGER_CLOSE_MS);
}

void ledger_client_answered(struct ledger_client *client, bool is_last)
{
	bool is_stopping = client->setup->is_stopping;

	ledger_book_count(client->setup->book, LEDGER_DONE);
	end_wish(client);
	client->answered_number = client->token.number;
	client->reply_count++;
	if (is_last && !client->is_short && !is_stopping)
		ledger_client_note(client, LEDGER_DRAINED);
	if (client->is_short || is_last || is_stopping) {
		begin_closing(client);
		return;
	}
	client->state = LEDGER_IDLE;
	start_timer(client, client->due_us);
}

static void next_exchange(struct ledger_client *client)
{
	want(client);
	client->attempt_us = client->wanted_us;
	start_hang_timer(client);
	ledger_exchange_send(client);
}

static void time_is_up(struct ledger_client *client)
{
	int64_t age_ms = (clock_now_us() - client->attempt_us) / 1000;

	if (age_ms >= client->setup->options->hang_ms)
		ledger_client_abandon(client, LEDGER_HUNG);
	else if (client->fd < 0)
		dial(client);
	else
		start_hang_timer(client);
}

static void expired(struct timer *timer)
{
	struct ledger_client *client =
		list_entry(timer, struct ledger_client, timer);

	switch (client->state) {
	case LEDGER_RESTING:
		if (client->wanted_us == 0)
			want(client);
		open_connection(client);
		break;
	case LEDGER_CONNECTING:
	case LEDGER_WAITING: time_is_up(client); break;
	case LEDGER_PAUSING: speak(client); break;
	case LEDGER_IDLE: next_exchange(client); break;
	case LEDGER_CLOSING: leave(client); break;
	case LEDGER_FINISHED: break;
	}
}

/* ---- Begin and end --------------------------------------------------- */

void ledger_client_init(struct ledger_client *client,
			struct ledger_setup *setup, uint64_t id, int64_t due_us)
{
	uint64_t percent = setup->options->short_percent;

	memset(client, 0, sizeof(*client));
	loop_source_init(&client->source, ready);
	timer_init(&client->timer, expired);
	client->setup = setup;
	client->fd = -1;
	client->token.client = id;
	client->due_us = due_us;
	/* Spread evenly, however few of them there are. */
	client->is_short = (id + 1) * percent / 100 > id * percent / 100;
	start_timer(client, due_us);
}

void ledger_client_stop(struct ledger_client *client)
{
	switch (client->state) {
	case LEDGER_RESTING: leave(client); break;
	case LEDGER_PAUSING: speak(client); break;
	case LEDGER_IDLE: begin_closing(client); break;
	default: break;
	}
}

void ledger_client_give_up(struct ledger_client *client)
{
	if (client->state == LEDGER_FINISHED)
		return;
	if (client->wanted_us > 0)
		ledger_client_note(client, LEDGER_HUNG);
	ledger_client_drop(client);
	finish(client);
}
