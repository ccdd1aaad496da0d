/* SPDX-License-Identifier: MIT */
/* test_verbs.c - verbs on a made-up snapshot: their arguments, what they ask
 * the backend for, what they answer. */
#include "control/verb.h"

#include <sys/socket.h>

#include "check.h"
#include "control/reply_writer.h"
#include "control/reports.h"
#include "control/status_json.h"
#include "control_scene.h"

static struct scene scene;

static void on_changed(struct reply_writer *writer)
{
	/* What is sent makes room. */
	if (writer->is_full && !writer->is_ended) {
		size_t size;

		reply_writer_next(writer, &size);
		reply_writer_sent(writer, 0);
	}
}

/* The answer to a line; the caller's to release. */
static struct text answer_to(const char *line, enum reply_form form)
{
	struct reply_writer writer;
	struct request request;
	const struct verb *verb;
	struct text answer = {0};
	struct error error;

	REQUIRE(request_parse(&request, line, strlen(line), &error) == 0);
	verb = verb_find(verbs, request.verb, &error);
	REQUIRE(verb != NULL);
	if (verb_check(verb, &request, &error) < 0) {
		text_append(&answer, "%s", error.text);
		return answer;
	}
	reply_writer_init(&writer, form, request.verb, on_changed);
	verb->run(&scene.backend, &request, &writer.reply);
	CHECK(writer.is_ended);
	text_append_bytes(&answer, writer.output.bytes, writer.output.size);
	reply_writer_release(&writer);
	return answer;
}

static bool has(const struct text *text, const char *part)
{
	bool found = strstr(text->bytes, part) != NULL;

	if (!found)
		printf("  %s\n  has not: %s\n", text->bytes, part);
	return found;
}

static bool answers(const char *line, const char *part)
{
	struct text answer = answer_to(line, REPLY_LINES);
	bool found = has(&answer, part);

	text_release(&answer);
	return found;
}

static bool lacks(const char *line, const char *part)
{
	struct text answer = answer_to(line, REPLY_LINES);
	bool is_absent = strstr(answer.bytes, part) == NULL;

	text_release(&answer);
	return is_absent;
}

/* ---- Arguments ---- */

static const struct row {
	const char *line;
	const char *part; /* of the answer */
} rows[] = {
	{"ping", "process 4700, generation 3, is serving\nend\n"},
	{"status", "sheet\tstatus\n"},
	{"status", "\nrow\t" COHORT_VERSION "\tserving\t4700\t1699996400123\t"
		   "3600000\t3\t"},
	{"status", "\ta.conf:1:1: \"x\"\tinfo\t"},
	{"workers",
	 "row\t0\t4711\tserving\t3\t7\t0\t100\t2\t1536\t0\t0\t99000\t"
	 "10\t-\t-\t-\t-\tready\tyes\tno\t-\tno\tno\tno\tno\t"
	 "7654\t0\n"},
	{"workers",
	 "row\t1\t4712\tsuspect\t3\t0\t0\t0\t0\t0\t0\t0\t99000\t"
	 "5000\tdata_received\t5000\t12\t-\tready\tno\tyes\t0\t"
	 "yes\t"},
	/* The queue is its successor's. */
	{"workers", "row\t1\t4600\tdraining\t2\t1\t0\t0\t-\t"},
	{"workers", "\t5000\tdraining\t"},
	{"workers", "row\t2\t-\twaiting\t-\t-\t-\t-\t1\t"},
	{"services",
	 "row\techo\tserving\t-\t127.0.0.1:8888 [::1]:8888\t8\t100\t"
	 "92\t3\t511\t3145728\t"},
	{"services", "row\tchat\tsuspended\t-\tunix:/run/\\x1b[31m\t0\t"},
	{"services", "table\tclosed\n"},
	{"services", "row\techo\teof\t90\nrow\techo\tkilled\t2\nend\n"},
	{"events", "\tworker_died\t2\tworker 2 died of SIGSEGV\nend\n"},
	{"metrics",
	 "say\t# HELP cohort_x A \\\\ back.\n"
	 "say\tcohort_x{a=\"\\\\n\"} 1\nend\n"},
	{"scale", "scale needs N"},
	{"scale workers=0", "from 1 to 256"},
	{"scale workers=257", "from 1 to 256"},
	{"scale workers=-1", "is not a number"},
	{"suspend service=", "is no name of a service"},
	{"log-level level=inf", "did you mean 'info'?"},
	{"log-level level=purple", "is none of debug info warning error"},
	{"stop now=on wait=on", "do not go together"},
	{"stop now=off", "now: 'off' is on or absent"},
	{"upgrade", "fail\t1\tbad.conf:1:9: no such thing\\n  listen"},
	{"connections sort=size", "sort: 'size' is none of none id age"},
	{"connections sort=byte", "did you mean 'bytes'?"},
	{"connections limit=0", "from 1 to"},
	{"connections peer=10.0.0.0/33", "prefix that is not 0 to 32"},
	{"connections peer=::/129", "prefix that is not 0 to 128"},
	{"connections peer=localhost", "is no address"},
	{"connections idle-over=5", "is no duration"},
	{"connections reverse=on", "reverse goes with sort"},
	{"connections sort=age limit=10001", "limit is from 1 to 10000"},
	{"connections service=ecko", "no service 'ecko'; did you mean 'echo'?"},
	{"connections closed=on sort=age", "come as they ended"},
	{"connections worker=256", "from 0 to 255"},
	{"close", "which ones?"},
	{"close all=on worker=1", "all goes with nothing else"},
	{"close id=12", "is no connection like"},
	{"close id=0-1", "is no connection like"},
	{"close id=1-0", "is no connection like"},
	{"close id=99999999999-1", "is no connection like"},
};

