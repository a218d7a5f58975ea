/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_events.c: who wants to hear what happens. The workers tell the kinds that any subscriber
 * wants, and none when there is none. A subscriber gets its first reply, without an event, when every
 * worker knows. One that does not read is dropped by the server, and counted there.
 *
 * While subscribers are told, one may go; it is freed afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/control.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_ask.h"
#include "src/echod/master.h"

struct subscriber {
	struct subscriber *next;
	struct master *m;
	struct control_call *call; /* NULL: gone */
	unsigned kinds;		   /* enum event_kind */
	uint64_t question;	   /* which has to be answered before it begins */
	bool begun;
	int64_t lost; /* events that it has not been told of */
};

static const struct {
	const char *name;
	unsigned kind;
} kinds[] = {
	{ "open", EVENTS_OPEN },
	{ "close", EVENTS_CLOSE },
	{ "refused", EVENTS_REFUSED },
	{ "reload", EVENTS_RELOAD },
	{ "worker_died", EVENTS_WORKER_DIED },
};

static unsigned kind_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LENGTH(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return 0;
}

/* ---- The subscribers ---- */

static void begin_those_who_can(struct master *m);

static void answered(struct master *m)
{
	m->events.answers++;
	begin_those_who_can(m);
}

/* The workers are to tell what is wanted now. */
static int update_kinds(struct master *m)
{
	unsigned wanted = 0;
	json_t *parameters;

	for (const struct subscriber *s = m->events.subscribers; s; s = s->next)
		wanted |= s->call ? s->kinds : 0;
	if (wanted == m->events.kinds)
		return 0;
	parameters = json_pack("{s:i}", "kinds", (int)wanted);
	m->events.kinds = wanted;
	m->events.questions++;
	if (parameters &&
	    workers_ask(m, CONTROL_WORKER_INTERFACE ".SetEvents", parameters, NULL, answered) >= 0)
		return 0;
	m->events.answers++; /* nobody was asked: they are told with the next change */
	m->events.kinds = EVENTS_UNKNOWN;
	return -1;
}

static void sweep(struct master *m)
{
	struct subscriber **at = &m->events.subscribers;

	if (m->events.telling > 0)
		return;
	while (*at) {
		struct subscriber *s = *at;

		if (s->call) {
			at = &s->next;
		} else {
			*at = s->next;
			free(s);
		}
	}
	if (m->state != MASTER_STOPPING)
		update_kinds(m);
}

static void cancelled(struct control_call *call, void *mark)
{
	struct subscriber *s = mark;

	(void)call;
	s->call = NULL;
	sweep(s->m);
}

/* event is borrowed; NULL: there is none yet. */
static void tell(struct subscriber *s, json_t *event)
{
	json_t *reply = json_pack("{s:O?, s:I}", "event", event, "lost", (json_int_t)s->lost);

	if (!reply) {
		s->lost++;
		return;
	}
	s->lost = 0;
	if (!control_reply_more(s->call, reply))
		s->call = NULL;
}

static void begin_those_who_can(struct master *m)
{
	m->events.telling++;
	for (struct subscriber *s = m->events.subscribers; s; s = s->next)
		if (s->call && !s->begun && s->question <= m->events.answers) {
			s->begun = true;
			tell(s, NULL);
		}
	m->events.telling--;
	sweep(m);
}

void events_tell(struct master *m, json_t *event, int64_t lost)
{
	const unsigned kind = kind_of(json_string_value(json_object_get(event, "kind")));

	m->events.telling++;
	for (struct subscriber *s = m->events.subscribers; s; s = s->next) {
		s->lost += lost;
		if (s->call && s->begun && (s->kinds & kind))
			tell(s, event);
	}
	m->events.telling--;
	sweep(m);
}

/* ---- The master's own events ---- */

static void tell_own(struct master *m, const char *kind, json_t *worker, const char *reason,
		     const char *message)
{
	json_t *event =
	    json_pack("{s:I, s:s, s:o, s:n, s:n, s:n, s:n, s:s, s:s?, s:n, s:n, s:n}", //
		      "time_ms", (json_int_t)(clock_real_ns() / 1000000),	       //
		      "kind", kind, "worker", worker,				       //
		      "listener", "id", "peer", "proxied_peer",			       //
		      "reason", reason, "message", message,			       //
		      "age_ms", "received_bytes", "sent_bytes");

	if (event)
		events_tell(m, event, 0);
	json_decref(event);
}

void events_reload(struct master *m, bool ok, const char *why)
{
	char text[64];

	if (!(m->events.kinds & EVENTS_RELOAD))
		return;
	snprintf(text, sizeof(text), "generation %lld", (long long)m->generation);
	tell_own(m, "reload", json_null(), ok ? "ok" : "failed", ok ? text : why);
}

void events_worker_died(struct master *m, unsigned index, const char *how, int64_t lost)
{
	char text[64];

	if (!(m->events.kinds & EVENTS_WORKER_DIED))
		return;
	snprintf(text, sizeof(text), "%lld connections lost", (long long)lost);
	tell_own(m, "worker_died", json_integer(index), how, text);
}

/* ---- The method ---- */

/* 0: one of them is no kind. */
static unsigned read_kinds(const json_t *names)
{
	unsigned wanted = 0;

	if (!json_is_array(names))
		return EVENTS_ALL;
	for (size_t i = 0; i < json_array_size(names); i++) {
		const unsigned kind = kind_of(json_string_value(json_array_get(names, i)));

		if (kind == 0)
			return 0;
		wanted |= kind;
	}
	return wanted;
}

void handlers_watch_events(struct control_call *call, void *user)
{
	struct master *m = user;
	const unsigned wanted = read_kinds(json_object_get(control_call_parameters(call), "kinds"));
	struct subscriber *s;

	if (wanted == 0) {
		control_error_parameter(call, "kinds");
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		control_error_memory(call);
		return;
	}
	*s = (struct subscriber){ .next = m->events.subscribers,
				  .m = m,
				  .call = call,
				  .kinds = wanted,
				  .question = UINT64_MAX };
	m->events.subscribers = s;
	control_call_keep(call, s, cancelled);
	if (update_kinds(m) < 0) {
		s->call = NULL;
		control_error_memory(call);
		sweep(m);
		return;
	}
	s->question = m->events.questions;
	begin_those_who_can(m);
}
