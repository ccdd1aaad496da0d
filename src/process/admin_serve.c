/* SPDX-License-Identifier: MIT */
/* admin_serve.c - the control socket and HTTP, from accepting to retiring. */
#include "process/admin_internal.h"
#include "process/spawn.h"

/* ---- Accepting ------------------------------------------------------- */

static int open_servers(struct admin *admin, struct error *error)
{
	const struct config *config = admin->birth->config;

	if (config->control) {
		admin->control = control_server_new(&admin->loop, verbs,
						    &admin->backend, error);
		if (!admin->control)
			return -1;
	}
	if (config->admin_count > 0) {
		admin->http = http_server_new(&admin->loop, admin_routes, admin,
					      error);
		if (!admin->http)
			return -1;
	}
	return 0;
}

int admin_serve(struct admin *admin, struct error *error)
{
	const struct admin_listeners *listeners = admin->birth->listeners;
	int fd = SPAWN_FIRST_LISTENER, status = open_servers(admin, error);
	unsigned i;

	for (i = 0; i < listeners->count && status == 0; i++, fd++)
		status = listeners->list[i]->is_control
				 ? control_server_accept(admin->control, fd,
							 error)
				 : http_server_accept(admin->http, fd, error);
	return status;
}

/* ---- The end --------------------------------------------------------- */

static void is_empty(void *context)
{
	struct admin *admin = context;

	if (--admin->busy_count == 0)
		loop_stop(&admin->loop);
}

void admin_end_serving(struct admin *admin)
{
	admin->busy_count = (admin->control != NULL) + (admin->http != NULL);
	if (admin->busy_count == 0)
		loop_stop(&admin->loop);
	if (admin->control)
		control_server_drain(admin->control, is_empty);
	if (admin->http)
		http_server_drain(admin->http, is_empty);
}

void admin_release_servers(struct admin *admin)
{
	http_server_free(admin->http);
	control_server_free(admin->control);
	admin->http = NULL;
	admin->control = NULL;
}
