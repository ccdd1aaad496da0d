/* SPDX-License-Identifier: MIT */
/* control.c - a control socket without a server behind it: PATH [ROWS [reader]].
 * ROWS connections are told of; "reader": nobody may give orders. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../unit/control_scene.h"
#include "control/server.h"

static int listen_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(fd, 64) < 0)
		log_fatal(1, "cannot listen at %s", path);
	return fd;
}

int main(int argc, char **argv)
{
	static struct scene scene;
	struct control_server *server;
	struct loop loop;
	struct error error;

	if (argc < 2)
		return 2;
	scene_fill(&scene);
	scene_close(&scene);
	if (argc > 2)
		scene.row_count = (unsigned)strtoul(argv[2], NULL, 10);
	scene.may_order = argc <= 3;
	if (loop_init(&loop, &error) < 0)
		log_fatal(1, "%s", error.text);
	server = control_server_new(&loop, verbs, &scene.backend, &error);
	if (server == NULL ||
	    control_server_accept(server, listen_at(argv[1]), &error) < 0 ||
	    loop_run(&loop, &error) < 0)
		log_fatal(1, "%s", error.text);
	return 0;
}
