/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_spread.c: a drain that ends the connections there are one after the other, so that their
 * clients do not all come back at one moment, wherever they go next. What always holds: when a part of
 * its time has passed, no more than that part of the connections there were has been ended by it, and
 * when all has, none of them is left that is not ending.
 *
 * The pace is set once: those that end by themselves leave no gap, but shorten the whole.
 */
#include "src/echod/stream_parts.h"

#include "src/echod/stream.h"
#include "src/echod/worker.h"

static void plan(struct stream_spread *s)
{
	s->due_ms = INT64_MAX;
	if (s->n_ended < s->n)
		s->due_ms = s->begun_ms + (s->length_ms * (s->n_ended + 1) + s->n - 1) / s->n;
}

void stream_spread_begin(struct worker *w, int64_t length_ms)
{
	w->spread = (struct stream_spread){ .begun_ms = w->now_ms, .length_ms = length_ms };
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd] && w->conns[fd]->state == CONN_OPEN)
			w->spread.n++;
	plan(&w->spread);
}

void stream_spread_cancel(struct worker *w)
{
	w->spread.due_ms = INT64_MAX;
}

/* The next one that is not ending already, or NULL. */
static struct conn *next_open(struct worker *w)
{
	while (w->spread.next_fd < w->conns_size) {
		struct conn *c = w->conns[w->spread.next_fd++];

		if (c && c->state == CONN_OPEN)
			return c;
	}
	return NULL;
}

void stream_spread_expire(struct worker *w)
{
	struct stream_spread *s = &w->spread;

	while (s->due_ms <= w->now_ms) {
		struct conn *c = next_open(w);

		s->n_ended = c ? s->n_ended + 1 : s->n;
		plan(s);
		if (c)
			stream_end(w, c, CLOSE_DRAIN, false);
	}
}
