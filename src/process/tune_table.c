/* SPDX-License-Identifier: MIT */
/* tune_table.c - the settings of the system that matter, and why. */
#include "process/tune_judge.h"

#define LISTENING "Listening"
#define BUFFERS   "Buffers"
#define TCP       "Connections"
#define PEERS     "Peers that are gone"
#define RESOURCES "Resources"

const struct tune_row tune_rows[] = {
	{"net.core.somaxconn", LISTENING,
	 "a listener's accept queue is cut to this, silently",
	 tune_judge_backlog, NULL},
	{"net.ipv4.tcp_max_syn_backlog", LISTENING,
	 "handshakes under way; without SYN cookies, more than this are "
	 "dropped",
	 tune_judge_syn_backlog, NULL},
	{"net.ipv4.tcp_syncookies", LISTENING,
	 "1: a flood of SYNs does not keep others out", NULL, "1"},
	{"net.ipv4.tcp_abort_on_overflow", LISTENING,
	 "0: where the accept queue is full a client tries again; 1 resets it",
	 NULL, "0"},
	{"net.ipv4.tcp_migrate_req", LISTENING,
	 "0: clients of a closed listener are not moved; the bank keeps them, "
	 "and kernels from 5.14 to early 2026 never wake the new owner",
	 NULL, "0"},
	{"net.ipv4.tcp_fastopen", LISTENING,
	 "2 is the bit for servers: data in a SYN is taken",
	 tune_judge_fastopen, NULL},
	{"net.ipv4.ip_unprivileged_port_start", LISTENING,
	 "ports below this are root's", tune_judge_low_ports, NULL},

	{"net.core.rmem_max", BUFFERS,
	 "receive_buffer is cut to this (and counted twice by the kernel)",
	 tune_judge_receive, NULL},
	{"net.core.wmem_max", BUFFERS,
	 "send_buffer is cut to this (and counted twice by the kernel)",
	 tune_judge_send, NULL},
	{"net.ipv4.tcp_rmem", BUFFERS,
	 "least, first and most bytes of a receive buffer that the kernel "
	 "sizes; a receive_buffer switches that off",
	 tune_judge_window, NULL},
	{"net.ipv4.tcp_wmem", BUFFERS,
	 "the same of a send buffer; a send_buffer switches that off",
	 tune_judge_window, NULL},
	{"net.ipv4.tcp_moderate_rcvbuf", BUFFERS,
	 "1: receive buffers grow with what a connection needs", NULL, "1"},
	{"net.ipv4.tcp_mem", BUFFERS,
	 "pages for all TCP buffers of the machine: room, pressure, most", NULL,
	 NULL},
	{"net.ipv4.tcp_notsent_lowat", BUFFERS,
	 "unsent bytes above which a socket is not writable; a service's "
	 "notsent_lowat comes before it",
	 tune_judge_lowat, NULL},

	{"net.ipv4.tcp_window_scaling", TCP,
	 "1: windows above 64 KiB; without it nothing fast is far away", NULL,
	 "1"},
	{"net.ipv4.tcp_sack", TCP,
	 "1: a loss costs what was lost, not all that came after", NULL, "1"},
	{"net.ipv4.tcp_timestamps", TCP,
	 "1: round trips are measured, and old segments told from new", NULL,
	 "1"},
	{"net.ipv4.tcp_slow_start_after_idle", TCP,
	 "0: a connection that was idle goes on with the window it had; 1 has "
	 "it start slowly again, which long-lived ones pay for at each burst",
	 NULL, "0"},
	{"net.ipv4.tcp_available_congestion_control", TCP,
	 "the algorithms that `congestion` can name", tune_judge_congestion,
	 NULL},
	{"net.ipv4.tcp_autocorking", TCP,
	 "1: small writes that follow each other leave as one segment, also "
	 "with nodelay, while earlier ones wait in the card",
	 NULL, "1"},

	{"net.ipv4.tcp_keepalive_time", PEERS,
	 "seconds without a byte until the kernel asks a peer whether it is "
	 "there; then tcp_keepalive_probes times, tcp_keepalive_intvl apart",
	 tune_judge_keepalive, NULL},
	{"net.ipv4.tcp_keepalive_intvl", PEERS,
	 "seconds between two of these questions; a service's keepalive comes "
	 "before it",
	 NULL, NULL},
	{"net.ipv4.tcp_keepalive_probes", PEERS,
	 "questions without an answer after which the peer is gone", NULL,
	 NULL},
	{"net.ipv4.tcp_retries2", PEERS,
	 "unacknowledged bytes are sent again so often (15: about 15 minutes); "
	 "a service's user_timeout comes before it",
	 NULL, NULL},
	{"net.ipv4.tcp_fin_timeout", PEERS,
	 "seconds that the kernel waits for the FIN of a peer whose connection "
	 "we have closed",
	 NULL, NULL},
	{"net.ipv4.tcp_max_tw_buckets", PEERS,
	 "connections in TIME_WAIT; beyond, they are forgotten early", NULL,
	 NULL},
	{"net.ipv4.tcp_tw_reuse", PEERS,
	 "2 (loopback) or 1: outgoing connections may take the port of one "
	 "that has just ended; incoming ones are not concerned",
	 NULL, "2"},

	{"RLIMIT_NOFILE", RESOURCES,
	 "descriptors of a process, soft and hard: one for each connection",
	 tune_judge_descriptors, NULL},
	{"fs.nr_open", RESOURCES, "no process can be given more descriptors",
	 tune_judge_descriptors_each, NULL},
	{"fs.file-max", RESOURCES, "open files of the whole machine",
	 tune_judge_descriptors_all, NULL},
	{"fs.epoll.max_user_watches", RESOURCES,
	 "descriptors that one user may watch: one for each connection",
	 tune_judge_descriptors_all, NULL},
	{"net.core.optmem_max", RESOURCES,
	 "bytes for options of a socket: the program that steers new "
	 "connections is one",
	 tune_judge_option_memory, NULL},
	{"kernel.yama.ptrace_scope", RESOURCES,
	 "0 or 1: after a kill of supervisor and keeper at once, the next "
	 "supervisor can take the listeners out of the workers' hands",
	 tune_judge_ptrace, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};
