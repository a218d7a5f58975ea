/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_timers.c: the time of a worker's connections. Two lists, of activity and of lifetime; a
 * timer costs the same however many there are, and a connection without one costs nothing.
 */
#include "src/echod/stream_parts.h"

#include "echod/attr.h"
#include "echod/deadline.h"
#include "echod/selector.h"
#include "src/echod/worker.h"

enum {
	RETIME_MS = 100, /* after a timer could not be started */
	REST_MS = 50	 /* after the kernel had no memory to send with */
};

static int64_t since_active(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct conn, activity)->active_ms;
}

static int64_t since_opened(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct conn, lifetime)->opened_ms;
}

/* A stop ends what is quiet and owes nothing. */
static bool ends_when_quiet(const struct worker *w, const struct conn *c)
{
	return w->state == WORKER_STOPPING && c->state == CONN_OPEN && conn_pending(c) == 0;
}

static int64_t activity_ms(const struct worker *w, const struct conn *c)
{
	const int64_t ms = conn_activity_ms(c);

	if (ends_when_quiet(w, c))
		return WORKER_QUIET_MS;
	return ms == 0 && conn_pending(c) > 0 ? DEADLINE_NEVER_MS : ms;
}

static int start_or_stop(struct deadlines *list, struct deadline *timer, int64_t ms)
{
	const int r = ms == 0 ? 0 : deadline_start(list, timer, ms);

	if (ms == 0 || r < 0)
		deadline_stop(timer);
	return r;
}

/* Out of memory for a queue: an idle connection would never get a turn to try again. */
void stream_retime(struct worker *w, struct conn *c)
{
	const int a = start_or_stop(w->activity, &c->activity, activity_ms(w, c));
	const int l = start_or_stop(w->lifetime, &c->lifetime, conn_lifetime_ms(c));

	if ((a < 0 || l < 0) && w->retime_ms == INT64_MAX)
		w->retime_ms = w->now_ms + RETIME_MS;
}

void stream_retime_if_changed(struct worker *w, struct conn *c, const struct stream_before *was)
{
	if (c->active_ms != was->active_ms || conn_activity_ms(c) != was->activity_ms ||
	    (conn_pending(c) == 0) != (was->pending == 0))
		stream_retime(w, c);
}

void stream_retime_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			stream_retime(w, w->conns[fd]);
}

int64_t stream_deadline_ms(const struct worker *w)
{
	const int64_t deadlines[] = { deadlines_next_ms(w->activity),
				      deadlines_next_ms(w->lifetime),
				      w->retime_ms,
				      w->send_again_ms,
				      w->press_again_ms,
				      w->spread.due_ms };

	return deadline_earliest_ms(deadlines, ARRAY_LENGTH(deadlines));
}

void stream_rest(struct worker *w, struct conn *c)
{
	CONTAINER_OF(c, struct stream, conn)->rests = true;
	if (w->send_again_ms == INT64_MAX)
		w->send_again_ms = w->now_ms + REST_MS;
}

static void send_again(struct worker *w)
{
	w->send_again_ms = INT64_MAX;
	for (size_t fd = 0; fd < w->conns_size; fd++) {
		struct conn *c = w->conns[fd];
		struct stream *stream = c ? CONTAINER_OF(c, struct stream, conn) : NULL;

		if (!stream || !stream->rests)
			continue;
		stream->rests = false;
		stream_turn(w, c, EVENT_WRITE);
	}
}

static void expire_one(struct worker *w, struct conn *c)
{
	const struct stream_before was = stream_before(c);

	if (ends_when_quiet(w, c) && w->now_ms - c->active_ms >= WORKER_QUIET_MS)
		conn_end(c, CLOSE_DRAIN, w->now_ms);
	else
		conn_expire(c, w->now_ms);
	if (stream_settle(w, c, &was))
		stream_retime(w, c);
}

void stream_expire(struct worker *w)
{
	struct deadline *timer;

	if (w->retime_ms <= w->now_ms) {
		w->retime_ms = INT64_MAX;
		stream_retime_all(w);
	}
	while ((timer = deadlines_expire(w->activity, w->now_ms)))
		expire_one(w, CONTAINER_OF(timer, struct conn, activity));
	while ((timer = deadlines_expire(w->lifetime, w->now_ms)))
		expire_one(w, CONTAINER_OF(timer, struct conn, lifetime));
	if (w->send_again_ms <= w->now_ms)
		send_again(w);
	if (w->press_again_ms <= w->now_ms)
		stream_press_again(w);
	stream_spread_expire(w);
}

int stream_timers_init(struct worker *w)
{
	const int r = deadlines_new(since_active, &w->activity);

	w->retime_ms = w->send_again_ms = w->press_again_ms = w->spread.due_ms = INT64_MAX;
	return r < 0 ? r : deadlines_new(since_opened, &w->lifetime);
}

void stream_timers_fini(struct worker *w)
{
	w->activity = deadlines_free(w->activity);
	w->lifetime = deadlines_free(w->lifetime);
}
