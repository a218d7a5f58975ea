/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_memory.c: max-pending-total, which bounds the unsent bytes of all workers. While it is
 * reached, connections that have unsent bytes are not read, the others go on in small turns; while it
 * is exceeded, the connection that has been stalled longest is closed.
 */
#include "src/echod/stream_parts.h"

#include "echod/log.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

enum {
	SMALL_TURN_BYTES = 4 * 1024 /* of a turn while max-pending-total is reached */
};

/* Over all workers, against max-pending-total. */
static int64_t over_total(const struct worker *w)
{
	const int64_t cap = w->config->max_pending_total;

	return cap > 0 ? STATS_SUM(w->setup->stats, pending_bytes) - cap : -1;
}

/* At max-pending-total a connection that has unsent bytes stops reading: it gets a turn again as its
 * peer takes them. One without goes on, in small turns. */
void stream_press(struct worker *w, struct conn *c)
{
	const bool tight = conn_pending(c) > 0 && over_total(w) >= 0;

	if (tight != c->paused)
		conn_pause(c, tight);
}

static struct conn *longest_stalled(const struct worker *w)
{
	struct conn *found = NULL;

	for (size_t fd = 0; fd < w->conns_size; fd++) {
		struct conn *c = w->conns[fd];

		if (c && conn_pending(c) > 0 && (!found || c->active_ms < found->active_ms))
			found = c;
	}
	return found;
}

void stream_relieve(struct worker *w)
{
	int64_t over = stats_get(&w->stats->pending_bytes) > 0 ? over_total(w) : -1;

	w->loan.size = over >= 0 ? SMALL_TURN_BYTES : STREAM_LOAN_BYTES;
	for (struct conn *c; over > 0 && (c = longest_stalled(w)); over = over_total(w)) {
		log_limited(&w->memory_limit, LOG_LEVEL_WARNING, "worker",
			    "worker %u: max-pending-total is exceeded: the connection longest "
			    "stalled is closed with %zu bytes unsent",
			    w->setup->index, conn_pending(c));
		stream_abort(w, c, CLOSE_MEMORY);
	}
}
