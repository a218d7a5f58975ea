/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_reload.c: the method Reload. A call that comes while a reload is under way waits for the
 * next one: what it is told is always of files that were read after it came.
 */
#include <stdlib.h>

#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

#define ERROR(name) CONTROL_INTERFACE "." name

struct reload_caller {
	struct reload_caller *next;
	struct control_call *call;
	struct master *master;
	bool current; /* it waits for the reload that is under way */
};

/* ---- The replies ---- */

static json_t *names(const struct config_strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < strings->length; i++)
		if (json_array_append_new(array, json_string(strings->items[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static void reply_success(struct control_call *call, const struct master *m,
			  const struct reload_difference *d)
{
	json_t *parameters = json_pack(
	    "{s:I, s:o, s:o, s:o, s:o, s:o}", "generation", (json_int_t)m->generation, "added",
	    names(&d->added), "removed", names(&d->removed), "changed", names(&d->changed), "kept",
	    names(&d->kept), "needs_restart", names(&d->needs_restart));

	if (parameters)
		control_reply(call, parameters);
	else
		control_error_memory(call);
}

static json_t *mistakes(const struct config_errors *errors)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < errors->length; i++) {
		const struct config_error *e = &errors->items[i];

		if (json_array_append_new(array, json_pack("{s:s, s:i, s:s}", "file",
							   e->file ? e->file : "", "line", e->line,
							   "message", e->message)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static void reply(struct control_call *call, const struct master *m,
		  const struct reload_result *result)
{
	if (result->ok)
		reply_success(call, m, &result->difference);
	else if (result->errors.length > 0)
		control_error(call, ERROR("ConfigInvalid"),
			      json_pack("{s:o}", "errors", mistakes(&result->errors)));
	else
		control_error(call, ERROR("ReloadFailed"),
			      json_pack("{s:s}", "message", result->why.text));
}

/* ---- The callers ---- */

static void forget(struct reload_caller *caller)
{
	struct reload_caller **at = &caller->master->reload.callers;

	while (*at != caller)
		at = &(*at)->next;
	*at = caller->next;
	free(caller);
}

static void cancelled(struct control_call *call, void *mark)
{
	(void)call;
	forget(mark);
}

static struct reload_caller *find(const struct master *m, bool current)
{
	struct reload_caller *caller = m->reload.callers;

	while (caller && current && !caller->current)
		caller = caller->next;
	return caller;
}

void reload_callers_begin(struct master *m)
{
	for (struct reload_caller *caller = m->reload.callers; caller; caller = caller->next)
		caller->current = true;
}

void reload_callers_tell(struct master *m, const struct reload_result *result)
{
	struct reload_caller *caller;

	while ((caller = find(m, true))) {
		struct control_call *call = caller->call;

		forget(caller);
		reply(call, m, result);
	}
}

static void refuse_stopping(struct control_call *call)
{
	control_error(call, ERROR("ReloadFailed"),
		      json_pack("{s:s}", "message", "the daemon is stopping"));
}

void reload_callers_dismiss(struct master *m)
{
	struct reload_caller *caller;

	while ((caller = find(m, false))) {
		struct control_call *call = caller->call;

		forget(caller);
		refuse_stopping(call);
	}
}

/* ---- The method ---- */

void handlers_reload(struct control_call *call, void *user)
{
	struct master *m = user;
	const struct control_peer *peer = control_call_peer(call);
	struct reload_caller *caller;

	log_notice("control", "reload asked for by uid %u, pid %d", (unsigned)peer->uid,
		   (int)peer->pid);
	if (m->options->host) {
		control_error(call, ERROR("NoConfiguration"), NULL);
		return;
	}
	if (m->state == MASTER_STOPPING) {
		refuse_stopping(call);
		return;
	}
	caller = malloc(sizeof(*caller));
	if (!caller) {
		control_error_memory(call);
		return;
	}
	*caller = (struct reload_caller){ m->reload.callers, call, m, false };
	m->reload.callers = caller;
	control_call_keep(call, caller, cancelled);
	reload_ask(m);
}

json_t *handlers_last_reload(const struct master *m)
{
	const struct reload_last *last = &m->reload.last;

	if (last->time_s == 0)
		return json_null();
	return json_pack("{s:I, s:b, s:s?}", "time_s", (json_int_t)last->time_s, "ok", last->ok,
			 "message", last->ok ? NULL : last->why.text);
}
