/* SPDX-License-Identifier: MIT */
/* test_listener_unix.c - whose the file of a unix socket is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "net/listener.h"

static const struct sockopt_settings settings = {
	.reuse_address = true,
	.reuse_port = true,
	.ipv6_only = true,
	.nodelay = true,
	.backlog = 16,
	SOCKOPT_REST_KERNEL,
};
static const struct sockopt_owner nobody = {.cpu = -1};

static const struct listener_access open_access = {0666, (uid_t)-1, (gid_t)-1};

/* A directory of our own, and the socket in it. */
struct place {
	char directory[32];
	char path[64];
	struct address address;
};

static void place_make(struct place *place)
{
	struct error error;
	char word[80];

	strcpy(place->directory, "/tmp/cohort-unit-XXXXXX");
	CHECK(mkdtemp(place->directory) != NULL);
	snprintf(place->path, sizeof(place->path), "%s/socket",
		 place->directory);
	snprintf(word, sizeof(word), "unix:%s", place->path);
	CHECK(address_parse(&place->address, word, &error) == 0);
}

static void place_remove(struct place *place)
{
	unlink(place->path);
	CHECK(rmdir(place->directory) == 0);
}

static int bound(const struct address *address,
		 const struct listener_access *access, struct error *error)
{
	return listener_bind(address, &settings, access, &nobody, error);
}

static bool can_connect(const struct address *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool is_connected =
		connect(fd, &address->socket.generic, address->length) == 0;

	close(fd);
	return is_connected;
}

/* Mode and owner are there before anybody can connect. */
static void test_access(void)
{
	const struct listener_access access = {0604, geteuid(), getegid()};
	struct place place;
	struct stat file;
	struct error error;
	int fd;

	place_make(&place);
	fd = bound(&place.address, &access, &error);
	CHECK(fd >= 0);
	CHECK(lstat(place.path, &file) == 0 && S_ISSOCK(file.st_mode));
	check_int(file.st_mode & 07777, 0604);
	CHECK(!can_connect(&place.address));
	CHECK(listener_listen(fd, 16, &error) == 0);
	CHECK(can_connect(&place.address));
	close(fd);
	place_remove(&place);
}

static void test_stale_is_replaced(void)
{
	struct place place;
	struct error error;
	int fd;

	place_make(&place);
	fd = bound(&place.address, NULL, &error);
	CHECK(listener_listen(fd, 16, &error) == 0);
	close(fd);
	CHECK(listener_probe(&place.address, &settings, &error) == 0);
	fd = bound(&place.address, &open_access, &error);
	CHECK(fd >= 0);
	CHECK(listener_listen(fd, 16, &error) == 0);
	CHECK(can_connect(&place.address));
	close(fd);
	place_remove(&place);
}

static void test_living_is_not(void)
{
	struct place place;
	struct error error;
	int fd;

	place_make(&place);
	fd = bound(&place.address, NULL, &error);
	CHECK(listener_listen(fd, 16, &error) == 0);
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, EADDRINUSE);
	CHECK(strstr(error.text, place.path));
	check_int(listener_probe(&place.address, &settings, &error), -1);
	check_int(error.number, EADDRINUSE);
	CHECK(can_connect(&place.address));
	close(fd);
	place_remove(&place);
}

/* Also not one whose queue is full, nor one for datagrams. */
static void test_busy_is_not(void)
{
	struct place place;
	struct error error;
	int fd, first, second;

	place_make(&place);
	fd = bound(&place.address, NULL, &error);
	CHECK(listener_listen(fd, 0, &error) == 0);
	first = socket(AF_UNIX, SOCK_STREAM, 0);
	second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(connect(first, &place.address.socket.generic,
		      place.address.length) == 0);
	CHECK(connect(second, &place.address.socket.generic,
		      place.address.length) < 0);
	check_int(errno, EAGAIN);
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, EADDRINUSE);
	close(first);
	close(second);
	close(fd);
	unlink(place.path);

	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(fd, &place.address.socket.generic, place.address.length) ==
	      0);
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, EADDRINUSE);
	close(fd);
	place_remove(&place);
}

static void test_foreign_is_not(void)
{
	struct place place;
	struct error error;
	struct stat file;
	FILE *stranger;

	place_make(&place);
	stranger = fopen(place.path, "w");
	CHECK(stranger && fputs("precious", stranger) >= 0);
	CHECK(stranger && fclose(stranger) == 0);
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, EEXIST);
	CHECK(stat(place.path, &file) == 0 && file.st_size == 8);

	/* A link is no socket, wherever it leads. */
	unlink(place.path);
	CHECK(symlink("/nowhere/at/all", place.path) == 0);
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, EEXIST);
	place_remove(&place);

	/* Nor is there a directory now. */
	check_int(bound(&place.address, NULL, &error), -1);
	check_int(error.number, ENOENT);
}

/* At exit the file goes if it is ours, and stays if it is a successor's. */
static void test_own_inode(void)
{
	struct listener_inode first, second;
	struct place place;
	struct error error;
	int fd, next;

	place_make(&place);
	check_int(listener_inode_of(&place.address, &first), -1);
	fd = bound(&place.address, NULL, &error);
	CHECK(listener_inode_of(&place.address, &first) == 0);
	/* Renamed first, so that its inode cannot be given out again. */
	CHECK(chdir(place.directory) == 0);
	CHECK(rename("socket", "old") == 0);
	next = bound(&place.address, NULL, &error);
	CHECK(next >= 0);
	CHECK(listener_inode_of(&place.address, &second) == 0);
	listener_unlink(&place.address, &first);
	CHECK(access(place.path, F_OK) == 0);
	listener_unlink(&place.address, &second);
	CHECK(access(place.path, F_OK) < 0);
	CHECK(unlink("old") == 0 && chdir("/") == 0);
	close(fd);
	close(next);
	place_remove(&place);
}

static void test_abstract(void)
{
	struct listener_inode inode;
	struct address address;
	struct error error;
	char word[64];
	int fd;

	snprintf(word, sizeof(word), "unix:@cohort-unit-%d", (int)getpid());
	CHECK(address_parse(&address, word, &error) == 0);
	CHECK(listener_probe(&address, &settings, &error) == 0);
	fd = bound(&address, &open_access, &error);
	CHECK(fd >= 0);
	check_int(listener_probe(&address, &settings, &error), -1);
	check_int(error.number, EADDRINUSE);
	check_int(listener_inode_of(&address, &inode), -1);
	CHECK(listener_listen(fd, 16, &error) == 0);
	CHECK(can_connect(&address));
	close(fd);
	CHECK(listener_probe(&address, &settings, &error) == 0);
}

int main(void)
{
	test_access();
	test_stale_is_replaced();
	test_living_is_not();
	test_busy_is_not();
	test_foreign_is_not();
	test_own_inode();
	test_abstract();
	return check_result();
}
