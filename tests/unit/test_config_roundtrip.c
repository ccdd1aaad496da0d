/* SPDX-License-Identifier: MIT */
/* test_config_roundtrip.c - canonical text reads back as itself, for random
 * configurations made from the tables of directives. */
#include <inttypes.h>

#include "base/text.h"
#include "config/directive.h"
#include "config/value.h"
#include "config_fixture.h"
#include "random.h"

#define ROUNDS 400

static const char *const addresses[] = {
	"127.0.0.1:0",  "*:0",           "[::1]:0",
	"[::]:0",       "127.0.0.2:0",   "unix:@a%u-%u",
	"unix:/a%u/%u", "'unix:/%u %u'", "unix:/s%u-%u mode=0600 owner=0",
};
static const char *const strings[] = {
	"a",      "''", "'a b'",     "\"\\n\\xff\\\\\\$\"",
	"'${X}'", "$x", "'#no ;{}'", "gr\xc3\xb6\xc3\x9f\x65",
};
static const char *const remotes[] = {
	"10.0.0.1:80", "[2001:db8::0]:1", "a-b.c:65535",
	"unix:@n",     "'unix:/a b'",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t between(struct random *random, uint64_t least, uint64_t most)
{
	if (most == 0 || most > least + 1000000)
		most = least + 1000000;
	return least + random_below(random, (unsigned)(most - least + 1));
}

static void append_number(struct random *random, const struct directive *row,
			  struct text *out)
{
	uint64_t number = between(random, row->minimum, row->maximum);

	if (row->kind == &value_duration)
		text_append(out, "%" PRIu64 "ms", number);
	else if (row->kind == &value_microseconds)
		text_append(out, "%" PRIu64 "us", number);
	else if (row->kind == &value_seconds)
		text_append(out, "%" PRIu64 "s", number);
	else
		text_append(out, "%" PRIu64, number);
}

static unsigned count_words(const struct directive *row)
{
	unsigned count = 0;

	while (row->words && row->words[count].word)
		count++;
	return count;
}

/* A random value that a directive of a protocol alone can have. */
static void append_own(struct random *random, const struct directive *row,
		       struct text *out)
{
	if (row->kind == &value_index)
		text_append(out, "'%s'", sample_words[random_below(random, 3)]);
	else
		text_append(out, "%s", remotes[random_below(random, 5)]);
}

static void append_sample_row(struct random *random, struct text *out)
{
	static unsigned number;

	text_append(out, "row host%u:1", number++);
	if (random_below(random, 2))
		text_append(out, " spare");
	if (random_below(random, 2))
		text_append(out, " weight=%u", 1 + random_below(random, 256));
	if (random_below(random, 2))
		text_append(out, " 'label=%u \" ${x}\\'",
			    random_below(random, 256));
	if (random_below(random, 2))
		text_append(out, " 'colour=%s'",
			    sample_words[random_below(random, 3)]);
	text_append(out, ";\n");
}

static void append_value(struct random *random, const struct directive *row,
			 struct text *out)
{
	unsigned words = count_words(row);

	if (words > 0 &&
	    (row->kind == &value_choice || random_below(random, 4) == 0))
		text_append(out, "%s",
			    row->words[random_below(random, words)].word);
	else if (row->kind == &value_keepalive)
		text_append(out, "%us:%us:%u", 1 + random_below(random, 32767),
			    1 + random_below(random, 32767),
			    1 + random_below(random, 127));
	else if (row->kind == &value_respawn_delay)
		text_append(out, "%ums:%us", 1 + random_below(random, 1000),
			    1 + random_below(random, 1000));
	else if (row->kind == &value_index || row->kind == &value_remote)
		append_own(random, row, out);
	else if (row->kind == &value_word)
		text_append(out, "'w %u'", random_below(random, 1000));
	else if (row->kind == &value_string)
		text_append(out, "%s",
			    strings[random_below(random, COUNT(strings))]);
	else
		append_number(random, row, out);
}

/* Values that the table alone cannot judge: who exists, what fits. */
static bool is_chosen_by_hand(const struct directive *row)
{
	return !row->kind || row->kind == &value_rows ||
	       strcmp(row->name, "user") == 0 ||
	       strcmp(row->name, "chroot") == 0 ||
	       strcmp(row->name, "pid_file") == 0 ||
	       strcmp(row->name, "watchdog_steer") == 0 ||
	       strcmp(row->name, "watchdog_timeout") == 0 ||
	       strcmp(row->name, "write_high") == 0 ||
	       strcmp(row->name, "write_low") == 0 ||
	       strcmp(row->name, "write_limit") == 0;
}

static void append_rows(struct random *random,
			const struct directive_list *list, struct text *out)
{
	unsigned i;

	for (i = 0; i < list->count; i++) {
		const struct directive *row = &list->rows[i];

		if (is_chosen_by_hand(row) || random_below(random, 2) == 0)
			continue;
		text_append(out, "%s ", row->name);
		append_value(random, row, out);
		text_append(out, ";\n");
	}
}

static void append_watermarks(struct random *random, struct text *out)
{
	unsigned low = random_below(random, 100000);
	unsigned high = low + random_below(random, 100000);

	if (random_below(random, 2))
		text_append(out, "write_high %u;\n", high);
	if (random_below(random, 2) && low < 65536)
		text_append(out, "write_low %u;\n", low);
	if (random_below(random, 2))
		text_append(out, "write_limit %u;\n",
			    high + 65536 + random_below(random, 100000));
}

static void append_proxy_protocol(struct random *random, struct text *out)
{
	static const char *const modes[] = {"off", "optional", "required"};
	unsigned mode = random_below(random, 3);

	text_append(out, "proxy_protocol %s", modes[mode]);
	if (mode > 0 && random_below(random, 2))
		text_append(out, " limit=%u", 232 + random_below(random, 9999));
	if (mode > 0 && random_below(random, 2))
		text_append(out, " timeout=%ums",
			    1 + random_below(random, 9999));
	text_append(out, ";\n");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void append_listens(struct random *random, unsigned service,
			   struct text *out)
{
	unsigned i, count = 1 + random_below(random, 5);

	for (i = 0; i < count; i++) {
		const char *address =
			addresses[random_below(random, COUNT(addresses))];

		text_append(out, "listen ");
		text_append(out, address, service, i);
		text_append(out, ";\n");
	}
}
#pragma GCC diagnostic pop

static void append_service(struct random *random, unsigned service,
			   struct text *out)
{
	struct directive_list list;
	int rows = 0;

	text_append(out, "service s%u {\n", service);
	append_listens(random, service, out);
	directive_list_service(&list);
	append_rows(random, &list, out);
	append_watermarks(random, out);
	if (random_below(random, 2))
		append_proxy_protocol(random, out);
	if (random_below(random, 2)) {
		directive_list_protocol(&list, &sample_protocol);
		text_append(out, "protocol sample {\n");
		append_rows(random, &list, out);
		while (random_below(random, 3) > 0 && rows++ < 9)
			append_sample_row(random, out);
		text_append(out, "}\n");
	} else if (random_below(random, 2)) {
		text_append(out, "protocol plain;\n");
	}
	text_append(out, "}\n");
}

static void append_configuration(struct random *random, struct text *out)
{
	struct directive_list list;
	unsigned i, count = 1 + random_below(random, 3);

	directive_list_global(&list);
	append_rows(random, &list, out);
	if (random_below(random, 2))
		text_append(out, "log /%s level=debug;\n", "a'b c'");
	if (random_below(random, 2))
		text_append(out, "pid_file '/\\$ {a;b}';\nuser root;\n");
	for (i = 0; i < count; i++)
		append_service(random, i, out);
}

/* The state's text as another build reads it: one that knows marks, and one
 * that takes them for comments. */
static void check_state(const struct outcome *loaded)
{
	struct text state = {.bytes = NULL};
	struct outcome known, comments;

	if (!loaded->config)
		return;
	config_print_state(loaded->config, &state);
	parse(&known, words_of(&state), state.size);
	check_string(words_of(&known.canonical), words_of(&loaded->canonical));
	load_text(&comments, words_of(&state));
	check_string(words_of(&comments.canonical),
		     words_of(&loaded->canonical));
	outcome_release(&known);
	outcome_release(&comments);
	text_release(&state);
}

static void check_round(struct random *random)
{
	struct text text = {.bytes = NULL};
	struct outcome loaded, parsed, again;

	append_configuration(random, &text);
	load_text(&loaded, text.bytes);
	check_string(words_of(&loaded.complaints), "");
	if (!loaded.config)
		printf("%s\n", text.bytes);
	parse(&parsed, words_of(&loaded.canonical), loaded.canonical.size);
	check_string(words_of(&parsed.canonical), words_of(&loaded.canonical));
	load_text(&again, words_of(&loaded.canonical));
	check_string(words_of(&again.canonical), words_of(&loaded.canonical));
	check_state(&loaded);
	outcome_release(&loaded);
	outcome_release(&parsed);
	outcome_release(&again);
	text_release(&text);
}

int main(void)
{
	struct random random = {.state = 20261121};
	int i;

	enter_directory();
	for (i = 0; i < ROUNDS; i++)
		check_round(&random);
	leave_directory();
	return check_result();
}
