/* SPDX-License-Identifier: MIT */
/* screen.c - the terminal, and a view that is drawn again and again. */
#include "screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l" /* another screen, without a cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define CLEAR "\033[K" /* the rest of the line */
#define BELOW "\033[J"

/* ---- What it can ---- */

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

void screen_look(struct screen_facts *facts)
{
	struct winsize size = {0};
	const char *terminal = getenv("TERM");
	const char *columns = getenv("COLUMNS");

	memset(facts, 0, sizeof(*facts));
	facts->is_terminal = isatty(STDOUT_FILENO) == 1;
	if (facts->is_terminal &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		facts->width = size.ws_col;
		facts->height = size.ws_row;
	}
	if (facts->is_terminal && facts->width == 0)
		facts->width = 80;
	if (facts->is_terminal && facts->height == 0)
		facts->height = 24;
	/* Asked for: also where there is no terminal. */
	if (columns != NULL && strtoul(columns, NULL, 10) > 0)
		facts->width = (unsigned)strtoul(columns, NULL, 10);
	/* https://no-color.org */
	facts->has_colour = facts->is_terminal && !is_set("NO_COLOR") &&
			    terminal != NULL && strcmp(terminal, "dumb") != 0;
	setlocale(LC_CTYPE, "");
	facts->ellipsis = strcmp(nl_langinfo(CODESET), "UTF-8") == 0
				  ? "\xe2\x80\xa6"
				  : "~";
}

/* ---- The view ---- */

static int write_all(const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t count = write(STDOUT_FILENO, bytes, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		bytes += count;
		size -= (size_t)count;
	}
	return 0;
}

static void take_signals(struct screen *screen)
{
	static const int numbers[] = {SIGINT,  SIGTERM,  SIGHUP,
				      SIGQUIT, SIGWINCH, SIGTSTP};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	screen->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* One descriptor for both, for who polls others as well. */
static int join(const struct screen *screen)
{
	struct epoll_event event = {.events = EPOLLIN};
	int wake = epoll_create1(EPOLL_CLOEXEC);

	if (wake < 0)
		return -1;
	if (epoll_ctl(wake, EPOLL_CTL_ADD, screen->signals, &event) == 0 &&
	    (!screen->has_keys ||
	     epoll_ctl(wake, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0))
		return wake;
	close(wake);
	return -1;
}

/* 0, or -1 with errno. */
static int enter(struct screen *screen)
{
	if (screen->has_keys &&
	    tcsetattr(STDIN_FILENO, TCSANOW, &screen->raw) < 0)
		return -1;
	return write_all(ENTER, sizeof(ENTER) - 1);
}

static void go_back(struct screen *screen)
{
	if (write_all(LEAVE, sizeof(LEAVE) - 1) < 0)
		errno = 0; /* it is gone: nothing to restore */
	if (screen->has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &screen->saved);
}

int screen_open(struct screen *screen, struct error *error)
{
	struct termios *raw = &screen->raw;

	memset(screen, 0, sizeof(*screen));
	take_signals(screen);
	if (screen->signals < 0)
		return error_set_errno(error, "cannot take signals");
	screen->has_keys = tcgetattr(STDIN_FILENO, &screen->saved) == 0;
	*raw = screen->saved;
	/* Keys at once and unseen; Ctrl-C stays a signal. */
	raw->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw->c_cc[VMIN] = 0;
	raw->c_cc[VTIME] = 0;
	screen->wake = join(screen);
	if (screen->wake < 0) {
		close(screen->signals);
		return error_set_errno(error, "cannot wait for keys");
	}
	screen->is_open = true;
	if (enter(screen) == 0)
		return 0;
	error_set_errno(error, "cannot write to the terminal");
	screen_close(screen);
	return -1;
}

void screen_close(struct screen *screen)
{
	if (!screen->is_open)
		return;
	screen->is_open = false;
	go_back(screen);
	close(screen->wake);
	close(screen->signals);
}

static enum screen_wish read_key(struct screen *screen)
{
	char key;
	ssize_t count = read(STDIN_FILENO, &key, 1);

	if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
		screen->has_keys = false;
		return SCREEN_END;
	}
	if (count < 0)
		return SCREEN_NOTHING;
	if (key == 'q' || key == 'Q' || key == 3 || key == 4)
		return SCREEN_END;
	return key == ' ' || key == 'r' || key == '\n' ? SCREEN_REDRAW
						       : SCREEN_NOTHING;
}

/* The shell has the terminal as it was until it continues us. */
static enum screen_wish suspend(struct screen *screen)
{
	go_back(screen);
	raise(SIGSTOP);
	return enter(screen) < 0 ? SCREEN_END : SCREEN_REDRAW;
}

static enum screen_wish read_signal(struct screen *screen)
{
	struct signalfd_siginfo information;

	if (read(screen->signals, &information, sizeof(information)) !=
	    (ssize_t)sizeof(information))
		return SCREEN_NOTHING;
	if (information.ssi_signo == SIGTSTP)
		return suspend(screen);
	return information.ssi_signo == SIGWINCH ? SCREEN_REDRAW : SCREEN_END;
}

enum screen_wish screen_wait(struct screen *screen, int wait_ms)
{
	struct pollfd fds[2] = {
		{.fd = screen->signals, .events = POLLIN},
		{.fd = screen->has_keys ? STDIN_FILENO : -1, .events = POLLIN},
	};
	int count = poll(fds, 2, wait_ms);

	if (count < 0 && errno != EINTR)
		return SCREEN_END;
	if (count <= 0)
		return SCREEN_NOTHING;
	if (fds[0].revents != 0)
		return read_signal(screen);
	return read_key(screen);
}

int screen_draw(const struct screen_facts *facts, const char *text)
{
	struct text drawn = {0};
	unsigned lines = 0;
	int result;

	text_append(&drawn, HOME);
	while (*text != '\0' && lines + 1 < facts->height) {
		const char *end = strchr(text, '\n');
		size_t size = end != NULL ? (size_t)(end - text) : strlen(text);

		text_append_bytes(&drawn, text, size);
		text_append(&drawn, CLEAR "\r\n");
		text += size + (end != NULL);
		lines++;
	}
	text_append(&drawn, BELOW);
	result = write_all(drawn.bytes, drawn.size);
	text_release(&drawn);
	return result;
}
