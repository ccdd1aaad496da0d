/* SPDX-License-Identifier: MIT */
/* supervisor_import.c - the words of another build become our state. */
#include "process/supervisor_import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/read.h"
#include "metrics/board_format.h"
#include "process/handover.h"
#include "process/kept.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

bool import_is(const struct import *import, enum import_mode mode)
{
	return import->source->mode == mode;
}

/* What the text calls `fd`; it must not leak into workers.  -1 stays none. */
int import_take(const struct import *import, int fd)
{
	if (import->source->kept)
		return kept_give(import->source->kept, fd);
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return fd;
}

bool import_flag(unsigned number)
{
	return number != 0;
}

/* ---- The whole ------------------------------------------------------- */

static int on_process(struct import *import, const char *rest)
{
	int pid;

	if (sscanf(rest, "%d", &pid) != 1)
		return -1;
	return !import_is(import, IMPORT_UPGRADE) || pid == getpid() ? 0 : -1;
}

static int on_keeper(struct import *import, const char *rest)
{
	int pid, fd;

	if (sscanf(rest, "%d %d", &pid, &fd) != 2)
		return -1;
	if (import_is(import, IMPORT_UPGRADE))
		supervisor_take_keeper(import->supervisor, pid,
				       import_take(import, fd));
	return 0;
}

static int on_generation(struct import *import, const char *rest)
{
	return sscanf(rest, "%u %u", &import->supervisor->generation_count,
		      &import->generation) == 2
		       ? 0
		       : -1;
}

static int on_workers(struct import *import, const char *rest)
{
	struct supervisor *supervisor = import->supervisor;
	unsigned is_scaled;

	if (sscanf(rest, "%u %u %u", &supervisor->slot_count,
		   &supervisor->slot_high, &is_scaled) != 3 ||
	    supervisor->slot_count == 0 ||
	    supervisor->slot_high > CONFIG_WORKERS_MAX ||
	    supervisor->slot_count > supervisor->slot_high)
		return -1;
	supervisor->is_scaled = import_flag(is_scaled);
	return 0;
}

static int on_served(struct import *import, const char *rest)
{
	unsigned was_ready, has_reported;

	if (sscanf(rest, "%u %u", &was_ready, &has_reported) != 2)
		return -1;
	import->supervisor->was_ready = import_flag(was_ready);
	/* Whoever started a successor wants to know. */
	import->supervisor->has_reported =
		!import_is(import, IMPORT_SUCCESSION) &&
		import_flag(has_reported);
	return 0;
}

static int on_pid_file(struct import *import, const char *rest)
{
	unsigned has;

	if (sscanf(rest, "%u", &has) != 1)
		return -1;
	import->supervisor->has_pid_file =
		import_is(import, IMPORT_UPGRADE) && import_flag(has);
	return 0;
}

static int on_ready(struct import *import, const char *rest)
{
	int fd;

	if (sscanf(rest, "%d", &fd) != 1)
		return -1;
	if (!import_is(import, IMPORT_SUCCESSION))
		import->supervisor->ready_fd = import_take(import, fd);
	return 0;
}

static int on_keeping(struct import *import, const char *rest)
{
	(void)rest;
	return import_is(import, IMPORT_SUCCESSION) ? 0 : -1;
}

static int on_scoreboard(struct import *import, const char *rest)
{
	struct error error;
	size_t stride;
	int fd;

	if (sscanf(rest, "%d %zu", &fd, &stride) != 2 ||
	    stride != scoreboard_stride() || import->board)
		return -1;
	import->board = scoreboard_adopt(import_take(import, fd), &error);
	if (!import->board)
		return -1;
	/* A trial must not touch that of those who serve. */
	if (import_is(import, IMPORT_TRIAL)) {
		import->supervisor->scoreboard = scoreboard_open(&error);
		return import->supervisor->scoreboard ? 0 : -1;
	}
	import->is_board_anew = !board_is_known(import->board);
	import->supervisor->scoreboard = import->board;
	return scoreboard_take_over(import->board);
}

static int on_count(struct import *import, const char *line)
{
	if (!import->supervisor->scoreboard)
		return -1;
	return scoreboard_import(import->supervisor->scoreboard, line);
}

static int on_passed(struct import *import, const char *rest)
{
	struct passed *passed = &import->supervisor->passed;
	unsigned is_used;
	int fd, size = 0;

	if (sscanf(rest, "%d %u %n", &fd, &is_used, &size) < 2 || size == 0 ||
	    passed_add(passed, import_take(import, fd), rest + size) < 0)
		return -1;
	passed->sockets[passed->count - 1].is_used = import_flag(is_used);
	return 0;
}

static int on_plugin(struct import *import, const char *rest)
{
	struct plugins *plugins = &import->plugins;
	unsigned deaths_count;
	int fd, size = 0;

	if (sscanf(rest, "%d %u %n", &fd, &deaths_count, &size) < 2 ||
	    size == 0 ||
	    plugins_add(plugins, import_take(import, fd), rest + size) < 0)
		return -1;
	plugins->list[plugins->count - 1].deaths_count = deaths_count;
	return 0;
}

/* ---- Slots ------------------------------------------------------------- */

/* A slot whose worker did not come along gets another one. */
static void settle_slots(struct supervisor *supervisor)
{
	struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++) {
		slot = &supervisor->slots[i];
		if (slot->state == SLOT_SUSPECT)
			slot->state = SLOT_SERVING;
		if (!slot->child && (slot->state == SLOT_SERVING ||
				     slot->state == SLOT_STARTING))
			slot->state = SLOT_WAITING;
	}
}

