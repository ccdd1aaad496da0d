/* SPDX-License-Identifier: MIT */
/* test_transport_scripts.c - every promise of a callback and of a method, and
 * every call within every callback, by two tables.
 *
 * The rows that stand alone are in script_rows.h.  Here each callback is
 * brought about, and in it everything is done that a protocol may do. */
#include "net/transport.h"

#include "script_player.h"
#include "script_rows.h"

/* How a callback is brought about, and what the protocol has been told then. */
static const struct moment {
	const char *name;
	size_t act; /* offset of the script's member */
	const char *steps;
	const char *events;
} moments[] = {
	{"connection_made", offsetof(struct script, in_made), "", "m"},
	{"data_received", offsetof(struct script, in_data), "SEND:10", "md"},
	{"eof_received", offsetof(struct script, in_eof), "EOF", "me"},
	{"pause_writing", offsetof(struct script, in_pause), "fill:70000",
	 "mp"},
	{"resume_writing", offsetof(struct script, in_resume),
	 "fill:70000 WAIT:mp SIP", "mpr"},
	{"draining", offsetof(struct script, in_drain), "DRAIN", "mD"},
	{"timeout", offsetof(struct script, in_timeout), "timer:0", "mt"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The texts of a script that is put together. */
struct draft {
	struct script script;
	char title[100];
	char steps[200];
	char events[20];
};

static bool is_eof(const struct moment *moment)
{
	return moment->act == offsetof(struct script, in_eof);
}

static bool is_pause(const struct moment *moment)
{
	return moment->act == offsetof(struct script, in_pause);
}

static void draft_script(struct draft *draft, const struct moment *moment,
			 const char *name, const char *words)
{
	memset(draft, 0, sizeof(*draft));
	draft->script.title = draft->title;
	draft->script.steps = draft->steps;
	draft->script.events = draft->events;
	draft->script.verdict = COHORT_KEEP;
	draft->script.is_once = true;
	snprintf(draft->title, sizeof(draft->title), "%s %s", moment->name,
		 name);
	*(const char **)((char *)&draft->script + moment->act) = words;
}

/* ---- Every end in every callback ------------------------------------- */

/* What is done, what the peer does after it, and why it has ended. */
static const struct deed {
	const char *name;
	const char *words;
	const char *then;
	enum cohort_reason reason;
	enum cohort_reason reason_after_eof;
} deeds[] = {
	{"closes", "close late resume deaf close", "REST END HANGUP",
	 COHORT_REASON_LOCAL_CLOSE, COHORT_REASON_EOF},
	{"aborts", "abort late close abort", "END", COHORT_REASON_LOCAL_CLOSE,
	 COHORT_REASON_LOCAL_CLOSE},
	{"resets", "reset late abort fail", "RST", COHORT_REASON_LOCAL_CLOSE,
	 COHORT_REASON_LOCAL_CLOSE},
	{"fails", "fail late close abort", "END", COHORT_REASON_PROTOCOL_ERROR,
	 COHORT_REASON_PROTOCOL_ERROR},
	{"writes and closes", "write:10 close late", "REST END HANGUP",
	 COHORT_REASON_LOCAL_CLOSE, COHORT_REASON_EOF},
	{"writes its last", "write:10 write_eof close", "REST END HANGUP",
	 COHORT_REASON_LOCAL_CLOSE, COHORT_REASON_EOF},
};

static void play_deed(const struct moment *moment, const struct deed *deed)
{
	struct draft draft;

	draft_script(&draft, moment, deed->name, deed->words);
	draft.script.reason =
		is_eof(moment) ? deed->reason_after_eof : deed->reason;
	snprintf(draft.steps, sizeof(draft.steps), "%s TURN %s", moment->steps,
		 deed->then);
	snprintf(draft.events, sizeof(draft.events), "%sl", moment->events);
	play_everywhere(&draft.script);
}

/* ---- Everything else in every callback ------------------------------- */

/* What is done, between the callback and the peer's next bytes also, and what
 * the protocol is told for it at once: the one that was just told to pause
 * may be told more. */
static const struct habit {
	const char *name;
	const char *words;
	const char *then;
	const char *events;
	const char *events_at_pause;
} habits[] = {
	{"asks and dithers",
	 "pause pause resume resume empty knows peer find timer:0 cancel "
	 "limits:65536/10000 bad_limits:1/2",
	 "", "", ""},
	{"pauses reading", "pause pause deaf", "resume resume", "", ""},
	{"writes", "write:10 writev:10", "", "", ""},
	{"sets a timer", "timer:0", "", "t", "t"},
	{"ends its half", "write_eof write_eof late", "", "", ""},
	{"changes the protocol", "become", "", ">", ">p"},
};

static void add_event(char *events, char event)
{
	size_t used = strlen(events);

	if (event != 'd' || events[used - 1] != 'd') /* a run is one */
		events[used] = event;
}

static void play_habit(const struct moment *moment, const struct habit *habit)
{
	const char *more =
		is_pause(moment) ? habit->events_at_pause : habit->events;
	struct draft draft;

	draft_script(&draft, moment, habit->name, habit->words);
	snprintf(draft.steps, sizeof(draft.steps),
		 "%s TURN %s TURN REST TURN %s", moment->steps, habit->then,
		 is_eof(moment) ? "close" : "SEND:10 TURN close HANGUP");
	snprintf(draft.events, sizeof(draft.events), "%s%s", moment->events,
		 more);
	if (is_pause(moment))
		add_event(draft.events, 'r');
	if (!is_eof(moment))
		add_event(draft.events, 'd');
	add_event(draft.events, 'l');
	draft.script.reason =
		is_eof(moment) ? COHORT_REASON_EOF : COHORT_REASON_LOCAL_CLOSE;
	play_everywhere(&draft.script);
}

/* Both halves have ended: it is over at once, by rows of script_rows.h. */
static bool is_possible(const struct moment *moment, const struct habit *habit)
{
	return !is_eof(moment) || strcmp(habit->name, "ends its half") != 0;
}

static void play_moment(const struct moment *moment)
{
	size_t i;

	for (i = 0; i < COUNT(deeds); i++)
		play_deed(moment, &deeds[i]);
	for (i = 0; i < COUNT(habits); i++)
		if (is_possible(moment, &habits[i]))
			play_habit(moment, &habits[i]);
}

int main(void)
{
	size_t i;

	for (i = 0; i < COUNT(script_rows); i++)
		play_everywhere(&script_rows[i]);
	for (i = 0; i < COUNT(moments); i++)
		play_moment(&moments[i]);
	return check_result();
}
