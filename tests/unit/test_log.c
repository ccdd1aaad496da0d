/* SPDX-License-Identifier: MIT */
/* test_log.c - what a line looks like, which are written, and to where. */
#include "log_fixture.h"

#include <limits.h>
#include <regex.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- One line -------------------------------------------------------- */

static bool matches(const char *text, const char *pattern)
{
	regex_t regex;
	bool is_match;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	is_match = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is_match;
}

static const char *const levels[LOG_LEVELS] = {"debug  ", "info   ", "warning",
					       "error  "};

static void test_the_form_of_a_line(void)
{
	const char *role = "worker 3";
	char pattern[256];
	int level;

	log_set_role(role);
	for (level = LOG_LEVEL_DEBUG; level < LOG_LEVELS; level++) {
		log_to_file(LOG_LEVEL_DEBUG);
		log_write((enum log_level)level, "%d words", 2);
		snprintf(pattern, sizeof(pattern),
			 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
			 "[0-9]{2}\\.[0-9]{3}Z %s %s\\[%d\\] 2 words\n$",
			 levels[level], role, (int)getpid());
		CHECK(matches(log_read_file(log_path), pattern));
	}
	log_set_role("a role of far more letters than anybody would need");
	log_info("x");
	CHECK(matches(log_read_file(log_path),
		      " a role of [a-z ]+\\[[0-9]+\\] x"));
	log_set_role("test");
}

static const struct {
	const char *text;
	const char *written;
} escapes[] = {
	{"plain 'text' \"quoted\" \\ back", "plain 'text' \"quoted\" \\ back"},
	{"a\nforged line", "a\\x0aforged line"},
	{"\r\t\x1b[31m\x7f", "\\x0d\\x09\\x1b[31m\\x7f"},
	{"\x80 \xc3\xa9 \xff", "\\x80 \\xc3\\xa9 \\xff"},
	{"escaped \\x0a before", "escaped \\x0a before"},
	{"", ""},
};

static void test_untrusted_bytes_are_escaped(void)
{
	size_t i;

	log_to_file(LOG_LEVEL_INFO);
	for (i = 0; i < COUNT(escapes); i++) {
		log_info("%s", escapes[i].text);
		check_string(last_words(log_read_file(log_path)),
			     escapes[i].written);
	}
	check_int(count_lines(log_read_file(log_path)), COUNT(escapes));
}

