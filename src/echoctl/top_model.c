/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_model.c owns the statuses: reading one, and what has grown since the one before. A counter that
 * has become smaller began anew, and is compared with 0, as is a listener that was not there.
 */
#include "echoctl/top_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/render_fields.h"
#include "echoctl/top_turns.h"

enum {
	WHERE_SIZE = 64
};

/* ---- Reading ---- */

/* The sum of a map of reasons; 0 and what is wrong, where it is none. */
static int64_t sum_of(struct fields *f, const json_t *totals, const char *name)
{
	const json_t *reasons = fields_optional_object(f, totals, name), *value;
	const char *word;
	int64_t sum = 0;

	if (!reasons)
		fields_wrong(f, "totals", name, "missing");
	json_object_foreach((json_t *)(uintptr_t)reasons, word, value) sum +=
	    fields_integer(f, reasons, name, word);
	return sum;
}

static void read_traffic(struct fields *f, const json_t *object, const char *where,
			 struct top_counts *ret_counts)
{
	ret_counts->accepted = fields_integer(f, object, where, "accepted");
	ret_counts->received = fields_integer(f, object, where, "received_bytes");
	ret_counts->sent = fields_integer(f, object, where, "sent_bytes");
	ret_counts->datagrams_in = fields_integer(f, object, where, "datagrams_received");
	ret_counts->datagrams_out = fields_integer(f, object, where, "datagrams_sent");
}

static void read_listener(struct fields *f, const json_t *row, const char *where,
			  struct top_listener *ret_listener)
{
	ret_listener->name = fields_text(f, row, where, "name");
	ret_listener->service = fields_text(f, row, where, "service");
	ret_listener->transport = fields_text(f, row, where, "transport");
	ret_listener->state = fields_text(f, row, where, "state");
	ret_listener->address = fields_optional_text(f, row, where, "address");
	ret_listener->path = fields_optional_text(f, row, where, "path");
	fields_optional_integer(f, row, where, "port", &ret_listener->port);
	ret_listener->active = fields_integer(f, row, where, "active");
	read_traffic(f, row, where, &ret_listener->counts);
	ret_listener->counts.rejected = fields_integer(f, row, where, "rejected");
}

static void read_worker(struct fields *f, const json_t *row, const char *where, size_t n_kinds,
			struct top_worker *ret_worker)
{
	ret_worker->index = fields_integer(f, row, where, "index");
	fields_optional_integer(f, row, where, "pid", &ret_worker->pid);
	ret_worker->state = fields_text(f, row, where, "state");
	ret_worker->full = fields_boolean(f, row, where, "full");
	ret_worker->active = fields_integer(f, row, where, "active");
	ret_worker->pending = fields_integer(f, row, where, "pending_bytes");
	ret_worker->counts.accepted = fields_integer(f, row, where, "accepted");
	if (n_kinds == 0)
		return;
	ret_worker->busy_us = fields_integer(f, row, where, "loop_busy_us");
	top_turns_read(f, row, where, "loop_turns", n_kinds, ret_worker->turn_counts);
}

static int read_rows(struct fields *f, struct top_status *s)
{
	const json_t *listeners = fields_array(f, s->answer, "", "listeners");
	const json_t *workers = fields_array(f, s->answer, "", "workers");
	char where[WHERE_SIZE];

	s->n_listeners = json_array_size(listeners);
	s->n_workers = json_array_size(workers);
	s->listeners = calloc(s->n_listeners + 1, sizeof(*s->listeners));
	s->workers = calloc(s->n_workers + 1, sizeof(*s->workers));
	if (!s->listeners || !s->workers)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_listeners; i++) {
		snprintf(where, sizeof(where), "listeners[%zu]", i);
		read_listener(f, json_array_get(listeners, i), where, &s->listeners[i]);
	}
	for (size_t i = 0; i < s->n_workers; i++) {
		snprintf(where, sizeof(where), "workers[%zu]", i);
		read_worker(f, json_array_get(workers, i), where, s->n_kinds, &s->workers[i]);
	}
	return 0;
}

