/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_drain.c: a drain, from its beginning to resume or stop.
 *
 * Each drain has a number. A worker says over its event link which drain has left it without a
 * connection; from then on it accepts none, so the daemon is drained, and stays so, once every worker
 * has said the number in force. A worker that is forked meanwhile is told to drain before it is
 * assigned a slot.
 */
#include <errno.h>
#include <string.h>

#include "echod/clock.h"
#include "echod/control.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_ask.h"
#include "src/echod/master.h"

#define METHOD(name) CONTROL_WORKER_INTERFACE "." name

enum {
	CUT_AGAIN_MS = 100 /* without memory to ask for it */
};

/* ---- Drained or not ---- */

static bool all_drained(const struct master *m)
{
	/* One that has not answered yet has no slots, and never had a connection. */
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].running && m->workers[i].drained != m->drain.number)
			return false;
	return true;
}

void drain_update(struct master *m)
{
	if (m->state != MASTER_DRAINING || !all_drained(m))
		return;
	m->drain.until_ms = INT64_MAX;
	log_notice("master", "drained: no connection is left");
	master_set_state(m, MASTER_DRAINED);
}

/* ---- Drain ---- */

/* A drain that is in force keeps its number. */
static int64_t number_of(const struct master *m)
{
	return m->drain.number != 0 ? m->drain.number : m->drain.last + 1;
}

static json_t *or_null(int64_t ms)
{
	return ms < 0 ? json_null() : json_integer(ms);
}

static json_t *parameters_of(const struct master *m, int64_t spread_ms)
{
	return json_pack("{s:I, s:o}", "number", (json_int_t)number_of(m), "spread_ms",
			 or_null(spread_ms));
}

static void worker_told(const json_t *answer, int error, bool final, void *user)
{
	(void) final;
	worker_log_failure(user, "draining", answer, error);
}

void drain_tell_worker(struct master_worker *worker)
{
	json_t *parameters;

	if (worker->master->drain.number == 0)
		return;
	parameters = parameters_of(worker->master, -1); /* it has no connection to end */
	if (!parameters ||
	    worker_call(worker, METHOD("Drain"), parameters, NULL, 0, worker_told, worker) < 0)
		worker_links_close(worker); /* better replaced than untold */
}

static void begin(struct master *m)
{
	const int64_t number = number_of(m);

	m->drain = (struct master_drain){ .number = number,
					  .last = number,
					  .time_s = clock_real_s(),
					  .before = stats_cut(m->stats) };
	if (m->state == MASTER_RUNNING)
		master_set_state(m, MASTER_DRAINING);
}

void master_drain(struct master *m, int64_t timeout_ms, int64_t spread_ms,
		  struct control_call *call)
{
	json_t *parameters = parameters_of(m, spread_ms);

	if (!parameters) {
		control_error_memory(call);
		return;
	}
	if (workers_ask(m, METHOD("Drain"), parameters, call, NULL) < 0)
		return;
	if (m->drain.number == 0)
		begin(m);
	m->drain.timeout_ms = timeout_ms;
	m->drain.spread_ms = spread_ms;
	m->drain.until_ms = timeout_ms < 0 || m->state == MASTER_DRAINED
				? INT64_MAX
				: deadline_at_ms(m->now_ms, timeout_ms);
	drain_update(m);
}

void master_resume(struct master *m, struct control_call *call)
{
	if (workers_ask(m, METHOD("Resume"), NULL, call, NULL) < 0)
		return;
	m->drain.number = 0;
	m->drain.until_ms = INT64_MAX;
	if (m->state == MASTER_DRAINING || m->state == MASTER_DRAINED)
		master_set_state(m, MASTER_RUNNING);
}

/* ---- Its timeout ---- */

static void cut(struct master *m)
{
	const struct stats_cut now = stats_cut(m->stats);

	log_warning("master",
		    "the drain ran out of time: %lld connections closed, %lld bytes unsent",
		    (long long)(now.connections - m->drain.before.connections),
		    (long long)(now.bytes - m->drain.before.bytes));
}

void drain_expire(struct master *m)
{
	if (m->drain.until_ms > m->now_ms)
		return;
	m->drain.until_ms = INT64_MAX;
	if (workers_ask(m, METHOD("Cut"), NULL, NULL, cut) < 0)
		m->drain.until_ms = m->now_ms + CUT_AGAIN_MS;
	else
		m->drain.timed_out = true;
}

/* ---- What the status says ---- */

json_t *handlers_drain_row(const struct master *m)
{
	const struct master_drain *d = &m->drain;
	const struct stats_cut now = stats_cut(m->stats);

	if (d->last == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:b, s:I, s:I}",				  //
			 "time_s", (json_int_t)d->time_s,				  //
			 "timeout_ms", or_null(d->timeout_ms),				  //
			 "spread_ms", or_null(d->spread_ms),				  //
			 "timed_out", d->timed_out,					  //
			 "closed", (json_int_t)(now.connections - d->before.connections), //
			 "unsent_bytes", (json_int_t)(now.bytes - d->before.bytes));
}
