/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_terminal.c owns the terminal's modes. The sequences are those of ECMA-48 and of DEC's private
 * modes, which every terminal of today knows: 25 the cursor, 7 wrapping, 1049 the other screen.
 */
#include "echoctl/top_terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "echoctl/top_signals.h"

#define ENTER_TEXT "\033[?1049h\033[?25l\033[?7l\033[H\033[2J"
#define LEAVE_TEXT "\033[0m\033[?7h\033[?25h\033[?1049l"

enum {
	COLUMNS = 80,
	ROWS = 24,
	LAST_WORDS_MS = 500 /* for a terminal that is held up to take what restores it */
};

bool top_terminal_can_draw(void)
{
	const char *name = getenv("TERM");

	return isatty(STDOUT_FILENO) && name && name[0] && strcmp(name, "dumb") != 0;
}

void top_terminal_size(int *ret_columns, int *ret_rows)
{
	struct winsize size;
	const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

	*ret_columns = known && size.ws_col > 0 ? size.ws_col : COLUMNS;
	*ret_rows = known && size.ws_row > 0 ? size.ws_row : ROWS;
	if (!known && errno == ENOTTY)
		*ret_columns = 0;
}

/* Ctrl-C and Ctrl-Z stay signals; Ctrl-S stops no output, which nobody would know how to go on with. */
static int take_keys(const struct top_terminal *t)
{
	struct termios mode = t->saved;

	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	mode.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSANOW, &mode) < 0 ? -errno : 0;
}

int top_terminal_write(struct top_terminal *t, const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t n = write(STDOUT_FILENO, text, length);

		if (n >= 0) {
			text += n;
			length -= (size_t)n;
		} else if (errno == EIO || errno == EPIPE) {
			t->gone = true;
			return -EIO;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
		if (top_signals_end_seen())
			return -EINTR;
	}
	return 0;
}

int top_terminal_enter(struct top_terminal *t)
{
	int r = 0;

	if (!t->entered) {
		t->has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->saved) == 0;
		t->entered = true;
	}
	/* From the background this stops us, before anything is drawn there. */
	if (t->has_keys)
		r = take_keys(t);
	if (r == 0)
		r = top_terminal_write(t, ENTER_TEXT, strlen(ENTER_TEXT));
	if (r < 0 && r != -EINTR)
		top_terminal_leave(t);
	return r;
}

void top_terminal_leave(struct top_terminal *t)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n = 0;

	if (!t->entered)
		return;
	t->entered = false;
	/* A short text goes in one piece, or the terminal is not there to be restored. */
	if (!t->gone && poll(&out, 1, LAST_WORDS_MS) > 0)
		n = write(STDOUT_FILENO, LEAVE_TEXT, strlen(LEAVE_TEXT));
	t->gone |= n < 0;
	if (t->has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
}
