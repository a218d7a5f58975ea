/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_log_level.c: another log level for a while, in the master and in every worker, and what of
 * that is in the status. A worker that is forked meanwhile inherits the master's.
 */
#include "echod/control.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_ask.h"
#include "src/echod/log_setup.h"
#include "src/echod/master.h"

enum {
	AGAIN_MS = 1000 /* after there was no memory to tell the workers */
};

#define FOR_MAX_MS (INT64_C(8760) * 3600 * 1000)

json_t *handlers_log_row(const struct master *m)
{
	const int64_t left_ms = m->log_level_ms - m->now_ms;
	const bool timed = m->log_level_ms != INT64_MAX;

	return json_pack("{s:s, s:s, s:o}", "level", log_level_name(log_get_level()), "configured",
			 log_level_name((enum log_level)m->config.log_level), "left_ms",
			 timed ? json_integer(left_ms > 0 ? left_ms : 0) : json_null());
}

/* The line shows wherever one of the two levels lets it. */
static void switch_level(struct master *m, const enum log_level *level, const char *who)
{
	const enum log_level old = log_get_level();
	enum log_level now;

	log_override(level, &m->config);
	now = log_get_level();
	log_set_level(now > old ? now : old);
	log_notice("master", "the log level is %s%s", log_level_name(now), who);
	log_set_level(now);
}

static int tell(struct master *m, const char *level, struct control_call *call)
{
	json_t *parameters = json_pack("{s:s?}", "level", level);

	if (parameters)
		return workers_ask(m, CONTROL_WORKER_INTERFACE ".SetLogLevel", parameters, call,
				   NULL);
	if (call)
		control_error_memory(call);
	return -1;
}

void handlers_set_log_level(struct control_call *call, void *user)
{
	struct master *m = user;
	const json_t *parameters = control_call_parameters(call);
	const char *name = json_string_value(json_object_get(parameters, "level"));
	const json_t *for_ms = json_object_get(parameters, "for_ms");
	const bool timed = json_is_integer(for_ms);
	enum log_level level;

	if (name && log_level_parse(name, &level) < 0) {
		control_error_parameter(call, "level");
		return;
	}
	if (timed &&
	    (!name || json_integer_value(for_ms) < 1 || json_integer_value(for_ms) > FOR_MAX_MS)) {
		control_error_parameter(call, "for_ms");
		return;
	}
	m->log_level_ms = timed ? deadline_at_ms(m->now_ms, json_integer_value(for_ms)) : INT64_MAX;
	switch_level(m, name ? &level : NULL, name ? "" : ", as configured");
	tell(m, name, call);
}

void log_level_expire(struct master *m)
{
	if (m->log_level_ms > m->now_ms)
		return;
	m->log_level_ms = INT64_MAX;
	if (tell(m, NULL, NULL) < 0)
		m->log_level_ms = m->now_ms + AGAIN_MS;
	else
		switch_level(m, NULL, " again, as configured");
}
