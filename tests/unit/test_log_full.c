/* SPDX-License-Identifier: MIT */
/* test_log_full.c - lines that find no room: dropped, counted, told of, and
 * never waited for. */
#include "log_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define MANY_LINES 3000 /* more than any pipe or socket holds */

struct channel {
	int reader;
	int writer;
};

static void make_pipe(struct channel *channel)
{
	int fds[2] = {-1, -1};

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	channel->reader = fds[0];
	channel->writer = fds[1];
	CHECK(fcntl(channel->reader, F_SETFL, O_NONBLOCK) == 0);
}

static void make_socket(struct channel *channel)
{
	int fds[2] = {-1, -1};

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	channel->reader = fds[0];
	channel->writer = fds[1];
	CHECK(fcntl(channel->reader, F_SETFL, O_NONBLOCK) == 0);
}

/* Reads until there is nothing; valid until the next call. */
static const char *drain(const struct channel *channel)
{
	static char text[4 << 20];
	size_t used = 0;
	ssize_t size;

	while ((size = read(channel->reader, text + used,
			    sizeof(text) - used - 1)) > 0)
		used += (size_t)size;
	text[used] = '\0';
	return text;
}

/* The sum of what "log: N lines could not be written" says in `text`; the
 * other lines are counted in `others`. */
static int count_missing(const char *text, int *others)
{
	int sum = 0, count, end;

	for (; *text != '\0'; text = strchr(text, '\n') + 1) {
		end = 0;
		sscanf(text,
		       "%*s warning %*[^]]] log: %d lines could not be "
		       "written%n",
		       &count, &end);
		if (end > 0 && text[end] == '\n')
			sum += count;
		else
			(*others)++;
	}
	return sum;
}

/* Write until much is lost, make room, write on: every line that was written
 * is whole, and the log tells how many are not there. */
static void check_full(const struct channel *channel)
{
	uint64_t dropped = log_dropped_count();
	int i, missing, written = 0;
	const char *text;

	for (i = 0; i < MANY_LINES; i++)
		log_info("line %d %0500d", i, 0);
	dropped = log_dropped_count() - dropped;
	CHECK(dropped > 0 && dropped < MANY_LINES);
	/* A shorter line may have fitted behind those that were lost. */
	missing = count_missing(drain(channel), &written);
	check_int(written, MANY_LINES - dropped);
	log_info("there is room again");
	text = drain(channel);
	check_int(count_lines(text), 2);
	check_string(last_words(text), "there is room again");
	check_int(missing + count_missing(text, &written), dropped);
	log_info("and goes on");
	check_int(count_lines(drain(channel)), 1);
}

static void test_a_full_pipe_on_standard_error(void)
{
	struct channel channel;
	struct error error = {0};
	int kept;

	make_pipe(&channel);
	kept = log_stderr_to(channel.writer);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	CHECK(fcntl(log_descriptor(), F_GETFL) & O_NONBLOCK);
	check_full(&channel);
	/* Whoever shares the pipe may still wait for room in it. */
	CHECK((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
	log_to_file(LOG_LEVEL_INFO);
	log_stderr_back(kept);
	close(channel.reader);
	close(channel.writer);
}

/* As it is where the pipe is another user's, so that it cannot be reopened. */
static void test_a_full_pipe_that_blocks(void)
{
	struct channel channel;

	log_to_file(LOG_LEVEL_INFO);
	make_pipe(&channel);
	log_adopt(channel.writer, NULL);
	check_full(&channel);
	log_to_file(LOG_LEVEL_INFO);
	close(channel.reader);
}

static void test_a_full_socket(void)
{
	struct channel channel;
	struct error error = {0};
	int kept;

	make_socket(&channel);
	kept = log_stderr_to(channel.writer);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	check_full(&channel);
	log_to_file(LOG_LEVEL_INFO);
	log_stderr_back(kept);
	close(channel.reader);
	close(channel.writer);
}

/* ---- Nobody reads ---------------------------------------------------- */

static void check_closed(void (*make)(struct channel *))
{
	uint64_t dropped = log_dropped_count();
	struct channel channel;

	log_to_file(LOG_LEVEL_INFO);
	make(&channel);
	log_adopt(channel.writer, NULL);
	close(channel.reader);
	log_info("lost");
	log_info("lost as well");
	check_int(log_dropped_count() - dropped, 2);
	log_to_file(LOG_LEVEL_INFO);
	log_info("another sink");
	check_int(count_lines(log_read_file(log_path)), 2);
	CHECK(strstr(log_read_file(log_path),
		     "log: 2 lines could not be written\n") != NULL);
	check_string(last_words(log_read_file(log_path)), "another sink");
}

static void test_a_closed_pipe(void)
{
	signal(SIGPIPE, SIG_IGN);
	check_closed(make_pipe);
}

static void test_a_closed_socket(void)
{
	signal(SIGPIPE, SIG_DFL);
	check_closed(make_socket);
}

/* ---- A full disk ----------------------------------------------------- */

static void test_a_full_disk(void)
{
	uint64_t dropped = log_dropped_count();
	struct error error = {0};
	int i;

	CHECK(log_open("/dev/full", LOG_LEVEL_INFO, &error) == 0);
	errno = ENOTTY;
	for (i = 0; i < 5; i++)
		log_info("lost");
	check_int(errno, ENOTTY);
	check_int(log_dropped_count() - dropped, 5);
	log_to_file(LOG_LEVEL_INFO);
	log_info("found");
	CHECK(strstr(log_read_file(log_path),
		     "log: 5 lines could not be written\n") != NULL);
	check_string(last_words(log_read_file(log_path)), "found");
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = size == RLIM_INFINITY ? limit.rlim_max : size;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* A line of which the disk took a part is lost, and the next one begins in a
 * line of its own: in the same file, opened again or not, but not in a new
 * one. */
static void check_cut(bool is_reopened, bool is_new, int lines)
{
	uint64_t dropped = log_dropped_count();
	struct error error = {0};
	const char *text;

	log_to_file(LOG_LEVEL_INFO);
	log_info("before");
	limit_files((rlim_t)strlen(log_read_file(log_path)) + 20);
	log_info("cut off");
	log_info("no room at all");
	check_int(log_dropped_count() - dropped, 2);
	limit_files(RLIM_INFINITY);
	if (is_new)
		CHECK(unlink(log_path) == 0);
	if (is_reopened)
		CHECK(log_reopen(&error) == 0);
	log_info("after");
	text = log_read_file(log_path);
	check_int(count_lines(text), lines);
	CHECK(text[0] != '\n' && strstr(text, "\n\n") == NULL);
	CHECK(strstr(text, "] log: 2 lines could not be written\n") != NULL);
	check_string(last_words(text), "after");
}

static void test_a_line_that_was_cut_off_is_ended(void)
{
	signal(SIGXFSZ, SIG_IGN);
	check_cut(false, false, 4);
	check_cut(true, false, 4);
	check_cut(true, true, 2);
}

int main(void)
{
	alarm(120); /* the end of whoever waits after all */
	log_fixture_open();
	test_a_full_pipe_on_standard_error();
	test_a_full_pipe_that_blocks();
	test_a_full_socket();
	test_a_closed_pipe();
	test_a_closed_socket();
	test_a_full_disk();
	test_a_line_that_was_cut_off_is_ended();
	log_fixture_close();
	return check_result();
}
