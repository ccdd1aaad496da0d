/* SPDX-License-Identifier: MIT */
/* keeper_doors.c - a keeper is asked, and gives. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/door.h"
#include "process/instance.h"
#include "process/keeper_internal.h"

/* True: it has taken over, and knows that it has. */
static bool give(struct keeper *keeper, int fd)
{
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	pid_t pid;
	uid_t uid;
	char byte;

	if (!instance_is_ours(fd, &pid, &uid) ||
	    kept_send(fd, &keeper->kept, clock_now_ms() + KEEPER_ANSWER_MS) < 0)
		return false;
	return poll(&answer, 1, KEEPER_ANSWER_MS) > 0 &&
	       read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1;
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
	door->fd = door_open(&door->address);
	if (door->fd < 0)
		return;
	loop_source_init(&door->source, serve_door);
	if (loop_add(&door->keeper->loop, &door->source, door->fd,
		     POLLER_READ) == 0)
		return;
	close(door->fd);
	door->fd = -1;
}

void keeper_open_doors(struct keeper *keeper)
{
	unsigned i;

	for (i = 0; i < KEEPER_DOORS; i++)
		if (keeper->doors[i].is_named)
			open_door(&keeper->doors[i]);
}

static void close_door(struct door *door)
{
	if (door->fd < 0)
		return;
	loop_remove(&door->keeper->loop, &door->source);
	close(door->fd);
	door->fd = -1;
}

void keeper_forget_doors(struct keeper *keeper)
{
	unsigned i;

	for (i = 0; i < KEEPER_DOORS; i++)
		keeper->doors[i].is_named = false;
}

void keeper_close_unnamed(struct keeper *keeper)
{
	unsigned i;

	for (i = 0; i < KEEPER_DOORS; i++)
		if (!keeper->doors[i].is_named)
			close_door(&keeper->doors[i]);
}

void keeper_init_doors(struct keeper *keeper)
{
	unsigned i;

	for (i = 0; i < KEEPER_DOORS; i++) {
		keeper->doors[i].keeper = keeper;
		keeper->doors[i].fd = -1;
	}
}

static void name_door(struct keeper *keeper, const struct address *address)
{
	struct door *door, *place = NULL;
	unsigned i;

	for (i = 0; i < KEEPER_DOORS; i++) {
		door = &keeper->doors[i];
		if (door->fd < 0 && !door->is_named && !place)
			place = door;
		if (door->fd < 0 || !address_is_equal(&door->address, address))
			continue;
		door->is_named = true;
		return;
	}
	if (!place)
		return;
	place->address = *address;
	place->is_named = true;
}

int keeper_parse_address(struct address *address, const char *word, size_t size)
{
	char text[ADDRESS_TEXT];
	struct error error;

	if (size >= sizeof(text))
		return -1;
	memcpy(text, word, size);
	text[size] = '\0';
	return address_parse(address, text, &error);
}

void keeper_name_door(struct keeper *keeper, const char *word, size_t size)
{
	struct address address;

	if (keeper_parse_address(&address, word, size) == 0 &&
	    instance_needs_lock(&address))
		name_door(keeper, &address);
}
