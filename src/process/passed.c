/* SPDX-License-Identifier: MIT */
/* passed.c - a list of sockets with names. */
#include "process/passed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define LISTEN_MAX 65536 /* more cannot be meant */

/* How many are said to be there; nonsense is left to notify_listen_fds. */
static unsigned count_told(const struct notify_listen *told)
{
	uint64_t count = 0;

	if (told->fds == NULL || text_parse_number(told->fds, &count) < 0 ||
	    count > LISTEN_MAX)
		return 0;
	return (unsigned)count;
}

int passed_add(struct passed *passed, int fd, const char *name)
{
	size_t size = (passed->count + 1) * sizeof(*passed->sockets);
	struct passed_socket *grown = realloc(passed->sockets, size);
	struct passed_socket *added;

	if (!grown)
		return -1;
	passed->sockets = grown;
	added = &grown[passed->count++];
	memset(added, 0, sizeof(*added));
	added->fd = fd;
	memcpy(added->name, name, strnlen(name, NOTIFY_NAME_BYTES));
	return 0;
}

static void take_one(struct passed *passed,
		     const struct notify_inherited *inherited)
{
	if (fcntl(inherited->fd, F_SETFD, FD_CLOEXEC) < 0)
		log_warning(
			"the service manager's descriptor %d (%s) is not "
			"open",
			inherited->fd, inherited->name);
	else if (passed_add(passed, inherited->fd, inherited->name) < 0)
		log_fatal(1,
			  "there is no memory for what the service manager "
			  "passes");
}

int passed_take(struct passed *passed, const struct notify_listen *told,
		struct error *error)
{
	unsigned room = count_told(told);
	struct notify_inherited *list = calloc(room + 1, sizeof(*list));
	int i, count;

	if (!list)
		return error_set_errno(error,
				       "cannot take what the service "
				       "manager passes");
	count = notify_listen_fds(told, getpid(), list, room, error);
	for (i = 0; i < count; i++)
		take_one(passed, &list[i]);
	free(list);
	return count < 0 ? -1 : 0;
}

void passed_release(struct passed *passed)
{
	unsigned i;

	for (i = 0; i < passed->count; i++)
		passed_close(&passed->sockets[i]);
	free(passed->sockets);
	*passed = (struct passed){0};
}

struct passed_socket *passed_find(struct passed *passed, const char *name,
				  unsigned number)
{
	unsigned i;

	for (i = 0; i < passed->count; i++)
		if (passed->sockets[i].fd >= 0 &&
		    strcmp(passed->sockets[i].name, name) == 0 && --number == 0)
			return &passed->sockets[i];
	return NULL;
}

char *passed_names(const struct passed *passed, char *out, size_t room)
{
	size_t used = 0;
	unsigned i;

	snprintf(out, room, "nothing");
	for (i = 0; i < passed->count && used < room; i++)
		if (!passed_is_stored(&passed->sockets[i]))
			used += (size_t)snprintf(out + used, room - used,
						 "%s%s", used > 0 ? ", " : "",
						 passed->sockets[i].name);
	return out;
}

bool passed_is_stored(const struct passed_socket *socket)
{
	return strncmp(socket->name, PASSED_STORED, strlen(PASSED_STORED)) == 0;
}

void passed_close(struct passed_socket *socket)
{
	if (socket->fd >= 0)
		close(socket->fd);
	socket->fd = -1;
}
