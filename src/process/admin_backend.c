/* SPDX-License-Identifier: MIT */
/* admin_backend.c - what the control server and the paths of HTTP need of this
 * process (control/backend.h). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/page.h"
#include "metrics/board_publish.h"
#include "metrics/exposition.h"
#include "net/sockopt.h"
#include "process/admin_internal.h"

#define SNAPSHOT_MS 100  /* so old may one be */
#define RETRY_MS    1000 /* when none could be taken */

/* ---- What there is to see -------------------------------------------- */

/* Each try may wait for long: clients, and the beat, must not. */
static struct snapshot *take(struct admin *admin)
{
	unsigned next = !admin->shown;

	if (snapshot_take(&admin->snapshots[next], admin->board) == 0) {
		admin->shown = next;
		admin->snapshot_count++;
		admin->is_outdated = false;
	} else {
		admin->retry_ms = clock_now_ms() + RETRY_MS;
	}
	return &admin->snapshots[admin->shown];
}

/* Nobody is told that there is no service that has just been brought in. */
static bool is_too_old(const struct admin *admin, const struct snapshot *shown,
		       int64_t now_ms)
{
	return admin->snapshot_count == 0 || admin->is_outdated ||
	       now_ms - shown->now_ms >= SNAPSHOT_MS ||
	       shown->service_count != board_service_count(admin->board);
}

/* When somebody has died in the midst of writing, the last one has to do. */
const struct snapshot *admin_look(struct admin *admin)
{
	struct snapshot *shown = &admin->snapshots[admin->shown];
	int64_t now_ms = clock_now_ms();

	if (now_ms >= admin->retry_ms && is_too_old(admin, shown, now_ms))
		shown = take(admin);
	return admin->snapshot_count > 0 ? shown : NULL;
}

const struct snapshot *admin_look_anew(struct admin *admin)
{
	if (admin->anew_ms != admin->loop.now_ms)
		admin->is_outdated = true;
	admin->anew_ms = admin->loop.now_ms;
	return admin_look(admin);
}

static const struct snapshot *look(void *context)
{
	return admin_look(context);
}

const struct process_stats *admin_read_process(struct admin *admin)
{
	uint64_t fd_count =
		admin->snapshots[admin->shown].cells[BOARD_OPEN_FDS];

	process_stats_read(&admin->process, &admin->files);
	if (fd_count > 0)
		process_stats_note(&admin->process, PROCESS_OPEN_FDS, fd_count);
	return &admin->process;
}

static void metrics(void *context, struct text *out)
{
	struct admin *admin = context;
	const struct snapshot *snapshot = admin_look_anew(admin);

	if (snapshot)
		exposition_write(out, EXPOSITION_TEXT, snapshot,
				 admin_read_process(admin));
}

static void query(void *context, const struct connection_query *wanted,
		  struct reply *reply)
{
	struct admin *admin = context;

	/* Who closes some will look whether they are gone. */
	if (wanted->action == CONNECTION_CLOSE)
		admin->is_outdated = true;
	admin_workers_query(admin->workers, wanted, reply);
}

/* ---- Who may order --------------------------------------------------- */

static uid_t owner_of(const struct admin *admin)
{
	const struct config_listen *control = admin->birth->config->control;

	return control && control->owner >= 0 ? (uid_t)control->owner
					      : admin->birth->uid;
}

/* Whoever else the socket's mode lets in may look. */
static bool may_order(void *context, int fd)
{
	const struct admin *admin = context;
	uid_t uid;
	pid_t pid;

	return sockopt_peer_credentials(fd, &pid, &uid) == 0 &&
	       (uid == 0 || uid == admin->birth->uid || uid == owner_of(admin));
}

/* ---- Where it serves ------------------------------------------------- */

static int list_listeners(struct admin *admin, struct error *error)
{
	const struct admin_birth *birth = admin->birth;
	unsigned i, count = birth->plan_count;
	char(*texts)[ADDRESS_TEXT] = calloc(count, sizeof(*texts));

	admin->addresses = texts;
	admin->listeners = calloc(count, sizeof(*admin->listeners));
	if (!texts || !admin->listeners)
		return error_set_errno(error, "cannot list what is served");
	for (i = 0; i < count; i++) {
		const struct worker_listener *planned = &birth->plan[i];

		admin->listeners[i] = (struct control_listener){
			.service =
				birth->config->services[planned->service].name,
			.address = address_format(texts[i], &planned->address),
		};
	}
	return 0;
}

/* ---- All of it ------------------------------------------------------- */

static int begin_watching(struct admin *admin, struct error *error)
{
	admin->workers = admin_workers_new(&admin->loop);
	admin->busiest = busiest_new(&admin->loop, &admin->backend);
	if (!admin->workers || !admin->busiest)
		return error_set_errno(error, "cannot talk to workers");
	admin->backend.busiest = admin->busiest;
	samples_start(&admin->samples, &admin->loop, look, admin);
	return 0;
}

int admin_init_backend(struct admin *admin, struct error *error)
{
	admin->board = scoreboard_map_reader(ADMIN_BOARD, error);
	if (!admin->board || list_listeners(admin, error) < 0)
		return -1;
	page_append_headers(&admin->page_headers);
	admin->backend = (struct control_backend){
		.context = admin,
		.look = look,
		.board = admin->board,
		.config = admin->birth->config,
		.listeners = admin->listeners,
		.listener_count = admin->birth->plan_count,
		.samples = &admin->samples,
		.may_order = may_order,
		.order = admin_order,
		.query = query,
		.metrics = metrics,
	};
	return begin_watching(admin, error);
}

/* Whoever waits is told first: the replies are the servers'. */
void admin_release_workers(struct admin *admin)
{
	busiest_free(admin->busiest);
	admin_workers_free(admin->workers);
}

void admin_release_backend(struct admin *admin)
{
	samples_stop(&admin->samples);
	admin_release_answers(admin);
	snapshot_release(&admin->snapshots[0]);
	snapshot_release(&admin->snapshots[1]);
	if (admin->board)
		scoreboard_close(admin->board);
	free(admin->listeners);
	free(admin->addresses);
	text_release(&admin->page_headers);
	process_files_close(&admin->files);
}
