/* SPDX-License-Identifier: MIT */
/* test_channel.c - records and descriptors between two processes, and what
 * becomes of a peer that breaks the rules. */
#include "process/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "check.h"

#define TEXT_BYTES  300000
#define PATIENCE_MS 10000

/* One end on a loop; the other is a bare descriptor. */
struct world {
	struct channel channel;
	struct loop loop;
	struct timer patience;
	int other;
	unsigned received_count;
	unsigned closed_count;
	unsigned room_count;
	struct record last;
	int fds[CHANNEL_DESCRIPTORS];
	struct text text;
};

static void received(struct channel *channel, const struct record *record,
		     const int *fds)
{
	struct world *world = list_entry(channel, struct world, channel);

	world->received_count++;
	world->last = *record;
	if (record->descriptor_count > 0)
		memcpy(world->fds, fds, record->descriptor_count * sizeof(int));
	if (record->type == RECORD_TEXT) {
		check_int(record->number, world->received_count - 1);
		text_append_bytes(&world->text, record->data, record->size);
	}
	if (record->type == RECORD_END)
		loop_stop(&world->loop);
}

static void closed(struct channel *channel)
{
	struct world *world = list_entry(channel, struct world, channel);

	check_int(channel->fd, -1);
	world->closed_count++;
	loop_stop(&world->loop);
}

static void out_of_patience(struct timer *timer)
{
	struct world *world = list_entry(timer, struct world, patience);

	CHECK(!"nothing came");
	loop_stop(&world->loop);
}

static void open_world(struct world *world)
{
	struct error error;
	int fds[2];

	memset(world, 0, sizeof(*world));
	CHECK(loop_init(&world->loop, &error) == 0);
	timer_init(&world->patience, out_of_patience);
	CHECK(channel_pair(fds, &error) == 0);
	CHECK(channel_start(&world->channel, &world->loop, fds[0], received,
			    closed) == 0);
	world->other = fds[1];
}

/* Until the end of the text, or of the channel. */
static void run(struct world *world)
{
	struct error error;

	timer_start(&world->loop.timers, &world->patience,
		    world->loop.now_ms + PATIENCE_MS);
	CHECK(loop_run(&world->loop, &error) == 0);
	timer_stop(&world->loop.timers, &world->patience);
}

static void close_world(struct world *world)
{
	channel_close(&world->channel);
	channel_close(&world->channel);
	if (world->other >= 0)
		close(world->other);
	loop_release(&world->loop);
	text_release(&world->text);
}

static int count_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* ---- What it carries ---- */

static void send_all(struct world *world)
{
	struct channel_load end = {.number = 7};

	CHECK(channel_send_waiting(world->other, RECORD_END, &end) == 0);
	run(world);
	check_int(world->last.type, RECORD_END);
	check_int(world->last.number, 7);
}

static void test_a_record_arrives_whole(void)
{
	struct channel_load load = {
		.number = 3, .data = "some words", .size = 10};
	struct world world;

	open_world(&world);
	CHECK(channel_send_waiting(world.other, RECORD_FAILED, &load) == 0);
	CHECK(recv(world.channel.fd, &world.last, sizeof(world.last),
		   MSG_PEEK) == 26);
	check_int(world.last.version, RECORD_VERSION);
	check_int(world.last.type, RECORD_FAILED);
	check_int(world.last.number, 3);
	check_int(world.last.size, 10);
	CHECK(memcmp(world.last.data, "some words", 10) == 0);
	send_all(&world);
	check_int(world.received_count, 2);
	close_world(&world);
}