static void test_rows(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(answers(rows[i].line, rows[i].part));
	check_int(scene.query_count, 0);
	scene.has_no_memory = true;
	CHECK(answers("status", "fail\t1\tthe numbers cannot be read now"));
	CHECK(answers("workers", "fail\t1\t"));
	scene.has_no_memory = false;
}

/* ---- Orders and queries ---- */

static void test_orders(void)
{
	static const struct {
		const char *line;
		enum control_order_kind kind;
		int64_t number;
		const char *name;
	} orders[] = {
		{"reload", CONTROL_ORDER_RELOAD, 0, ""},
		{"scale workers=6", CONTROL_ORDER_SCALE, 6, ""},
		{"suspend service=chat", CONTROL_ORDER_SUSPEND, 0, "chat"},
		{"resume service=a\\x20b", CONTROL_ORDER_RESUME, 0, "a b"},
		{"upgrade", CONTROL_ORDER_UPGRADE, 0, ""},
		{"log-level level=debug", CONTROL_ORDER_LOG_LEVEL,
		 LOG_LEVEL_DEBUG, ""},
		{"log-level level=error", CONTROL_ORDER_LOG_LEVEL,
		 LOG_LEVEL_ERROR, ""},
		{"stop", CONTROL_ORDER_STOP, CONTROL_STOP_TERM, ""},
		{"stop now=on", CONTROL_ORDER_STOP, CONTROL_STOP_NOW, ""},
	};
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct text answer = answer_to(orders[i].line, REPLY_LINES);

		check_int(scene.order.kind, orders[i].kind);
		check_int(scene.order.number, orders[i].number);
		check_string(scene.name, orders[i].name);
		text_release(&answer);
	}
}

