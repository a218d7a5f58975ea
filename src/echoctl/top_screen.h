/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_screen: `echoctl top` where it has a terminal: what its user and signals say, and a frame when
 * there is something new to show.
 */
#ifndef ECHOD_ECHOCTL_TOP_SCREEN_H
#define ECHOD_ECHOCTL_TOP_SCREEN_H

#include "echoctl/top_feed.h"
#include "echoctl/top_keys.h"
#include "echoctl/top_paint.h"
#include "echoctl/top_terminal.h"
#include "echod/selector.h"

struct top {
	struct session *session;
	const struct options *options;
	struct selector *selector;
	struct top_feed feed;
	struct top_model model;
	struct top_view view;

	/* a screen */
	bool screen;
	struct top_terminal terminal;
	struct selector_handler on_key, on_signal;
	enum top_keys_state keys;
	bool stale, wipe; /* what the screen shows; wipe: all of it */

	bool headed;	    /* lines: the heading was printed */
	bool interval_list; /* the list under way is that of an interval */
	bool awaited;	    /* that interval is shown when it is there */
	bool unwanted;	    /* a pause came meanwhile */
	int64_t intervals;  /* that were shown */
	int signal;	    /* that ends us, or 0 */
	bool over;
	int code;		       /* with which */
	bool misread;		       /* because of an answer that was not understood */
	char wrong[RENDER_WRONG_SIZE]; /* in it, or "": no memory */
};

/* In top.c. It is over, with this exit code. */
void top_end(struct top *top, int code);
/* Asks for the list of connections, for an interval or in between, unless one is under way. */
void top_ask_list(struct top *top, bool interval);

/* Takes the terminal and the signals. -errno. */
int top_screen_open(struct top *top);
/* Restores the terminal, if there is one; user is the struct top. */
void top_screen_leave(void *user);
/* Shows what is known now. */
void top_screen_draw(struct top *top);

#endif