/* A daemon of a version that does not measure its loops has no limits. */
static void read_limits(struct fields *f, struct top_status *s)
{
	const json_t *limits = json_object_get(s->answer, "loop_limits_us");
	const size_t n = json_array_size(limits);

	if (n == 0 || n >= TOP_TURN_KINDS_MAX)
		return;
	top_turns_read(f, s->answer, "", "loop_limits_us", n, s->limits_us);
	s->n_kinds = n + 1;
}

static int read_status(struct fields *f, struct top_status *s)
{
	const json_t *answer = s->answer;
	const json_t *totals = fields_object(f, answer, "totals");

	s->version = fields_text(f, answer, "", "version");
	s->state = fields_text(f, answer, "", "state");
	s->pid = fields_integer(f, answer, "", "pid");
	s->start_time_s = fields_integer(f, answer, "", "start_time_s");
	s->uptime_s = fields_integer(f, answer, "", "uptime_s");
	s->active = fields_integer(f, totals, "totals", "active");
	s->pending = fields_integer(f, totals, "totals", "pending_bytes");
	s->paused = fields_integer(f, totals, "totals", "paused_connections");
	read_traffic(f, totals, "totals", &s->counts);
	s->counts.rejected = sum_of(f, totals, "rejected");
	read_limits(f, s);
	return read_rows(f, s);
}

/* ---- What has grown ---- */

static bool began_anew(const struct top_counts *now, const struct top_counts *before)
{
	return now->accepted < before->accepted || now->rejected < before->rejected ||
	       now->received < before->received || now->sent < before->sent ||
	       now->datagrams_in < before->datagrams_in ||
	       now->datagrams_out < before->datagrams_out;
}

/* before NULL: it was not there. */
static struct top_rates rates_of(const struct top_counts *now, const struct top_counts *before,
				 double seconds)
{
	static const struct top_counts none;

	if (!before || began_anew(now, before))
		before = &none;
	return (struct top_rates){
		.known = true,
		.accepted = (double)(now->accepted - before->accepted) / seconds,
		.rejected = (double)(now->rejected - before->rejected) / seconds,
		.received = (double)(now->received - before->received) / seconds,
		.sent = (double)(now->sent - before->sent) / seconds,
		.datagrams_in = (double)(now->datagrams_in - before->datagrams_in) / seconds,
		.datagrams_out = (double)(now->datagrams_out - before->datagrams_out) / seconds,
	};
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_akin(const struct top_listener *a, const struct top_listener *b)
{
	return same_text(a->name, b->name) && same_text(a->service, b->service) &&
	       same_text(a->transport, b->transport);
}

static const struct top_listener *find_listener(const struct top_status *s,
						const struct top_listener *listener)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		const struct top_listener *l = &s->listeners[i];

		if (is_akin(l, listener) && same_text(l->address, listener->address) &&
		    same_text(l->path, listener->path) && l->port == listener->port)
			return l;
	}
	return NULL;
}

/* Of those akin to this one, has b all that a has? */
static bool has_all(const struct top_status *b, const struct top_status *a,
		    const struct top_listener *listener)
{
	for (size_t i = 0; i < a->n_listeners; i++)
		if (is_akin(&a->listeners[i], listener) && !find_listener(b, &a->listeners[i]))
			return false;
	return true;
}

/* A reload that gives a listener other addresses moves counts among its rows: that is no growth. */
static void compare_listener(struct top_listener *l, const struct top_status *s,
			     const struct top_status *before, double seconds)
{
	const struct top_listener *was = find_listener(before, l);

	if (was && has_all(before, s, l) && has_all(s, before, l))
		l->rates = rates_of(&l->counts, &was->counts, seconds);
}

static const struct top_worker *find_worker(const struct top_status *before, int64_t index)
{
	for (size_t i = 0; i < before->n_workers; i++)
		if (before->workers[i].index == index)
			return &before->workers[i];
	return NULL;
}

