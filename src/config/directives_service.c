/* SPDX-License-Identifier: MIT */
/* directives_service.c - the directives of a service: its own, and a row for
 * every socket option. */
#include <stddef.h>

#include "config/config.h"
#include "config/listen.h"
#include "config/protocol_options.h"
#include "config/proxy_directive.h"
#include "config/rate_directive.h"
#include "config/value.h"

#define AT(member)    offsetof(struct config_service, settings.member)
#define WIDTH(member) sizeof(((struct config_service *)0)->settings.member)
#define VALUE(name_, kind_, member)                                            \
	.name = (name_), .kind = &value_##kind_, .offset = AT(member),         \
	.width = WIDTH(member)
#define TIMEOUT(name_, member, initial_)                                       \
	VALUE(name_, duration, member), .initial = (initial_),                 \
					.words = value_words_off, .minimum = 1

#define WATERMARK_MOST (UINT64_C(1) << 40) /* bytes of one connection */
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

/* Until it is known, a quarter of write_high (check.c). */
static const struct value_word low_auto[] = {{"auto", -1}, {NULL, 0}};

static const struct value_word balance_words[] = {
	{"hash", STEERING_HASH},         {"random", STEERING_RANDOM},
	{"cpu", STEERING_CPU},           {"shared", STEERING_SHARED},
	{"adaptive", STEERING_ADAPTIVE}, {NULL, 0}};

/* clang-format off */
static const struct directive before_options[] = {
	{.name = "listen",
	 .form = "ADDRESS [mode=0660] [owner=NAME|UID] [group=NAME|GID]",
	 .initial = "127.0.0.1:8888 without -c", .is_repeatable = true,
	 .apply = listen_apply, .print = listen_print,
	 .help = "an address; mode, owner and group are for unix:/path"},
	{.name = "protocol", .form = "NAME [{ ... }]",
	 .initial = "the first of this program",
	 .apply = protocol_options_apply, .print = protocol_options_print,
	 .print_state = protocol_options_print_state,
	 .help = "what the service speaks"},
	{VALUE("balance", choice, balance), .initial = "hash",
	 .words = balance_words,
	 .help = "over the workers: by addresses, at random, by CPU, one queue for all, or by their load"},
};

static const struct directive after_options[] = {
	{TIMEOUT("idle_timeout", idle_timeout_ms, "off"),
	 .help = "close a connection when no byte has passed for so long"},
	{TIMEOUT("first_byte_timeout", first_byte_timeout_ms, "off"),
	 .help = "close a connection that has not said anything by then"},
	{TIMEOUT("write_timeout", write_timeout_ms, "off"),
	 .help = "close a connection that takes nothing of what is queued"},
	{TIMEOUT("lifetime", lifetime_ms, "off"),
	 .help = "close every connection at this age"},
	{TIMEOUT("linger_timeout", linger_timeout_ms, "5s"),
	 .help = "after closing, wait so long for the peer's end"},
	{VALUE("write_high", size, write_high_bytes), .initial = "64k",
	 .maximum = WATERMARK_MOST,
	 .help = "queued bytes above which the protocol stops writing"},
	{VALUE("write_low", size, write_low_bytes), .initial = "auto",
	 .words = low_auto, .maximum = WATERMARK_MOST,
	 .help = "queued bytes at which it goes on; auto: write_high / 4"},
	{VALUE("write_limit", size, write_limit_bytes), .initial = "16m",
	 .words = value_words_off, .minimum = 1, .maximum = WATERMARK_MOST,
	 .help = "queued bytes above which a connection is aborted"},
	{VALUE("max_connections", number, max_connections), .initial = "auto",
	 .words = value_words_auto, .minimum = 1,
	 .maximum = UINT64_C(1) << 32,
	 .help = "of all workers together; auto: what the descriptors allow"},
	{VALUE("suspended", choice, is_suspended), .initial = "off",
	 .words = value_words_boolean,
	 .help = "accept nobody: clients wait in the queue until it is resumed"},
	{.name = "proxy_protocol",
	 .form = "off|optional|required [timeout=5s] [limit=4k]",
	 .initial = "off", .apply = proxy_directive_apply,
	 .print = proxy_directive_print,
	 .help = "a PROXY header comes first: by then, of at most so many bytes"},
	{.name = "byte_rate", .form = "RATE|off [service=RATE|off]",
	 .initial = "off", .apply = rate_directive_apply,
	 .print = rate_directive_print,
	 .help = "bytes a second of each connection each way, and of all"},
};

/* How each form of a socket option is stored and written. */
static const struct value_word quickack_words[] = {
	{"off", SOCKOPT_QUICKACK_OFF}, {"on", SOCKOPT_QUICKACK_ON},
	{"auto", SOCKOPT_QUICKACK_AUTO}, {NULL, 0}};
static const struct value_word zero_is_off[] = {{"off", 0}, {NULL, 0}};

static const struct form {
	const struct value_kind *kind;
	unsigned char width;
	const struct value_word *words;
} forms[] = {
	[SOCKOPT_FORM_BOOLEAN] = {&value_choice, sizeof(bool), value_words_boolean},
	[SOCKOPT_FORM_NUMBER] = {&value_number, sizeof(int), NULL},
	[SOCKOPT_FORM_SIZE] = {&value_size, sizeof(int), NULL},
	[SOCKOPT_FORM_MS] = {&value_duration, sizeof(int), value_words_kernel},
	[SOCKOPT_FORM_SECONDS] = {&value_seconds, sizeof(int), zero_is_off},
	[SOCKOPT_FORM_WORD] = {&value_word, SOCKOPT_WORD, value_words_kernel},
	[SOCKOPT_FORM_QUICKACK] = {&value_choice, sizeof(int), quickack_words},
	[SOCKOPT_FORM_KEEPALIVE] = {&value_keepalive, sizeof(int), NULL},
};
/* clang-format on */

static void append_option(struct directive_list *list,
			  const struct sockopt_row *option)
{
	const struct form *form = &forms[option->form];
	const struct directive row = {
		.name = option->directive,
		.kind = form->kind,
		.offset = AT(options) + option->offset,
		.width = form->width,
		.initial = option->initial ? option->initial : "kernel",
		.words = form->words        ? form->words
			 : !option->initial ? value_words_kernel
					    : NULL,
		.minimum = (uint64_t)option->minimum,
		.maximum = (uint64_t)option->maximum,
		.help = option->help,
	};

	directive_list_append(list, &row);
}

void directive_list_service(struct directive_list *list)
{
	const struct sockopt_row *option;
	size_t i;

	list->count = 0;
	for (i = 0; i < COUNT(before_options); i++)
		directive_list_append(list, &before_options[i]);
	for (option = sockopt_rows; option->directive; option++)
		append_option(list, option);
	for (i = 0; i < COUNT(after_options); i++)
		directive_list_append(list, &after_options[i]);
}
