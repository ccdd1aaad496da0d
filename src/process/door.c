/* SPDX-License-Identifier: MIT */
/* door.c - names of keepers. */
#include "process/door.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "process/instance.h"

#define DOOR_PREFIX  "cohort-keeper/"
#define DOOR_BACKLOG 16
#define NAMES_FILE   "/proc/net/unix"
#define LINE_BYTES   512

/* An abstract name: its text follows a NUL. */
struct name {
	struct sockaddr_un socket;
	socklen_t length;
};

static const char *text_of(const struct name *name)
{
	return name->socket.sun_path + 1;
}

static void make_name(struct name *name, const struct address *address)
{
	name->length = instance_name(&name->socket, DOOR_PREFIX, address);
}

static void append(struct name *name, const char *word)
{
	size_t used = strlen(text_of(name));

	used += (size_t)snprintf(name->socket.sun_path + 1 + used,
				 sizeof(name->socket.sun_path) - 1 - used,
				 "/%s", word);
	name->length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + used);
}

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		      0);
}

static int close_failed(int fd)
{
	int number = errno;

	close(fd);
	errno = number;
	return -1;
}

/* ---- Successor ------------------------------------------------------- */

static int knock(const struct name *name)
{
	int fd = open_socket();
	pid_t pid;
	uid_t uid;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&name->socket, name->length) <
	    0)
		return close_failed(fd);
	if (instance_is_ours(fd, &pid, &uid))
		return fd;
	log_warning(
		"ignoring the keeper's name %s, which process %d of user %u "
		"has: it is neither root's nor ours",
		text_of(name), (int)pid, (unsigned)uid);
	errno = EPERM;
	return close_failed(fd);
}

/* What follows "@NAME/" in a line of NAMES_FILE; NULL: another name. */
static const char *spare_word(char *line, const struct name *name)
{
	size_t size = strlen(text_of(name));
	char *at = strstr(line, " @");

	line[strcspn(line, "\n")] = '\0';
	if (!at || strncmp(at + 2, text_of(name), size) != 0 ||
	    at[2 + size] != '/')
		return NULL;
	return at + 2 + size + 1;
}

static int knock_spare(const struct name *name)
{
	FILE *names = fopen(NAMES_FILE, "re");
	char line[LINE_BYTES];
	int fd = -1;

	while (names && fd < 0 && fgets(line, sizeof(line), names)) {
		const char *word = spare_word(line, name);
		struct name spare = *name;

		if (!word)
			continue;
		append(&spare, word);
		fd = knock(&spare);
	}
	if (names)
		fclose(names);
	return fd;
}

int door_knock(const struct address *address)
{
	struct name name;
	int fd;

	make_name(&name, address);
	fd = knock(&name);
	return fd >= 0 ? fd : knock_spare(&name);
}

/* ---- Keeper ---------------------------------------------------------- */

/* Does one of ours have the name?  A socket that does not answer is none. */
static bool is_taken_by_ours(const struct name *name)
{
	int fd = knock(name);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int bind_spare(int fd, struct name *name)
{
	uint64_t number;
	char word[24];

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(number))
		number = (uint64_t)getpid();
	snprintf(word, sizeof(word), "%016" PRIx64, number);
	append(name, word);
	return bind(fd, (struct sockaddr *)&name->socket, name->length);
}

static int bind_any(int fd, struct name *name)
{
	if (bind(fd, (struct sockaddr *)&name->socket, name->length) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	if (is_taken_by_ours(name)) {
		errno = EADDRINUSE;
		return -1;
	}
	return bind_spare(fd, name);
}

int door_open(const struct address *address)
{
	struct name name;
	int fd = open_socket();

	make_name(&name, address);
	if (fd >= 0 &&
	    (bind_any(fd, &name) < 0 || listen(fd, DOOR_BACKLOG) < 0))
		return close_failed(fd);
	return fd;
}