/* Cut to whole escapes, ended, and less than what a pipe takes at once. */
static void test_long_lines_are_cut(void)
{
	static const char bytes[] = {'w', '\x01'};
	char text[3 * LOG_LINE_BYTES];
	size_t i;

	CHECK(LOG_LINE_BYTES <= PIPE_BUF);
	for (i = 0; i < sizeof(bytes); i++) {
		const char *line;
		size_t size;

		memset(text, bytes[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		log_to_file(LOG_LEVEL_INFO);
		log_info("%s", text);
		line = log_read_file(log_path);
		size = strlen(line);
		CHECK(size > LOG_LINE_BYTES - 8 && size <= LOG_LINE_BYTES);
		check_int(count_lines(line), 1);
		CHECK(bytes[i] == 'w' ||
		      (size > 5 && strcmp(line + size - 5, "\\x01\n") == 0));
	}
}

static void test_errno_is_kept(void)
{
	log_to_file(LOG_LEVEL_INFO);
	errno = ENOTTY;
	log_info("x");
	check_int(errno, ENOTTY);
}

/* ---- Which lines ----------------------------------------------------- */

static int evaluated_count;
static int evaluate(void)
{
	return ++evaluated_count;
}

static void test_lower_levels_are_left_out(void)
{
	int at, level;

	for (at = LOG_LEVEL_DEBUG; at < LOG_LEVELS; at++) {
		log_to_file((enum log_level)at);
		for (level = LOG_LEVEL_DEBUG; level < LOG_LEVELS; level++) {
			check_int(log_is_enabled((enum log_level)level),
				  level >= at);
			log_write((enum log_level)level, "x");
		}
		check_int(count_lines(log_read_file(log_path)),
			  LOG_LEVELS - at);
	}
	log_debug("%d", evaluate());
	check_int(evaluated_count, 0);
}

static void test_repetitions_are_held_back(void)
{
	struct log_limit limit = {0};
	int i;

	log_to_file(LOG_LEVEL_INFO);
	for (i = 0; i < 4; i++)
		log_write_limited(&limit, LOG_LEVEL_INFO, "number %d", i);
	check_int(limit.held_count, 3);
	check_string(last_words(log_read_file(log_path)), "number 0");
	limit.next_ms = 0; /* as if the time were up */
	log_write_limited(&limit, LOG_LEVEL_INFO, "number %d", 4);
	check_string(last_words(log_read_file(log_path)),
		     "number 4 (3 more like this were held back)");
	check_int(count_lines(log_read_file(log_path)), 2);
	check_int(limit.held_count, 0);
	/* What would not be written anyway is not held back either. */
	log_write_limited(&limit, LOG_LEVEL_DEBUG, "unseen");
	check_int(limit.held_count, 0);
	limit.next_ms = 0;
	log_write_limited(&limit, LOG_LEVEL_INFO, "number %d", 5);
	check_string(last_words(log_read_file(log_path)), "number 5");
}

static void test_a_long_line_says_what_was_held_back_too(void)
{
	struct log_limit limit = {.held_count = 2};
	char text[2 * LOG_LINE_BYTES];

	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_to_file(LOG_LEVEL_INFO);
	log_write_limited(&limit, LOG_LEVEL_INFO, "%s", text);
	CHECK(strstr(log_read_file(log_path), "(2 more like this") != NULL);
}

/* ---- Where to -------------------------------------------------------- */

static void test_a_file_is_created_and_appended_to(void)
{
	struct stat status;
	struct error error = {0};
	mode_t mask = umask(0);

	log_to_file(LOG_LEVEL_INFO);
	umask(mask);
	CHECK(stat(log_path, &status) == 0);
	check_int(status.st_mode & 07777, 0640);
	CHECK(fcntl(log_descriptor(), F_GETFD) & FD_CLOEXEC);
	log_info("one");
	CHECK(log_open(log_path, LOG_LEVEL_INFO, &error) == 0);
	log_info("two");
	check_int(count_lines(log_read_file(log_path)), 2);
}

static void test_a_rotated_file_is_left(void)
{
	char rotated[sizeof(log_path) + 2];
	struct error error = {0};

	snprintf(rotated, sizeof(rotated), "%s.1", log_path);
	log_to_file(LOG_LEVEL_INFO);
	log_info("old");
	CHECK(rename(log_path, rotated) == 0);
	log_info("still old");
	CHECK(log_reopen(&error) == 0);
	log_info("new");
	check_string(last_words(log_read_file(rotated)), "still old");
	check_string(last_words(log_read_file(log_path)), "new");
	check_int(count_lines(log_read_file(log_path)), 1);
	CHECK(unlink(rotated) == 0);
}

/* A directory stands where the file was. */
static void test_what_cannot_be_opened_changes_nothing(void)
{
	char rotated[sizeof(log_path) + 2], path[PATH_MAX + 1];
	struct error error = {0};

	snprintf(rotated, sizeof(rotated), "%s.1", log_path);
	log_to_file(LOG_LEVEL_INFO);
	CHECK(rename(log_path, rotated) == 0 && mkdir(log_path, 0700) == 0);
	check_int(log_reopen(&error), -1);
	check_int(error.number, EISDIR);
	CHECK(strstr(error.text, log_path) != NULL);
	check_int(log_open(log_path, LOG_LEVEL_ERROR, &error), -1);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	check_int(log_open(path, LOG_LEVEL_ERROR, &error), -1);
	log_info("as before");
	check_string(last_words(log_read_file(rotated)), "as before");
	CHECK(rmdir(log_path) == 0 && rename(rotated, log_path) == 0);
}

/* A descriptor from another process takes the place of the sink's. */
static void test_a_descriptor_is_adopted(void)
{
	int fd, moved;

	log_to_file(LOG_LEVEL_INFO);
	fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	log_adopt(fd, NULL);
	check_int(log_descriptor(), fd);
	log_info("adopted");
	moved = dup(fd);
	close(fd);
	log_moved(moved);
	check_int(log_descriptor(), moved);
	log_info("moved");
	check_int(count_lines(log_read_file(log_path)), 2);
}

/* ---- Standard error -------------------------------------------------- */

static void test_standard_error_may_be_a_file(void)
{
	struct error error = {0};
	int fd, kept;

	unlink(log_path);
	fd = open(log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	kept = log_stderr_to(fd);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	CHECK(log_descriptor() > STDERR_FILENO);
	log_info("one");
	CHECK(log_reopen(&error) == 0);
	log_info("two");
	/* Its flags are shared, and stay as they were. */
	CHECK((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
	check_int(count_lines(log_read_file(log_path)), 2);
	log_stderr_back(kept);
	close(fd);
}

/* Nothing that happens to get the number 2 receives lines. */
static void test_standard_error_may_be_closed(void)
{
	uint64_t dropped_before = log_dropped_count();
	int kept = log_stderr_to(STDOUT_FILENO);
	struct error error = {0};
	int fd, filler;

	unlink(log_path);
	close(STDERR_FILENO);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	filler = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = open(log_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (log_descriptor() != STDERR_FILENO)
		CHECK(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	log_info("to nowhere");
	check_string(log_read_file(log_path), "");
	check_int(log_dropped_count(), dropped_before);
	close(fd);
	close(filler);
	log_to_file(LOG_LEVEL_INFO);
	log_stderr_back(kept);
}

/* ---- The end --------------------------------------------------------- */

static int status_of(void (*act)(void))
{
	const struct rlimit no_core = {0};
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		act();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static void be_fatal(void)
{
	log_fatal(75, "cannot go on: %s", "reasons");
}

static void be_a_bug(void)
{
	log_bug("state %d", 7);
}

static void test_the_end_is_said_first(void)
{
	int status;

	log_to_file(LOG_LEVEL_ERROR);
	status = status_of(be_fatal);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 75);
	check_string(last_words(log_read_file(log_path)),
		     "cannot go on: reasons");
	status = status_of(be_a_bug);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	check_string(last_words(log_read_file(log_path)), "state 7");
}

int main(void)
{
	log_fixture_open();
	test_the_form_of_a_line();
	test_untrusted_bytes_are_escaped();
	test_long_lines_are_cut();
	test_errno_is_kept();
	test_lower_levels_are_left_out();
	test_repetitions_are_held_back();
	test_a_long_line_says_what_was_held_back_too();
	test_a_file_is_created_and_appended_to();
	test_a_rotated_file_is_left();
	test_what_cannot_be_opened_changes_nothing();
	test_a_descriptor_is_adopted();
	test_standard_error_may_be_a_file();
	test_standard_error_may_be_closed();
	test_the_end_is_said_first();
	log_fixture_close();
	return check_result();
}
