/* SPDX-License-Identifier: MIT */
/* test_proxy_health.c - what brings an upstream down and up again, as scripts
 * of what happened and what is known after it. */
#include "check.h"
#include "protocols/proxy_health.h"

/* A letter for each event, a second apart unless it says otherwise:
 *	f failed   c connected   p proven   b begun   + - checks
 *	0…9        so many seconds pass instead
 * and after each event: U up, D down, T down, but a connection may try. */
struct script {
	const char *what;
	const char *events;
	const char *states; /* after each */
};

static const struct script scripts[] = {
	{"nothing known", "cbp", "UUU"},
	{"three failures in a row", "fff", "UUD"},
	{"two and a byte", "ffpff", "UUUUU"},
	{"two, then one after a long time", "ff99fff", "UUUUUUD"},
	{"each a while after the other", "f8f8f", "UUUUD"},
	{"connected is no proof while up", "ffcf", "UUUD"},
	{"it comes to a trial", "fff8b", "UUDDD"},
	{"a trial after the timeout", "fff99", "UUDDT"},
	{"one trial at a time", "fff99bb", "UUDDTDD"},
	{"a trial that is made", "fff99bc", "UUDDTDU"},
	{"after it one failure is enough", "fff99bcf", "UUDDTDUD"},
	{"until a byte has come", "fff99bcpf", "UUDDTDUUU"},
	{"or time has passed", "fff99bc99f", "UUDDTDUUUU"},
	{"a trial that fails", "fff99bf8", "UUDDTDDD"},
	{"a trial of which nothing is heard", "fff99b99", "UUDDTDDT"},
	{"bytes of old connections prove nothing", "fffp", "UUDD"},
	{"a forced try that is made", "fffc", "UUDU"},
	{"two bad checks", "--", "UD"},
	{"bad checks with a good one between", "-+-", "UUU"},
	{"down by checks knows no trial", "--999", "UDDDD"},
	{"three good checks", "--+++", "UDDDU"},
	{"good checks with a bad one between", "--++-+++", "UDDDDDDU"},
	{"clients cannot bring it up", "--bcp", "UDDDD"},
	{"checks bring up what clients found down", "fff+++", "UUDDDU"},
	{"down for both reasons", "fff--+++", "UUDDDDDU"},
};

static const struct proxy_health_settings settings = {
	.max_failures = 3,
	.failure_timeout_ms = 10000,
	.rise = 3,
	.fall = 2,
};

static void apply(struct proxy_health *health, char event, int64_t now_ms)
{
	switch (event) {
	case 'f': proxy_health_failed(health, &settings, now_ms); break;
	case 'c': proxy_health_connected(health, &settings, now_ms); break;
	case 'b': proxy_health_begin(health, &settings, now_ms); break;
	case 'p': proxy_health_proven(health); break;
	default: proxy_health_checked(health, &settings, event == '+');
	}
}

static char state_of(const struct proxy_health *health, int64_t now_ms)
{
	if (proxy_health_is_up(health))
		return 'U';
	return proxy_health_is_eligible(health, now_ms) ? 'T' : 'D';
}

static void run(const struct script *script)
{
	struct proxy_health health = {.state = PROXY_HEALTH_UP};
	char states[32] = "", words[128];
	int64_t now_ms = 1000000;
	size_t i;

	for (i = 0; script->events[i]; i++) {
		char event = script->events[i];

		if (event >= '0' && event <= '9') {
			now_ms += (event - '0') * 1000;
		} else {
			now_ms += 1000;
			apply(&health, event, now_ms);
		}
		states[i] = state_of(&health, now_ms);
	}
	snprintf(words, sizeof(words), "%s: %s is %s, not %s", script->what,
		 script->events, states, script->states);
	check_note(strcmp(states, script->states) == 0, __FILE__, __LINE__,
		   words);
}

static void check_never_counted(void)
{
	const struct proxy_health_settings off = {.rise = 1, .fall = 1};
	struct proxy_health health = {.state = PROXY_HEALTH_UP};
	int i;

	for (i = 0; i < 100; i++)
		proxy_health_failed(&health, &off, i);
	CHECK(proxy_health_is_up(&health));
	proxy_health_connected(&health, &off, 100);
	CHECK(proxy_health_is_up(&health));
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run(&scripts[i]);
	check_never_counted();
	return check_result();
}
