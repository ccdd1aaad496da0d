/* SPDX-License-Identifier: MIT */
/* test_log_forms.c - lines as objects, as datagrams to syslog, and as the
 * journal wants them. */
#include "log_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

static char socket_path[sizeof(log_path) + 8];

static struct log_target target_of(enum log_kind kind, enum log_format format)
{
	struct log_target target = {
		.form.kind = (uint8_t)kind,
		.form.format = (uint8_t)format,
		.form.facility = LOG_FACILITY_DAEMON,
		.form.tag = "cohort",
	};

	if (kind == LOG_TO_FILE)
		target.path = log_path;
	if (kind == LOG_TO_SYSLOG)
		snprintf(target.form.socket, sizeof(target.form.socket), "%s",
			 socket_path);
	return target;
}

static int open_log(enum log_kind kind, enum log_format format)
{
	struct log_target target = target_of(kind, format);
	struct error error = {0};

	return log_open_target(&target, LOG_LEVEL_DEBUG, &error);
}

/* ---- Objects --------------------------------------------------------- */

/* The last line, from behind its role on. */
static const char *last_members(void)
{
	static char members[LOG_LINE_BYTES];
	const char *from = strstr(log_read_file(log_path), "\"role\":");

	snprintf(members, sizeof(members), "%s", from ? from : "");
	return members;
}

static void open_json(void)
{
	unlink(log_path);
	check_int(open_log(LOG_TO_FILE, LOG_FORMAT_JSON), 0);
}

static void test_the_head_of_an_object(void)
{
	char head[64];
	const char *line;

	log_set_role("supervisor");
	open_json();
	log_warning("%d \"words\"\n", 2);
	line = log_read_file(log_path);
	check_int(count_lines(line), 1);
	snprintf(head, sizeof(head), "Z\",\"level\":\"warning\",\"pid\":%d,",
		 (int)getpid());
	CHECK(strncmp(line, "{\"time\":\"2", 10) == 0);
	CHECK(strstr(line, head) != NULL);
	check_string(last_members(),
		     "\"role\":\"supervisor\",\"event\":\"message\","
		     "\"message\":\"2 \\\"words\\\"\\u000a\"}\n");
}

static void test_fields(void)
{
	char wanted[256];

	open_json();
	log_event(LOG_LEVEL_ERROR,
		  LOG_FIELDS(.event = LOG_EVENT_WORKER_DIED,
			     .is_about_worker = true, .slot = 0,
			     .worker_pid = 12, .generation = 7),
		  "gone");
	check_string(last_members(),
		     "\"role\":\"supervisor\",\"worker\":0,\"worker_pid\":12,"
		     "\"generation\":7,\"event\":\"worker_died\","
		     "\"message\":\"gone\"}\n");
	open_json();
	log_set_role("worker 3");
	log_set_worker(3, 2);
	log_event(LOG_LEVEL_INFO,
		  LOG_FIELDS(.event = LOG_EVENT_CONNECTION_CLOSED,
			     .service = "e\"cho", .connection = 9,
			     .reason = "peer_reset", .error = ECONNRESET),
		  "ended");
	snprintf(wanted, sizeof(wanted),
		 "\"role\":\"worker\",\"worker\":3,\"generation\":2,"
		 "\"event\":\"connection_closed\",\"service\":\"e\\\"cho\","
		 "\"connection\":\"%d-9\",\"reason\":\"peer_reset\","
		 "\"error\":\"ECONNRESET\",\"message\":\"ended\"}\n",
		 (int)getpid());
	check_string(last_members(), wanted);
	log_set_role("test");
}

/* In the text form the words say it all. */
static void test_fields_do_not_change_the_text(void)
{
	struct log_limit limit = {0};

	log_to_file(LOG_LEVEL_INFO);
	log_event(LOG_LEVEL_INFO,
		  LOG_FIELDS(.event = LOG_EVENT_STOPPED, .service = "echo"),
		  "words");
	check_string(last_words(log_read_file(log_path)), "words");
	log_event_limited(&limit, LOG_LEVEL_INFO,
			  LOG_FIELDS(.event = LOG_EVENT_STOPPED), "limited");
	log_event_limited(&limit, LOG_LEVEL_INFO,
			  LOG_FIELDS(.event = LOG_EVENT_STOPPED), "limited");
	check_int(count_lines(log_read_file(log_path)), 2);
	check_string(last_words(log_read_file(log_path)), "limited");
}

