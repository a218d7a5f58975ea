/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_watch.c: the status again and again, for those who want to see it change. One that does
 * not read what it asked for is dropped by the server, and counted there.
 */
#include <stdlib.h>

#include "echod/control.h"
#include "echod/deadline.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

enum {
	INTERVAL_MS = 1000, /* unless told */
	INTERVAL_MIN_MS = 100,
	INTERVAL_MAX_MS = 3600 * 1000
};

struct watcher {
	struct watcher *next;
	struct master *m;
	struct control_call *call; /* NULL: gone */
	int64_t interval_ms, due_ms;
};

/* One may go while the others are told. */
static void sweep(struct master *m)
{
	struct watcher **at = &m->watchers;

	while (*at) {
		struct watcher *w = *at;

		if (w->call) {
			at = &w->next;
		} else {
			*at = w->next;
			free(w);
		}
	}
}

static void cancelled(struct control_call *call, void *mark)
{
	struct watcher *w = mark;

	(void)call;
	w->call = NULL;
	if (!w->m->watchers_told)
		sweep(w->m);
}

static void tell(struct watcher *w)
{
	w->due_ms = deadline_at_ms(w->m->now_ms, w->interval_ms);
	if (!control_reply_more(w->call, handlers_status(w->m)))
		w->call = NULL;
}

int64_t watch_deadline_ms(const struct master *m)
{
	int64_t ms = INT64_MAX;

	for (const struct watcher *w = m->watchers; w; w = w->next)
		if (w->due_ms < ms)
			ms = w->due_ms;
	return ms;
}

void watch_expire(struct master *m)
{
	m->watchers_told = true;
	for (struct watcher *w = m->watchers; w; w = w->next)
		if (w->call && w->due_ms <= m->now_ms)
			tell(w);
	m->watchers_told = false;
	sweep(m);
}

void handlers_watch_status(struct control_call *call, void *user)
{
	struct master *m = user;
	const json_t *interval = json_object_get(control_call_parameters(call), "interval_ms");
	const int64_t interval_ms =
	    json_is_integer(interval) ? json_integer_value(interval) : INTERVAL_MS;
	struct watcher *w;

	if (interval_ms < INTERVAL_MIN_MS || interval_ms > INTERVAL_MAX_MS) {
		control_error_parameter(call, "interval_ms");
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		control_error_memory(call);
		return;
	}
	*w = (struct watcher){
		.next = m->watchers, .m = m, .call = call, .interval_ms = interval_ms
	};
	m->watchers = w;
	w->due_ms = m->now_ms; /* with this turn */
	control_call_keep(call, w, cancelled);
}
