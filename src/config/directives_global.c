/* SPDX-License-Identifier: MIT */
/* directives_global.c - the directives that stand outside of services. */
#include <stddef.h>
#include <string.h>

#include "config/admin_directive.h"
#include "config/apply.h"
#include "config/config.h"
#include "config/load_directive.h"
#include "config/log_directive.h"
#include "config/value.h"

#define AT(member)    offsetof(struct config, member)
#define WIDTH(member) sizeof(((struct config *)0)->member)
#define VALUE(name_, kind_, member)                                            \
	.name = (name_), .kind = &value_##kind_, .offset = AT(member),         \
	.width = WIDTH(member)

#define DESCRIPTORS_LEAST 64
#define DESCRIPTORS_MOST  (UINT64_C(1) << 30) /* fs/file.c: sysctl_nr_open */

#define WATCHDOG_LEAST_MS 100

#define BUSY_POLL_MOST_US 1000000

static const struct value_word traced_words[] = {
	{"spare", CONFIG_TRACED_SPARE},
	{"blame", CONFIG_TRACED_BLAME},
	{NULL, 0},
};
static const struct value_word spin_words[] = {
	{"off", SPIN_OFF},
	{"auto", SPIN_AUTO},
	{NULL, 0},
};
static const struct value_word no_user[] = {{"auto", 0}, {NULL, 0}};

/* clang-format off */
static const struct directive rows[] = {
	{VALUE("workers", number, workers), .initial = "auto",
	 .words = value_words_auto, .minimum = 1, .maximum = CONFIG_WORKERS_MAX,
	 .help = "worker processes; auto: one per usable CPU"},
	{VALUE("user", string, user), .form = "NAME", .initial = "auto", .words = no_user,
	 .minimum = 1, .maximum = 255,
	 .help = "who the workers run as; auto: nobody, if started as root"},
	{VALUE("chroot", string, chroot), .form = "DIRECTORY", .initial = "off",
	 .words = value_words_off, .minimum = 1, .maximum = 4095,
	 .help = "the directory that is the workers' root"},
	{VALUE("pid_file", string, pid_file), .form = "FILE", .initial = "off",
	 .words = value_words_off, .minimum = 1, .maximum = 4095,
	 .help = "a file that holds the supervisor's pid"},
	{.name = "log",
	 .form = "stderr|FILE|syslog[:SOCKET] format=text|json level=LEVEL facility=NAME tag=NAME",
	 .initial = "stderr format=text level=info",
	 .apply = log_directive_apply, .print = log_directive_print,
	 .help = "where to log, how, and from which level on: debug, info, warning, error"},
	{.name = "access_log",
	 .form = "off|stderr|FILE|syslog[:SOCKET] format=text|json sample=1/N facility=NAME tag=NAME",
	 .initial = "off",
	 .apply = log_directive_apply_access, .print = log_directive_print_access,
	 .help = "a line for each accepted connection (or one in N) when it ends"},
	{.name = "control", .form = "PATH mode=0600 owner=NAME group=NAME",
	 .initial = "off",
	 .apply = admin_directive_apply_control, .print = admin_directive_print_control,
	 .help = "the socket of cohortctl: its owner, root and our user may order, whoever else mode lets in may look"},
	{.name = "admin", .form = "ADDRESS ...", .initial = "off",
	 .apply = admin_directive_apply, .print = admin_directive_print,
	 .help = "where HTTP tells how it is: /metrics, /ready, /live"},
	{VALUE("shutdown_timeout", duration, shutdown_timeout_ms),
	 .initial = "10s", .words = value_words_off,
	 .help = "how long connections may take to finish after TERM"},
	{VALUE("drain_timeout", duration, drain_timeout_ms),
	 .initial = "off", .words = value_words_off,
	 .help = "the same when a worker is replaced"},
	{VALUE("drain_delay", duration, drain_delay_ms),
	 .initial = "0s",
	 .help = "how long to go on accepting after TERM"},
	{VALUE("watchdog_steer", duration, watchdog_steer_ms),
	 .initial = "1s", .words = value_words_off, .minimum = WATCHDOG_LEAST_MS,
	 .help = "a worker silent for so long gets no new connections"},
	{VALUE("watchdog_timeout", duration, watchdog_timeout_ms),
	 .initial = "30s", .words = value_words_off, .minimum = WATCHDOG_LEAST_MS,
	 .help = "a worker silent for so long is replaced"},
	{VALUE("watchdog_traced", choice, watchdog_traced),
	 .initial = "spare", .words = traced_words,
	 .help = "a worker that a debugger holds: spare it, or blame it like any other"},
	{VALUE("orphan_timeout", duration, orphan_timeout_ms),
	 .initial = "60s", .words = value_words_off,
	 .help = "how long workers serve on for a successor of a killed supervisor"},
	{.name = "respawn_delay", .kind = &value_respawn_delay,
	 .initial = "100ms:30s",
	 .help = "the wait before a worker that keeps failing is started, and its limit"},
	{VALUE("cpu_affinity", choice, cpu_affinity), .initial = "off",
	 .words = value_words_boolean,
	 .help = "bind each worker to a CPU of its own"},
	{VALUE("busy_poll", microseconds, busy_poll_us), .initial = "off",
	 .words = spin_words, .minimum = 1, .maximum = BUSY_POLL_MOST_US,
	 .help = "how long a worker polls before it sleeps; auto: as long as that pays, if there is a CPU for each worker"},
	{VALUE("max_open_files", number, max_open_files), .initial = "auto",
	 .words = value_words_auto, .minimum = DESCRIPTORS_LEAST,
	 .maximum = DESCRIPTORS_MOST,
	 .help = "descriptors of a process; auto: as many as the system allows"},
	{.name = "load", .form = "FILE.so", .is_repeatable = true,
	 .apply = load_directive_apply, .print = load_directive_print,
	 .help = "a plug-in: a shared object that has protocols"},
};
/* clang-format on */

void directive_list_global(struct directive_list *list)
{
	size_t i;

	list->count = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		directive_list_append(list, &rows[i]);
}