static void compare_worker(struct top_worker *w, const struct top_worker *old,
			   const struct top_status *s, double seconds)
{
	w->rates = rates_of(&w->counts, old ? &old->counts : NULL, seconds);
	if (!old || s->n_kinds == 0)
		return;
	w->turns = top_turns_between(w->turn_counts, old->turn_counts, s->limits_us, s->n_kinds);
	w->turns.measured = true;
	w->turns.busy = (double)(w->busy_us - old->busy_us) / 1e6 / seconds;
	if (w->turns.busy < 0 || w->turns.busy > 1)
		w->turns.busy = w->turns.busy < 0 ? 0 : 1;
}

/* Of all loops together; busy is that of the busiest. */
static void compare_all_turns(struct top_status *s, const struct top_status *before)
{
	int64_t now[TOP_TURN_KINDS_MAX] = { 0 }, old[TOP_TURN_KINDS_MAX] = { 0 };
	double busy = 0;
	bool measured = false;

	for (size_t i = 0; i < s->n_workers; i++) {
		const struct top_worker *w = &s->workers[i], *was = find_worker(before, w->index);

		for (size_t k = 0; was && k < s->n_kinds; k++) {
			now[k] += w->turn_counts[k];
			old[k] += was->turn_counts[k];
		}
		measured |= w->turns.measured;
		busy = w->turns.busy > busy ? w->turns.busy : busy;
	}
	s->turns = top_turns_between(now, old, s->limits_us, s->n_kinds);
	s->turns.measured = measured;
	s->turns.busy = busy;
}

static void compare(struct top_status *s, const struct top_status *before, double seconds)
{
	s->rates = rates_of(&s->counts, &before->counts, seconds);
	for (size_t i = 0; i < s->n_listeners; i++)
		compare_listener(&s->listeners[i], s, before, seconds);
	for (size_t i = 0; i < s->n_workers; i++)
		compare_worker(&s->workers[i], find_worker(before, s->workers[i].index), s,
			       seconds);
	if (s->n_kinds > 0)
		compare_all_turns(s, before);
}

/* ---- The whole ---- */

static void status_fini(struct top_status *s)
{
	json_decref(s->answer);
	free(s->listeners);
	free(s->workers);
	*s = (struct top_status){ .answer = NULL };
}

static bool is_same_daemon(const struct top_status *a, const struct top_status *b)
{
	return a->answer && b->answer && a->pid == b->pid && a->start_time_s == b->start_time_s &&
	       a->n_kinds == b->n_kinds;
}

/* Another daemon begins its ids anew. */
static void forget_marks(struct top_model *m)
{
	free(m->before.marks);
	free(m->last.marks);
	m->before = m->last = (struct top_marks){ .at_ms = INT64_MIN };
}

int top_model_take_status(struct top_model *m, const json_t *answer, int64_t now_ms,
			  char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	struct top_status s = { .answer = json_incref((json_t *)(uintptr_t)answer),
				.at_ms = now_ms };
	int r = read_status(&f, &s);

	if (r < 0 || ret_wrong[0]) {
		status_fini(&s);
		return ret_wrong[0] ? -EPROTO : r;
	}
	if (m->status.answer && !is_same_daemon(&m->status, &s))
		forget_marks(m);
	m->interval_ms = 0;
	if (is_same_daemon(&m->status, &s) && now_ms > m->status.at_ms) {
		m->interval_ms = now_ms - m->status.at_ms;
		compare(&s, &m->status, (double)m->interval_ms / 1000);
	}
	status_fini(&m->status);
	m->status = s;
	return 0;
}

void top_model_init(struct top_model *m)
{
	*m = (struct top_model){ .before = { .at_ms = INT64_MIN }, .last = { .at_ms = INT64_MIN } };
}

void top_model_fini(struct top_model *m)
{
	status_fini(&m->status);
	for (size_t i = 0; i < m->n_connections + m->n_incoming; i++)
		json_decref(m->connections[i].row);
	free(m->connections);
	forget_marks(m);
	top_model_init(m);
}
