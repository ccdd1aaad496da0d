/* SPDX-License-Identifier: MIT */
/* test_sockopt.c - what is asked of the kernel for a listener, what it
 * grants, and what an accepted socket inherits (kernel.md 14-20). */
#include "net/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "net/address.h"
#include "net/sockopt_system.h"
#include "sockopt_fixture.h"

#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT 25 /* linux/tcp.h */
#endif
#ifndef SO_INCOMING_CPU
#define SO_INCOMING_CPU 49 /* asm-generic/socket.h */
#endif

static void check_refused(int family, const struct sockopt_settings *settings,
			  const char *words)
{
	struct error error = {0};
	int fd = opened(family);

	if (fd < 0)
		return;
	check_int(sockopt_apply_listener(fd, family, settings, &first, &error),
		  -1);
	check_says(error.text, words);
	CHECK(error.number != 0);
	close(fd);
}

/* ---- The table ------------------------------------------------------- */

static void the_defaults_are_those_of_the_design(void)
{
	static const struct {
		const char *directive;
		const char *initial;
	} wanted[] = {
		{"backlog", "511"},      {"reuse_address", "on"},
		{"reuse_port", "on"},    {"ipv6_only", "on"},
		{"nodelay", "on"},       {"quickack", "off"},
		{"keepalive", "on"},     {"receive_buffer", NULL},
		{"send_buffer", NULL},   {"user_timeout", NULL},
		{"notsent_lowat", NULL}, {"congestion", NULL},
		{"max_segment", NULL},   {"tos", NULL},
		{"incoming_cpu", "off"}, {"fastopen", NULL},
		{"defer_accept", "off"}, {"bind_device", NULL},
	};
	size_t i, count = sizeof(wanted) / sizeof(wanted[0]);

	for (i = 0; i < count && sockopt_rows[i].directive; i++) {
		check_string(sockopt_rows[i].directive, wanted[i].directive);
		CHECK(!sockopt_rows[i].initial == !wanted[i].initial);
		if (sockopt_rows[i].initial && wanted[i].initial)
			check_string(sockopt_rows[i].initial,
				     wanted[i].initial);
		CHECK(sockopt_rows[i].help != NULL);
		CHECK(sockopt_rows[i].minimum <= sockopt_rows[i].maximum);
	}
	check_int(i, count);
	CHECK(sockopt_rows[count].directive == NULL);
}

/* ---- The listener ---------------------------------------------------- */