static void test_queries(void)
{
	const struct connection_query *query = &scene.query;

	CHECK(answers("connections", "row\t4711-3\techo\t0\t10.0.0.3:4711\t"));
	check_int(query->version, CONNECTION_QUERY_VERSION);
	check_int(query->action, CONNECTION_LIST);
	check_int(query->limit, 0);
	check_int(query->slot, -1);
	check_int(query->idle_over_ms, -1);
	check_int(query->peer_family, 0);
	check_string(query->service, "");
	CHECK(
		answers("connections sort=bytes service=echo peer=10.1.2.3/12 "
			"idle-over=5m worker=0 reverse=on",
			"end\n"));
	check_int(query->sort, CONNECTION_SORT_BYTES);
	check_int(query->limit, CONNECTION_LIMIT_MOST);
	check_int(query->slot, 0);
	check_int(query->is_reversed, 1);
	check_int(query->idle_over_ms, 300000);
	check_int(query->peer_family, AF_INET);
	check_int(query->peer_bits, 12);
	CHECK(memcmp(query->peer, "\x0a\0\0\0", 4) == 0);
	check_string(query->service, "echo");
	CHECK(connection_query_fault(query) == NULL);
	CHECK(answers("close id=4711-12", "closed 3 connections"));
	check_int(query->action, CONNECTION_CLOSE);
	check_int(query->pid, 4711);
	check_int(query->id, 12);
	check_int(query->limit, 0);
	CHECK(answers("close peer=2001:db8:ffff::/33", "closed"));
	check_int(query->id, 0);
	CHECK(memcmp(query->peer, "\x20\x01\x0d\xb8\x80\0\0", 7) == 0);
	CHECK(answers("close all=on", "closed"));
	check_int(query->peer_family, 0);
	CHECK(connection_query_fault(query) == NULL);
}

static void test_closed(void)
{
	unsigned asked = scene.query_count;

	scene_close(&scene);
	CHECK(answers("connections closed=on",
		      "row\t1700000000124\t4712-13\tchat\t1\t[2000:7::]:4711\t"
		      "eof\t-\t61000\t5\t0\t1\tin\t4712\t-\n"
		      "row\t1700000000123\t4712-12\techo\t1\t10.0.0.7:4711\t"
		      "peer_reset\tConnection reset by peer\t61000\t5\t0\t1\tin"
		      "\t4712\t104\nend\n"));
	CHECK(lacks("connections closed=on peer=10.0.0.0/8", "chat"));
	CHECK(lacks("connections closed=on peer=2000::/16", "echo"));
	CHECK(lacks("connections closed=on service=echo", "chat"));
	CHECK(lacks("connections closed=on worker=0", "row"));
	CHECK(lacks("connections closed=on limit=1", "echo"));
	check_int(scene.query_count, asked);
}

/* Everything that rows are made of has a name and is told apart. */
static void test_tables(void)
{
	static const struct report_table *const tables[] = {
		&report_status_table, &report_worker_table,
		&report_slot_table,   &report_service_table,
		&report_reason_table, &report_event_table,
		&report_closed_table, &connection_table,
	};
	size_t i;
	unsigned j, k;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct report_column *columns = tables[i]->columns;

		CHECK(tables[i]->column_count <= REPORT_COLUMNS_MOST);
		for (j = 0; j < tables[i]->column_count; j++) {
			REQUIRE(columns[j].name != NULL);
			CHECK(columns[j].help != NULL);
			for (k = 0; k < j; k++)
				CHECK(strcmp(columns[j].name,
					     columns[k].name) != 0);
		}
	}
}

static void test_verb_table(void)
{
	const struct verb *verb;
	const struct verb_argument *argument;

	for (verb = verbs; verb->name != NULL; verb++) {
		CHECK(verb->help != NULL && verb->run != NULL);
		argument = verb->arguments;
		for (; argument != NULL && argument->name != NULL; argument++) {
			CHECK(argument->help != NULL);
			CHECK(argument->kind != VERB_WORD ||
			      argument->word_count > 0);
		}
	}
}

/* ---- /status.json ---- */

static const struct snapshot *look_once(void *context)
{
	return &((struct scene *)context)->snapshot;
}

