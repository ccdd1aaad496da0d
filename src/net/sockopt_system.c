/* SPDX-License-Identifier: MIT */
/* sockopt_system.c - sysctl values read, and compared with what is asked. */
#include "net/sockopt_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "net/sockopt.h"

#define FASTOPEN_SERVER 2 /* ip-sysctl: tcp_fastopen, bit 0x2 */

char *sockopt_read_system(char *out, const char *name)
{
	char path[128];
	char *byte;
	ssize_t size;
	int fd;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (byte = path + strlen("/proc/sys/"); *byte; byte++)
		if (*byte == '.')
			*byte = '/';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return out;
	size = read(fd, out, SOCKOPT_SYSTEM_TEXT - 1);
	close(fd);
	out[size > 0 ? size : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* 0 and the number, or -1 if it is unknown. */
static int read_number(const char *name, uint64_t *number)
{
	char text[SOCKOPT_SYSTEM_TEXT];

	return text_parse_number(sockopt_read_system(text, name), number);
}

uint64_t sockopt_system_unsent(void)
{
	uint64_t bytes;

	return read_number("net.ipv4.tcp_notsent_lowat", &bytes) == 0
		       ? bytes
		       : UINT64_MAX;
}

void sockopt_check_system(const struct sockopt_settings *settings)
{
	uint64_t limit;

	if (settings->backlog > 0 &&
	    read_number("net.core.somaxconn", &limit) == 0 &&
	    (uint64_t)settings->backlog > limit)
		log_warning(
			"backlog %d: the kernel cuts it to %llu; raise "
			"net.core.somaxconn to have more",
			settings->backlog, (unsigned long long)limit);
	if (settings->fastopen_queue > 0 &&
	    read_number("net.ipv4.tcp_fastopen", &limit) == 0 &&
	    !(limit & FASTOPEN_SERVER))
		log_warning(
			"fastopen %d has no effect: net.ipv4.tcp_fastopen "
			"is %llu and lacks %d, the bit for servers",
			settings->fastopen_queue, (unsigned long long)limit,
			FASTOPEN_SERVER);
}