static void test_descriptors_arrive_closed_on_exec(void)
{
	int before = count_descriptors();
	int pipe_fds[2];
	struct channel_load load = {.fds = pipe_fds, .fd_count = 2};
	struct world world;
	char byte = 0;

	open_world(&world);
	CHECK(pipe(pipe_fds) == 0);
	CHECK(channel_send_waiting(world.other, RECORD_BANK, &load) == 0);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	send_all(&world);
	CHECK(fcntl(world.fds[0], F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(world.fds[1], F_GETFD) == FD_CLOEXEC);
	CHECK(write(world.fds[1], "x", 1) == 1);
	CHECK(read(world.fds[0], &byte, 1) == 1 && byte == 'x');
	close(world.fds[0]);
	close(world.fds[1]);
	close_world(&world);
	check_int(count_descriptors(), before);
}

static void test_as_many_descriptors_as_are_allowed(void)
{
	int before = count_descriptors();
	int fds[CHANNEL_DESCRIPTORS], i;
	struct channel_load load = {.fds = fds,
				    .fd_count = CHANNEL_DESCRIPTORS};
	struct world world;

	open_world(&world);
	for (i = 0; i < CHANNEL_DESCRIPTORS; i++)
		fds[i] = STDOUT_FILENO;
	CHECK(channel_send_waiting(world.other, RECORD_BANK, &load) == 0);
	send_all(&world);
	check_int(world.received_count, 2);
	for (i = 0; i < CHANNEL_DESCRIPTORS; i++)
		CHECK(close(world.fds[i]) == 0);
	close_world(&world);
	check_int(count_descriptors(), before);
}

static void test_long_text_comes_in_numbered_pieces(void)
{
	char *text = malloc(TEXT_BYTES);
	struct channel_load end = {.number = 1};
	struct world world;
	int i, status;
	pid_t pid;

	for (i = 0; i < TEXT_BYTES; i++)
		text[i] = (char)('a' + i % 23);
	open_world(&world);
	pid = fork();
	if (pid == 0)
		_exit(channel_send_text(world.other, RECORD_TEXT, text,
					TEXT_BYTES) < 0 ||
		      channel_send_waiting(world.other, RECORD_END, &end) < 0);
	run(&world);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	check_int(world.text.size, TEXT_BYTES);
	CHECK(world.text.size == TEXT_BYTES &&
	      memcmp(world.text.bytes, text, TEXT_BYTES) == 0);
	close_world(&world);
	free(text);
}

/* ---- A peer that does not read, or is gone ---- */

static void test_a_full_channel_says_so(void)
{
	struct channel_load load = {0};
	struct world world;
	int i, result = 0;

	open_world(&world);
	for (i = 0; i < 100000 && result == 0; i++)
		result = channel_send(&world.channel, RECORD_LOG, &load);
	check_int(result, -1);
	CHECK(result < 0 && errno == EAGAIN);
	CHECK(world.channel.fd >= 0);
	close_world(&world);
}

static void has_room(struct channel *channel)
{
	struct world *world = list_entry(channel, struct world, channel);

	world->room_count++;
	loop_stop(&world->loop);
}

static void test_room_is_told_once(void)
{
	struct channel_load load = {0};
	struct world world;
	struct record record;

	open_world(&world);
	while (channel_send(&world.channel, RECORD_LOG, &load) == 0)
		continue;
	check_int(errno, EAGAIN);
	CHECK(channel_wait_room(&world.channel, has_room) == 0);
	/* What comes meanwhile is heard. */
	CHECK(channel_send_waiting(world.other, RECORD_END, &load) == 0);
	run(&world);
	check_int(world.received_count, 1);
	check_int(world.room_count, 0);
	while (recv(world.other, &record, sizeof(record), MSG_DONTWAIT) > 0)
		continue;
	run(&world);
	check_int(world.room_count, 1);
	CHECK(channel_send(&world.channel, RECORD_LOG, &load) == 0);
	send_all(&world);
	check_int(world.room_count, 1);
	close_world(&world);
}

static void test_the_death_of_the_peer_is_an_event(void)
{
	struct channel_load load = {0};
	struct world world;

	open_world(&world);
	CHECK(channel_send_waiting(world.other, RECORD_LEAVE, &load) == 0);
	close(world.other);
	world.other = -1;
	check_int(channel_send(&world.channel, RECORD_LOG, &load), -1);
	check_int(errno, EPIPE);
	run(&world);
	check_int(world.received_count, 1); /* the last words are heard */
	check_int(world.closed_count, 1);
	check_int(channel_send(&world.channel, RECORD_LOG, &load), -1);
	check_int(errno, EPIPE);
	close_world(&world);
}

/* ---- Descriptors that are to make close() wait ---- */

static int lingering_socket(void)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 40};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	REQUIRE(fd >= 0);
	REQUIRE(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
			   sizeof(linger)) == 0);
	return fd;
}

static bool does_linger(int fd)
{
	struct linger linger = {0};
	socklen_t size = sizeof(linger);

	CHECK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0);
	return linger.l_onoff != 0;
}

static void test_what_is_dropped_does_not_linger(void)
{
	int before = count_descriptors();
	int fds[2] = {lingering_socket(), open("/dev/null", O_RDONLY)};
	int copy = dup(fds[0]);

	channel_drop(fds, 2);
	CHECK(!does_linger(copy));
	close(copy);
	check_int(count_descriptors(), before);
}

