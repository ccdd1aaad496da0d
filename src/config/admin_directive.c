/* SPDX-License-Identifier: MIT */
/* admin_directive.c - `control PATH …;` and `admin ADDRESS…;` */
#include "config/admin_directive.h"

#include <stdio.h>
#include <string.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/listen.h"
#include "config/listen_owner.h"
#include "config/value.h"

#define CONTROL_MODE 0600 /* unless it is said, whoever the umask lets */
#define UNIX_PREFIX  "unix:"
#define WORD_TEXT    (sizeof(struct sockaddr_un) + sizeof(UNIX_PREFIX))

static bool is_off(const struct word *word)
{
	return strcmp(word->text, "off") == 0;
}

static const struct config_listen *copy(const struct reading *reading,
					const struct config_listen *list,
					unsigned count)
{
	size_t size = count * sizeof(*list);

	return memcpy(arena_take(reading->arena, size), list, size);
}

/* ---- control ----------------------------------------------------------- */

/* `unix:` may stand before it, as in `listen`. */
static int parse_path(struct reading *reading, const struct word *word,
		      struct address *address)
{
	const char *path = word->text;
	char quote[COMPLAINTS_QUOTE], text[WORD_TEXT];
	struct error error;

	if (strncmp(path, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		path += strlen(UNIX_PREFIX);
	if (path[0] != '/')
		return complain(&reading->complaints, &word->where,
				"control: %s is not an absolute path",
				complaints_quote(quote, word->text));
	if ((size_t)snprintf(text, sizeof(text), UNIX_PREFIX "%s", path) >=
	    sizeof(text))
		return complain(&reading->complaints, &word->where,
				"control: the path is too long for a socket");
	if (address_parse(address, text, &error) == 0)
		return 0;
	return complain(&reading->complaints, &word->where, "control: %s",
			error.text);
}

int admin_directive_apply_control(struct reading *reading,
				  const struct statement *statement,
				  void *object)
{
	const struct word *word = statement->name->next;
	struct config_listen listen = {
		.mode = CONTROL_MODE, .owner = -1, .group = -1};
	struct config *config = object;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!word)
		return complain(&reading->complaints, &statement->end,
				"'control' takes a path, or off");
	if (is_off(word) && word->next)
		return complain(&reading->complaints, &word->next->where,
				"after 'control off' belongs ';'");
	config->control = NULL;
	if (is_off(word))
		return 0;
	if (parse_path(reading, word, &listen.address) < 0 ||
	    listen_owner_read(reading, word->next, &listen) < 0)
		return -1;
	listen.line = (int)word->where.line;
	config->control = copy(reading, &listen, 1);
	return 0;
}

void admin_directive_print_control(const void *object, struct text *out)
{
	const struct config_listen *control =
		((const struct config *)object)->control;

	layout_begin(out, 0, "control");
	if (control) {
		value_print_word(control->address.socket.path.sun_path, out);
		listen_owner_print(control, out);
	} else {
		text_append(out, "off");
	}
	text_append(out, ";\n");
}

/* ---- admin ------------------------------------------------------------- */

struct found {
	struct config_listen list[CONFIG_ADMINS_MAX];
	unsigned count;
};

static bool is_known(const struct found *found, const struct address *address)
{
	unsigned i;

	/* Port 0 twice means two free ports. */
	if (address->kind != ADDRESS_UNIX && address_port(address) == 0)
		return false;
	for (i = 0; i < found->count; i++)
		if (address_is_equal(&found->list[i].address, address))
			return true;
	return false;
}

static int add_address(struct reading *reading, const struct word *word,
		       const struct address *address, struct found *found)
{
	struct config_listen listen = {
		.address = *address, .mode = -1, .owner = -1, .group = -1};
	char text[ADDRESS_TEXT];

	if (!listen_is_supported(reading, address)) {
		complain_softly(&reading->complaints, &word->where,
				"this machine lacks the family of %s: it is "
				"left out",
				address_format(text, address));
		return 0;
	}
	if (is_known(found, address))
		return 0;
	if (found->count == CONFIG_ADMINS_MAX)
		return complain(&reading->complaints, &word->where,
				"'admin' has at most %d addresses",
				CONFIG_ADMINS_MAX);
	listen.line = (int)word->where.line;
	found->list[found->count++] = listen;
	return 0;
}

static int add_word(struct reading *reading, const struct word *word,
		    struct found *found)
{
	struct address addresses[CONFIG_LISTENS_MAX];
	struct error error;
	int i, count;

	if (is_off(word))
		return complain(&reading->complaints, &word->where,
				"'off' stands alone");
	count = listen_resolve(reading, addresses, word->text, &error);
	if (count < 0)
		return complain(&reading->complaints, &word->where, "admin: %s",
				error.text);
	if (addresses[0].kind == ADDRESS_DESCRIPTOR ||
	    addresses[0].kind == ADDRESS_SYSTEMD)
		return complain(&reading->complaints, &word->where,
				"'admin' takes HOST:PORT or unix:/path");
	for (i = 0; i < count; i++)
		if (add_address(reading, word, &addresses[i], found) < 0)
			return -1;
	return 0;
}

int admin_directive_apply(struct reading *reading,
			  const struct statement *statement, void *object)
{
	const struct word *word = statement->name->next;
	struct config *config = object;
	struct found found = {.count = 0};

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!word)
		return complain(&reading->complaints, &statement->end,
				"'admin' takes addresses, as 127.0.0.1:9180, "
				"or off");
	config->admins = NULL;
	config->admin_count = 0;
	if (is_off(word) && !word->next)
		return 0;
	for (; word; word = word->next)
		if (add_word(reading, word, &found) < 0)
			return -1;
	if (found.count == 0)
		return complain(&reading->complaints, &statement->name->where,
				"'admin' has no other address");
	config->admins = copy(reading, found.list, found.count);
	config->admin_count = found.count;
	return 0;
}

void admin_directive_print(const void *object, struct text *out)
{
	const struct config *config = object;
	char address[ADDRESS_TEXT];
	unsigned i;

	layout_begin(out, 0, "admin");
	if (config->admin_count == 0)
		text_append(out, "off");
	for (i = 0; i < config->admin_count; i++) {
		if (i > 0)
			text_append(out, " ");
		value_print_word(
			address_format(address, &config->admins[i].address),
			out);
	}
	text_append(out, ";\n");
}
