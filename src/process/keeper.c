/* SPDX-License-Identifier: MIT */
/* keeper.c - a second copy of everything that must not be lost. */
#include "process/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "metrics/scoreboard.h"
#include "net/sockopt.h"
#include "process/instance.h"
#include "process/sandbox.h"
#include "process/spawn.h"

#define LOOK_MS   50   /* at the workers, once the supervisor is gone */
#define ANSWER_MS 5000 /* a keeper that does not answer is none */
#define DOORS_MAX 256  /* names it answers to */

struct keeper;

/* A name that a successor may connect to. */
struct door {
	struct loop_source source;
	struct keeper *keeper;
	struct address address;
	int fd; /* -1: not open */
};

struct keeper {
	struct loop loop;
	struct channel channel;
	struct timer look;
	struct kept kept;   /* whole, if there was any yet */
	struct kept coming; /* not whole yet */
	struct scoreboard *scoreboard;
	struct door doors[DOORS_MAX];
	unsigned door_count;
	unsigned accepting_count; /* workers, at the last look */
	bool is_orphan;
};

/* ---- Doors ----------------------------------------------------------- */

/* May this peer have everything? */
static bool is_trusted(int fd)
{
	pid_t pid;
	uid_t uid;

	return sockopt_peer_credentials(fd, &pid, &uid) == 0 &&
	       (uid == 0 || uid == geteuid());
}

/* True: it has taken over. */
static bool give(struct keeper *keeper, int fd)
{
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	char byte;

	if (!is_trusted(fd) || kept_send(fd, &keeper->kept) < 0)
		return false;
	return poll(&answer, 1, ANSWER_MS) > 0 && read(fd, &byte, 1) == 1;
}

static void serve_door(struct loop_source *source, unsigned found)
{
	struct door *door = list_entry(source, struct door, source);
	struct keeper *keeper = door->keeper;
	int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)found;
	if (fd < 0)
		return;
	/* While the supervisor lives nobody gets anything. */
	if (keeper->is_orphan && keeper->kept.is_whole && give(keeper, fd)) {
		log_info("a successor has taken over");
		loop_stop(&keeper->loop);
	}
	close(fd);
}

/* The old keeper of the same address may not have ended yet: tried again with
 * every state and every look. */
static void open_door(struct door *door)
{
	if (door->fd >= 0)
		return;
	door->fd = instance_open_door(&door->address);
	if (door->fd < 0)
		return;
	loop_source_init(&door->source, serve_door);
	if (loop_add(&door->keeper->loop, &door->source, door->fd,
		     POLLER_READ) == 0)
		return;
	close(door->fd);
	door->fd = -1;
}

static void open_doors(struct keeper *keeper)
{
	unsigned i;

	for (i = 0; i < keeper->door_count; i++)
		open_door(&keeper->doors[i]);
}

static void close_doors(struct keeper *keeper)
{
	struct door *door;

	while (keeper->door_count > 0) {
		door = &keeper->doors[--keeper->door_count];
		if (door->fd < 0)
			continue;
		loop_remove(&keeper->loop, &door->source);
		close(door->fd);
	}
}

static void add_door(struct keeper *keeper, const char *word, size_t size)
{
	struct door *door = &keeper->doors[keeper->door_count];
	char text[ADDRESS_TEXT];
	struct error error;

	if (keeper->door_count == DOORS_MAX || size >= sizeof(text))
		return;
	memcpy(text, word, size);
	text[size] = '\0';
	if (address_parse(&door->address, text, &error) < 0 ||
	    !instance_needs_lock(&door->address))
		return;
	door->keeper = keeper;
	door->fd = -1;
	keeper->door_count++;
}

/* ---- The state ------------------------------------------------------- */

/* Call `take` with what follows `key` in each line that begins with it. */
static void for_each_line(struct keeper *keeper, const char *key,
			  void (*take)(struct keeper *, const char *, size_t))
{
	const char *at = keeper->kept.text.bytes, *end;
	size_t size = strlen(key);

	for (; at && (end = strchr(at, '\n')) != NULL; at = end + 1) {
		if (strncmp(at, "config\n", 7) == 0)
			return;
		if (strncmp(at, key, size) == 0)
			take(keeper, at + size, (size_t)(end - at) - size);
	}
}

static void take_scoreboard(struct keeper *keeper, const char *rest,
			    size_t size)
{
	struct error error;
	int number, fd;

	(void)size;
	if (keeper->scoreboard || sscanf(rest, "%d", &number) != 1)
		return;
	fd = dup(kept_find(&keeper->kept, number));
	if (fd >= 0)
		keeper->scoreboard = scoreboard_adopt(fd, &error);
}

static void change(struct keeper *keeper)
{
	struct kept old = keeper->kept;

	keeper->kept = keeper->coming;
	memset(&keeper->coming, 0, sizeof(keeper->coming));
	kept_release(&old);
	close_doors(keeper);
	for_each_line(keeper, "address ", add_door);
	for_each_line(keeper, "scoreboard ", take_scoreboard);
	open_doors(keeper);
}

static void keeper_received(struct channel *channel,
			    const struct record *record, const int *fds)
{
	struct keeper *keeper = list_entry(channel, struct keeper, channel);
	uint32_t i;

	if (kept_take(&keeper->coming, record, fds) < 0) {
		log_error("channel: an unexpected record %u", record->type);
		for (i = 0; i < record->descriptor_count; i++)
			close(fds[i]);
	} else if (keeper->coming.is_whole) {
		change(keeper);
	}
}

