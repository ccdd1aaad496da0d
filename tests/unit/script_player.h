/* SPDX-License-Identifier: MIT */
/* script_player.h - plays a script to one transport: on TCP and on a unix
 * socket, and for each way in which a protocol can receive.  A second
 * transport stands by, whom none of it may concern. */
#ifndef COHORT_TESTS_SCRIPT_PLAYER_H
#define COHORT_TESTS_SCRIPT_PLAYER_H

#include "script_words.h"

#define WORD_BYTES   64
#define FAILURES_MAX 20

/* The protocol's own calls enter no callback. */
static void play_word(struct play *play, const char *name, const char *argument)
{
	bool is_own = name[0] >= 'a', was_inside = play->record.is_inside;
	size_t i;

	for (i = 0; i < sizeof(vocabulary) / sizeof(vocabulary[0]); i++) {
		if (strcmp(vocabulary[i].name, name) != 0)
			continue;
		if (is_own)
			play->record.is_inside = true;
		vocabulary[i].run(play, argument);
		play->record.is_inside = was_inside;
		return;
	}
	printf("\"%s\" is no word\n", name);
	REQUIRE(false);
}

static void play_words(struct play *play, const char *text)
{
	char word[WORD_BYTES];
	char *colon;
	size_t size;

	for (; text != NULL && *text != '\0'; text += size) {
		size = strspn(text, " ");
		text += size;
		size = strcspn(text, " ");
		if (size == 0)
			return;
		REQUIRE(size < sizeof(word));
		memcpy(word, text, size);
		word[size] = '\0';
		colon = strchr(word, ':');
		if (colon != NULL)
			*colon++ = '\0';
		play_word(play, word, colon != NULL ? colon : "0");
	}
}

static void set_scene(struct play *play)
{
	const struct script *script = play->script;
	struct service_settings *settings = &play->world->settings;
	const struct {
		int64_t *setting;
		int64_t value;
	} rows[] = {
		{&settings->idle_timeout_ms, script->idle_ms},
		{&settings->first_byte_timeout_ms, script->first_byte_ms},
		{&settings->write_timeout_ms, script->write_ms},
		{&settings->lifetime_ms, script->lifetime_ms},
		{&settings->linger_timeout_ms, script->linger_ms},
	};
	size_t i;

	/* The one who stands by has no timeout. */
	play->other_client = open_unix(play->world, &play->bystander);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value != 0)
			*rows[i].setting = rows[i].value;
	if (script->write_limit_bytes != 0)
		settings->write_limit_bytes = script->write_limit_bytes;
	play->world->worker.is_draining = script->is_draining;
	play->world->service.protocol =
		script->only == BARE_ONLY ? &bare : &play->receiver;
	play->record.verdict = script->verdict;
	play->record.on_made = act_made;
	play->record.on_data = act_data;
	play->record.on_eof = act_eof;
	play->record.on_pause = act_pause;
	play->record.on_resume = act_resume;
	play->record.on_drain = act_drain;
	play->record.on_timeout = act_timeout;
	play->record.on_lost = act_lost;
}

static void raise_curtain(struct play *play)
{
	int fd = play->is_tcp ? dial_tcp(play->world, &play->client)
			      : dial_unix(&play->client);

	client_push(&play->client, play->script->early_bytes);
	check_int(play->client.sent, play->script->early_bytes);
	hand_over(play->world, &play->record, fd,
		  play->is_tcp ? AF_INET : AF_UNIX);
}

static void check_bystander(struct play *play)
{
	const struct record *bystander = &play->bystander;

	CHECK(is_alive(bystander));
	CHECK(strspn(bystander->events, "mD") == strlen(bystander->events));
	if (is_alive(bystander))
		word_stale(play, NULL);
}

static void play_script(const struct script *script, bool is_tcp,
			enum script_receiving way)
{
	struct play play = {
		.script = script,
		.is_tcp = is_tcp,
		.read = play_words,
		.receiver = make_receiver(way),
		.successor = make_successor(),
	};
	int failures = check_failures;

	play.world = world_open();
	set_scene(&play);
	raise_curtain(&play);
	play_words(&play, script->steps);
	turn_until(play.world, !is_alive(&play.record));
	settle_down(&play);
	check_string(play.record.events, script->events);
	check_end(&play.record, script->reason, script->error);
	check_bystander(&play);
	if (play.client.fd >= 0)
		client_close(&play.client);
	client_close(&play.other_client);
	world_close(play.world);
	if (check_failures == failures)
		return;
	printf("  in: %s (%s, %s)\n", script->title, is_tcp ? "tcp" : "unix",
	       receiving_names[way]);
	if (check_failures > FAILURES_MAX) /* each may cost PATIENCE_MS */
		exit(check_result());
}

/* Wherever it means the same. */
static void play_everywhere(const struct script *script)
{
	unsigned way;

	for (way = 0; way < RECEIVE_WAYS; way++) {
		play_script(script, true, (enum script_receiving)way);
		if (script->only != TCP_ONLY)
			play_script(script, false, (enum script_receiving)way);
		if (script->only == BARE_ONLY)
			return;
	}
}

#endif
