/* SPDX-License-Identifier: MIT */
/* test_transport_calls.c - the system calls of a transport: how few there are,
 * and what is done when one fails.
 *
 * The functions of the C library that it calls are replaced by ones that count
 * and, when told so, fail. */
#undef _FORTIFY_SOURCE /* its inline recv() cannot be replaced */
#include <sys/syscall.h>

#include "net/transport.h"

#include "transport_fixture.h"

/* What the transports' side does; the client's goes through write and read. */
struct call {
	unsigned count;
	int fail_number; /* errno of the next `fail_count` calls */
	unsigned fail_count;
};

static struct call sends, sendmsgs, receives, setsockopts;

static bool is_failing(struct call *call)
{
	call->count++;
	if (call->fail_count == 0)
		return false;
	call->fail_count--;
	errno = call->fail_number;
	return true;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (is_failing(&sends))
		return -1;
	return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (is_failing(&sendmsgs))
		return -1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	if (is_failing(&receives))
		return -1;
	return syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	setsockopts.count++;
	return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}

static void forget_calls(void)
{
	memset(&sends, 0, sizeof(sends));
	memset(&sendmsgs, 0, sizeof(sendmsgs));
	memset(&receives, 0, sizeof(receives));
	memset(&setsockopts, 0, sizeof(setsockopts));
}

static void client_say(struct client *client, size_t size)
{
	unsigned char bytes[1000];

	fill_bytes(bytes, client->sent, size);
	check_int(write(client->fd, bytes, size), (int)size);
	client->sent += size;
}

static void answer(struct record *record)
{
	CHECK(write_bytes(record->t, record->received_bytes - 64, 64) == 0);
}

/* ---- How few ---- */

static void exchange(struct world *world, struct client *client, int times)
{
	char bytes[64];

	while (times-- > 0) {
		size_t before = client->received;
		int64_t until_ms = clock_now_ms() + PATIENCE_MS;

		client_say(client, 64);
		while (client->received == before &&
		       clock_now_ms() < until_ms) {
			ssize_t size = read(client->fd, bytes, sizeof(bytes));

			if (size > 0)
				client->received += (size_t)size;
			else
				turn(world);
		}
	}
}

/* One receive and one send an exchange, and nothing else; on a unix socket
 * another receive, for a short one proves nothing there. */
static void test_echo_calls(void)
{
	struct world *world = world_open();
	struct record record = {.on_data = answer};
	struct client client;
	bool is_tcp;

	for (is_tcp = false;; is_tcp = true) {
		memset(&record, 0, sizeof(record));
		record.on_data = answer;
		client = is_tcp ? open_tcp(world, &record)
				: open_unix(world, &record);
		turn(world);
		forget_calls();
		exchange(world, &client, 100);
		check_int(client.received, 6400);
		check_int(receives.count, is_tcp ? 100 : 200);
		check_int(sends.count, 100);
		check_int(sendmsgs.count, 0);
		check_int(setsockopts.count, 0);
		client_close(&client);
		turn_until(world, !is_alive(&record));
		check_int(receives.count, is_tcp ? 101 : 201); /* the EOF */
		check_int(sends.count, 100);
		if (is_tcp)
			break;
	}
	world_close(world);
}

static void test_write_calls(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);
	struct iovec pieces[2] = {{.iov_base = (char[]){"ab"}, .iov_len = 2},
				  {.iov_base = (char[]){"cd"}, .iov_len = 2}};

	forget_calls();
	check_int(cohort_writev(record.t, pieces, 2), 0);
	check_int(sendmsgs.count, 1);
	check_int(sends.count, 0);
	write_until_queued(record.t, 4, 1);
	forget_calls();
	write_until_queued(record.t, 4, 300000); /* queued, not tried again */
	turn_for(world, 10);
	check_int(sends.count + sendmsgs.count, 0);
	client_close(&client);
	world_close(world);
}

static void test_quickack_calls(void)
{
	static const struct {
		int mode;
		bool answers;
		unsigned expected;
	} rows[] = {
		{SOCKOPT_QUICKACK_OFF, false, 0},
		{SOCKOPT_QUICKACK_ON, false, 10},
		{SOCKOPT_QUICKACK_ON, true, 10},
		{SOCKOPT_QUICKACK_AUTO, false, 10},
		{SOCKOPT_QUICKACK_AUTO, true, 0},
	};
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_open();
		struct record record = {.on_data = rows[i].answers ? answer
								   : NULL};
		struct client client;

		world->settings.options.quickack = rows[i].mode;
		client = open_tcp(world, &record);
		turn(world);
		forget_calls();
		for (n = 1; n <= 10; n++) {
			client_say(&client, 64);
			turn_until(world, record.received_bytes == n * 64);
		}
		check_int(setsockopts.count, rows[i].expected);
		client_close(&client);
		world_close(world);
	}
}