/* ---- Without a supervisor -------------------------------------------- */

static bool is_alive(int pidfd)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	return poll(&end, 1, 0) == 0;
}

/* Does the worker of this line live and accept? */
static void note_worker(struct keeper *keeper, const char *rest, size_t size)
{
	struct scoreboard_page *page;
	unsigned index;
	int number, pidfd;

	(void)size;
	if (sscanf(rest, "%*d %d %u", &number, &index) != 2)
		return;
	pidfd = kept_find(&keeper->kept, number);
	page = scoreboard_at(keeper->scoreboard, index);
	if (pidfd < 0 || !page || !is_alive(pidfd))
		return;
	if (scoreboard_load(&scoreboard_cells(page)[SCOREBOARD_ACCEPTING]))
		keeper->accepting_count++;
}

/* Whoever comes from now on would wait for nobody. */
static void look(struct timer *timer)
{
	struct keeper *keeper = list_entry(timer, struct keeper, look);
	struct loop *loop = &keeper->loop;

	open_doors(keeper);
	keeper->accepting_count = 0;
	if (keeper->scoreboard)
		for_each_line(keeper, "child ", note_worker);
	if (keeper->accepting_count > 0) {
		timer_start(&loop->timers, timer, loop->now_ms + LOOK_MS);
		return;
	}
	log_info("no worker accepts any more, and nobody has taken over");
	loop_stop(loop);
}

static void on_channel_closed(struct channel *channel)
{
	struct keeper *keeper = list_entry(channel, struct keeper, channel);

	keeper->is_orphan = true;
	if (!keeper->kept.is_whole) {
		loop_stop(&keeper->loop);
		return;
	}
	log_warning(
		"the supervisor is gone: keeping everything for a "
		"successor");
	open_doors(keeper);
	timer_start(&keeper->loop.timers, &keeper->look,
		    keeper->loop.now_ms + LOOK_MS);
}

/* ---- Its life -------------------------------------------------------- */

static void release(struct keeper *keeper)
{
	timer_stop(&keeper->loop.timers, &keeper->look);
	close_doors(keeper);
	channel_close(&keeper->channel);
	kept_release(&keeper->coming);
	kept_release(&keeper->kept);
	scoreboard_close(keeper->scoreboard);
	loop_release(&keeper->loop);
}

static int run(struct keeper *keeper, struct error *error)
{
	if (sandbox_forbid_privileges(error) < 0)
		return -1;
	if (channel_start(&keeper->channel, &keeper->loop, SPAWN_CHANNEL,
			  keeper_received, on_channel_closed) < 0)
		return error_set_errno(error, "cannot serve the channel");
	return loop_run(&keeper->loop, error);
}

int keeper_main(void *context)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	struct error error;
	int status = 0;

	(void)context;
	if (!keeper)
		return 1;
	keeper->channel.fd = -1;
	timer_init(&keeper->look, look);
	if (loop_init(&keeper->loop, &error) < 0) {
		log_error("%s", error.text);
		free(keeper);
		return 1;
	}
	if (run(keeper, &error) < 0) {
		log_error("%s", error.text);
		status = 1;
	}
	release(keeper);
	free(keeper);
	return status;
}

/* ---- The successor's side -------------------------------------------- */

struct asking {
	struct channel channel;
	struct loop loop;
	struct timer patience;
	struct kept *kept;
};

static void asking_received(struct channel *channel,
			    const struct record *record, const int *fds)
{
	struct asking *asking = list_entry(channel, struct asking, channel);
	uint32_t i;

	if (kept_take(asking->kept, record, fds) < 0)
		for (i = 0; i < record->descriptor_count; i++)
			close(fds[i]);
	if (asking->kept->is_whole)
		loop_stop(&asking->loop);
}

static void asking_closed(struct channel *channel)
{
	loop_stop(&list_entry(channel, struct asking, channel)->loop);
}

static void out_of_patience(struct timer *timer)
{
	loop_stop(&list_entry(timer, struct asking, patience)->loop);
}

/* All that comes through `fd`, which stays the caller's. */
static int receive(int fd, struct kept *kept, struct error *error)
{
	struct asking asking = {.kept = kept};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	int status = -1;

	if (copy < 0 || loop_init(&asking.loop, error) < 0) {
		if (copy >= 0)
			close(copy);
		return error_set_errno(error, "cannot ask the keeper");
	}
	timer_init(&asking.patience, out_of_patience);
	timer_start(&asking.loop.timers, &asking.patience,
		    asking.loop.now_ms + ANSWER_MS);
	if (channel_start(&asking.channel, &asking.loop, copy, asking_received,
			  asking_closed) < 0)
		close(copy);
	else
		status = loop_run(&asking.loop, error);
	channel_close(&asking.channel);
	timer_stop(&asking.loop.timers, &asking.patience);
	loop_release(&asking.loop);
	return status;
}

int keeper_ask(const struct address *address, struct kept *kept, int *fd)
{
	struct error error;

	*fd = instance_knock(address);
	if (*fd < 0)
		return 0;
	if (is_trusted(*fd) && receive(*fd, kept, &error) == 0 &&
	    kept->is_whole)
		return 1;
	close(*fd);
	*fd = -1;
	kept_release(kept);
	return 0;
}

void keeper_confirm(int fd)
{
	if (write(fd, "", 1) < 0)
		log_debug("the keeper has gone before it was thanked");
	close(fd);
}
