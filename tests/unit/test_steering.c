/* SPDX-License-Identifier: MIT */
/* test_steering.c - programs are run by an interpreter over everything that
 * may come, and answer what they should. */
#include "net/steering.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#define NO_ANSWER 0xffffffffu

struct machine {
	unsigned random, cpu; /* what the loads give */
	unsigned accumulator;
	unsigned next;
};

static void load(struct machine *machine, unsigned name)
{
	CHECK(name == STEERING_LOAD_RANDOM || name == STEERING_LOAD_CPU);
	machine->accumulator =
		name == STEERING_LOAD_RANDOM ? machine->random : machine->cpu;
}

static void jump_if(struct machine *machine,
		    const struct steering_instruction *at, bool is_true)
{
	machine->next += is_true ? at->jt : at->jf;
}

/* The index that the program answers. */
static unsigned run(const struct steering_instruction *program, unsigned count,
		    unsigned random, unsigned cpu)
{
	struct machine machine = {.random = random, .cpu = cpu};

	while (machine.next < count) {
		const struct steering_instruction *at =
			&program[machine.next++];

		switch ((enum steering_code)at->code) {
		case STEERING_LOAD: load(&machine, at->k); break;
		case STEERING_MODULO: machine.accumulator %= at->k; break;
		case STEERING_ADD: machine.accumulator += at->k; break;
		case STEERING_JUMP: machine.next += at->k; break;
		case STEERING_IF_LEAST:
			jump_if(&machine, at, machine.accumulator >= at->k);
			break;
		case STEERING_IF_EQUAL:
			jump_if(&machine, at, machine.accumulator == at->k);
			break;
		case STEERING_RETURN: return machine.accumulator;
		case STEERING_ANSWER: return at->k;
		}
	}
	CHECK(!"the program ends without an answer");
	return NO_ANSWER;
}

static const struct row {
	enum steering_balance balance;
	const char *listeners; /* x: in, -: out */
	bool has_program;
} rows[] = {
	{STEERING_HASH, "x", false},       {STEERING_HASH, "-", false},
	{STEERING_HASH, "xxxx", false},    {STEERING_HASH, "----", false},
	{STEERING_HASH, "x-", true},       {STEERING_HASH, "-x", true},
	{STEERING_HASH, "x-xx", true},     {STEERING_HASH, "-x--x-", true},
	{STEERING_RANDOM, "x", false},     {STEERING_RANDOM, "xxxx", true},
	{STEERING_RANDOM, "x--x", true},   {STEERING_RANDOM, "---", true},
	{STEERING_CPU, "xxx", true},       {STEERING_CPU, "x-x-", true},
	{STEERING_CPU, "---x", true},      {STEERING_CPU, "---", true},
	{STEERING_CPU, "-xxxxx-xx", true}, {STEERING_CPU, "-", false},
};

static void fill(struct steering *steering, const struct row *row)
{
	unsigned i;

	memset(steering, 0, sizeof(*steering));
	steering->balance = row->balance;
	steering->count = (unsigned)strlen(row->listeners);
	for (i = 0; i < steering->count; i++)
		steering->is_out[i] = row->listeners[i] == '-';
}

static bool may_get(const struct row *row, unsigned index)
{
	return index < strlen(row->listeners) &&
	       (row->listeners[index] == 'x' || !strchr(row->listeners, 'x'));
}

/* Every listener that is in is as likely as any other. */
static void check_spread(const struct row *row,
			 const struct steering_instruction *program,
			 unsigned count)
{
	unsigned hits[16] = {0}, in_count = 0, i, index, size;

	size = (unsigned)strlen(row->listeners);
	for (i = 0; i < size; i++)
		in_count += may_get(row, i);
	for (i = 0; i < 10 * in_count; i++) {
		/* A CPU whose listener is out, if there is one. */
		const char *out = strchr(row->listeners, '-');
		unsigned cpu = out ? (unsigned)(out - row->listeners) : 0;

		index = run(program, count, i, cpu);
		CHECK(may_get(row, index));
		hits[index % 16]++;
	}
	for (i = 0; i < size; i++)
		if (may_get(row, i) && in_count < size)
			check_int(hits[i], 10);
}

static void check_cpu(const struct row *row,
		      const struct steering_instruction *program,
		      unsigned count)
{
	unsigned cpu, size = (unsigned)strlen(row->listeners);

	for (cpu = 0; cpu < 3 * size; cpu++)
		if (may_get(row, cpu % size))
			check_int(run(program, count, 7, cpu), cpu % size);
}

