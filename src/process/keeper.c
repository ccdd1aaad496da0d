/* SPDX-License-Identifier: MIT */
/* keeper.c - a second copy of everything that must not be lost. */
#include "process/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/keeper_internal.h"
#include "process/sandbox.h"
#include "process/spawn.h"

/* ---- The state ------------------------------------------------------- */

void keeper_for_each_line(struct keeper *keeper, const char *key,
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
	keeper_forget_doors(keeper);
	keeper_for_each_line(keeper, "address ", keeper_name_door);
	keeper_close_unnamed(keeper);
	keeper_for_each_line(keeper, "scoreboard ", take_scoreboard);
	keeper_open_doors(keeper);
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
	keeper_begin_to_wait(keeper);
}

/* ---- Its life -------------------------------------------------------- */

static void release(struct keeper *keeper)
{
	timer_stop(&keeper->loop.timers, &keeper->look);
	keeper_forget_doors(keeper);
	keeper_close_unnamed(keeper);
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
	keeper_init_doors(keeper);
	timer_init(&keeper->look, keeper_look);
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
