/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_tables.c owns the columns.
 */
#include "echoctl/top_tables.h"

#include <inttypes.h>
#include <stdlib.h>

#include "echoctl/top_text.h"

/* ---- Cells ---- */

static void add_text(struct table *t, const char *text)
{
	char plain[TOP_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", top_text_plain(text, plain));
}

static void add_state(struct table *t, const char *state, bool full)
{
	char plain[TOP_TEXT_SIZE];

	table_add(t, full ? COLOR_BAD : render_state_color(state), "%s%s",
		  top_text_plain(state, plain), full ? ", full" : "");
}

static void add_number(struct table *t, int64_t number)
{
	table_add(t, COLOR_NONE, "%" PRId64, number);
}

static void add_bytes(struct table *t, int64_t bytes)
{
	char text[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", render_bytes(bytes, text));
}

static void add_duration(struct table *t, int64_t ms)
{
	char text[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", render_duration(ms / 1000, text));
}

static void add_rate(struct table *t, bool known, double rate)
{
	char text[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", top_text_rate(known, rate, text));
}

static void add_byte_rate(struct table *t, bool known, double rate)
{
	char text[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", top_text_byte_rate(known, rate, text));
}

static size_t at_most(size_t n, const struct top_view *view)
{
	return n < (size_t)view->rows ? n : (size_t)view->rows;
}

/* The table as text; it is of no more use. */
static char *finish(struct table *t, const struct top_view *view)
{
	char *text = NULL;
	size_t size;
	FILE *out = t->failed ? NULL : open_memstream(&text, &size);

	if (out) {
		table_print(t, view->colors, out);
		if (fclose(out) != 0) {
			free(text);
			text = NULL;
		}
	}
	table_fini(t);
	return text;
}

/* ---- Listeners ---- */

static const struct table_column listener_columns[] = {
	{ .heading = "LISTENER" },
	{ .heading = "SERVICE", .drop = 6 },
	{ .heading = "ENDPOINT", .drop = 4 },
	{ .heading = "STATE", .drop = 5 },
	{ .heading = "ACTIVE", .right = true },
	{ .heading = "CONN/s", .right = true, .drop = 3 },
	{ .heading = "IN/s", .right = true, .drop = 1 },
	{ .heading = "OUT/s", .right = true, .drop = 2 },
	{ .heading = "DGRAM/s", .right = true, .if_present = true, .drop = 7 },
};

static void add_datagrams(struct table *t, const struct top_listener *l)
{
	if (l->counts.datagrams_in == 0)
		table_add(t, COLOR_NONE, "-");
	else
		add_rate(t, l->rates.known, l->rates.datagrams_in);
}

char *top_table_listeners(const struct top_model *m, const struct top_view *view)
{
	char endpoint[TOP_TEXT_SIZE];
	struct table t;

	table_init(&t, listener_columns, ARRAY_LENGTH(listener_columns));
	t.room = view->columns;
	for (size_t i = 0; i < at_most(m->status.n_listeners, view); i++) {
		const struct top_listener *l = &m->status.listeners[i];

		add_text(&t, l->name);
		add_text(&t, l->service);
		table_add(&t, COLOR_NONE, "%s", top_text_endpoint(l, endpoint));
		add_state(&t, l->state, false);
		add_number(&t, l->active);
		add_rate(&t, l->rates.known, l->rates.accepted);
		add_byte_rate(&t, l->rates.known, l->rates.received);
		add_byte_rate(&t, l->rates.known, l->rates.sent);
		add_datagrams(&t, l);
	}
	return finish(&t, view);
}

/* ---- Workers ---- */

static const struct table_column worker_columns[] = {
	{ .heading = "WORKER", .right = true },
	{ .heading = "PID", .right = true, .drop = 5 },
	{ .heading = "STATE", .drop = 4 },
	{ .heading = "ACTIVE", .right = true },
	{ .heading = "CONN/s", .right = true, .drop = 3 },
	{ .heading = "PENDING", .right = true, .drop = 8 },
	{ .heading = "BUSY", .right = true, .drop = 1 },
	{ .heading = "TURN 50%", .right = true, .drop = 7 },
	{ .heading = "TURN 99%", .right = true, .drop = 2 },
	{ .heading = "TURN ALL", .right = true, .drop = 6 },
};

static void add_turns(struct table *t, const struct top_status *s, const struct top_turns *turns)
{
	const int64_t lengths[] = { turns->half_us, turns->most_us, turns->all_us };
	char text[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", top_text_share(turns->measured, turns->busy, text));
	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++)
		table_add(t, COLOR_NONE, "%s",
			  top_text_limit(turns->known, lengths[i], s->limits_us, s->n_kinds, text));
}

char *top_table_workers(const struct top_model *m, const struct top_view *view)
{
	struct table t;

	table_init(&t, worker_columns, ARRAY_LENGTH(worker_columns));
	t.room = view->columns;
	for (size_t i = 0; i < at_most(m->status.n_workers, view); i++) {
		const struct top_worker *w = &m->status.workers[i];

		add_number(&t, w->index);
		if (w->pid > 0)
			add_number(&t, w->pid);
		else
			table_add(&t, COLOR_NONE, "-");
		add_state(&t, w->state, w->full);
		add_number(&t, w->active);
		add_rate(&t, w->rates.known, w->rates.accepted);
		add_bytes(&t, w->pending);
		add_turns(&t, &m->status, &w->turns);
	}
	return finish(&t, view);
}

/* ---- Connections ---- */

static const struct table_column connection_columns[] = {
	{ .heading = "ID", .right = true },
	{ .heading = "LISTENER", .drop = 4 },
	{ .heading = "PEER" },
	{ .heading = "STATE", .drop = 8 },
	{ .heading = "AGE", .right = true, .drop = 5 },
	{ .heading = "IDLE", .right = true, .drop = 2 },
	{ .heading = "IN/s", .right = true },
	{ .heading = "OUT/s", .right = true, .drop = 1 },
	{ .heading = "RECEIVED", .right = true, .drop = 6 },
	{ .heading = "SENT", .right = true, .drop = 7 },
	{ .heading = "PENDING", .right = true, .drop = 9 },
};

static void add_peer(struct table *t, const struct top_connection *c)
{
	char peer[TOP_TEXT_SIZE], client[TOP_TEXT_SIZE];

	if (c->proxied_peer)
		table_add(t, COLOR_NONE, "%s via %s", top_text_plain(c->proxied_peer, client),
			  top_text_plain(c->peer, peer));
	else
		add_text(t, c->peer);
}

static void add_connection(struct table *t, const struct top_connection *c)
{
	add_number(t, c->id);
	add_text(t, c->listener);
	add_peer(t, c);
	add_text(t, c->state);
	add_duration(t, c->age_ms);
	add_duration(t, c->idle_ms);
	add_byte_rate(t, c->known, c->received_rate);
	add_byte_rate(t, c->known, c->sent_rate);
	add_bytes(t, c->received);
	add_bytes(t, c->sent);
	add_bytes(t, c->pending);
}

char *top_table_connections(const struct top_model *m, const struct top_view *view)
{
	const size_t limit = view->limit > 0 ? (size_t)view->limit : SIZE_MAX;
	const size_t n = m->n_connections < limit ? m->n_connections : limit;
	struct table t;

	table_init(&t, connection_columns, ARRAY_LENGTH(connection_columns));
	t.room = view->columns;
	for (size_t i = 0; i < at_most(n, view); i++)
		add_connection(&t, &m->connections[i]);
	return finish(&t, view);
}
