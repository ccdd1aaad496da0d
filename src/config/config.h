/* SPDX-License-Identifier: MIT */
/* config.h - the configuration as the rest of the program sees it: checked,
 * complete and never changed after it was made.
 *
 * Made by config_read() from canonical text (supervisor and, by inheritance,
 * its children) or from files (loader).  Everything a config points at is
 * owned by its arena and goes with config_free. */
#ifndef COHORT_CONFIG_CONFIG_H
#define COHORT_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/memory.h"
#include "cohort.h"
#include "event/spin.h"
#include "net/address.h"
#include "net/service.h"

#define CONFIG_WORKERS_MAX  256
#define CONFIG_LISTENS_MAX  64 /* addresses of one service, resolved */
#define CONFIG_SERVICES_MAX SCOREBOARD_SERVICES
#define CONFIG_PLUGINS_MAX  32
#define CONFIG_ADMINS_MAX   16 /* addresses of `admin`, resolved */
#define CONFIG_OFF          (-1)

/* One address of a service. */
struct config_listen {
	struct address address;
	/* `listen unix:/path mode=0660 owner=NAME group=NAME;` as numbers;
	 * -1: left as the kernel makes them. */
	int mode;
	int owner;
	int group;
	int line; /* of the canonical text, for messages */
};

/* A shared object with protocols. */
struct config_plugin {
	const char *path; /* absolute */
	const char
		*names; /* of its protocols, "hello goodbye"; "": not known */
	/* Its code, as it was checked: for workers, to be opened.  -1: it has
	 * none (process/plugins.h); else closed with the configuration. */
	int fd;
	unsigned deaths_count; /* of workers by its fault: the supervisor's */
};

struct config_service {
	const char *name;
	const struct config_listen *listens;
	unsigned listen_count; /* at least 1 */
	const struct cohort_protocol *protocol;
	void *protocol_options; /* options_size bytes, or NULL */
	/* A plug-in's protocol for whoever does not open plug-ins: `protocol`
	 * is no more than a name, and this is how it is written; or NULL. */
	const char *protocol_text;
	struct service_settings settings;
};

/* What the watchdog makes of a worker that a debugger holds. */
enum config_traced {
	CONFIG_TRACED_SPARE,
	CONFIG_TRACED_BLAME,
};

struct config {
	struct arena *arena;
	unsigned workers;     /* 0: auto */
	const char *user;     /* NULL: nobody when started as root */
	const char *chroot;   /* NULL: off */
	const char *pid_file; /* NULL: off */
	const struct config_listen *control; /* unix:/path; NULL: off */
	const struct config_listen *admins;  /* for HTTP; NULL: off */
	unsigned admin_count;
	struct log_target log;
	enum log_level log_level;
	struct log_target access_log;
	int64_t shutdown_timeout_ms; /* CONFIG_OFF: no bound */
	int64_t drain_timeout_ms;    /* CONFIG_OFF: no bound */
	int64_t drain_delay_ms;      /* 0: none */
	int64_t watchdog_steer_ms;   /* CONFIG_OFF: nobody is steered around */
	int64_t watchdog_timeout_ms; /* CONFIG_OFF: nobody is ended */
	enum config_traced watchdog_traced;
	int64_t orphan_timeout_ms; /* CONFIG_OFF: no bound */
	int64_t respawn_first_ms;  /* respawn_delay 100ms:30s */
	int64_t respawn_limit_ms;
	bool cpu_affinity;
	int64_t busy_poll_us;          /* SPIN_OFF, SPIN_AUTO, or so long */
	uint64_t max_open_files;       /* 0: auto */
	struct config_plugin *plugins; /* CONFIG_PLUGINS_MAX of them */
	unsigned plugin_count;
	const struct config_service *services;
	unsigned service_count; /* at least 1 */
};

void config_free(struct config *config); /* NULL is fine */

/* Has it a protocol of this name? */
bool config_plugin_has(const struct config_plugin *plugin, const char *name);

/* The plug-in that has a protocol of this name, or NULL. */
struct config_plugin *config_plugin_of(const struct config *config,
				       const char *name);

#endif
