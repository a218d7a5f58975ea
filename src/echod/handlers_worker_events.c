/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_worker_events.c: what happens in a worker, told to the master over the standing Watch. The
 * master is never waited for: while it leaves too much unread, events are counted instead, and the
 * next one says how many.
 */
#include <string.h>

#include "echod/clock.h"
#include "echod/control.h"
#include "src/echod/listener.h"
#include "src/echod/stream.h"
#include "src/echod/worker.h"

enum {
	UNREAD_MAX = 256 * 1024
};

static void tell_master(struct worker *w, json_t *event)
{
	const bool fits = w->watch && control_call_unsent_bytes(w->watch) < UNREAD_MAX;
	json_t *told = fits && event ? json_pack("{s:O, s:I}", "event", event, "lost",
						 (json_int_t)w->events_lost)
				     : NULL;

	json_decref(event);
	if (!told) {
		w->events_lost++;
		return;
	}
	w->events_lost = 0;
	if (!control_reply_more(w->watch, told))
		w->watch = NULL;
}

/* The texts of a client and of the proxy that brought it; without one, proxied is NULL. */
struct ends {
	char peer[PEER_TEXT_SIZE], client[PEER_TEXT_SIZE];
	const char *proxied;
};

static void name_ends(const struct peer *client, const struct peer *proxy, struct ends *ret_ends)
{
	peer_format(proxy ? proxy : client, ret_ends->peer);
	peer_format(client, ret_ends->client);
	ret_ends->proxied = proxy ? ret_ends->client : NULL;
}

static json_t *event(const struct worker *w, const char *kind, const char *listener, int64_t id,
		     const struct ends *ends)
{
	return json_pack("{s:I, s:s, s:i, s:s, s:o, s:s, s:s?, s:n, s:n, s:n, s:n, s:n}", //
			 "time_ms", (json_int_t)(clock_real_ns() / 1000000),		  //
			 "kind", kind,							  //
			 "worker", (int)w->setup->index,				  //
			 "listener", listener,						  //
			 "id", id > 0 ? json_integer((json_int_t)id) : json_null(),	  //
			 "peer", ends->peer, "proxied_peer", ends->proxied,		  //
			 "reason", "message", "age_ms", "received_bytes", "sent_bytes");
}

void worker_event_open(struct worker *w, const struct conn *c)
{
	struct ends ends;

	if (!(w->events & EVENTS_OPEN))
		return;
	name_ends(&c->peer, stream_proxy(c), &ends);
	tell_master(w, event(w, "open", listener_of(c)->name, (int64_t)c->id, &ends));
}

json_t *worker_event_closing(const struct worker *w, const struct conn *c)
{
	struct ends ends;
	json_t *e;

	if (!(w->events & EVENTS_CLOSE))
		return NULL;
	name_ends(&c->peer, stream_proxy(c), &ends);
	e = event(w, "close", listener_of(c)->name, (int64_t)c->id, &ends);
	json_object_set_new(e, "reason", json_string(close_reason_name(c->reason)));
	json_object_set_new(e, "age_ms", json_integer((json_int_t)(w->now_ms - c->opened_ms)));
	json_object_set_new(e, "received_bytes", json_integer((json_int_t)c->received_bytes));
	json_object_set_new(e, "sent_bytes", json_integer((json_int_t)c->sent_bytes));
	return e;
}

void worker_event_closed(struct worker *w, json_t *closing)
{
	if (w->events & EVENTS_CLOSE)
		tell_master(w, closing);
	else
		json_decref(closing);
}

void worker_event_refused(struct worker *w, const struct listener *l, const struct peer *peer,
			  const struct peer *proxy, enum reject_reason reason)
{
	struct ends ends;
	json_t *e;

	if (!(w->events & EVENTS_REFUSED))
		return;
	name_ends(peer, proxy, &ends);
	e = event(w, "refused", l->name, 0, &ends);
	json_object_set_new(e, "reason", json_string(reject_reason_name(reason)));
	tell_master(w, e);
}
