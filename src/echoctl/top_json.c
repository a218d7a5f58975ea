/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_json.c: see top_json.h. What is not known is null, and every field is always there.
 */
#include "echoctl/top_json.h"

#include <errno.h>

enum {
	PRECISION = 9 /* digits of a rate */
};

/* All of these take what the next one may have failed to make: NULL in, NULL out. */
static json_t *set(json_t *object, const char *name, json_t *value)
{
	if (object && json_object_set_new(object, name, value) == 0)
		return object;
	if (!object)
		json_decref(value);
	json_decref(object);
	return NULL;
}

static json_t *append(json_t *array, json_t *value)
{
	if (array && json_array_append_new(array, value) == 0)
		return array;
	if (!array)
		json_decref(value);
	json_decref(array);
	return NULL;
}

static json_t *real(bool known, double value)
{
	return known ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
	return value ? json_string(value) : json_null();
}

static json_t *set_rates(json_t *object, const struct top_rates *r)
{
	const struct {
		const char *name;
		double value;
	} rates[] = {
		{ "accepted_per_s", r->accepted },
		{ "rejected_per_s", r->rejected },
		{ "received_bytes_per_s", r->received },
		{ "sent_bytes_per_s", r->sent },
		{ "datagrams_received_per_s", r->datagrams_in },
		{ "datagrams_sent_per_s", r->datagrams_out },
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		object = set(object, rates[i].name, real(r->known, rates[i].value));
	return object;
}

/* A turn beyond the last limit has none. */
static json_t *limit_of(const struct top_turns *t, int64_t us)
{
	return t->known && us < INT64_MAX ? json_integer(us) : json_null();
}

static json_t *set_turns(json_t *object, const struct top_turns *t)
{
	object = set(object, "busy", real(t->measured, t->busy));
	object = set(object, "turn_p50_us", limit_of(t, t->half_us));
	object = set(object, "turn_p99_us", limit_of(t, t->most_us));
	return set(object, "turn_max_us", limit_of(t, t->all_us));
}

static json_t *listener_row(const struct top_listener *l)
{
	json_t *row = json_object();

	row = set(row, "name", text(l->name));
	row = set(row, "service", text(l->service));
	row = set(row, "transport", text(l->transport));
	row = set(row, "address", text(l->address));
	row = set(row, "port", l->address ? json_integer(l->port) : json_null());
	row = set(row, "path", text(l->path));
	row = set(row, "state", text(l->state));
	row = set(row, "active", json_integer(l->active));
	return set_rates(row, &l->rates);
}

static json_t *worker_row(const struct top_worker *w)
{
	json_t *row = json_object();

	row = set(row, "index", json_integer(w->index));
	row = set(row, "pid", w->pid > 0 ? json_integer(w->pid) : json_null());
	row = set(row, "state", text(w->state));
	row = set(row, "active", json_integer(w->active));
	row = set(row, "accepted_per_s", real(w->rates.known, w->rates.accepted));
	return set_turns(row, &w->turns);
}

/* As the daemon told it, and how fast it is. */
static json_t *connection_row(const struct top_connection *c)
{
	json_t *row = json_copy(c->row);

	row = set(row, "received_bytes_per_s", real(c->known, c->received_rate));
	return set(row, "sent_bytes_per_s", real(c->known, c->sent_rate));
}

static json_t *rows_of(const struct top_model *m, size_t limit, json_t *object)
{
	json_t *listeners = json_array(), *workers = json_array(), *connections = json_array();

	for (size_t i = 0; i < m->status.n_listeners; i++)
		listeners = append(listeners, listener_row(&m->status.listeners[i]));
	for (size_t i = 0; i < m->status.n_workers; i++)
		workers = append(workers, worker_row(&m->status.workers[i]));
	for (size_t i = 0; i < m->n_connections && i < limit; i++)
		connections = append(connections, connection_row(&m->connections[i]));
	object = set(object, "listeners", listeners);
	object = set(object, "workers", workers);
	if (m->note[0]) {
		json_decref(connections);
		connections = json_null();
	}
	return set(object, "connections", connections);
}

int top_json_print(const struct top_model *m, size_t limit, int64_t time_ms, FILE *out)
{
	const struct top_status *s = &m->status;
	json_t *object = json_object();
	int r;

	object = set(object, "time_ms", json_integer(time_ms));
	object = set(object, "interval_ms", json_integer(m->interval_ms));
	object = set(object, "state", text(s->state));
	object = set(object, "active", json_integer(s->active));
	object = set(object, "pending_bytes", json_integer(s->pending));
	object = set_rates(object, &s->rates);
	object = set_turns(object, &s->turns);
	object = rows_of(m, limit, object);
	if (!object)
		return -ENOMEM;
	r = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(PRECISION));
	json_decref(object);
	if (r < 0)
		return ferror(out) ? 0 : -ENOMEM; /* a broken output is found at the end */
	fputc('\n', out);
	return 0;
}
