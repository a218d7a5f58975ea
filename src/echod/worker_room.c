/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker_room.c: full or not. A worker gives its slots up while it still has descriptors to spare, so
 * that others serve what comes, and takes them back only when there is room for more than one.
 */
#include "src/echod/worker.h"

#include <errno.h>

#include "echod/log.h"
#include "src/echod/limits.h"
#include "src/echod/listener.h"

enum {
	DESCRIPTORS_SPARED = 64, /* full this far below the limit */
	DESCRIPTORS_OWN = 16	 /* standard streams, log, links, selector and a few more */
};

bool worker_accepts(const struct worker *w)
{
	const bool closed = w->state == WORKER_STOPPING && w->last_accept_ms == INT64_MAX;

	return w->state != WORKER_STARTING && !closed && !w->full &&
	       w->accept_again_ms == INT64_MAX;
}

void worker_update_listeners(struct worker *w)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_update(w->listeners[i]);
}

void worker_count_changed(struct worker *w)
{
	/* Not at the first free place again: that would go to and fro with every connection. */
	const bool full =
	    w->full ? w->n_conns >= w->conns_max - w->conns_max / 32 : w->n_conns >= w->conns_max;

	if (w->drain != 0 && w->n_conns == 0)
		worker_tell(w);
	if (full == w->full)
		return;
	w->full = full;
	stats_set(&w->stats->full, full);
	log_notice("worker", "worker %u: %s with %zu connections", w->setup->index,
		   full ? "full" : "no longer full", w->n_conns);
	worker_update_listeners(w);
	worker_tell(w);
}

static size_t count_listening(const struct worker *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_listeners; i++)
		for (unsigned slot = 0; slot < w->n_slots; slot++)
			n += !w->listeners[i]->closed &&
			     endpoint_fd(w->listeners[i]->sockets, slot) >= 0;
	return n;
}

int worker_recount_room(struct worker *w)
{
	const uint64_t files = limits_files();
	const size_t highest = (size_t)selector_fd_limit(w->selector);
	const size_t limit = files < highest ? (size_t)files : highest;
	const size_t used = DESCRIPTORS_SPARED + DESCRIPTORS_OWN + count_listening(w);

	stats_set(&w->stats->open_files_limit, (int64_t)limit);
	if (limit <= used)
		return -EMFILE;
	w->conns_max = limit - used;
	return 0;
}

int worker_find_room(struct worker *w)
{
	const int r = worker_recount_room(w);

	if (r < 0)
		log_error("worker",
			  "worker %u: %lld descriptors are not enough for %zu listening sockets",
			  w->setup->index, (long long)stats_get(&w->stats->open_files_limit),
			  count_listening(w));
	return r;
}