/* ---- A peer that breaks the rules ---- */

static const struct {
	const char *what;
	size_t bytes; /* sent */
	uint16_t version;
	uint32_t size, descriptor_count; /* as the header says */
} faults[] = {
	{"no whole header", 8, 1, 0, 0},
	{"one byte", 1, 1, 0, 0},
	{"another version", 16, 2, 0, 0},
	{"version 0", 16, 0, 0, 0},
	{"less than it says", 16, 1, 1, 0},
	{"more than it says", 20, 1, 3, 0},
	{"far more than fits", 16, 1, ~0u, 0},
	{"a descriptor less", 16, 1, 0, 1},
	{"longer than allowed", RECORD_BYTES + 1, 1, 1009, 0},
};

static void test_a_peer_that_breaks_the_rules_is_dropped(void)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		unsigned char bytes[RECORD_BYTES + 1] = {0};
		struct record header = {
			.version = faults[i].version,
			.type = RECORD_READY,
			.size = faults[i].size,
			.descriptor_count = faults[i].descriptor_count,
		};
		struct world world;

		memcpy(bytes, &header, 16);
		open_world(&world);
		CHECK(send(world.other, bytes, faults[i].bytes, 0) ==
		      (ssize_t)faults[i].bytes);
		run(&world);
		check_int(world.received_count, 0);
		check_int(world.closed_count, 1);
		if (world.closed_count != 1)
			printf("  (%s)\n", faults[i].what);
		close_world(&world);
	}
}

static void test_descriptors_that_nobody_announced_are_closed(void)
{
	struct record header = {.version = RECORD_VERSION,
				.type = RECORD_READY};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec piece = {&header, 16};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	int before = count_descriptors(), fd = STDOUT_FILENO;
	struct world world;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	open_world(&world);
	CHECK(sendmsg(world.other, &message, 0) == 16);
	run(&world);
	check_int(world.received_count, 0);
	check_int(world.closed_count, 1);
	close_world(&world);
	check_int(count_descriptors(), before);
}

/* Receive what was sent, and that it was all, with room for `room` more. */
static void run_with_room(struct world *world, unsigned room)
{
	struct rlimit limit, tight;
	int lowest = dup(STDOUT_FILENO);

	close(lowest);
	CHECK(shutdown(world->other, SHUT_WR) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	tight = limit;
	tight.rlim_cur = (rlim_t)lowest + room;
	CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
	run(world);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* kernel.md 24: they are dropped without an error. */
static void test_a_full_descriptor_table_costs_descriptors_alone(void)
{
	int fds[] = {STDOUT_FILENO, STDOUT_FILENO};
	struct channel_load load = {.fds = fds, .fd_count = 2};
	int before = count_descriptors();
	struct world world;

	open_world(&world);
	CHECK(channel_send_waiting(world.other, RECORD_BANK, &load) == 0);
	run_with_room(&world, 1); /* for one of the two */
	check_int(world.received_count, 1);
	check_int(world.last.descriptor_count, 0);
	check_int(world.closed_count, 1);
	close_world(&world);
	check_int(count_descriptors(), before);
}

static void test_a_spare_makes_room_for_one(void)
{
	int fd = STDOUT_FILENO, before = count_descriptors();
	struct channel_load load = {.fds = &fd, .fd_count = 1};
	struct world world;

	open_world(&world);
	channel_hold_spare(&world.channel);
	CHECK(channel_send_waiting(world.other, RECORD_LOG, &load) == 0);
	run_with_room(&world, 0);
	check_int(world.received_count, 1);
	check_int(world.last.descriptor_count, 1);
	close(world.fds[0]);
	check_int(world.closed_count, 1);
	close_world(&world);
	check_int(count_descriptors(), before);
}

int main(void)
{
	test_a_record_arrives_whole();
	test_descriptors_arrive_closed_on_exec();
	test_as_many_descriptors_as_are_allowed();
	test_long_text_comes_in_numbered_pieces();
	test_a_full_channel_says_so();
	test_room_is_told_once();
	test_the_death_of_the_peer_is_an_event();
	test_what_is_dropped_does_not_linger();
	test_a_peer_that_breaks_the_rules_is_dropped();
	test_descriptors_that_nobody_announced_are_closed();
	test_a_full_descriptor_table_costs_descriptors_alone();
	test_a_spare_makes_room_for_one();
	return check_result();
}
