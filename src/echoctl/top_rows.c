/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_rows.c owns the connections of the model. How fast one is, is known when it was in the list of
 * the interval before, or is younger than that list. A list comes in pages; its rows wait behind those
 * that are shown until it is whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/render_fields.h"
#include "echoctl/top_model.h"
#include "echod/attr.h"

enum {
	WHERE_SIZE = 64
};

/* ---- A page ---- */

static void read_connection(struct fields *f, const char *where, struct top_connection *c)
{
	c->id = fields_integer(f, c->row, where, "id");
	c->listener = fields_text(f, c->row, where, "listener");
	c->peer = fields_text(f, c->row, where, "peer");
	c->proxied_peer = fields_optional_text(f, c->row, where, "proxied_peer");
	c->state = fields_text(f, c->row, where, "state");
	c->age_ms = fields_integer(f, c->row, where, "age_ms");
	c->idle_ms = fields_integer(f, c->row, where, "idle_ms");
	c->received = fields_integer(f, c->row, where, "received_bytes");
	c->sent = fields_integer(f, c->row, where, "sent_bytes");
	c->pending = fields_integer(f, c->row, where, "pending_bytes");
}

static void forget(struct top_connection *connections, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_decref(connections[i].row);
}

void top_model_drop_list(struct top_model *m)
{
	forget(m->connections + m->n_connections, m->n_incoming);
	m->n_incoming = 0;
}

static int make_room(struct top_model *m, size_t n)
{
	const size_t wanted = m->n_connections + m->n_incoming + n;
	struct top_connection *connections =
	    reallocarray(m->connections, wanted + 1, sizeof(*connections));

	if (!connections)
		return -ENOMEM;
	m->connections = connections;
	return 0;
}

int top_model_take_page(struct top_model *m, const json_t *answer,
			char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	const json_t *rows = fields_array(&f, answer, "", "connections");
	char where[WHERE_SIZE];
	json_t *row;
	size_t i;
	int r = make_room(m, json_array_size(rows));

	if (r < 0)
		return r;
	json_array_foreach(rows, i, row)
	{
		struct top_connection *c = &m->connections[m->n_connections + m->n_incoming++];

		*c = (struct top_connection){ .row = json_incref(row) };
		snprintf(where, sizeof(where), "connections[%zu]", i);
		read_connection(&f, where, c);
	}
	if (!ret_wrong[0])
		return 0;
	top_model_drop_list(m);
	return -EPROTO;
}

/* ---- How fast ---- */

