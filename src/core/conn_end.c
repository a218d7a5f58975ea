/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_end.c owns how a connection ends, state by state; only the peer's own end, which leaves the
 * service its input, is conn.c's. What always holds: the first reason stays, but for those that say
 * that something is owed for ever.
 */
#include "echod/conn.h"

#include <errno.h>

#include "echod/attr.h"

static_assert(CLOSE_REASONS <= 1 << 4, "struct conn keeps a reason in four bits");

const char *conn_state_name(enum conn_state state)
{
	static const char *const names[] = {
		[CONN_OPEN] = "open",
		[CONN_FLUSHING] = "flushing",
		[CONN_LINGERING] = "lingering",
		[CONN_DONE] = "done",
	};

	return (size_t)state < ARRAY_LENGTH(names) ? names[state] : "unknown";
}

static void enter(struct conn *c, enum conn_state state, int64_t now_ms)
{
	c->state = state;
	c->active_ms = now_ms;
}

static void stop_service(struct conn *c)
{
	buf_fini(&c->input);
	c->producing = 0;
}

void conn_end(struct conn *c, enum close_reason reason, int64_t now_ms)
{
	stop_service(c);
	if (c->state != CONN_OPEN)
		return;
	c->reason = reason;
	enter(c, CONN_FLUSHING, now_ms);
}

size_t conn_cut(struct conn *c, enum close_reason reason, int64_t now_ms)
{
	const size_t unsent = conn_pending(c);

	conn_end(c, reason, now_ms);
	if (c->state != CONN_FLUSHING)
		return 0;
	if (unsent > 0)
		c->reason = reason;
	buf_fini(&c->pending);
	return unsent;
}

void conn_abort(struct conn *c, enum close_reason reason)
{
	if (c->state == CONN_DONE)
		return;
	if (!c->shut)
		c->reason = reason;
	c->state = CONN_DONE;
	stop_service(c);
}

void conn_fail(struct conn *c, int errno_value)
{
	bool reset = errno_value == ECONNRESET || errno_value == EPIPE || errno_value == ENOTCONN;

	conn_abort(c, reset ? CLOSE_RESET : CLOSE_ERROR);
}

bool conn_wants_shutdown(const struct conn *c)
{
	return c->state == CONN_FLUSHING && conn_pending(c) == 0;
}

void conn_shutdown_done(struct conn *c, int64_t now_ms)
{
	assert(conn_wants_shutdown(c));
	c->shut = 1;
	enter(c, c->peer_ended ? CONN_DONE : CONN_LINGERING, now_ms);
}