static int evaluated_count;
static const char *evaluate(void)
{
	evaluated_count++;
	return "echo";
}

static void test_fields_are_evaluated_for_lines_alone(void)
{
	log_to_file(LOG_LEVEL_ERROR);
	log_event(LOG_LEVEL_INFO, LOG_FIELDS(.service = evaluate()), "%s",
		  evaluate());
	check_int(evaluated_count, 0);
	log_event(LOG_LEVEL_ERROR, LOG_FIELDS(.service = evaluate()), "%s",
		  evaluate());
	check_int(evaluated_count, 2);
}

static void test_dropped_lines_are_an_object_too(void)
{
	log_note_dropped();
	check_int(log_dropped_count(), 1);
	log_set_role("test");
	check_int(log_dropped_count(), 0);
	CHECK(log_open("/dev/full", LOG_LEVEL_INFO, &(struct error){0}) == 0);
	log_info("lost");
	open_json();
	log_info("found");
	CHECK(strstr(log_read_file(log_path),
		     "\"event\":\"log_dropped\",\"message\":\"log: 1 lines "
		     "could not be written\"}\n{") != NULL);
	log_set_role("test");
}

/* ---- syslog ---------------------------------------------------------- */

static int serve_syslog(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	unlink(socket_path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* The next datagram; "" if there is none. */
static const char *receive(int fd)
{
	static char text[2 * LOG_LINE_BYTES];
	ssize_t size = recv(fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

/* Month, day and time of a datagram are the 15 bytes behind the priority. */
static void check_datagram(int fd, const char *priority, const char *rest)
{
	const char *text = receive(fd);
	size_t size = strlen(priority);
	char head[32];

	snprintf(head, sizeof(head), " cohort[%d]: ", (int)getpid());
	CHECK(strncmp(text, priority, size) == 0);
	CHECK(strlen(text) > size + 15 + strlen(head));
	if (strlen(text) <= size + 15 + strlen(head))
		return;
	CHECK(strncmp(text + size + 15, head, strlen(head)) == 0);
	check_string(text + size + 15 + strlen(head), rest);
}

static void test_datagrams(void)
{
	int fd = serve_syslog();
	char *object;

	check_int(open_log(LOG_TO_SYSLOG, LOG_FORMAT_TEXT), 0);
	log_error("two\nlines");
	check_datagram(fd, "<27>", "test: two\\x0alines");
	log_debug("x");
	check_datagram(fd, "<31>", "test: x");
	check_int(open_log(LOG_TO_SYSLOG, LOG_FORMAT_JSON), 0);
	log_info("y");
	object = strchr(receive(fd), '{');
	CHECK(object != NULL && object[strlen(object) - 1] == '}');
	close(fd);
}

/* The daemon is started anew, at another inode. */
static void test_syslog_comes_back(void)
{
	uint64_t dropped;
	int fd = serve_syslog();

	check_int(open_log(LOG_TO_SYSLOG, LOG_FORMAT_TEXT), 0);
	dropped = log_dropped_count();
	close(fd);
	fd = serve_syslog();
	log_info("at once");
	check_datagram(fd, "<30>", "test: at once");
	check_int(log_dropped_count() - dropped, 0);
	close(fd);
	unlink(socket_path);
	log_info("lost");
	log_info("lost");
	check_int(log_dropped_count() - dropped, 2);
	/* Whoever asks for it need not wait for the next try. */
	fd = serve_syslog();
	CHECK(log_reopen(&(struct error){0}) == 0);
	log_info("asked");
	check_datagram(fd, "<28>", "test: log: 2 lines could not be written");
	check_datagram(fd, "<30>", "test: asked");
	close(fd);
	log_info("lost");
	fd = serve_syslog();
	/* Nobody has tried for a second: somebody else looks after it. */
	log_mend();
	log_info("mended");
	check_datagram(fd, "<28>", "test: log: 1 lines could not be written");
	check_datagram(fd, "<30>", "test: mended");
	close(fd);
}

static void test_syslog_is_not_waited_for(void)
{
	uint64_t dropped = log_dropped_count();
	int i, fd = serve_syslog(), received = 0;

	check_int(open_log(LOG_TO_SYSLOG, LOG_FORMAT_TEXT), 0);
	for (i = 0; i < 5000; i++)
		log_info("line %d", i);
	CHECK(log_dropped_count() > dropped);
	while (receive(fd)[0] != '\0')
		received++;
	check_int(received, 5000 - (int)(log_dropped_count() - dropped));
	close(fd);
	log_to_file(LOG_LEVEL_INFO);
	log_set_role("test");
}

static void test_no_syslog_is_an_error(void)
{
	struct log_target target = target_of(LOG_TO_SYSLOG, LOG_FORMAT_TEXT);
	struct error error = {0};

	unlink(socket_path);
	log_to_file(LOG_LEVEL_INFO);
	check_int(log_open_target(&target, LOG_LEVEL_ERROR, &error), -1);
	CHECK(strstr(error.text, socket_path) != NULL);
	check_int(error.number, ENOENT);
	log_info("as before");
	check_string(last_words(log_read_file(log_path)), "as before");
}

/* ---- The journal, and other processes' forms ------------------------- */

static void check_prefix(const char *stream, const char *prefix)
{
	int fd = open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int kept = log_stderr_to(fd);

	log_set_journal(stream);
	check_int(open_log(LOG_TO_STDERR, LOG_FORMAT_TEXT), 0);
	log_warning("x");
	CHECK(strncmp(log_read_file(log_path), prefix, strlen(prefix)) == 0);
	log_stderr_back(kept);
	close(fd);
}

static void test_the_journal(void)
{
	struct stat status;
	char stream[64];

	log_to_file(LOG_LEVEL_INFO);
	CHECK(stat(log_path, &status) == 0);
	check_prefix(NULL, "2");
	check_prefix("", "2");
	check_prefix("nonsense:", "2");
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + 1);
	check_prefix(stream, "2");
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	check_prefix(stream, "<4>2");
	/* Another sink is none of the journal's. */
	log_to_file(LOG_LEVEL_INFO);
	log_info("x");
	CHECK(log_read_file(log_path)[0] == '2');
}

static bool is_read(const struct log_form *form, size_t size)
{
	struct log_form read;

	return log_form_read(&read, form, size) == &read;
}

static void test_a_form_comes_with_the_descriptor(void)
{
	struct log_target target = target_of(LOG_TO_FILE, LOG_FORMAT_JSON);
	struct log_form bad;

	log_to_file(LOG_LEVEL_INFO);
	log_adopt(open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC),
		  &target.form);
	log_info("x");
	CHECK(log_read_file(log_path)[0] == '{');
	CHECK(is_read(log_form(), sizeof(*log_form())));
	bad = target.form;
	bad.kind = LOG_KINDS;
	CHECK(!is_read(&bad, sizeof(bad)));
	bad = target.form;
	bad.format = LOG_FORMATS;
	CHECK(!is_read(&bad, sizeof(bad)));
	bad = target.form;
	bad.facility = LOG_FACILITIES;
	CHECK(!is_read(&bad, sizeof(bad)));
	bad = target.form;
	memset(bad.tag, 'a', sizeof(bad.tag));
	CHECK(!is_read(&bad, sizeof(bad)));
	bad = target.form;
	memset(bad.socket, 'a', sizeof(bad.socket));
	CHECK(!is_read(&bad, sizeof(bad)));
	CHECK(!is_read(log_form(), sizeof(bad) - 1));
}

static void test_which_target_it_is(void)
{
	struct log_target json = target_of(LOG_TO_FILE, LOG_FORMAT_JSON);
	struct log_target text = target_of(LOG_TO_FILE, LOG_FORMAT_TEXT);

	open_json();
	CHECK(log_is_at(&json) && !log_is_at(&text));
	json.path = "/elsewhere";
	CHECK(!log_is_at(&json));
}

int main(void)
{
	alarm(120);
	log_fixture_open();
	snprintf(socket_path, sizeof(socket_path), "%s.socket", log_path);
	test_the_head_of_an_object();
	test_fields();
	test_fields_do_not_change_the_text();
	test_fields_are_evaluated_for_lines_alone();
	test_dropped_lines_are_an_object_too();
	test_datagrams();
	test_syslog_comes_back();
	test_syslog_is_not_waited_for();
	test_no_syslog_is_an_error();
	test_the_journal();
	test_a_form_comes_with_the_descriptor();
	test_which_target_it_is();
	unlink(socket_path);
	log_fixture_close();
	return check_result();
}
