/* SPDX-License-Identifier: MIT */
/* test_config_values.c - every directive: what it takes, how it is printed,
 * what it refuses. */
#include "config_fixture.h"

struct row {
	const char *statement;
	const char *printed; /* NULL: refused */
};

static const struct row global_rows[] = {
	{"workers 1;", "workers 1;"},
	{"workers 256;", "workers 256;"},
	{"workers auto;", "workers auto;"},
	{"workers 0;", NULL},
	{"workers 257;", NULL},
	{"workers -1;", NULL},
	{"workers 1.5;", NULL},
	{"user root;", "user root;"},
	{"user auto;", "user auto;"},
	{"user no-such-user-anywhere;", NULL},
	{"user '';", NULL},
	{"chroot /;", "chroot /;"},
	{"chroot off;", "chroot off;"},
	{"chroot relative;", NULL},
	{"chroot /no/such/directory;", NULL},
	{"chroot /dev/null;", NULL},
	{"pid_file /run/a.pid;", "pid_file /run/a.pid;"},
	{"pid_file '/run/a b$';", "pid_file \"/run/a b\\$\";"},
	{"pid_file off;", "pid_file off;"},
	{"pid_file '';", NULL},
	{"log stderr;", "log stderr format=text level=info;"},
	{"log stderr level=debug;", "log stderr format=text level=debug;"},
	{"log '/a b' level=error format=text;",
	 "log \"/a b\" format=text level=error;"},
	{"log;", NULL},
	{"log '';", NULL},
	{"log stderr level=loud;", NULL},
	{"log stderr format=xml;", NULL},
	{"log stderr level=info level=info;", NULL},
	{"log stderr debug;", NULL},
	{"log stderr { }", NULL},
	{"shutdown_timeout 90s;", "shutdown_timeout 90s;"},
	{"shutdown_timeout 120s;", "shutdown_timeout 2m;"},
	{"shutdown_timeout 0;", "shutdown_timeout 0s;"},
	{"shutdown_timeout off;", "shutdown_timeout off;"},
	{"shutdown_timeout soon;", NULL},
	{"shutdown_timeout 5;", NULL},
	{"drain_timeout 1h;", "drain_timeout 1h;"},
	{"respawn_delay 1s:1s;", "respawn_delay 1s:1s;"},
	{"respawn_delay 1s;", NULL},
	{"respawn_delay 2s:1s;", NULL},
	{"respawn_delay 0s:1s;", NULL},
	{"respawn_delay 1s:2s:3s;", NULL},
	{"respawn_delay 1s:2d;", NULL},
	{"cpu_affinity on;", "cpu_affinity on;"},
	{"cpu_affinity 3;", NULL},
	{"max_open_files 64;", "max_open_files 64;"},
	{"max_open_files auto;", "max_open_files auto;"},
	{"max_open_files 63;", NULL},
	{"max_open_files none;", NULL},
	{"frobnicate on;", NULL},
	{"backlog 5;", NULL},
};

