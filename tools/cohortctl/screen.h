/* SPDX-License-Identifier: MIT */
/* screen.h - the terminal: how wide it is, and a view that is drawn again and
 * again, as top does.
 *
 * Whatever ends the view (a key, a signal, an error), the terminal is as it was
 * before: signals come by a descriptor, not in between. */
#ifndef COHORTCTL_SCREEN_H
#define COHORTCTL_SCREEN_H

#include <stdbool.h>
#include <termios.h>

#include "base/error.h"
#include "base/text.h"
#include "layout.h"

/* What standard output can show; `environment` names NO_COLOR, TERM, COLUMNS,
 * LANG and the like. */
struct screen_facts {
	bool is_terminal;
	unsigned width; /* 0: any */
	unsigned height;
	bool has_colour;
	const char *ellipsis;
};
void screen_look(struct screen_facts *facts);

struct screen {
	struct termios saved;
	struct termios raw;
	bool has_keys; /* standard input is a terminal, too */
	int signals;   /* a descriptor that has them */
	int wake;      /* has something to read when screen_wait has */
	bool is_open;
};

enum screen_wish {
	SCREEN_NOTHING,
	SCREEN_REDRAW, /* another size, or a key that asks for it */
	SCREEN_END,
};

/* 0, or -1 with words. */
int screen_open(struct screen *screen, struct error *error);
void screen_close(struct screen *screen); /* idempotent */

/* Wait so long for a wish. */
enum screen_wish screen_wait(struct screen *screen, int wait_ms);

/* `text` from the top, as many lines as there is room for.  0, or -1 with
 * errno. */
int screen_draw(const struct screen_facts *facts, const char *text);

#endif