static void test_rows(void)
{
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	struct steering steering;
	unsigned count;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int before = check_failures;

		fill(&steering, &rows[i]);
		count = steering_compile(&steering, program);
		check_int(count > 0, rows[i].has_program);
		if (count > 0)
			check_spread(&rows[i], program, count);
		if (count > 0 && rows[i].balance == STEERING_CPU)
			check_cpu(&rows[i], program, count);
		if (check_failures != before)
			printf("  in: %s\n", rows[i].listeners);
	}
}

/* Every second, or all but one, of as many as there can be. */
static void test_the_longest_programs(void)
{
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	struct steering steering = {.count = STEERING_POSITIONS};
	unsigned i, count, index;

	for (i = 0; i < STEERING_POSITIONS; i++)
		steering.is_out[i] = i % 2;
	steering.balance = STEERING_CPU;
	count = steering_compile(&steering, program);
	CHECK(count > 0 && count <= STEERING_INSTRUCTIONS);
	for (i = 0; i < STEERING_POSITIONS; i++) {
		index = run(program, count, i, i);
		check_int(index,
			  i % 2 ? 2 * (i % (STEERING_POSITIONS / 2)) : i);
	}
	for (i = 0; i < STEERING_POSITIONS; i++)
		steering.is_out[i] = i != 200;
	for (steering.balance = STEERING_HASH; steering.balance <= STEERING_CPU;
	     steering.balance++) {
		count = steering_compile(&steering, program);
		CHECK(count > 0 && count <= STEERING_INSTRUCTIONS);
		for (i = 0; i < STEERING_POSITIONS; i++)
			check_int(run(program, count, i * 31, i), 200);
	}
}

/* ---- By weights ------------------------------------------------------ */

static const struct weight_row {
	const char *listeners; /* as above */
	unsigned weights[6];
	unsigned hits[6]; /* of 1000 */
} weight_rows[] = {
	{"xxxx", {1, 1, 1, 1}, {250, 250, 250, 250}},
	{"xxxx", {1, 2, 3, 4}, {100, 200, 300, 400}},
	{"xxxx", {0, 0, 5, 0}, {0, 0, 1000, 0}},
	{"xxxx", {990, 0, 0, 10}, {990, 0, 0, 10}},
	/* Those that are out get nothing, whatever their weight. */
	{"x-xx", {50, 900, 25, 25}, {500, 0, 250, 250}},
	{"-xx-x-", {9, 1, 1, 9, 2, 9}, {0, 250, 250, 0, 500, 0}},
	{"--x", {4, 4, 1}, {0, 0, 1000}},
	/* Without weights all are even, that are in. */
	{"xxxx", {0, 0, 0, 0}, {250, 250, 250, 250}},
	{"x-x-", {0, 7, 0, 7}, {500, 0, 500, 0}},
	{"----", {9, 0, 0, 1}, {250, 250, 250, 250}},
	{"xx", {65535, 65535}, {500, 500}},
};

static void check_weights(const struct weight_row *row)
{
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	struct steering steering = {.balance = STEERING_ADAPTIVE};
	unsigned i, index, count, hits[6] = {0};

	steering.count = (unsigned)strlen(row->listeners);
	for (i = 0; i < steering.count; i++) {
		steering.is_out[i] = row->listeners[i] == '-';
		steering.weights[i] = (uint16_t)row->weights[i];
	}
	count = steering_compile(&steering, program);
	CHECK(count > 0);
	/* All of the range, in steps that no modulo of so few repeats. */
	for (i = 0; i < 1000; i++) {
		index = run(program, count, i * 4294967u + 7, 0);
		CHECK(index < steering.count);
		hits[index % 6]++;
	}
	for (i = 0; i < steering.count; i++)
		CHECK(hits[i] + 30 > row->hits[i] &&
		      hits[i] < row->hits[i] + 30 &&
		      (hits[i] > 0) == (row->hits[i] > 0));
}

static void test_weights(void)
{
	size_t i;

	for (i = 0; i < sizeof(weight_rows) / sizeof(weight_rows[0]); i++) {
		int before = check_failures;

		check_weights(&weight_rows[i]);
		if (check_failures != before)
			printf("  in: weights %zu\n", i);
	}
}

/* Each of as many as there can be has its part, from the first to the last
 * number. */
static void test_all_positions_have_weights(void)
{
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	struct steering steering = {
		.balance = STEERING_ADAPTIVE,
		.count = STEERING_POSITIONS,
	};
	unsigned i, count, part = 0xffffffffu / STEERING_POSITIONS + 1;

	for (i = 0; i < STEERING_POSITIONS; i++)
		steering.weights[i] = 64;
	count = steering_compile(&steering, program);
	CHECK(count > 0 && count <= STEERING_INSTRUCTIONS);
	for (i = 0; i < STEERING_POSITIONS; i++)
		check_int(run(program, count, i * part + part / 2, 0), i);
	check_int(run(program, count, 0, 0), 0);
	check_int(run(program, count, 0xffffffffu, 0), STEERING_POSITIONS - 1);
	steering.count = 1;
	check_int(steering_compile(&steering, program), 0);
}