static const struct row service_rows[] = {
	{"listen *:81;", "listen 0.0.0.0:81;"},
	{"listen [::1]:81;", "listen [::1]:81;"},
	{"listen unix:@name;", "listen unix:@name;"},
	{"listen 'unix:/a b';", "listen \"unix:/a b\";"},
	{"listen unix:/a mode=660;", "listen unix:/a mode=0660;"},
	{"listen unix:/a group=0 owner=root mode=0777;",
	 "listen unix:/a mode=0777 owner=0 group=0;"},
	{"listen fd:5;", "listen fd:5;"},
	{"listen;", NULL},
	{"listen '';", NULL},
	{"listen nowhere;", NULL},
	{"listen *:1 *:2;", NULL},
	{"listen *:1 mode=0660;", NULL},
	{"listen unix:@a mode=0660;", NULL},
	{"listen unix:/a mode=0888;", NULL},
	{"listen unix:/a mode=7;", NULL},
	{"listen unix:/a mode=1777;", NULL},
	{"listen unix:/a owner=no-such-user;", NULL},
	{"listen unix:/a owner=4294967295;", NULL},
	{"listen unix:/a group=no-such-group;", NULL},
	{"listen unix:/a mood=1;", NULL},
	{"listen *:1 { }", NULL},
	{"protocol plain;", "protocol plain;"},
	{"protocol plain { }", "protocol plain;"},
	{"protocol sample;", "number 5;"},
	{"protocol sample { flag on; }", "flag on;"},
	{"protocol sample { number 100; }", "number 100;"},
	{"protocol sample { size 1024k; }", "size 1m;"},
	{"protocol sample { duration 90m; }", "duration 90m;"},
	{"protocol sample { unset 'x\ty'; }", "unset \"x\\x09y\";"},
	{"protocol sample { flag perhaps; }", NULL},
	{"protocol sample { number 1; }", NULL},
	{"protocol sample { number 101; }", NULL},
	{"protocol sample { flag on; flag on; }", NULL},
	{"protocol sample { twice on; }", NULL},
	{"protocol plain { flag on; }", NULL},
	{"protocol sample plain;", NULL},
	{"protocol;", NULL},
	{"protocol nonesuch;", NULL},
	{"backlog 1;", "backlog 1;"},
	{"backlog 0;", NULL},
	{"backlog kernel;", NULL},
	{"backlog 99999999999999999999;", NULL},
	{"nodelay off;", "nodelay off;"},
	{"nodelay maybe;", NULL},
	{"nodelay;", NULL},
	{"nodelay on off;", NULL},
	{"nodelay on { }", NULL},
	{"quickack auto;", "quickack auto;"},
	{"quickack sometimes;", NULL},
	{"keepalive off;", "keepalive off;"},
	{"keepalive on;", "keepalive on;"},
	{"keepalive 1800s:15s:5;", "keepalive 30m:15s:5;"},
	{"keepalive 0s:15s:5;", NULL},
	{"keepalive 40000s:15s:5;", NULL},
	{"keepalive 1500ms:15s:5;", NULL},
	{"keepalive 1s:2s;", NULL},
	{"keepalive 1s:2s:128;", NULL},
	{"keepalive 1s:2s:0;", NULL},
	{"receive_buffer 64k;", "receive_buffer 64k;"},
	{"receive_buffer kernel;", "receive_buffer kernel;"},
	{"receive_buffer off;", "receive_buffer kernel;"},
	{"receive_buffer 64q;", NULL},
	{"receive_buffer 4g;", NULL},
	{"send_buffer -1;", NULL},
	{"user_timeout 1500ms;", "user_timeout 1500ms;"},
	{"user_timeout off;", "user_timeout kernel;"},
	{"user_timeout 5;", NULL},
	{"congestion cubic;", "congestion cubic;"},
	{"congestion off;", "congestion kernel;"},
	{"congestion sixteen_letters_;", NULL},
	{"congestion '';", NULL},
	{"max_segment 1400;", "max_segment 1400;"},
	{"max_segment 1;", NULL},
	{"tos 0;", "tos 0;"},
	{"tos 256;", NULL},
	{"fastopen 0;", "fastopen 0;"},
	{"fastopen kernel;", "fastopen kernel;"},
	{"defer_accept 30s;", "defer_accept 30s;"},
	{"defer_accept off;", "defer_accept off;"},
	{"defer_accept 1500ms;", NULL},
	{"bind_device lo;", "bind_device lo;"},
	{"idle_timeout 5m;", "idle_timeout 5m;"},
	{"idle_timeout 0s;", NULL},
	{"idle_timeout -5s;", NULL},
	{"idle_timeout 5 s;", NULL},
	{"linger_timeout off;", "linger_timeout off;"},
	{"lifetime 1d;", "lifetime 1d;"},
	{"write_high 8k;", "write_low 2k;"},
	{"write_high 0;", "write_low 0;"},
	{"write_low 0;", "write_low 0;"},
	{"write_low auto;", "write_low 16k;"},
	{"write_low 65k;", NULL},
	{"write_high lots;", NULL},
	{"write_limit off;", "write_limit off;"},
	{"write_limit 1k;", NULL},
	{"write_high 32m;", NULL},
	{"max_connections 7;", "max_connections 7;"},
	{"max_connections 0;", NULL},
	{"workers 5;", NULL},
	{"include x;", NULL},
	{"backlog 5", NULL},
};

static void check_row(const struct row *row, unsigned line)
{
	struct outcome outcome;
	char text[512], place[32];

	snprintf(place, sizeof(place), "t.conf:%u:", line);
	snprintf(text, sizeof(text), "%s\n%s\n", row->statement,
		 "service s { listen 127.0.0.1:1; }");
	if (line != 1)
		snprintf(text, sizeof(text),
			 "service s {\nlisten 127.0.0.1:1;\n%s\n}\n",
			 row->statement);
	load_text(&outcome, text);
	if (row->printed) {
		check_line(&outcome, row->printed);
	} else {
		check_note(outcome.config == NULL, __FILE__, __LINE__,
			   row->statement);
		check_says(&outcome, place);
	}
	outcome_release(&outcome);
}

int main(void)
{
	size_t i;

	enter_directory();
	for (i = 0; i < sizeof(global_rows) / sizeof(global_rows[0]); i++)
		check_row(&global_rows[i], 1);
	for (i = 0; i < sizeof(service_rows) / sizeof(service_rows[0]); i++)
		check_row(&service_rows[i], 3);
	leave_directory();
	return check_result();
}
