/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_screen.c: see top_screen.h. A frame is made at most once in a turn of the loop, however much was
 * new in it.
 */
#include "echoctl/top_screen.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echoctl/top_signals.h"
#include "echod/attr.h"
#include "echod/clock.h"

enum {
	KEYS_AT_ONCE = 64
};

/* ---- A frame ---- */

void top_screen_draw(struct top *top)
{
	char *page = NULL, *frame = NULL;
	size_t size, length = 0;
	FILE *out = open_memstream(&page, &size);
	int r = out ? 0 : -ENOMEM;

	top_model_sort(&top->model, top->view.order, top->view.reverse);
	top_terminal_size(&top->view.columns, &top->view.rows);
	if (out) {
		r = top_paint_page(&top->model, &top->view, out);
		r = fclose(out) != 0 ? -ENOMEM : r;
	}
	if (r == 0)
		r = top_paint_frame(page, &top->view, top->wipe, &frame, &length);
	if (r == 0)
		r = top_terminal_write(&top->terminal, frame, length);
	top->stale = top->wipe = false;
	free(page);
	free(frame);
	if (r < 0 && r != -EINTR) {
		top_terminal_leave(&top->terminal);
		session_complain("standard output: %s", strerror(-r));
		top_end(top, EXIT_REFUSED);
	}
}

/* ---- What the user says ---- */

static void choose_order(struct top *top, enum top_order order)
{
	top->view.order = order;
	top_ask_list(top, false);
}

static void obey_key(struct top *top, const struct top_key *key)
{
	top->stale = true;
	if (top->view.help && key->wish != TOP_WISH_REDRAW) {
		top->view.help = false;
		return;
	}
	switch (key->wish) {
	case TOP_WISH_ORDER:
		choose_order(top, key->order);
		break;
	case TOP_WISH_REVERSE:
		top->view.reverse = !top->view.reverse;
		top_ask_list(top, false);
		break;
	case TOP_WISH_PAUSE:
		top->view.paused = !top->view.paused;
		break;
	case TOP_WISH_HELP:
		top->view.help = true;
		break;
	case TOP_WISH_QUIT:
		top_end(top, EXIT_OK);
		break;
	case TOP_WISH_REDRAW:
		top->wipe = true;
		break;
	case TOP_WISH_NONE:
		break;
	}
}

static void key_ready(struct selector_handler *self, int fd, unsigned mask)
{
	struct top *top = CONTAINER_OF(self, struct top, on_key);
	uint8_t bytes[KEYS_AT_ONCE];
	const ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)mask;
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		top_end(top, EXIT_OK); /* nobody is there any more */
	for (ssize_t i = 0; i < n && !top->over; i++) {
		const struct top_key *key = top_keys_take(&top->keys, bytes[i]);

		if (key)
			obey_key(top, key);
	}
}

/* ---- Signals ---- */

static void enter(struct top *top)
{
	const int r = top_terminal_enter(&top->terminal);

	top->stale = top->wipe = true;
	if (r == 0 || r == -EINTR)
		return;
	session_complain("the terminal: %s", strerror(-r));
	top_end(top, EXIT_REFUSED);
}

static void take_signal(struct top *top, int number)
{
	if (top_signals_is_end(number)) {
		top->signal = number;
		top_end(top, EXIT_OK);
	} else if (number == SIGTSTP) {
		top_terminal_leave(&top->terminal);
		top_signals_obey(number);
		enter(top);
		top_feed_renew(&top->feed, clock_now_ms());
	} else if (number == SIGCONT) {
		enter(top);
		top_feed_renew(&top->feed, clock_now_ms());
	} else {
		top->stale = top->wipe = true;
	}
}

static void signal_ready(struct selector_handler *self, int fd, unsigned mask)
{
	struct top *top = CONTAINER_OF(self, struct top, on_signal);
	int number;

	(void)fd;
	(void)mask;
	while (!top->over && (number = top_signals_next()) != 0)
		take_signal(top, number);
}

/* ---- The terminal, from first to last ---- */

int top_screen_open(struct top *top)
{
	int fd, r = top_signals_open(&fd);

	top->on_key.ready = key_ready;
	top->on_signal.ready = signal_ready;
	if (r == 0)
		r = selector_register(top->selector, fd, EVENT_READ, &top->on_signal);
	if (r == 0)
		r = top_terminal_enter(&top->terminal);
	if (r == 0 && top->terminal.has_keys)
		r = selector_register(top->selector, STDIN_FILENO, EVENT_READ, &top->on_key);
	top->wipe = true;
	return r;
}

void top_screen_leave(void *user)
{
	struct top *top = user;

	top_terminal_leave(&top->terminal);
}