static void test_status_json(const char *path)
{
	struct samples samples;
	struct text out = {0};
	struct error error;
	struct loop loop;
	FILE *file;
	int i;

	REQUIRE(loop_init(&loop, &error) == 0);
	samples_start(&samples, &loop, look_once, &scene);
	for (i = 1; i < SAMPLES_COUNT + 5; i++) {
		scene.services[0].cells[SCOREBOARD_ACCEPTED]++;
		loop.now_ms += SAMPLES_STEP_MS;
		timers_advance(&loop.timers, loop.now_ms);
	}
	check_int(samples.count, SAMPLES_COUNT);
	check_int(samples_at(&samples, 0)->accepted_count, 105);
	check_int(samples_at(&samples, SAMPLES_COUNT - 1)->accepted_count,
		  100 + SAMPLES_COUNT + 4);
	scene.backend.samples = &samples;
	CHECK(status_json(&out, &scene.backend) == 0);
	CHECK(has(&out, "{\"status\":{\"version\":\""));
	CHECK(has(&out, "\"wall_ms\":1700000000123"));
	CHECK(has(&out, "\"workers\":[{\"slot\":0,\"pid\":4711,"));
	CHECK(has(&out, "\"slots\":[{\"slot\":0,\"state\":\"serving\","));
	CHECK(has(&out, "\"addresses\":[\"127.0.0.1:8888\",\"[::1]:8888\"]"));
	CHECK(has(&out, "unix:/run/\\u001b[31m"));
	CHECK(has(&out, "\"closed\":{\"eof\":90,"));
	CHECK(has(&out, "\"connections\":{}}\n"));
	if (path != NULL && (file = fopen(path, "we")) != NULL) {
		CHECK(fputs(out.bytes, file) >= 0);
		CHECK(fclose(file) == 0);
	}
	samples_stop(&samples);
	text_release(&out);
	scene.has_no_memory = true;
	CHECK(status_json(&out, &scene.backend) < 0);
	scene.has_no_memory = false;
	scene.backend.samples = NULL;
	loop_release(&loop);
}

/* Workers are asked as long as somebody looks, in four orders. */
static void test_busiest(void)
{
	struct busiest *busiest;
	struct text out = {0};
	struct error error;
	struct loop loop;
	unsigned asked = scene.query_count;
	int i;

	REQUIRE(loop_init(&loop, &error) == 0);
	scene.row_count = 2;
	busiest = busiest_new(&loop, &scene.backend);
	REQUIRE(busiest != NULL);
	busiest_append(&out, busiest);
	check_string(out.bytes, "{}");
	for (i = 0; i < 12; i++) {
		struct list *node;

		loop.now_ms += BUSIEST_STEP_MS;
		timers_advance(&loop.timers, loop.now_ms);
		/* Tasks, as the loop runs them. */
		while ((node = loop.tasks.next) != &loop.tasks) {
			struct loop_task *task =
				list_entry(node, struct loop_task, node);

			list_remove(node);
			task->run(task);
		}
	}
	CHECK(scene.query_count - asked >= 4 &&
	      scene.query_count - asked <= 4 * 7);
	text_release(&out);
	busiest_append(&out, busiest);
	/* It is too long ago. */
	check_string(out.bytes, "{}");
	text_release(&out);
	timers_advance(&loop.timers, loop.now_ms + 1);
	for (i = 0; i < 4; i++) {
		struct loop_task *task =
			list_entry(loop.tasks.next, struct loop_task, node);

		REQUIRE(loop.tasks.next != &loop.tasks);
		list_remove(loop.tasks.next);
		task->run(task);
	}
	busiest_append(&out, busiest);
	CHECK(has(&out, "{\"busiest\":[{\"id\":\"4711-1\","));
	CHECK(has(&out, "},{\"id\":\"4711-2\","));
	CHECK(has(&out, "}],\"oldest\":[{"));
	text_release(&out);
	busiest_free(busiest);
	loop_release(&loop);
}

int main(int argc, char **argv)
{
	scene_fill(&scene);
	test_rows();
	test_orders();
	test_queries();
	test_closed();
	test_tables();
	test_verb_table();
	test_status_json(argc > 1 ? argv[1] : NULL);
	test_busiest();
	scene_release(&scene);
	return check_result();
}
