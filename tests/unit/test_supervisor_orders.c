/* SPDX-License-Identifier: MIT */
/* test_supervisor_orders.c - who waits for an answer gets it, whole. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "process/supervisor_internal.h"

#define WATCHDOG_MS 5000

static struct supervisor supervisor;
static struct config config = {.watchdog_timeout_ms = WATCHDOG_MS};
static struct generation generation = {.config = &config};

static void begin(void)
{
	struct error error;

	memset(&supervisor, 0, sizeof(supervisor));
	supervisor.current = &generation;
	REQUIRE(loop_init(&supervisor.loop, &error) == 0);
	supervisor_init_admin(&supervisor);
}

/* ---- An admin process that retires ----------------------------------- */

static void heard(struct channel *channel, const struct record *record,
		  const int *fds)
{
	(void)channel;
	(void)record;
	(void)fds;
}

static void closed(struct channel *channel)
{
	(void)channel;
}

/* It has used up its time. */
static struct admin_process *retire_one(int *other)
{
	struct admin_process *process = &supervisor.admin.processes[0];
	struct error error;
	int ends[2];

	supervisor_init_admin_process(process, &supervisor.admin);
	REQUIRE(channel_pair(ends, &error) == 0);
	REQUIRE(channel_start(&process->channel, &supervisor.loop, ends[0],
			      heard, closed) == 0);
	*other = ends[1];
	process->pid = fork();
	REQUIRE(process->pid >= 0);
	if (process->pid == 0) {
		pause();
		_exit(0);
	}
	process->state = ADMIN_RETIRING;
	process->timeout_ms = config.watchdog_timeout_ms;
	process->until_ms = supervisor.loop.now_ms;
	return process;
}

static void look_after(int64_t ms)
{
	supervisor.loop.now_ms += ms;
	supervisor.admin.looked_ms = supervisor.loop.now_ms;
	supervisor_watch_admin(&supervisor.admin.look);
}

static void end(struct admin_process *process, int other)
{
	kill(process->pid, SIGKILL);
	check_int(waitpid(process->pid, NULL, 0), process->pid);
	channel_close(&process->channel);
	close(other);
	loop_release(&supervisor.loop);
}

static void test_spared(void)
{
	const struct orders_item item = {.order = ORDER_SCALE, .number = 2};
	struct orders *orders = &supervisor.ordered.queue;
	struct admin_process *process;
	uint64_t ticket;
	int other;

	begin();
	process = retire_one(&other);
	ticket = (uint64_t)process->pid << 32 | 7;
	CHECK(orders_add(orders, &item, ticket));
	look_after(100);
	CHECK(!process->is_killed);
	/* It runs. */
	orders_take(orders);
	look_after(4000);
	CHECK(!process->is_killed);
	CHECK(orders_claim(orders) == ticket);
	/* The answer is passed on. */
	look_after(100);
	CHECK(!process->is_killed);
	look_after(1000);
	CHECK(process->is_killed);
	end(process, other);
}

/* A reload waits in the queue.  Who waits for another process does not keep this
 * one, and whoever waits does not keep it for ever. */
static const struct row_waiting {
	bool is_for_another;
	int64_t after_ms;
	bool is_killed;
} rows_waiting[] = {
	{true, 100, true}, {false, 100, false}, {false, WATCHDOG_MS, true}};

static void test_waiting(const struct row_waiting *row)
{
	const struct orders_item item = {.order = ORDER_RELOAD};
	struct admin_process *process;
	uint64_t pid;
	int other;

	begin();
	process = retire_one(&other);
	pid = (uint64_t)process->pid + row->is_for_another;
	CHECK(orders_add(&supervisor.ordered.queue, &item, pid << 32 | 1));
	look_after(row->after_ms);
	check_int(process->is_killed, row->is_killed);
	end(process, other);
}

/* ---- Who took whose place -------------------------------------------- */

static void test_swap(void)
{
	static struct supervisor_slot slots[64];
	static struct child children[128];
	const char *words = supervisor.ordered.swapped;
	const char *last;
	unsigned i;
	int size, slot, from, to;

	memset(&supervisor, 0, sizeof(supervisor));
	for (i = 0; i < 64; i++) {
		children[i].pid = 100000 + (int)i;
		children[i + 64].pid = 200000 + (int)i;
		slots[i].number = i;
		slots[i].child = &children[i];
		slots[i].next = &children[i + 64];
	}
	supervisor.slots = slots;
	for (supervisor.next_count = 1; supervisor.next_count <= 64;
	     supervisor.next_count++) {
		supervisor_note_swap(&supervisor);
		for (last = words; strchr(last, ',');
		     last = strchr(last, ',') + 2)
			if (strcmp(strchr(last, ','), ", ...") == 0)
				break;
		size = 0;
		check_int(sscanf(last, "%d: %d -> %d%n", &slot, &from, &to,
				 &size),
			  3);
		check_int(from, 100000 + slot);
		check_int(to, 200000 + slot);
		CHECK(strcmp(last + size, slot + 1 == (int)supervisor.next_count
						  ? ""
						  : ", ...") == 0);
	}
	CHECK(strlen(words) > SUPERVISOR_SWAPPED - 40);
}

int main(void)
{
	size_t i;

	test_spared();
	for (i = 0; i < sizeof(rows_waiting) / sizeof(rows_waiting[0]); i++)
		test_waiting(&rows_waiting[i]);
	test_swap();
	return check_result();
}