static void test_equality(void)
{
	struct steering one, other;
	const struct row row = {STEERING_HASH, "x-x", true};

	fill(&one, &row);
	fill(&other, &row);
	CHECK(steering_is_equal(&one, &other));
	other.is_out[2] = true;
	CHECK(!steering_is_equal(&one, &other));
	fill(&other, &row);
	other.balance = STEERING_CPU;
	CHECK(!steering_is_equal(&one, &other));
	fill(&other, &row);
	other.count = 2;
	CHECK(!steering_is_equal(&one, &other));
	fill(&other, &row);
	other.weights[2] = 1;
	CHECK(!steering_is_equal(&one, &other));
}

/* ---- The kernel agrees ----------------------------------------------- */

static int listen_on(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	REQUIRE(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) ==
		0);
	REQUIRE(bind(fd, (struct sockaddr *)address, length) == 0);
	REQUIRE(getsockname(fd, (struct sockaddr *)address, &length) == 0);
	REQUIRE(listen(fd, 64) == 0);
	return fd;
}

/* How many of 40 new connections each listener gets. */
static void connect_all(const struct sockaddr_in *address, const int *listeners,
			unsigned *hits)
{
	int i, j, fd, accepted;

	memset(hits, 0, 3 * sizeof(*hits));
	for (i = 0; i < 40; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		REQUIRE(connect(fd, (const struct sockaddr *)address,
				sizeof(*address)) == 0);
		for (j = 0; j < 3; j++) {
			accepted = accept(listeners[j], NULL, NULL);
			if (accepted < 0)
				continue;
			hits[j]++;
			close(accepted);
		}
		close(fd);
	}
}

static void test_the_kernel(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct steering_instruction program[STEERING_INSTRUCTIONS];
	const struct row row = {STEERING_HASH, "x-x", true};
	struct steering steering;
	unsigned i, count, hits[3];
	int listeners[3];

	for (i = 0; i < 3; i++)
		listeners[i] = listen_on(&address);
	fill(&steering, &row);
	count = steering_compile(&steering, program);
	check_int(steering_apply(listeners[0], program, 0), 0);
	check_int(steering_apply(listeners[0], program, count), 0);
	connect_all(&address, listeners, hits);
	check_int(hits[1], 0);
	check_int(hits[0] + hits[2], 40);
	CHECK(hits[0] > 0 && hits[2] > 0);
	check_int(steering_apply(listeners[1], program, 0), 0);
	connect_all(&address, listeners, hits);
	CHECK(hits[1] > 0);
	steering.balance = STEERING_ADAPTIVE;
	steering.is_out[1] = false;
	steering.weights[1] = 1;
	count = steering_compile(&steering, program);
	check_int(steering_apply(listeners[0], program, count), 0);
	connect_all(&address, listeners, hits);
	check_int(hits[1], 40);
	for (i = 0; i < 3; i++)
		close(listeners[i]);
	check_int(steering_apply(-1, program, count), -1);
}

/* A client that does not wait: is it connected now? */
static int begun(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		CHECK(errno == EINPROGRESS);
	return fd;
}

static bool is_connected(int fd)
{
	struct pollfd socket = {.fd = fd, .events = POLLOUT};

	return poll(&socket, 1, 0) == 1;
}

static void test_a_barred_listener_lets_nobody_in(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int before, meanwhile, after, accepted;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(fd, (struct sockaddr *)&address, size) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	CHECK(listen(fd, 8) == 0);
	before = begun(&address);
	CHECK(is_connected(before));
	CHECK(steering_bar(fd, true) == 0);
	meanwhile = begun(&address);
	CHECK(!is_connected(meanwhile));
	/* Who is in already goes on. */
	accepted = accept(fd, NULL, NULL);
	CHECK(accepted >= 0 && send(before, "x", 1, 0) == 1);
	CHECK(accept(fd, NULL, NULL) < 0 && errno == EAGAIN);
	CHECK(steering_bar(fd, false) == 0);
	after = begun(&address);
	CHECK(is_connected(after));
	CHECK(steering_bar(fd, false) == 0);
	close(before);
	close(meanwhile);
	close(after);
	close(accepted);
	close(fd);
	CHECK(steering_bar(-1, true) < 0 && errno == EBADF);
}

int main(void)
{
	test_rows();
	test_the_longest_programs();
	test_weights();
	test_all_positions_have_weights();
	test_equality();
	test_the_kernel();
	test_a_barred_listener_lets_nobody_in();
	return check_result();
}
