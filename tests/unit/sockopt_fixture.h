/* SPDX-License-Identifier: MIT */
/* sockopt_fixture.h - settings, sockets and a captured log for the tests of
 * socket options. */
#ifndef COHORT_TEST_SOCKOPT_FIXTURE_H
#define COHORT_TEST_SOCKOPT_FIXTURE_H

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"
#include "net/address.h"
#include "net/sockopt.h"

#define BUFFER_BYTES 65536

static const struct sockopt_settings plain = {
	.reuse_address = true,
	.reuse_port = true,
	.ipv6_only = true,
	.nodelay = true,
	.backlog = 511,
	SOCKOPT_REST_KERNEL,
};

/* The first slot's listener on CPU 0, and a later one's on any. */
static const struct sockopt_owner first = {.cpu = 0, .is_first = true};
static const struct sockopt_owner other __attribute__((unused)) = {.cpu = -1};

static inline struct sockopt_settings everything(void)
{
	struct sockopt_settings settings = plain;

	settings.keepalive = 1;
	settings.keepalive_idle_s = 1800;
	settings.keepalive_interval_s = 15;
	settings.keepalive_count = 5;
	settings.receive_buffer_bytes = BUFFER_BYTES;
	settings.send_buffer_bytes = BUFFER_BYTES;
	settings.user_timeout_ms = 31000;
	settings.notsent_lowat_bytes = 131072;
	settings.max_segment_bytes = 1000;
	settings.tos = 0x10;
	settings.fastopen_queue = 10;
	settings.defer_accept_s = 1;
	settings.incoming_cpu = true;
	strcpy(settings.congestion, "reno");
	strcpy(settings.bind_device, "lo");
	return settings;
}

/* ---- Help ------------------------------------------------------------ */

static inline int number(int fd, int level, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	CHECK(getsockopt(fd, level, option, &value, &size) == 0);
	return value;
}

static inline int opened(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static inline void apply(int fd, int family,
			 const struct sockopt_settings *settings)
{
	struct error error;
	int status =
		sockopt_apply_listener(fd, family, settings, &first, &error);

	if (status < 0)
		printf("%s\n", error.text);
	check_int(status, 0);
}

/* A socket with the settings, listening on a free port; -1 if this machine
 * has no such family. */
static inline int listening(int family, const struct sockopt_settings *settings,
			    struct address *address)
{
	const char *word = family == AF_INET ? "127.0.0.1:0" : "[::1]:0";
	struct error error;
	int fd = opened(family);

	if (fd < 0)
		return -1;
	apply(fd, family, settings);
	CHECK(address_parse(address, word, &error) == 0);
	if (bind(fd, &address->socket.generic, address->length) < 0) {
		check_int(errno, EADDRNOTAVAIL);
		close(fd);
		return -1;
	}
	CHECK(listen(fd, settings->backlog) == 0);
	CHECK(address_of_socket(address, fd) == 0);
	return fd;
}

/* A client that has sent a byte, and its accepted end. */
static inline int accepted(int listener, const struct address *address,
			   int *client)
{
	int fd;

	REQUIRE(listener >= 0);
	*client = opened(address->socket.generic.sa_family);
	CHECK(connect(*client, &address->socket.generic, address->length) == 0);
	CHECK(write(*client, "x", 1) == 1);
	fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0);
	return fd;
}

/* The log goes to a file of its own while a test looks at it. */
struct capture {
	char path[64];
	int fd;
	char text[16384];
};

static inline void capture_start(struct capture *capture, enum log_level level)
{
	struct error error;

	strcpy(capture->path, "/tmp/cohort-test-sockopt-XXXXXX");
	capture->fd = mkstemp(capture->path);
	CHECK(capture->fd >= 0);
	CHECK(log_open(capture->path, level, &error) == 0);
}

static inline void capture_end(struct capture *capture)
{
	struct error error;
	ssize_t size =
		pread(capture->fd, capture->text, sizeof(capture->text) - 1, 0);

	capture->text[size > 0 ? size : 0] = '\0';
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	close(capture->fd);
	unlink(capture->path);
}

static inline void check_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		printf("should say '%s': %s\n", words, text);
	CHECK(strstr(text, words) != NULL);
}

#endif
