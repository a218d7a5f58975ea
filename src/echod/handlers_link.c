/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_link.c: the master's ends of the links to its workers: the calls of echod.Worker, and what
 * the standing Watch brings. A link that ends is no news: SIGCHLD tells. A worker that cannot be
 * talked to loses its links: it drains, leaves, and is replaced. One that could not be told its
 * slots is told again.
 */
#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

#define METHOD(name) CONTROL_WORKER_INTERFACE "." name

enum {
	LINK_MESSAGE_MAX = 16 * 1024 * 1024,
	CALL_TIMEOUT_MS = 5000,
	ASSIGN_AGAIN_MS = 100
};

void worker_log_failure(const struct master_worker *worker, const char *what, const json_t *reply,
			int error)
{
	const char *name = json_string_value(json_object_get(reply, "error"));

	if (error && error != -ECONNRESET)
		log_error("master", "worker %u: %s: %s", worker->index, what, strerror(-error));
	else if (name)
		log_error("master", "worker %u: %s: %s", worker->index, what, name);
}

/* What Watch brings: an event, or {"full": bool, "ahead": bool, "drained": int}; the first one says
 * that the worker runs. */
static void watched(const json_t *reply, int error, bool final, void *user)
{
	struct master_worker *worker = user;
	const json_t *parameters = json_object_get(reply, "parameters");
	json_t *event = json_object_get(parameters, "event");

	if (error || final) {
		worker_log_failure(worker, "watching", reply, error);
		worker_links_close(worker);
		return;
	}
	if (event) {
		const json_t *lost = json_object_get(parameters, "lost");

		events_tell(worker->master, event, json_integer_value(lost));
		return;
	}
	worker->running = true;
	worker->full = json_is_true(json_object_get(parameters, "full"));
	worker->drained = json_integer_value(json_object_get(parameters, "drained"));
	worker->ahead = worker->waits = json_is_true(json_object_get(parameters, "ahead"));
	supervise_assign(worker->master);
	drain_update(worker->master);
	master_tell(worker->master);
}

/* One without links is leaving, and needs no slots. */
static void assign_again(struct master_worker *worker)
{
	if (worker->call)
		worker->assign_ms = worker->master->now_ms + ASSIGN_AGAIN_MS;
}

static void assigned(const json_t *reply, int error, bool final, void *user)
{
	struct master_worker *worker = user;

	(void) final;
	worker_log_failure(worker, "assigning slots", reply, error);
	worker->busy = error == -ETIMEDOUT;
	if (error || json_object_get(reply, "error"))
		assign_again(worker);
	if (worker->busy)
		supervise_assign(worker->master); /* so that others have what is not its own */
}

static void stopped(const json_t *reply, int error, bool final, void *user)
{
	struct master_worker *worker = user;

	(void) final;
	worker_log_failure(worker, "stopping", reply, error);
	if (error || json_object_get(reply, "error"))
		worker_links_close(worker);
}

static void pinged(const json_t *reply, int error, bool final, void *user)
{
	struct master_worker *worker = user;

	(void) final;
	worker_log_failure(worker, "the watchdog", reply, error);
	watchdog_answered(worker->master, error);
}

int worker_call(struct master_worker *worker, const char *method, json_t *parameters,
		const int *fds, size_t n_fds, control_link_reply *reply, void *user)
{
	int r = -ECONNRESET;

	if (worker->call)
		r = control_link_call(worker->call, method, parameters, false, fds, n_fds,
				      CALL_TIMEOUT_MS, reply, user);
	else
		json_decref(parameters);
	if (r < 0 && r != -ECONNRESET)
		log_error("master", "worker %u: cannot call %s: %s", worker->index, method,
			  strerror(-r));
	return r;
}

/* parameters NULL: there was no memory for them. */
static int call(struct master_worker *worker, const char *method, json_t *parameters,
		control_link_reply *reply)
{
	if (!parameters)
		return -ENOMEM;
	return worker_call(worker, method, parameters, NULL, 0, reply, worker);
}

int worker_links_connect(struct master_worker *worker, int call_fd, int event_fd)
{
	struct master *m = worker->master;
	int r = control_link_new(m->selector, call_fd, LINK_MESSAGE_MAX, NULL, NULL, &worker->call);

	if (r < 0) {
		attr_close_fd(&event_fd);
		return r;
	}
	r = control_link_new(m->selector, event_fd, LINK_MESSAGE_MAX, NULL, NULL, &worker->event);
	if (r >= 0)
		r = control_link_call(worker->event, METHOD("Watch"), NULL, true, NULL, 0, 0,
				      watched, worker);
	return r;
}

void worker_links_close(struct master_worker *worker)
{
	/* Their outstanding calls are answered meanwhile, which may lead here again. */
	control_link_free(TAKE_PTR(worker->call));
	control_link_free(TAKE_PTR(worker->event));
}

void worker_call_assign(struct master_worker *worker)
{
	json_t *slots = json_array();

	for (unsigned slot = 0; slot < worker->master->n_workers; slot++)
		if (worker->serves[slot])
			slots = handlers_append(slots, json_integer(slot));
	worker->assign_ms = INT64_MAX;
	if (call(worker, METHOD("Assign"), slots ? json_pack("{s:o}", "slots", slots) : NULL,
		 assigned) < 0)
		assign_again(worker);
	else
		worker->busy = true;
}

void worker_call_stop(struct master_worker *worker, int64_t timeout_ms)
{
	json_t *parameters = json_pack("{s:I}", "timeout_ms", (json_int_t)timeout_ms);

	if (call(worker, METHOD("Stop"), parameters, stopped) < 0)
		worker_links_close(worker); /* which means the same to it */
}

int worker_call_ping(struct master_worker *worker)
{
	return worker_call(worker, METHOD("Ping"), NULL, NULL, 0, pinged, worker);
}

int64_t worker_links_deadline_ms(const struct master_worker *worker)
{
	const int64_t a = worker->call ? control_link_deadline_ms(worker->call) : INT64_MAX;
	const int64_t b = worker->event ? control_link_deadline_ms(worker->event) : INT64_MAX;

	return a < b ? a : b;
}

void worker_links_expire(struct master_worker *worker, int64_t now_ms)
{
	if (worker->call)
		control_link_expire(worker->call, now_ms);
	if (worker->event)
		control_link_expire(worker->event, now_ms);
}
