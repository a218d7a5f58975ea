/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_memory.c: max-pending-total, which bounds what the connections of all workers hold: bytes
 * that are unsent, and requests and proxies' headers that have not come whole. What always holds: a
 * worker adds to the sum only what it has made room for, and while the others add at the same time
 * each takes no more than its share of what is left; so the sum stays at the cap or below.
 *
 * Near the cap a connection that has unsent bytes is not read. One without goes on, in small turns,
 * also with half a request, which would never become whole otherwise; where even such a turn does not
 * fit, the connection of this worker that has been stalled longest is closed. Room that others give
 * back wakes nobody, so while any is not read for want of it the worker looks again now and then.
 */
#include "src/echod/stream_parts.h"

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

enum {
	SMALL_TURN_BYTES = 4 * 1024, /* of a turn that is not to have more */
	PRESS_AGAIN_MS = 100
};

size_t stream_held(const struct conn *c)
{
	const struct stream *stream = CONTAINER_OF(c, const struct stream, conn);

	return conn_held(c) + (stream->words ? stream->words->length : 0);
}

/* What the whole daemon may still add; negative when a reload has lowered the cap. */
static int64_t room_left(const struct worker *w)
{
	const int64_t cap = w->config->max_pending_total;

	return cap > 0 ? cap - STATS_SUM(w->setup->stats, pending_bytes) : INT64_MAX;
}

size_t stream_allowance(const struct worker *w, const struct conn *c, size_t uncounted)
{
	const int64_t share = (room_left(w) - (int64_t)uncounted) / w->n_slots;

	if (share >= STREAM_LOAN_BYTES)
		return STREAM_LOAN_BYTES;
	if (share >= SMALL_TURN_BYTES)
		return (size_t)share;
	return conn_pending(c) > 0 ? 0 : SMALL_TURN_BYTES;
}

void stream_press(struct worker *w, struct conn *c, size_t uncounted)
{
	const bool tight = stream_allowance(w, c, uncounted) == 0;

	if (tight != c->paused)
		conn_pause(c, tight);
	if (tight && w->press_again_ms == INT64_MAX)
		w->press_again_ms = w->now_ms + PRESS_AGAIN_MS;
}

void stream_press_again(struct worker *w)
{
	w->press_again_ms = INT64_MAX;
	for (size_t fd = 0; fd < w->conns_size; fd++) {
		struct conn *c = w->conns[fd];

		if (c && c->paused) {
			const struct stream_before was = stream_before(c);

			stream_settle(w, c, &was);
		}
	}
}

static struct conn *longest_stalled(const struct worker *w)
{
	struct conn *found = NULL;

	for (size_t fd = 0; fd < w->conns_size; fd++) {
		struct conn *c = w->conns[fd];

		if (c && stream_held(c) > 0 && (!found || c->active_ms < found->active_ms))
			found = c;
	}
	return found;
}

static void say(struct worker *w, const struct conn *c)
{
	log_limited(&w->memory_limit, LOG_LEVEL_WARNING, "worker",
		    "worker %u: max-pending-total is reached: the connection longest stalled is "
		    "closed with %zu bytes",
		    w->setup->index, stream_held(c));
}

void stream_make_room(struct worker *w, struct conn *c, size_t more)
{
	while (room_left(w) < (int64_t)more) {
		struct conn *stalled = longest_stalled(w);

		say(w, stalled);
		if (stalled == c) {
			conn_abort(c, CLOSE_MEMORY);
			return;
		}
		stream_abort(w, stalled, CLOSE_MEMORY);
	}
}

bool stream_find_room(struct worker *w, size_t more)
{
	struct conn *stalled;

	while (room_left(w) < (int64_t)more) {
		stalled = longest_stalled(w);
		if (!stalled)
			return false;
		say(w, stalled);
		stream_abort(w, stalled, CLOSE_MEMORY);
	}
	return true;
}

void stream_relieve(struct worker *w)
{
	if (stats_get(&w->stats->pending_bytes) > 0)
		stream_find_room(w, 0);
}