static int compare_marks(const void *a, const void *b)
{
	const struct top_mark *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int take_marks(const struct top_connection *connections, size_t n, int64_t now_ms,
		      struct top_marks *ret_marks)
{
	struct top_mark *marks = calloc(n + 1, sizeof(*marks));

	if (!marks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		marks[i] = (struct top_mark){ connections[i].id, connections[i].received,
					      connections[i].sent };
	qsort(marks, n, sizeof(*marks), compare_marks);
	*ret_marks = (struct top_marks){ .marks = marks, .n = n, .at_ms = now_ms };
	return 0;
}

static void compare(struct top_connection *c, const struct top_marks *before, int64_t now_ms)
{
	const struct top_mark wanted = { .id = c->id }, none = { .id = c->id }, *mark = NULL;
	double seconds;

	if (before->at_ms == INT64_MIN || now_ms <= before->at_ms)
		return;
	seconds = (double)(now_ms - before->at_ms) / 1000;
	if (before->n > 0)
		mark = bsearch(&wanted, before->marks, before->n, sizeof(wanted), compare_marks);
	if (!mark && c->age_ms <= now_ms - before->at_ms)
		mark = &none;
	if (!mark || c->received < mark->received || c->sent < mark->sent)
		return;
	c->known = true;
	c->received_rate = (double)(c->received - mark->received) / seconds;
	c->sent_rate = (double)(c->sent - mark->sent) / seconds;
}

/* What has come takes the place of what is shown. */
static void show_incoming(struct top_model *m)
{
	forget(m->connections, m->n_connections);
	memmove(m->connections, m->connections + m->n_connections,
		m->n_incoming * sizeof(*m->connections));
	m->n_connections = m->n_incoming;
	m->n_incoming = 0;
}

int top_model_end_list(struct top_model *m, bool interval, int64_t now_ms)
{
	struct top_connection *incoming = m->connections + m->n_connections;
	struct top_marks marks;
	int r = interval ? take_marks(incoming, m->n_incoming, now_ms, &marks) : 0;

	if (r < 0) {
		top_model_drop_list(m);
		return r;
	}
	if (interval) {
		free(m->before.marks);
		m->before = m->last;
		m->last = marks;
	}
	for (size_t i = 0; i < m->n_incoming; i++)
		compare(&incoming[i], &m->before, now_ms);
	show_incoming(m);
	m->note[0] = '\0';
	return 0;
}

void top_model_no_list(struct top_model *m, const char *why)
{
	top_model_drop_list(m);
	forget(m->connections, m->n_connections);
	m->n_connections = 0;
	snprintf(m->note, sizeof(m->note), "%s", why);
}

/* ---- In an order ---- */

static int descending(double a, double b)
{
	return (a < b) - (a > b);
}

static double rate_of(const struct top_connection *c)
{
	return c->known ? c->received_rate + c->sent_rate : -1;
}

static double value_of(const struct top_connection *c, enum top_order order)
{
	switch (order) {
	case TOP_BY_RATE:
		return rate_of(c);
	case TOP_BY_BYTES:
		return (double)c->received + (double)c->sent;
	case TOP_BY_IDLE:
		return (double)c->idle_ms;
	case TOP_BY_AGE:
		return (double)c->age_ms;
	case TOP_BY_PENDING:
		return (double)c->pending;
	case TOP_BY_RECEIVED:
		return (double)c->received;
	case TOP_BY_SENT:
		return (double)c->sent;
	default:
		return -(double)c->id;
	}
}

/* Equal ones stand in the order of their ids, so that they do not dance. */
static int compare_by(const struct top_connection *a, const struct top_connection *b,
		      enum top_order order)
{
	const int r = descending(value_of(a, order), value_of(b, order));

	return r != 0 ? r : (a->id > b->id) - (a->id < b->id);
}

#define COMPARISON(order)                                   \
	static int by_##order(const void *a, const void *b) \
	{                                                   \
		return compare_by(a, b, TOP_BY_##order);    \
	}
COMPARISON(RATE)
COMPARISON(BYTES)
COMPARISON(IDLE)
COMPARISON(AGE)
COMPARISON(PENDING)
COMPARISON(RECEIVED)
COMPARISON(SENT)
COMPARISON(ID)

static const struct {
	const char *name;
	int (*compare)(const void *a, const void *b);
} orders[TOP_ORDERS] = {
	[TOP_BY_RATE] = { "rate", by_RATE },
	[TOP_BY_BYTES] = { "bytes", by_BYTES },
	[TOP_BY_IDLE] = { "idle", by_IDLE },
	[TOP_BY_AGE] = { "age", by_AGE },
	[TOP_BY_PENDING] = { "pending", by_PENDING },
	[TOP_BY_RECEIVED] = { "received", by_RECEIVED },
	[TOP_BY_SENT] = { "sent", by_SENT },
	[TOP_BY_ID] = { "id", by_ID },
};

void top_model_sort(struct top_model *m, enum top_order order, bool reverse)
{
	if (m->n_connections == 0)
		return;
	qsort(m->connections, m->n_connections, sizeof(*m->connections), orders[order].compare);
	for (size_t i = 0, j = m->n_connections - 1; reverse && i < j; i++, j--) {
		const struct top_connection c = m->connections[i];

		m->connections[i] = m->connections[j];
		m->connections[j] = c;
	}
}

const char *top_order_name(enum top_order order)
{
	return orders[order].name;
}

int top_order_parse(const char *name, enum top_order *ret_order)
{
	for (int i = 0; i < TOP_ORDERS; i++)
		if (strcmp(orders[i].name, name) == 0) {
			*ret_order = (enum top_order)i;
			return 0;
		}
	return -EINVAL;
}