/* ---- Lines ----------------------------------------------------------- */

static const struct line_row {
	const char *key;
	int (*handle)(struct import *import, const char *rest);
	bool is_whole; /* it wants its key, too */
} rows[] = {
	{"process", on_process, false},
	{"keeper", on_keeper, false},
	{"generation", on_generation, false},
	{"workers", on_workers, false},
	{"served", on_served, false},
	{"pid_file", on_pid_file, false},
	{"ready", on_ready, false},
	{"keeping", on_keeping, false},
	{"scoreboard", on_scoreboard, false},
	{"group", import_group, false},
	{"inode", import_inode, false},
	{"asked", import_asked, false},
	{"address", import_address, false},
	{"listener", import_listener, false},
	{"listens", import_listens, false},
	{"stranger", import_stranger, false},
	{"surplus", import_surplus, false},
	{"slot", import_slot, false},
	{"child", import_child, false},
	{"full", import_full, false},
	{"unsent", import_unsent, false},
	{"admin", import_admin, false},
	{"admin_listener", import_admin_listener, false},
	{"admin_process", import_admin_process, false},
	{"upgrading", import_upgrading, false},
	{"order", import_order, false},
	{"ticket", import_ticket, false},
	{"suspended", import_suspended, false},
	{"log_level", import_log_level, false},
	{"passed", on_passed, false},
	{"plugin", on_plugin, false},
	{"total", on_count, true},
	{"slot_total", on_count, true},
	{"worker_total", on_count, true},
	{"restarts", on_count, true},
	{"board", on_count, true},
};

static int take_line(struct import *import, char *line, struct error *error)
{
	char *rest = strchr(line, ' ');
	size_t i, size = rest ? (size_t)(rest - line) : 0;

	for (i = 0; rest && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strncmp(rows[i].key, line, size) != 0 ||
		    rows[i].key[size] != '\0')
			continue;
		if (rows[i].handle(import,
				   rows[i].is_whole ? line : rest + 1) == 0)
			return 0;
		return error_set(error, "cannot go on from \"%s\"", line);
	}
	return error_set(error, "the state has an unknown line \"%s\"", line);
}

/* All lines up to the configuration, which is returned; NULL with words. */
static char *take_lines(struct import *import, char *at, struct error *error)
{
	char *end;

	if (strncmp(at, HANDOVER_HEAD, strlen(HANDOVER_HEAD)) != 0) {
		error_set(error, "the state is of another version");
		return NULL;
	}
	for (at += strlen(HANDOVER_HEAD); (end = strchr(at, '\n')) != NULL;
	     at = end + 1) {
		*end = '\0';
		if (strcmp(at, "config") == 0)
			return end + 1;
		if (take_line(import, at, error) < 0)
			return NULL;
	}
	error_set(error, "the state has no end");
	return NULL;
}

/* ---- All of it ------------------------------------------------------- */

static int take_config(struct import *import, const char *text,
		       struct error *error)
{
	struct supervisor *supervisor = import->supervisor;
	const struct config_source source = {
		.name = "state", .text = text, .size = strlen(text)};
	const struct cohort_protocol *const *protocols =
		supervisor->line->request.protocols;
	struct text complaints = {0};
	struct config *config;

	/* Its block would be read as one of ours. */
	if (plugins_check_names(&import->plugins, protocols, error) < 0)
		return -1;
	config = config_parse(&source, protocols, &complaints);
	if (!config)
		error_set(error, "the configuration in force is not good: %s",
			  complaints.bytes ? complaints.bytes : "");
	else
		supervisor_log_complaints(LOG_LEVEL_WARNING, "upgrade",
					  &complaints);
	text_release(&complaints);
	if (!config)
		return -1;
	if (plugins_attach(&import->plugins, config, error) < 0) {
		config_free(config);
		return -1;
	}
	supervisor->current = generation_new(config, import->generation, error);
	return supervisor->current ? 0 : -1;
}

/* Every address of the configuration has its group: nothing is opened. */
static int check_groups(const struct supervisor *supervisor,
			struct error *error)
{
	const struct generation *current = supervisor->current;
	const struct config_service *service;
	const struct config_listen *listen;
	unsigned i;

	for (i = 0; i < current->listener_count; i++) {
		service = generation_service(current, i);
		listen = current->plan[i].listen;
		if (!bank_find(&supervisor->bank, &listen->address,
			       service->name,
			       (unsigned)(listen - service->listens)))
			return error_set(error,
					 "the state lacks an address of "
					 "service %s",
					 service->name);
	}
	return 0;
}

int supervisor_import(struct supervisor *supervisor,
		      const struct import_source *source, struct error *error)
{
	struct import import = {.supervisor = supervisor, .source = source};
	char *copy = memory_require(1, source->text->size + 1);
	char *config;
	int status = -1;

	memcpy(copy, source->text->bytes, source->text->size);
	config = take_lines(&import, copy, error);
	if (config && take_config(&import, config, error) == 0 &&
	    check_groups(supervisor, error) == 0 &&
	    supervisor_open_groups(supervisor, supervisor->current, error) == 0)
		status = 0;
	if (source->mode == IMPORT_TRIAL) {
		scoreboard_close(import.board);
	} else {
		settle_slots(supervisor);
		if (status == 0 && import.board)
			scoreboard_settle(import.board);
	}
	plugins_release(&import.plugins);
	free(copy);
	return status;
}
