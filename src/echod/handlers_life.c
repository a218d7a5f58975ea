/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_life.c: the methods of echod.Control that change what the daemon is about: Drain, Resume,
 * Stop. Each says in the log who wanted it.
 */
#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"
#include "src/echod/stream.h"

static void log_wish(struct control_call *call, const char *what)
{
	const struct control_peer *peer = control_call_peer(call);

	log_notice("control", "%s asked for by uid %u, pid %d", what, (unsigned)peer->uid,
		   (int)peer->pid);
}

/* True when the daemon is on its way out: the call has been answered. */
static bool is_too_late(const struct master *m, struct control_call *call)
{
	if (m->state == MASTER_STOPPING)
		control_error(call, CONTROL_INTERFACE ".Stopping", NULL);
	return m->state == MASTER_STOPPING;
}

/* A time from 0 to max, or -1 where it is not given. False: the call has been answered. */
static bool read_ms(struct control_call *call, const char *name, int64_t max, int64_t *ret_ms)
{
	const json_t *given = json_object_get(control_call_parameters(call), name);
	const int64_t ms = json_is_integer(given) ? json_integer_value(given) : -1;

	if (json_is_integer(given) && (ms < 0 || ms > max)) {
		control_error_parameter(call, name);
		return false;
	}
	*ret_ms = ms;
	return true;
}

void handlers_drain(struct control_call *call, void *user)
{
	int64_t timeout_ms, spread_ms;

	if (!read_ms(call, "timeout_ms", INT64_MAX, &timeout_ms) ||
	    !read_ms(call, "spread_ms", STREAM_SPREAD_MAX_MS, &spread_ms) ||
	    is_too_late(user, call))
		return;
	log_wish(call, "drain");
	master_drain(user, timeout_ms, spread_ms, call);
}

void handlers_resume(struct control_call *call, void *user)
{
	if (is_too_late(user, call))
		return;
	log_wish(call, "resume");
	master_resume(user, call);
}

void handlers_stop(struct control_call *call, void *user)
{
	const bool now = json_is_true(json_object_get(control_call_parameters(call), "now"));

	log_wish(call, now ? "stop now" : "stop");
	master_stop(user, now);
	control_reply(call, NULL);
}
