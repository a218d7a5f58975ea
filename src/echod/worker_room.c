/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker_room.c: when a worker gives its slots up so that others serve what comes.
 *
 * Full: while it still has descriptors to spare. It takes them back only when there is room for more
 * than one connection.
 *
 * Ahead: the kernel spreads connections by chance, which leaves some 3,600 over four workers more than
 * 10 % apart in one run of eight. So a worker with many that is ahead of the mean by a forty-eighth
 * part waits for the master to give its slots to others. They come back when it is ahead no longer; if
 * there is nobody to take them, at once.
 */
#include "src/echod/worker.h"

#include <errno.h>

#include "echod/log.h"
#include "src/echod/limits.h"
#include "src/echod/listener.h"

enum {
	DESCRIPTORS_SPARED = 64, /* full this far below the limit */
	DESCRIPTORS_OWN = 16,	 /* standard streams, log, links, selector and a few more */
	AHEAD_FROM = 512,	 /* connections; with fewer, chance may do as it likes */
	AHEAD_MIN = 24,
	AHEAD_PART = 48
};

bool worker_accepts(const struct worker *w)
{
	const bool closed = w->state == WORKER_STOPPING && w->last_accept_ms == INT64_MAX;
	const bool waits = w->state == WORKER_RUNNING && w->waits;

	return w->state != WORKER_STARTING && !closed && !waits && !w->full &&
	       w->accept_again_ms == INT64_MAX;
}

void worker_update_listeners(struct worker *w)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_update(w->listeners[i]);
}

/* How many connections may be above this mean before it counts as ahead. */
static int64_t slack(int64_t mean)
{
	return mean / AHEAD_PART > AHEAD_MIN ? mean / AHEAD_PART : AHEAD_MIN;
}

/* Looks at the others only after as many connections more as it takes to get ahead of them. */
static bool gets_ahead(struct worker *w)
{
	const int64_t accepted = stats_get(&w->stats->accepted);
	int64_t mean, left;

	if (w->n_conns <= AHEAD_FROM || accepted < w->ahead_at)
		return false;
	mean = stats_mean_active(w->setup->stats);
	left = mean == INT64_MAX ? AHEAD_MIN : mean + slack(mean) - stats_active(w->stats);
	w->ahead_at = accepted + (left > 0 ? left : 1);
	return left < 0;
}

static bool stays_ahead(const struct worker *w)
{
	const int64_t mean = stats_mean_active(w->setup->stats);

	return mean != INT64_MAX && w->n_conns > AHEAD_FROM &&
	       stats_active(w->stats) > mean + slack(mean) / 2;
}

/* Ahead or not: tells the master when that changes, and asks again when it is so still. A master that
 * stops or drains has other things to do. */
static void compare(struct worker *w)
{
	if (w->state != WORKER_RUNNING)
		return;
	if (gets_ahead(w)) {
		w->ahead = w->waits = true;
		worker_update_listeners(w);
		worker_tell(w);
	} else if (w->ahead && !w->waits && !stays_ahead(w)) {
		w->ahead = false;
		worker_tell(w);
	}
}

void worker_count_changed(struct worker *w)
{
	/* Not at the first free place again: that would go to and fro with every connection. */
	const bool full =
	    w->full ? w->n_conns >= w->conns_max - w->conns_max / 32 : w->n_conns >= w->conns_max;

	if (w->drain != 0 && w->n_conns == 0)
		worker_tell(w);
	if (full == w->full) {
		compare(w);
		return;
	}
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
	stats_set(&w->stats->serves, 1);
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