/* Another transport answers, in the same turn but outside the callback. */
static struct record *relay_to;

static void relay(struct record *record)
{
	(void)record;
	CHECK(cohort_write(relay_to->t, "answer", 6) == 0);
}

static void test_quickack_answered_later(void)
{
	struct world *world = world_open();
	struct record asking = {0}, answering = {.on_data = relay};
	struct client first, second;

	relay_to = &asking;
	world->settings.options.quickack = SOCKOPT_QUICKACK_AUTO;
	first = open_tcp(world, &asking);
	second = open_unix(world, &answering);
	turn(world);
	forget_calls();
	client_say(&first, 64);
	client_say(&second, 64);
	turn_until(world, answering.received_bytes == 64);
	check_int(asking.received_bytes, 64);
	check_int(setsockopts.count, 0);
	client_close(&first);
	client_close(&second);
	world_close(world);
}

/* ---- What if ---- */

/* Interrupted: again.  Out of memory: queued, and tried by the timer, for no
 * edge would come.  In no case is the peer blamed. */
static void test_send_fails_for_now(void)
{
	static const int numbers[] = {EINTR, EAGAIN, ENOBUFS, ENOMEM};
	size_t i;

	for (i = 0; i < 4; i++) {
		struct world *world = world_open();
		struct record record = {0};
		struct client client = open_tcp(world, &record);

		turn(world);
		forget_calls();
		sends.fail_number = numbers[i];
		sends.fail_count = 1;
		check_int(write_bytes(record.t, 0, 100), 0);
		check_int(cohort_queued(record.t), i == 0 ? 0 : 100);
		if (numbers[i] == ENOBUFS || numbers[i] == ENOMEM) {
			sends.fail_count = 2;
			pull_until(world, &client, client.received == 100);
			CHECK(sends.count >= 4);
		}
		CHECK(is_alive(&record));
		client_close(&client);
		world_close(world);
	}
}

static void test_send_fails(void)
{
	static const int numbers[] = {ECONNRESET, EPIPE, ETIMEDOUT,
				      EHOSTUNREACH};
	size_t i;

	for (i = 0; i < 4; i++) {
		struct world *world = world_open();
		struct record record = {0};
		struct client client = open_tcp(world, &record);

		sends.fail_number = numbers[i];
		sends.fail_count = 1;
		check_int(write_bytes(record.t, 0, 100), -1);
		check_int(errno, EPIPE);
		turn(world);
		check_end(&record, COHORT_REASON_PEER_RESET, numbers[i]);
		client_close(&client);
		world_close(world);
	}
}

/* The network gives up while bytes wait in the queue. */
static void test_flush_fails(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	write_until_queued(record.t, 0, 200000);
	turn(world);
	sendmsgs.fail_number = ETIMEDOUT;
	sendmsgs.fail_count = 1;
	pull_until(world, &client, !is_alive(&record));
	check_end(&record, COHORT_REASON_PEER_RESET, ETIMEDOUT);
	client_close(&client);
	world_close(world);
	sendmsgs.fail_count = 0;
}

static void test_receive_fails(void)
{
	static const struct {
		int number;
		enum cohort_reason reason;
	} rows[] = {
		{ECONNRESET, COHORT_REASON_PEER_RESET},
		{ETIMEDOUT, COHORT_REASON_PEER_RESET},
		{ENOMEM, COHORT_REASON_RESOURCE},
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		struct world *world = world_open();
		struct record record = {0};
		struct client client = open_tcp(world, &record);

		turn(world);
		client_say(&client, 10);
		receives.fail_number = rows[i].number;
		receives.fail_count = 1;
		turn_until(world, !is_alive(&record));
		check_end(&record, rows[i].reason, rows[i].number);
		client_close(&client);
		world_close(world);
	}
}

static void test_receive_is_interrupted(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct client client = open_tcp(world, &record);

	turn(world);
	client_say(&client, 10);
	receives.fail_number = EINTR;
	receives.fail_count = 2;
	turn_until(world, record.received_bytes == 10);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

int main(void)
{
	test_echo_calls();
	test_write_calls();
	test_quickack_calls();
	test_quickack_answered_later();
	test_send_fails_for_now();
	test_send_fails();
	test_flush_fails();
	test_receive_fails();
	test_receive_is_interrupted();
	return check_result();
}
