/* SPDX-License-Identifier: MIT */
/* test_sockopt_query.c - options of a connection, the system's limits, and
 * single questions to a socket. */
#include "net/sockopt.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "net/address.h"
#include "net/sockopt_system.h"
#include "net/sockopt_table.h"
#include "sockopt_fixture.h"

static void a_backlog_above_the_systems_is_a_warning(void)
{
	struct sockopt_settings settings = plain;
	struct capture capture;
	char limit[SOCKOPT_SYSTEM_TEXT];

	settings.backlog = 1;
	settings.fastopen_queue = 0;
	capture_start(&capture, LOG_LEVEL_INFO);
	sockopt_check_system(&settings);
	capture_end(&capture);
	check_string(capture.text, "");
	if (!sockopt_read_system(limit, "net.core.somaxconn")[0])
		return;
	settings.backlog = atoi(limit) + 1;
	settings.fastopen_queue = 5;
	capture_start(&capture, LOG_LEVEL_INFO);
	sockopt_check_system(&settings);
	capture_end(&capture);
	check_says(capture.text, "net.core.somaxconn");
	if (!(atoi(sockopt_read_system(limit, "net.ipv4.tcp_fastopen")) & 2))
		check_says(capture.text, "fastopen 5 has no effect");
}

/* ---- The connection -------------------------------------------------- */

static void quickack_is_set_on_the_connection(void)
{
	struct sockopt_settings settings = plain;
	struct address address;
	int client, fd, listener = listening(AF_INET, &settings, &address);

	fd = accepted(listener, &address, &client);
	settings.quickack = SOCKOPT_QUICKACK_ON;
	check_int(sockopt_apply_connection(fd, AF_INET, &settings), 0);
	check_int(number(fd, IPPROTO_TCP, TCP_QUICKACK), 1);
	check_int(sockopt_rearm_quickack(fd), 0);
	close(fd);
	check_int(sockopt_apply_connection(fd, AF_INET, &settings), -1);
	check_int(errno, EBADF);
	settings.quickack = SOCKOPT_QUICKACK_AUTO;
	check_int(sockopt_apply_connection(fd, AF_INET, &settings), 0);
	check_int(sockopt_apply_connection(fd, AF_INET, &plain), 0);
	close(client);
	close(listener);
}

static void a_unix_connection_gets_its_send_buffer(void)
{
	struct sockopt_settings settings = everything();
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	settings.quickack = SOCKOPT_QUICKACK_ON;
	check_int(sockopt_apply_connection(pair[0], AF_UNIX, &settings), 0);
	check_int(number(pair[0], SOL_SOCKET, SO_SNDBUF), 2 * BUFFER_BYTES);
	close(pair[0]);
	close(pair[1]);
}

/* ---- Single questions ------------------------------------------------ */

static void the_queue_of_a_listener_can_be_read(void)
{
	struct sockopt_settings settings = plain;
	struct sockopt_tcp tcp;
	struct address address;
	int client, fd, listener;

	settings.backlog = 8;
	listener = listening(AF_INET, &settings, &address);
	REQUIRE(listener >= 0);
	client = opened(AF_INET);
	CHECK(connect(client, &address.socket.generic, address.length) == 0);
	check_int(sockopt_tcp_info(listener, &tcp), 0);
	check_int(tcp.accept_queue, 1);
	check_int(tcp.accept_queue_limit, 8);
	check_int(tcp.state, TCP_LISTEN);
	CHECK(sockopt_is_listening(listener));
	fd = accept(listener, NULL, NULL);
	check_int(sockopt_tcp_info(fd, &tcp), 0);
	check_int(tcp.state, TCP_ESTABLISHED);
	check_int(tcp.accept_queue, 0);
	CHECK(tcp.cwnd_segments > 0);
	CHECK(!sockopt_is_listening(fd));
	close(fd);
	close(client);
	close(listener);
}

static void a_reset_reaches_the_peer_as_its_error(void)
{
	struct address address;
	int client, fd, listener = listening(AF_INET, &plain, &address);

	fd = accepted(listener, &address, &client);
	check_int(sockopt_take_error(client), 0);
	check_int(sockopt_set_reset_on_close(fd), 0);
	close(fd);
	check_int(sockopt_take_error(client), ECONNRESET);
	check_int(sockopt_take_error(client), 0);
	close(client);
	close(listener);
}

static void types_and_peers_are_known(void)
{
	struct sockopt_tcp tcp;
	int pair[2], pipes[2];
	pid_t pid;
	uid_t uid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	CHECK(pipe(pipes) == 0);
	check_int(sockopt_type(pair[0]), SOCK_SEQPACKET);
	check_int(sockopt_type(pipes[0]), -1);
	check_int(errno, ENOTSOCK);
	check_int(sockopt_peer_credentials(pair[0], &pid, &uid), 0);
	check_int(pid, getpid());
	check_int(uid, geteuid());
	check_int(sockopt_tcp_info(pair[0], &tcp), -1);
	check_int(tcp.rtt_us, 0);
	CHECK(!sockopt_is_listening(pipes[0]));
	close(pair[0]);
	close(pair[1]);
	close(pipes[0]);
	close(pipes[1]);
}

static bool is_listed(const struct sockopt_call *call)
{
	const struct sockopt_call *const *listed = sockopt_connection_calls;

	while (*listed != NULL && *listed != call)
		listed++;
	return *listed == call;
}

static void the_list_for_connections_is_complete(void)
{
	const struct sockopt_row *row;
	const struct sockopt_call *call;

	for (row = sockopt_rows; row->directive; row++)
		for (call = row->calls; call && call->families; call++)
			check_int(is_listed(call),
				  call->place == SOCKOPT_ON_CONNECTION);
}

int main(void)
{
	the_list_for_connections_is_complete();
	a_backlog_above_the_systems_is_a_warning();
	quickack_is_set_on_the_connection();
	a_unix_connection_gets_its_send_buffer();
	the_queue_of_a_listener_can_be_read();
	a_reset_reaches_the_peer_as_its_error();
	types_and_peers_are_known();
	return check_result();
}
