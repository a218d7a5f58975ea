/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_worker_rows.c: the methods ListConnections and CloseConnections of echod.Worker. An answer
 * is a page: it looks at a bounded number of descriptors from the cursor on, and the master asks for
 * the next one in a later turn, so that connections are served in between. The cursor is a descriptor:
 * a connection that lives while the pages are taken is on exactly one of them, whatever comes and
 * goes.
 */
#include <errno.h>
#include <stdlib.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "echod/net.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_query.h"
#include "src/echod/listener.h"
#include "src/echod/stream.h"
#include "src/echod/stream_tcp.h"
#include "src/echod/worker.h"

enum {
	LOOKS_PER_PAGE = 4096 /* descriptors, with or without a connection */
};

/* ---- What is asked ---- */

struct query {
	struct query_filter filter;
	int64_t *ids; /* sorted; NULL = any. Owned */
	size_t n_ids;
	enum query_order order;
	bool reverse, tcp;
	bool has_after, has_before; /* only what comes between them in that order */
	struct query_key after, before;
	size_t limit;
	size_t cursor;
};

static int compare_ids(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int read_ids(const json_t *array, struct query *q)
{
	q->n_ids = json_array_size(array);
	if (!json_is_array(array))
		return 0;
	q->ids = calloc(q->n_ids + 1, sizeof(*q->ids));
	if (!q->ids)
		return -ENOMEM;
	for (size_t i = 0; i < q->n_ids; i++)
		q->ids[i] = json_integer_value(json_array_get(array, i));
	qsort(q->ids, q->n_ids, sizeof(*q->ids), compare_ids);
	return 0;
}

static bool read_key(const json_t *pair, struct query_key *ret_key)
{
	ret_key->value = json_integer_value(json_array_get(pair, 0));
	ret_key->id = json_integer_value(json_array_get(pair, 1));
	return json_array_size(pair) == 2;
}

/* The master has checked all of it; what is missing here is as if it were not asked for. */
static int read_query(const json_t *p, struct query *ret_query)
{
	const json_int_t cursor = json_integer_value(json_object_get(p, "cursor"));
	const json_int_t limit = json_integer_value(json_object_get(p, "limit"));
	struct query q = { .tcp = json_is_true(json_object_get(p, "tcp")),
			   .reverse = json_is_true(json_object_get(p, "reverse")),
			   .cursor = cursor > 0 ? (size_t)cursor : 0,
			   .limit = QUERY_PAGE_MAX };
	int r;

	if (query_read_filter(json_object_get(p, "filter"), &q.filter) ||
	    !query_read_order(json_string_value(json_object_get(p, "sort")), &q.order))
		return -EINVAL;
	q.has_after = read_key(json_object_get(p, "after"), &q.after);
	q.has_before = read_key(json_object_get(p, "before"), &q.before);
	if (limit > 0 && (size_t)limit < q.limit)
		q.limit = (size_t)limit;
	r = read_ids(json_object_get(p, "ids"), &q);
	if (r >= 0)
		*ret_query = q;
	return r;
}

static bool is_wanted(const struct query *q, const struct conn *c, int64_t now_ms)
{
	const int64_t id = (int64_t)c->id;
	struct query_key key;

	if (q->ids && !bsearch(&id, q->ids, q->n_ids, sizeof(id), compare_ids))
		return false;
	if (!query_matches(&q->filter, c, now_ms))
		return false;
	if (q->order == QUERY_UNORDERED)
		return true;
	key = query_key_of(q->order, q->reverse, c);
	return (!q->has_after || query_compare(&key, &q->after) > 0) &&
	       (!q->has_before || query_compare(&key, &q->before) < 0);
}

/* The next one that is wanted, or NULL when the page is over: *looks counts down. */
static struct conn *next(const struct worker *w, struct query *q, size_t *looks)
{
	while (*looks > 0 && q->cursor < w->conns_size) {
		struct conn *c = w->conns[q->cursor++];

		(*looks)--;
		if (c && is_wanted(q, c, w->now_ms))
			return c;
	}
	return NULL;
}

static json_t *cursor_of(const struct worker *w, const struct query *q)
{
	return q->cursor < w->conns_size ? json_integer((json_int_t)q->cursor) : json_null();
}

/* ---- Rows ---- */

/* A path need not be text. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *local_of(const struct conn *c)
{
	const struct endpoint_sockets *sockets = listener_of(c)->sockets;
	struct net_address address;
	char text[PEER_TEXT_SIZE];
	struct peer local;

	if (sockets->transport == SERVICE_UNIX)
		return text_or_null(sockets->address.path.sun_path);
	if (net_local_address(c->fd, &address) < 0)
		return json_null();
	net_to_peer(&address, &local);
	return json_string(peer_format(&local, text));
}

static json_t *tcp_of(const struct query *q, const struct conn *c)
{
	struct stream_tcp tcp;

	if (!q->tcp || listener_of(c)->sockets->transport != SERVICE_TCP ||
	    stream_tcp(c->fd, &tcp) < 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",		   //
			 "receive_queue_bytes", (json_int_t)tcp.receive_queue_bytes,	   //
			 "send_queue_bytes", (json_int_t)tcp.send_queue_bytes,		   //
			 "round_trip_us", (json_int_t)tcp.round_trip_us,		   //
			 "round_trip_variance_us", (json_int_t)tcp.round_trip_variance_us, //
			 "retransmissions", (json_int_t)tcp.retransmissions,		   //
			 "congestion_window_segments", (json_int_t)tcp.congestion_window,  //
			 "unacknowledged_segments", (json_int_t)tcp.unacknowledged,	   //
			 "send_mss_bytes", (json_int_t)tcp.send_mss_bytes,		   //
			 "receive_mss_bytes", (json_int_t)tcp.receive_mss_bytes,	   //
			 "path_mtu_bytes", (json_int_t)tcp.path_mtu_bytes);
}

/* peer is the other end of the socket; behind a proxy that is the proxy. */
static json_t *row_of(const struct worker *w, const struct query *q, const struct conn *c)
{
	const struct listener *l = listener_of(c);
	const struct peer *proxy = stream_proxy(c);
	char peer[PEER_TEXT_SIZE], client[PEER_TEXT_SIZE];

	peer_format(proxy ? proxy : &c->peer, peer);
	return json_pack(
	    "{s:I, s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:s?, s:I, s:I, s:I, s:I, s:I, s:o}", "id",
	    (json_int_t)c->id,						  //
	    "worker", (int)w->setup->index,				  //
	    "listener", l->name,					  //
	    "service", c->rules->service->name,				  //
	    "transport", endpoint_transport_name(l->sockets->transport),  //
	    "state", conn_state_name(c->state),				  //
	    "peer", peer,						  //
	    "local", local_of(c),					  //
	    "proxied_peer", proxy ? peer_format(&c->peer, client) : NULL, //
	    "age_ms", (json_int_t)(w->now_ms - c->opened_ms),		  //
	    "idle_ms", (json_int_t)(w->now_ms - c->active_ms),		  //
	    "received_bytes", (json_int_t)c->received_bytes,		  //
	    "sent_bytes", (json_int_t)c->sent_bytes,			  //
	    "pending_bytes", (json_int_t)stream_held(c),		  //
	    "tcp", tcp_of(q, c));
}

/* {"connections": rows, "cursor": int or null}. */
static json_t *plain_page(const struct worker *w, struct query *q)
{
	json_t *rows = json_array();
	size_t looks = LOOKS_PER_PAGE;
	const struct conn *c;

	for (size_t n = 0; n < q->limit && (c = next(w, q, &looks)); n++)
		rows = handlers_append(rows, row_of(w, q, c));
	return json_pack("{s:o, s:o}", "connections", rows, "cursor", cursor_of(w, q));
}

/* One that was looked at, and where it stands. */
struct place {
	struct query_key key;
	const struct conn *c;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return query_compare(&x->key, &y->key);
}

static json_t *key_row(const struct query_key *key)
{
	return json_pack("[I, I]", (json_int_t)key->value, (json_int_t)key->id);
}

/* Of all that one page looks at, those that come first in the order, with where each stands in "keys";
 * "cut" says that others were left out. */
static json_t *ordered_page(const struct worker *w, struct query *q)
{
	CLEANUP_FREE struct place *places = calloc(LOOKS_PER_PAGE, sizeof(*places));
	json_t *rows = json_array(), *keys = json_array();
	size_t looks = LOOKS_PER_PAGE, found = 0;
	const struct conn *c;

	while (places && (c = next(w, q, &looks)))
		places[found++] = (struct place){ query_key_of(q->order, q->reverse, c), c };
	if (found > 0)
		qsort(places, found, sizeof(*places), compare_places);
	for (size_t i = 0; i < found && i < q->limit; i++) {
		rows = handlers_append(rows, row_of(w, q, places[i].c));
		keys = handlers_append(keys, key_row(&places[i].key));
	}
	if (!places)
		json_decref(TAKE_PTR(rows));
	return json_pack("{s:o, s:o, s:b, s:o}", "connections", rows, "keys", keys, "cut",
			 found > q->limit, "cursor", cursor_of(w, q));
}

/* ---- The methods ---- */

static void answer(struct control_call *call, struct query *q, json_t *reply)
{
	free(q->ids);
	if (reply)
		control_reply(call, reply);
	else
		control_error_memory(call);
}

static bool begin(struct control_call *call, struct query *ret_query)
{
	const int r = read_query(control_call_parameters(call), ret_query);

	if (r == -ENOMEM)
		control_error_memory(call);
	else if (r < 0)
		control_error_parameter(call, "filter");
	return r >= 0;
}

void worker_list_connections(struct control_call *call, void *user)
{
	struct query q;

	if (begin(call, &q))
		answer(call, &q,
		       q.order == QUERY_UNORDERED ? plain_page(user, &q) : ordered_page(user, &q));
}

/* One that is ending already is not meant, unless what it still owes is to be cut off. */
static bool may_be_closed(const struct conn *c, bool now)
{
	return c->state == CONN_OPEN || (c->state == CONN_FLUSHING && now);
}

/* {"closed": how many, "ids": which, when ids were given, "cursor": int or null}. */
void worker_close_connections(struct control_call *call, void *user)
{
	const json_t *p = control_call_parameters(call);
	const bool now = json_is_true(json_object_get(p, "now"));
	const bool dry_run = json_is_true(json_object_get(p, "dry_run"));
	struct worker *w = user;
	size_t looks = LOOKS_PER_PAGE, n = 0;
	json_t *ids = json_array();
	struct query q;
	struct conn *c;

	if (!begin(call, &q)) {
		json_decref(ids);
		return;
	}
	while (n < q.limit && (c = next(w, &q, &looks))) {
		if (!may_be_closed(c, now))
			continue;
		if (q.ids)
			ids = handlers_append(ids, json_integer((json_int_t)c->id));
		if (!dry_run)
			stream_end(w, c, CLOSE_CONTROL, now);
		n++;
	}
	answer(call, &q,
	       json_pack("{s:I, s:o, s:o}", "closed", (json_int_t)n, "ids", ids, "cursor",
			 cursor_of(w, &q)));
}
