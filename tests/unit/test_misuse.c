/* SPDX-License-Identifier: MIT */
/* test_misuse.c - a call that no right program makes ends this one, and says
 * which it was. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "transport_fixture.h"

static struct cohort_transport *gone; /* its memory is kept */
static struct cohort_transport *alive;
static struct cohort_worker *worker;
static struct scoreboard_page *page;

/* ---- With a transport that is none ---- */

#define WITH(name, code)                                                       \
	static void do_##name(struct cohort_transport *t)                      \
	{                                                                      \
		code;                                                          \
	}

WITH(write, cohort_write(t, "x", 1))
WITH(write_nothing, cohort_write(t, NULL, 0))
WITH(writev, cohort_writev(t, NULL, 0))
WITH(write_eof, cohort_write_eof(t))
WITH(queued, (void)cohort_queued(t))
WITH(set_write_limits, cohort_set_write_limits(t, 2, 1))
WITH(close, cohort_close(t))
WITH(abort, cohort_abort(t))
WITH(reset, cohort_reset(t))
WITH(fail, cohort_fail(t))
WITH(is_closing, (void)cohort_is_closing(t))
WITH(pause_reading, cohort_pause_reading(t))
WITH(resume_reading, cohort_resume_reading(t))
WITH(is_reading, (void)cohort_is_reading(t))
WITH(id, (void)cohort_id(t))
WITH(find, (void)cohort_find(t, 1))
WITH(session, (void)cohort_session(t))
WITH(options, (void)cohort_options(t))
WITH(peer, cohort_peer(t, NULL))
WITH(local, cohort_local(t, NULL))
WITH(info, cohort_info(t, NULL))
WITH(set_timer, cohort_set_timer(t, 1))
WITH(set_byte_rate, cohort_set_byte_rate(t, 1))
WITH(cancel_timer, cohort_cancel_timer(t))
WITH(set_protocol, cohort_set_protocol(t, &recorder))
WITH(log, cohort_log(t, COHORT_LOG_INFO, "x"))
WITH(worker, (void)cohort_worker(t))
WITH(write_frame, cohort_write_frame(t, NULL, "x", 1))
WITH(set_framing, cohort_set_framing(t, NULL))
WITH(discard_input, cohort_discard_input(t))
WITH(forward, cohort_forward(t, NULL))
WITH(close_for, cohort_close_for(t, NULL))
WITH(reset_for, cohort_reset_for(t, NULL))
WITH(send_file, cohort_send_file(t, 0, 0, 1))
WITH(send_memory, cohort_send_memory(t, "x", 1, 1))
WITH(raw_peer, cohort_raw_peer(t, NULL))
WITH(raw_local, cohort_raw_local(t, NULL))
WITH(proxy_received, (void)cohort_proxy_received(t))
WITH(proxy_tlv, cohort_proxy_tlv(t, 1, NULL, NULL))
WITH(write_proxy, cohort_write_proxy_header(t, NULL, COHORT_PROXY_V1))

struct misuse {
	const char *call;
	void (*act)(struct cohort_transport *t);
};

static const struct misuse of_transports[] = {
	{"cohort_write", do_write},
	{"cohort_write", do_write_nothing},
	{"cohort_writev", do_writev},
	{"cohort_write_eof", do_write_eof},
	{"cohort_queued", do_queued},
	{"cohort_set_write_limits", do_set_write_limits},
	{"cohort_close", do_close},
	{"cohort_abort", do_abort},
	{"cohort_reset", do_reset},
	{"cohort_fail", do_fail},
	{"cohort_is_closing", do_is_closing},
	{"cohort_pause_reading", do_pause_reading},
	{"cohort_resume_reading", do_resume_reading},
	{"cohort_is_reading", do_is_reading},
	{"cohort_id", do_id},
	{"cohort_find", do_find},
	{"cohort_session", do_session},
	{"cohort_options", do_options},
	{"cohort_peer", do_peer},
	{"cohort_local", do_local},
	{"cohort_info", do_info},
	{"cohort_set_timer", do_set_timer},
	{"cohort_set_byte_rate", do_set_byte_rate},
	{"cohort_cancel_timer", do_cancel_timer},
	{"cohort_set_protocol", do_set_protocol},
	{"cohort_log", do_log},
	{"cohort_worker", do_worker},
	{"cohort_write_frame", do_write_frame},
	{"cohort_set_framing", do_set_framing},
	{"cohort_discard_input", do_discard_input},
	{"cohort_forward", do_forward},
	{"cohort_close_for", do_close_for},
	{"cohort_reset_for", do_reset_for},
	{"cohort_send_file", do_send_file},
	{"cohort_send_memory", do_send_memory},
	{"cohort_raw_peer", do_raw_peer},
	{"cohort_raw_local", do_raw_local},
	{"cohort_proxy_received", do_proxy_received},
	{"cohort_proxy_tlv", do_proxy_tlv},
	{"cohort_write_proxy_header", do_write_proxy},
};

/* ---- With something else that is NULL ---- */

static void nothing(struct cohort_worker *w, void *argument)
{
	(void)w;
	(void)argument;
}

