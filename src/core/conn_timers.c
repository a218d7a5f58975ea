/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_timers.c says how long a connection may go on as it is, and ends it when that has passed.
 * It reads no clock and keeps nothing: all follows from conn.h's state and two times.
 */
#include "echod/conn.h"

/* Before the first byte two rules may hold; the shorter one ends it and names the reason. */
static bool first_byte_holds(const struct conn *c)
{
	const struct conn_rules *rules = c->rules;

	return c->received_bytes == 0 && rules->first_byte_ms > 0 &&
	       (rules->idle_ms == 0 || rules->first_byte_ms <= rules->idle_ms);
}

int64_t conn_activity_ms(const struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_OPEN:
		if (conn_pending(c) > 0)
			return c->rules->stall_ms;
		return first_byte_holds(c) ? c->rules->first_byte_ms : c->rules->idle_ms;
	case CONN_FLUSHING:
		return c->rules->stall_ms;
	case CONN_LINGERING:
		return CONN_LINGER_MS;
	case CONN_DONE:
		break;
	}
	return 0;
}

int64_t conn_lifetime_ms(const struct conn *c)
{
	return c->state == CONN_OPEN ? c->rules->lifetime_ms : 0;
}

static int64_t when(int64_t since_ms, int64_t duration_ms)
{
	return duration_ms > 0 ? deadline_at_ms(since_ms, duration_ms) : INT64_MAX;
}

static int64_t activity_at(const struct conn *c)
{
	return when(c->active_ms, conn_activity_ms(c));
}

static int64_t lifetime_at(const struct conn *c)
{
	return when(c->opened_ms, conn_lifetime_ms(c));
}

int64_t conn_deadline_ms(const struct conn *c)
{
	int64_t activity = activity_at(c), lifetime = lifetime_at(c);

	return activity < lifetime ? activity : lifetime;
}

static void expire_activity(struct conn *c, int64_t now_ms)
{
	if (c->state != CONN_OPEN || conn_pending(c) > 0)
		conn_abort(c, CLOSE_STALL);
	else
		conn_end(c, first_byte_holds(c) ? CLOSE_FIRST_BYTE : CLOSE_IDLE, now_ms);
}

void conn_expire(struct conn *c, int64_t now_ms)
{
	int64_t activity = activity_at(c), lifetime = lifetime_at(c);

	if (activity < lifetime && activity <= now_ms)
		expire_activity(c, now_ms);
	else if (lifetime < INT64_MAX && lifetime <= now_ms)
		conn_end(c, CLOSE_LIFETIME, now_ms);
}