static void check_listener(int fd, int family)
{
	check_int(number(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	check_int(number(fd, SOL_SOCKET, SO_REUSEPORT), 1);
	check_int(number(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 1);
	check_int(number(fd, IPPROTO_TCP, TCP_FASTOPEN), 10);
	check_int(number(fd, IPPROTO_TCP, TCP_MAXSEG), 1000);
	check_int(number(fd, SOL_SOCKET, SO_INCOMING_CPU), 0);
	if (family == AF_INET6)
		check_int(number(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

static void check_inherited(int fd, int family)
{
	char congestion[SOCKOPT_WORD] = "";
	socklen_t size = sizeof(congestion) - 1;

	check_int(number(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	check_int(number(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	check_int(number(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1800);
	check_int(number(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
	check_int(number(fd, IPPROTO_TCP, TCP_KEEPCNT), 5);
	check_int(number(fd, SOL_SOCKET, SO_RCVBUF), 2 * BUFFER_BYTES);
	check_int(number(fd, SOL_SOCKET, SO_SNDBUF), 2 * BUFFER_BYTES);
	check_int(number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 31000);
	check_int(number(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 131072);
	CHECK(number(fd, IPPROTO_TCP, TCP_MAXSEG) <= 1000);
	check_int(family == AF_INET ? number(fd, IPPROTO_IP, IP_TOS)
				    : number(fd, IPPROTO_IPV6, IPV6_TCLASS),
		  0x10);
	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &size) ==
	      0);
	check_string(congestion, "reno");
}

static void accepted_sockets_inherit_what_the_listener_was_given(int family)
{
	struct sockopt_settings settings = everything();
	struct address address;
	int client, fd, listener = listening(family, &settings, &address);

	if (listener < 0)
		return;
	check_listener(listener, family);
	fd = accepted(listener, &address, &client);
	check_inherited(fd, family);
	close(client);
	close(fd);
	close(listener);
}

static void off_is_off(void)
{
	struct sockopt_settings settings = plain;
	struct address address;
	int client, fd, listener;

	settings.nodelay = false;
	settings.keepalive = 0;
	settings.reuse_port = false;
	settings.reuse_address = false;
	listener = listening(AF_INET, &settings, &address);
	check_int(number(listener, SOL_SOCKET, SO_REUSEADDR), 0);
	check_int(number(listener, SOL_SOCKET, SO_REUSEPORT), 0);
	check_int(number(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	fd = accepted(listener, &address, &client);
	check_int(number(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	check_int(number(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	close(client);
	close(fd);
	close(listener);
}

static void both_families_get_their_type_of_service(void)
{
	struct sockopt_settings settings = plain;
	int fd = opened(AF_INET6);

	if (fd < 0)
		return;
	settings.ipv6_only = false;
	settings.tos = 0x20;
	apply(fd, AF_INET6, &settings);
	check_int(number(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	check_int(number(fd, IPPROTO_IPV6, IPV6_TCLASS), 0x20);
	check_int(number(fd, IPPROTO_IP, IP_TOS), 0x20);
	close(fd);
}

static void options_of_tcp_leave_a_unix_socket_alone(void)
{
	struct sockopt_settings settings = everything();
	int fd = opened(AF_UNIX);

	apply(fd, AF_UNIX, &settings);
	check_int(number(fd, SOL_SOCKET, SO_REUSEPORT), 0);
	close(fd);
}

static void applying_twice_to_a_listener_is_fine(void)
{
	struct sockopt_settings settings = everything();
	struct address address;
	int fd = listening(AF_INET, &settings, &address);

	settings.defer_accept_s = 0;
	settings.fastopen_queue = 0;
	apply(fd, AF_INET, &settings);
	check_int(number(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	check_int(number(fd, IPPROTO_TCP, TCP_FASTOPEN), 0);
	settings.defer_accept_s = 60;
	apply(fd, AF_INET, &settings);
	settings.defer_accept_s = 2;
	apply(fd, AF_INET, &settings);
	CHECK(number(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) < 10);
	close(fd);
}

static void what_a_bound_socket_cannot_change_is_a_warning(void)
{
	struct sockopt_settings settings = plain;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	struct capture capture;
	int fd = opened(AF_INET6);

	if (fd < 0)
		return;
	settings.ipv6_only = false;
	apply(fd, AF_INET6, &settings);
	/* Bound to one address it would be v6-only whatever was asked. */
	CHECK(bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0);
	settings.ipv6_only = true;
	capture_start(&capture, LOG_LEVEL_INFO);
	apply(fd, AF_INET6, &settings);
	capture_end(&capture);
	check_says(capture.text, "ipv6_only 1");
	check_says(capture.text, "bound already");
	close(fd);
}

/* ---- What the kernel refuses, clamps, and says ----------------------- */

static void what_the_kernel_refuses_is_an_error(void)
{
	struct sockopt_settings settings = plain;

	strcpy(settings.congestion, "nosuch");
	check_refused(AF_INET, &settings, "cannot set congestion to nosuch");
	check_refused(AF_INET, &settings, "reno"); /* what there is */
	settings = plain;
	strcpy(settings.bind_device, "nosuch0");
	check_refused(AF_INET, &settings, "bind_device to nosuch0: No such");
	settings = plain;
	settings.keepalive_idle_s = 32768;
	check_refused(AF_INET6, &settings, "keepalive idle to 32768: Invalid");
	settings = plain;
	settings.keepalive_count = 128;
	check_refused(AF_INET, &settings, "keepalive count to 128: Invalid");
	settings = plain;
	settings.max_segment_bytes = 87;
	check_refused(AF_INET, &settings, "max_segment to 87: Invalid");
}

static void options_are_compared_and_tried(void)
{
	struct sockopt_settings settings = plain;
	struct error error;

	CHECK(sockopt_is_equal(&plain, &settings));
	check_int(sockopt_try(AF_INET, &settings, &error), 0);
	/* Not on a listener. */
	settings.quickack = SOCKOPT_QUICKACK_ON;
	CHECK(sockopt_is_equal(&plain, &settings));
	settings.tos = 16;
	CHECK(!sockopt_is_equal(&plain, &settings));
	settings = plain;
	strcpy(settings.congestion, "bogus");
	CHECK(!sockopt_is_equal(&plain, &settings));
	check_int(sockopt_try(AF_INET6, &settings, &error), -1);
	CHECK(strstr(error.text, "congestion to bogus"));
}

static void what_the_kernel_takes_is_within_the_bounds_of_the_row(void)
{
	const struct sockopt_row *row;
	struct sockopt_settings settings;
	struct error error;
	int fd, i;

	for (row = sockopt_rows; row->directive; row++) {
		if (row->form == SOCKOPT_FORM_BOOLEAN ||
		    row->form == SOCKOPT_FORM_WORD ||
		    row->form == SOCKOPT_FORM_QUICKACK ||
		    row->form == SOCKOPT_FORM_KEEPALIVE)
			continue;
		for (i = 0; i < 2; i++) {
			settings = plain;
			memcpy((char *)&settings + row->offset,
			       i ? &row->maximum : &row->minimum, sizeof(int));
			fd = opened(AF_INET);
			check_int(sockopt_apply_listener(fd, AF_INET, &settings,
							 &other, &error),
				  0);
			close(fd);
		}
	}
}

static void a_clamped_buffer_is_a_warning_of_the_first_only(void)
{
	struct sockopt_settings settings = plain;
	char limit[SOCKOPT_SYSTEM_TEXT], words[3 * SOCKOPT_SYSTEM_TEXT];
	struct capture capture;
	struct error error;
	int fd = opened(AF_INET);

	if (!sockopt_read_system(limit, "net.core.rmem_max")[0])
		strcpy(limit, "0");
	settings.receive_buffer_bytes = atoi(limit) + 4096;
	capture_start(&capture, LOG_LEVEL_INFO);
	check_int(
		sockopt_apply_listener(fd, AF_INET, &settings, &other, &error),
		0);
	capture_end(&capture);
	check_string(capture.text, "");
	capture_start(&capture, LOG_LEVEL_INFO);
	apply(fd, AF_INET, &settings);
	capture_end(&capture);
	snprintf(words, sizeof(words),
		 "receive_buffer %d: the kernel has made it %s "
		 "(net.core.rmem_max is %s)",
		 settings.receive_buffer_bytes, limit, limit);
	if (atoi(limit) > 0)
		check_says(capture.text, words);
	close(fd);
}

static void every_option_is_reported_at_debug(void)
{
	struct sockopt_settings settings = everything();
	const struct sockopt_row *row;
	struct capture capture;
	char words[64];
	int fd = opened(AF_INET);

	settings.user_timeout_ms = SOCKOPT_KERNEL;
	capture_start(&capture, LOG_LEVEL_DEBUG);
	apply(fd, AF_INET, &settings);
	capture_end(&capture);
	for (row = sockopt_rows; row->directive; row++) {
		snprintf(words, sizeof(words), " %s: asked ", row->directive);
		if (row->calls && strcmp(row->directive, "ipv6_only") != 0 &&
		    strcmp(row->directive, "quickack") != 0)
			check_says(capture.text, words);
	}
	check_says(capture.text,
		   "receive_buffer: asked 65536, got 131072 "
		   "(net.core.rmem_max is ");
	check_says(capture.text, "keepalive idle: asked 1800, got 1800");
	check_says(capture.text, "user_timeout: asked the kernel's own, got 0");
	check_says(capture.text, "congestion: asked reno, got reno");
	close(fd);
}

int main(void)
{
	the_defaults_are_those_of_the_design();
	accepted_sockets_inherit_what_the_listener_was_given(AF_INET);
	accepted_sockets_inherit_what_the_listener_was_given(AF_INET6);
	off_is_off();
	both_families_get_their_type_of_service();
	options_of_tcp_leave_a_unix_socket_alone();
	applying_twice_to_a_listener_is_fine();
	what_a_bound_socket_cannot_change_is_a_warning();
	what_the_kernel_refuses_is_an_error();
	options_are_compared_and_tried();
	what_the_kernel_takes_is_within_the_bounds_of_the_row();
	a_clamped_buffer_is_a_warning_of_the_first_only();
	every_option_is_reported_at_debug();
	return check_result();
}
