/* SPDX-License-Identifier: MIT */
/* watch.c - the same question again and again. */
#include "watch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "output.h"
#include "words.h"

#define ANSWER_MS 5000 /* in a view: unless another bound is asked for */

static int keep(void *context, const char *bytes, size_t size)
{
	text_append_bytes(context, bytes, size);
	return 0;
}

/* ---- A view ---- */

struct view {
	struct arguments options;
	struct screen_facts facts;
	struct layout_style style;
	struct screen screen;
	struct wire_wake wake;
	bool is_ending;    /* the user has ended it while we waited */
	struct text shown; /* the last good answer */
};

static void append_title(struct text *text, const struct view *view)
{
	char time[WORDS_ROOM], step[WORDS_ROOM];
	const struct text *request = &view->options.request;
	struct text title = {0};

	text_append(&title, "cohortctl %.*s   every %s   %s UTC   q: end",
		    (int)(request->size - 1), request->bytes,
		    words_duration(step, view->options.watch_ms),
		    words_time(time, clock_wall_ms()));
	layout_cut(text, title.bytes, view->facts.width, view->style.ellipsis);
	text_append(text, "\n\n");
	text_release(&title);
}

static int draw(struct view *view, const struct error *error)
{
	struct text text = {0};
	int result;

	append_title(&text, view);
	if (error != NULL)
		text_append(&text, "%s\n\n", error->text);
	text_append_bytes(&text, view->shown.bytes, view->shown.size);
	result = screen_draw(&view->facts, text.bytes);
	text_release(&text);
	return result;
}

/* Wait for the next step.  false: the user has ended it. */
static bool rest(struct view *view, const struct error *error, int64_t until_ms)
{
	int64_t left_ms;

	while ((left_ms = until_ms - clock_now_ms()) > 0) {
		enum screen_wish wish =
			screen_wait(&view->screen, (int)left_ms);

		if (wish == SCREEN_END)
			return false;
		if (wish != SCREEN_REDRAW)
			continue;
		screen_look(&view->facts);
		view->style.width = view->facts.width;
		if (draw(view, error) < 0)
			return false;
		return true;
	}
	return screen_wait(&view->screen, 0) != SCREEN_END;
}

/* While an answer is waited for: another size is seen when it has come. */
static bool is_ending(void *context)
{
	struct view *view = context;
	enum screen_wish wish = screen_wait(&view->screen, 0);

	if (wish == SCREEN_REDRAW) {
		screen_look(&view->facts);
		view->style.width = view->facts.width;
	}
	view->is_ending = wish == SCREEN_END;
	return view->is_ending;
}

/* Ask and draw; what the server does not answer is said above what it has
 * answered last. */
static enum exit_status step(struct view *view, struct error *error)
{
	struct text answer = {0};
	enum exit_status status =
		ask(&view->options, &view->style, keep, &answer, error);

	if (status == EXIT_DONE) {
		text_release(&view->shown);
		view->shown = answer;
		return EXIT_DONE;
	}
	text_release(&answer);
	return status;
}

/* More rows than there are lines are not asked for. */
static void bound_rows(struct view *view)
{
	const struct verb *verb = view->options.verb;
	struct text *request = &view->options.request;

	if (verb_argument(verb->arguments, "limit") == NULL ||
	    strstr(request->bytes, " limit=") != NULL)
		return;
	request->size--;
	text_append(request, " limit=%u\n", view->facts.height);
}

static enum exit_status run_view(struct view *view, struct error *error)
{
	enum exit_status status;
	int64_t next_ms;

	bound_rows(view);
	status = step(view, error);
	if (status != EXIT_DONE)
		return status;
	if (screen_open(&view->screen, error) < 0)
		return EXIT_FAILED;
	view->wake = (struct wire_wake){view->screen.wake, is_ending, view};
	view->options.wake = &view->wake;
	do {
		next_ms = clock_now_ms() + view->options.watch_ms;
		if (draw(view, status == EXIT_DONE ? NULL : error) < 0)
			break;
		if (!rest(view, status == EXIT_DONE ? NULL : error, next_ms))
			break;
		status = step(view, error);
	} while (!view->is_ending);
	screen_close(&view->screen);
	return EXIT_DONE;
}

/* ---- One after the other ---- */

static enum exit_status run_series(const struct arguments *options,
				   const struct layout_style *style,
				   struct error *error)
{
	bool is_first = true;

	while (true) {
		enum exit_status status;

		if (!is_first && !options->is_json)
			putchar('\n');
		status = ask(options, style, output_print, NULL, error);
		if (status != EXIT_DONE && is_first)
			return status;
		if (output_flush(error) < 0)
			return EXIT_FAILED;
		/* The server may be back by then. */
		if (status != EXIT_DONE)
			output_complain(error, status, options->is_json);
		is_first = false;
		poll(NULL, 0, (int)options->watch_ms);
	}
}

enum exit_status watch(const struct arguments *options,
		       const struct screen_facts *facts,
		       const struct layout_style *style, struct error *error)
{
	struct view view = {
		.options = *options,
		.facts = *facts,
		.style = *style,
	};
	enum exit_status status;

	if (!facts->is_terminal || options->is_json)
		return run_series(options, style, error);
	if (view.options.timeout_ms == 0)
		view.options.timeout_ms = ANSWER_MS;
	memset(&view.options.request, 0, sizeof(view.options.request));
	text_append_bytes(&view.options.request, options->request.bytes,
			  options->request.size);
	status = run_view(&view, error);
	text_release(&view.options.request);
	text_release(&view.shown);
	return status;
}
