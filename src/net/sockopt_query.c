/* SPDX-License-Identifier: MIT */
/* sockopt_query.c - single options that are asked for or set by themselves. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "net/sockopt.h"

/* From linux/in.h. */
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static int set_number(int fd, int level, int number, int value)
{
	return setsockopt(fd, level, number, &value, sizeof(value));
}

/* The value, or -1 with errno. */
static int get_number(int fd, int number)
{
	int value = 0;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, number, &value, &size) < 0)
		return -1;
	return value;
}

int sockopt_rearm_quickack(int fd)
{
	return set_number(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void sockopt_limit_unsent(int fd, int bytes)
{
	int value = 0;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size) ==
		    0 &&
	    value == 0)
		(void)set_number(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

int sockopt_prepare_source(int fd, bool has_port)
{
	if (has_port)
		return set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return set_number(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

int sockopt_set_reset_on_close(int fd)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

void sockopt_stop_lingering(int fd)
{
	const struct linger linger = {.l_onoff = 0, .l_linger = 0};

	/* What is no socket, or does not listen to it, does not linger. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

int sockopt_take_error(int fd)
{
	return get_number(fd, SO_ERROR);
}

int sockopt_type(int fd)
{
	return get_number(fd, SO_TYPE);
}

bool sockopt_is_listening(int fd)
{
	return get_number(fd, SO_ACCEPTCONN) > 0;
}

int sockopt_peer_credentials(int fd, pid_t *pid, uid_t *uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -1;
	*pid = peer.pid;
	*uid = peer.uid;
	return 0;
}

/* The C libraries' struct tcp_info is a prefix of the kernel's, of different
 * length; what is read here is in all of them. */
int sockopt_tcp_info(int fd, struct sockopt_tcp *tcp)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	memset(tcp, 0, sizeof(*tcp));
	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return -1;
	tcp->state = info.tcpi_state;
	if (info.tcpi_state == TCP_LISTEN) {
		tcp->accept_queue = info.tcpi_unacked;
		tcp->accept_queue_limit = info.tcpi_sacked;
		return 0;
	}
	tcp->rtt_us = info.tcpi_rtt;
	tcp->rtt_variance_us = info.tcpi_rttvar;
	tcp->cwnd_segments = info.tcpi_snd_cwnd;
	tcp->ssthresh_segments = info.tcpi_snd_ssthresh;
	tcp->retransmits_count = info.tcpi_total_retrans;
	return 0;
}
