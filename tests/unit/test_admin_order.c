/* SPDX-License-Identifier: MIT */
/* test_admin_order.c - orders and answers as bytes: there and back, and what is
 * refused. */
#include "process/admin_order.h"

#include "check.h"

#define TICKET UINT64_C(0x1122334455667788)

static const struct {
	const char *title;
	struct control_order order;
	const char *words; /* of the refusal; NULL: taken */
} rows[] = {
	{"reload", {CONTROL_ORDER_RELOAD, 0, NULL}, NULL},
	{"reload of a name", {CONTROL_ORDER_RELOAD, 0, "a"}, "takes no name"},
	{"reload 1", {CONTROL_ORDER_RELOAD, 1, ""}, "takes no number"},
	{"upgrade", {CONTROL_ORDER_UPGRADE, 0, ""}, NULL},
	{"scale 1", {CONTROL_ORDER_SCALE, 1, NULL}, NULL},
	{"scale 256", {CONTROL_ORDER_SCALE, 256, NULL}, NULL},
	{"scale 0", {CONTROL_ORDER_SCALE, 0, NULL}, "one worker has to be"},
	{"scale -1", {CONTROL_ORDER_SCALE, -1, NULL}, "-1 is not between 1"},
	{"scale 257", {CONTROL_ORDER_SCALE, 257, NULL}, "1 and 256"},
	{"scale 2^32+1", {CONTROL_ORDER_SCALE, 4294967297, NULL}, "1 and 256"},
	{"suspend a", {CONTROL_ORDER_SUSPEND, 0, "a"}, NULL},
	{"suspend", {CONTROL_ORDER_SUSPEND, 0, NULL}, "which service"},
	{"resume a", {CONTROL_ORDER_RESUME, 0, "a"}, NULL},
	{"resume a 1", {CONTROL_ORDER_RESUME, 1, "a"}, "takes no number"},
	{"log-level error",
	 {CONTROL_ORDER_LOG_LEVEL, LOG_LEVEL_ERROR, ""},
	 NULL},
	{"log-level 4", {CONTROL_ORDER_LOG_LEVEL, 4, ""}, "between 0 and 3"},
	{"stop", {CONTROL_ORDER_STOP, CONTROL_STOP_TERM, ""}, NULL},
	{"stop now", {CONTROL_ORDER_STOP, CONTROL_STOP_NOW, ""}, NULL},
	{"stop 3", {CONTROL_ORDER_STOP, 3, ""}, "between 0 and 2"},
	{"kind 7", {CONTROL_ORDERS, 0, ""}, "no order 7"},
	{"kind -1", {(enum control_order_kind) - 1, 0, ""}, "no order 42"},
};

static void test_table(void)
{
	struct admin_order made, read;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status;

		check_int(admin_order_make(&made, &rows[i].order, TICKET), 0);
		status = admin_order_read(&read, &made, sizeof(made), &error);
		check_int(status, rows[i].words ? -1 : 0);
		CHECK(read.ticket == TICKET);
		if (status < 0 && rows[i].words &&
		    !strstr(error.text, rows[i].words))
			check_string(error.text, rows[i].words);
		if (status < 0)
			continue;
		check_int(read.kind, rows[i].order.kind);
		check_int(read.number, rows[i].order.number);
		check_string(read.name,
			     rows[i].order.name ? rows[i].order.name : "");
	}
}

static void test_without_ticket(void)
{
	const struct control_order order = {.kind = CONTROL_ORDER_RELOAD};
	struct admin_order made, read;
	struct error error;

	check_int(admin_order_make(&made, &order, 0), 0);
	check_int(admin_order_read(&read, &made, sizeof(made), &error), -1);
	check_string(error.text, "an order without a ticket");
}

/* The ticket of any size and version that has one is known. */
static void test_sizes(void)
{
	unsigned char bytes[2 * sizeof(struct admin_order)] = {0};
	struct admin_order made, read;
	struct control_order order = {.kind = CONTROL_ORDER_RELOAD};
	struct error error;
	size_t size;

	check_int(admin_order_make(&made, &order, TICKET), 0);
	memcpy(bytes, &made, sizeof(made));
	for (size = 0; size <= sizeof(bytes); size++) {
		int status = admin_order_read(&read, bytes, size, &error);

		check_int(status, size == sizeof(made) ? 0 : -1);
		CHECK(read.ticket == (size < 16 ? 0 : TICKET));
	}
	made.version = 2;
	check_int(admin_order_read(&read, &made, sizeof(made), &error), -1);
	CHECK(read.ticket == TICKET);
	CHECK(strstr(error.text, "another build") != NULL);
}

static void test_names(void)
{
	char name[SCOREBOARD_SERVICE_NAME + 1];
	struct control_order order = {.kind = CONTROL_ORDER_SUSPEND,
				      .name = name};
	struct admin_order made, read;
	struct error error;

	memset(name, 'a', sizeof(name));
	name[SCOREBOARD_SERVICE_NAME] = '\0';
	check_int(admin_order_make(&made, &order, TICKET), -1);
	name[SCOREBOARD_SERVICE_NAME - 1] = '\0';
	check_int(admin_order_make(&made, &order, TICKET), 0);
	check_int(admin_order_read(&read, &made, sizeof(made), &error), 0);
	check_string(read.name, name);
	memset(made.name, 'a', sizeof(made.name));
	check_int(admin_order_read(&read, &made, sizeof(made), &error), -1);
	CHECK(strstr(error.text, "no end") != NULL);
}

static void test_answers(void)
{
	unsigned char data[RECORD_DATA_BYTES];
	char words[2 * RECORD_DATA_BYTES];
	struct admin_answer answer;
	size_t size = admin_answer_write(data, TICKET, "done");

	check_int(size, 12);
	check_int(admin_answer_read(&answer, data, size), 0);
	CHECK(answer.ticket == TICKET);
	check_string(answer.words, "done");
	check_int(admin_answer_read(&answer, data, 8), 0);
	check_string(answer.words, "");
	check_int(admin_answer_read(&answer, data, 7), -1);
	check_int(admin_answer_read(&answer, data, RECORD_BYTES), -1);

	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	size = admin_answer_write(data, TICKET, words);
	check_int(size, RECORD_DATA_BYTES);
	check_int(admin_answer_read(&answer, data, size), 0);
	check_int(strlen(answer.words), RECORD_DATA_BYTES - 8);
	memset(data, 0, 8);
	check_int(admin_answer_read(&answer, data, size), -1);
}

int main(void)
{
	test_table();
	test_without_ticket();
	test_sizes();
	test_names();
	test_answers();
	return check_result();
}