static const struct iovec no_data = {.iov_base = NULL, .iov_len = 1};
static const struct cohort_connect no_address;

WITH(no_data, cohort_write(t, no_data.iov_base, 1))
WITH(no_piece, cohort_writev(t, &no_data, 1))
WITH(no_protocol, cohort_set_protocol(t, NULL))
WITH(no_worker_state, (void)t; cohort_worker_state(NULL))
WITH(no_worker_options, (void)t; (void)cohort_worker_options(NULL))
WITH(no_worker_info, (void)t; cohort_worker_info(NULL, NULL))
WITH(no_worker_log, (void)t; cohort_worker_log(NULL, COHORT_LOG_INFO, "x"))
WITH(no_worker_find, (void)t; (void)cohort_worker_find(NULL, 1))
WITH(no_worker_post, (void)t; cohort_post(NULL, nothing, NULL))
WITH(no_function, (void)t; cohort_post(worker, NULL, NULL))
WITH(no_worker_timer, (void)t; (void)cohort_timer_new(NULL, nothing, NULL))
WITH(no_callback, (void)t; (void)cohort_timer_new(worker, NULL, NULL))
WITH(no_timer, (void)t; cohort_timer_set(NULL, 1))
WITH(no_timer_cancelled, (void)t; cohort_timer_cancel(NULL))
WITH(no_worker_connect, (void)t; (void)cohort_connect(NULL, &no_address))
WITH(no_connect, (void)t; (void)cohort_connect(worker, NULL))

static const struct cohort_end no_reason = {
	.reason = (enum cohort_reason)COHORT_REASONS};

WITH(close_no_end, cohort_close_for(t, NULL))
WITH(no_end, cohort_reset_for(t, NULL))
WITH(no_reason, cohort_reset_for(t, &no_reason))

static const struct misuse of_arguments[] = {
	{"cohort_write", do_no_data},
	{"cohort_writev", do_no_piece},
	{"cohort_set_protocol", do_no_protocol},
	{"cohort_worker_state", do_no_worker_state},
	{"cohort_worker_options", do_no_worker_options},
	{"cohort_worker_info", do_no_worker_info},
	{"cohort_worker_log", do_no_worker_log},
	{"cohort_worker_find", do_no_worker_find},
	{"cohort_post", do_no_worker_post},
	{"cohort_post", do_no_function},
	{"cohort_timer_new", do_no_worker_timer},
	{"cohort_timer_new", do_no_callback},
	{"cohort_timer_set", do_no_timer},
	{"cohort_timer_cancel", do_no_timer_cancelled},
	{"cohort_connect", do_no_worker_connect},
	{"cohort_connect", do_no_connect},
	{"cohort_close_for", do_close_no_end},
	{"cohort_reset_for", do_no_end},
	{"cohort_reset_for", do_no_reason},
};

/* ---- In a process of its own ---- */

static void misuse_in_child(const struct misuse *misuse,
			    struct cohort_transport *t, int words)
{
	const struct rlimit no_core = {0, 0};
	struct error error;

	setrlimit(RLIMIT_CORE, &no_core);
	/* Which valgrind would search, byte by byte, though it is not there. */
	scoreboard_keep_only(page);
	signal(SIGABRT, SIG_DFL);
	dup2(words, STDERR_FILENO);
	log_open(NULL, LOG_LEVEL_ERROR, &error);
	misuse->act(t);
	_exit(0);
}

static void check_misuse(const struct misuse *misuse,
			 struct cohort_transport *t)
{
	char words[1024] = "", expected[64];
	int status = 0, ends[2];
	size_t used = 0;
	ssize_t size;
	pid_t pid;

	fflush(NULL);
	CHECK(pipe(ends) == 0);
	CHECK(scoreboard_lend(page) == 0);
	pid = fork();
	if (pid == 0)
		misuse_in_child(misuse, t, ends[1]);
	scoreboard_end_lending(page);
	close(ends[1]);
	while ((size = read(ends[0], words + used, sizeof(words) - 1 - used)) >
	       0)
		used += (size_t)size;
	close(ends[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	snprintf(expected, sizeof(expected), " %s: ", misuse->call);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT ||
	    strstr(words, expected) == NULL)
		printf("%s: status %x, words %s\n", misuse->call,
		       (unsigned)status, words);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CHECK(strstr(words, expected) != NULL);
}

int main(void)
{
	struct world *world = world_open();
	struct record first = {0}, second = {0};
	struct client client;
	size_t i;

	page = world->worker.page;
	client = open_unix(world, &first);
	gone = first.t;
	client_close(&client);
	turn_until(world, !is_alive(&first));
	for (i = 0; i < sizeof(of_transports) / sizeof(struct misuse); i++) {
		check_misuse(&of_transports[i], NULL);
		check_misuse(&of_transports[i], gone);
	}
	client = open_unix(world, &second);
	alive = second.t;
	worker = service_public(&world->service);
	for (i = 0; i < sizeof(of_arguments) / sizeof(struct misuse); i++)
		check_misuse(&of_arguments[i], alive);
	client_close(&client);
	world_close(world);
	return check_result();
}
