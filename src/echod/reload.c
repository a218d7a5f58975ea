/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload.c: the phases of a reload. Each but the first sends one call to every worker and goes on when
 * all have answered. What a phase has begun is undone by later ones in the same order on the same
 * links, so that a worker which answers too late still ends where all the others are.
 */
#include "src/echod/reload.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "src/echod/config_json.h"
#include "src/echod/log_setup.h"
#include "src/echod/master.h"
#include "src/echod/notify.h"

enum {
	SOCKETS_PER_CALL = 253 /* what one message can carry */
};

static void advance(struct master *m);

/* ---- Rounds: one call to every worker ---- */

/* The other set, which nobody is to serve any more: the master's copies of its sockets go. */
static void drop_other(struct master *m)
{
	struct reload *r = &m->reload;

	for (size_t i = 0; i < r->endpoints.length; i++)
		if (r->endpoints.items[i].sockets->references == 1)
			r->unsure[r->endpoints.items[i].sockets->row] = true;
	endpoints_close(&r->endpoints, true);
	site_close(&r->site);
	config_fini(&r->config);
}

static int tell(struct master_worker *worker)
{
	struct master *m = worker->master;
	struct reload *r = &m->reload;
	const bool wait = !r->lost[worker->index];

	switch (r->phase) {
	case RELOAD_ADDING:
		return reload_call_add_sockets(worker, r->endpoints.items[r->item].sockets,
					       r->first_slot, r->count, wait);
	case RELOAD_SWITCHING:
		return reload_call_configure(worker, m->generation + 1, &r->config, &r->endpoints,
					     wait);
	case RELOAD_UNDOING:
		return reload_call_configure(worker, m->generation, &m->config, &m->endpoints,
					     wait);
	case RELOAD_LETTING_GO:
		return reload_call_retire(worker, false, wait);
	case RELOAD_CLOSING:
		return reload_call_retire(worker, true, wait);
	case RELOAD_IDLE:
	case RELOAD_CHECKING:
		break;
	}
	return -EINVAL;
}

/* The first failure is the reload's. A worker that does not even take its old configuration back is
 * replaced by one that begins with it. */
static void failed(struct master_worker *worker, int error, const char *message)
{
	struct master *m = worker->master;
	struct reload *r = &m->reload;
	const char *text = error == -ECONNRESET ? "it has died" : message;

	if (error == -ETIMEDOUT)
		r->lost[worker->index] = true;
	if (r->phase == RELOAD_ADDING || r->phase == RELOAD_SWITCHING) {
		if (!r->result.why.text[0])
			why_set(&r->result.why, error, "worker %u: %s", worker->index, text);
		return;
	}
	if (error == -ECONNRESET)
		return;
	r->retired = false;
	log_error("master", "worker %u: after a reload: %s", worker->index, text);
	if (r->phase == RELOAD_UNDOING && error != -ETIMEDOUT)
		worker_call_stop(worker, config_drain_ms(&m->config));
}

static void enter(struct master *m, enum reload_phase phase)
{
	struct reload *r = &m->reload;

	r->phase = phase;
	for (unsigned i = 0; i < m->n_workers; i++) {
		struct master_worker *worker = &m->workers[i];
		const bool wait = !r->lost[i];
		const int error = worker->pid ? tell(worker) : 0;

		if (error < 0)
			failed(worker, error, strerror(-error));
		else if (worker->pid && wait)
			r->outstanding++;
	}
}

void reload_answered(struct master_worker *worker, int error, const char *message)
{
	struct reload *r = &worker->master->reload;

	if (r->outstanding > 0)
		r->outstanding--;
	if (error < 0)
		failed(worker, error, message);
	advance(worker->master);
}

/* ---- From phase to phase ---- */

/* The next sockets that the workers do not have; false when there are none. */
static bool next_sockets(struct reload *r)
{
	for (; r->item < r->endpoints.length; r->item++) {
		const struct endpoint *endpoint = &r->endpoints.items[r->item];
		const struct endpoint_sockets *sockets = endpoint->sockets;
		unsigned slot = r->first_slot + r->count;

		while (slot < sockets->n_slots && sockets->fds[slot] < 0)
			slot++;
		r->first_slot = slot;
		r->count = 0;
		while (slot < sockets->n_slots && sockets->fds[slot] >= 0 &&
		       r->count < SOCKETS_PER_CALL) {
			slot++;
			r->count++;
		}
		if (r->count > 0 && !endpoint->kept)
			return true;
		r->first_slot = r->count = 0;
	}
	return false;
}

static void log_endpoints(const struct endpoints *set, const struct endpoints *other,
			  const char *what)
{
	char text[ENDPOINT_TEXT_SIZE];

	for (size_t i = 0; i < set->length; i++)
		if (!endpoints_find(other, set->items[i].sockets->row))
			log_info("master", "%s %s %s", what,
				 endpoint_format(set->items[i].sockets, text),
				 set->items[i].listener->name);
}

static void switch_site(struct master *m)
{
	const struct site site = m->site;
	char text[SITE_TEXT_SIZE];

	if (!m->reload.site_changes)
		return;
	m->site = m->reload.site;
	m->reload.site = site;
	if (m->site.http)
		log_info("master", "listening on %s metrics", site_format(&m->site, text));
	if (site.http)
		log_info("master", "no longer listening on %s metrics", site_format(&site, text));
}

/* From here on the new set is in force, and the old one is the other. */
static void commit(struct master *m)
{
	struct reload *r = &m->reload;
	const struct config config = m->config;
	const struct endpoints endpoints = m->endpoints;

	log_endpoints(&r->endpoints, &m->endpoints, "listening on");
	log_endpoints(&m->endpoints, &r->endpoints, "no longer listening on");
	ledger_switch(&m->ledger, &m->endpoints, &r->endpoints);
	switch_site(m);
	m->config = r->config;
	m->endpoints = r->endpoints;
	endpoints_renew(&m->endpoints);
	m->generation++;
	m->config_time_s = clock_real_s();
	r->config = config;
	r->endpoints = endpoints;
	r->result.ok = true;
	drop_other(m);
	enter(m, RELOAD_LETTING_GO);
}

static void undo(struct master *m)
{
	struct why why = { .text = "" };

	if (log_change(&m->reload.config, &m->config, m->options->daemon, &why) < 0)
		log_error("master", "%s", why.text);
	enter(m, RELOAD_UNDOING);
}

static void step(struct master *m)
{
	struct reload *r = &m->reload;
	const bool good = !r->result.why.text[0];

	switch (r->phase) {
	case RELOAD_ADDING:
		if (!good)
			undo(m);
		else
			enter(m, next_sockets(r) ? RELOAD_ADDING : RELOAD_SWITCHING);
		break;
	case RELOAD_SWITCHING:
		if (good)
			commit(m);
		else
			undo(m);
		break;
	case RELOAD_UNDOING:
		drop_other(m);
		enter(m, RELOAD_LETTING_GO);
		break;
	case RELOAD_LETTING_GO:
		enter(m, RELOAD_CLOSING);
		break;
	case RELOAD_CLOSING:
		if (r->retired)
			memset(r->unsure, 0, sizeof(r->unsure));
		reload_conclude(m);
		break;
	case RELOAD_IDLE:
	case RELOAD_CHECKING:
		break;
	}
}

static void advance(struct master *m)
{
	const struct reload *r = &m->reload;

	while (r->outstanding == 0 && r->phase > RELOAD_CHECKING && m->state != MASTER_STOPPING)
		step(m);
}

/* ---- The beginning ---- */

static bool row_is_busy(unsigned row, const void *user)
{
	const struct master *m = user;

	return m->reload.unsure[row] || STATS_SUM_ENDPOINT(m->stats, row, active) > 0 ||
	       STATS_SUM_ENDPOINT(m->stats, row, waiting) > 0;
}

static int open_other(struct master *m)
{
	struct reload *r = &m->reload;
	int error = endpoints_open(&r->config, m->n_workers, &m->endpoints, row_is_busy, m,
				   &r->endpoints, &r->result.errors);

	r->site_changes = !site_fits(&m->site, &m->config, &r->config);
	if (error >= 0 && r->site_changes)
		error = site_open(m, &r->config, &r->site, &r->result.errors);
	if (error < 0)
		return error;
	error = ledger_prepare(&m->ledger, &r->endpoints);
	if (error < 0)
		return error;
	return log_change(&m->config, &r->config, m->options->daemon, &r->result.why);
}

/* The configuration as it will be in force: what needs a restart stays as it is. */
static int prepare(struct master *m)
{
	struct reload *r = &m->reload;
	int error = options_load(m->options, &r->config, &r->result.errors);

	if (error < 0)
		return error;
	error = reload_compare(&m->config, &r->config, &r->result.difference);
	if (error >= 0)
		error = config_keep_restart(&m->config, &r->config);
	return error < 0 ? error : open_other(m);
}

static void give_up(struct master *m, int error)
{
	struct reload *r = &m->reload;

	if (r->result.errors.length == 0 && !r->result.why.text[0])
		why_set(&r->result.why, error, "%s", strerror(-error));
	endpoints_close(&r->endpoints, true);
	site_close(&r->site);
	config_fini(&r->config);
	reload_conclude(m);
}

static void checked(struct reload_check *check)
{
	struct reload *r = CONTAINER_OF(check, struct reload, check);
	struct master *m = CONTAINER_OF(r, struct master, reload);
	int error = reload_check_result(check, &r->result.errors, &r->result.why);

	if (error >= 0)
		error = prepare(m);
	if (error < 0) {
		give_up(m, error);
		return;
	}
	memset(r->lost, 0, sizeof(r->lost));
	r->retired = true;
	r->item = r->first_slot = r->count = 0;
	enter(m, next_sockets(r) ? RELOAD_ADDING : RELOAD_SWITCHING);
	advance(m);
}

static void begin(struct master *m)
{
	struct reload *r = &m->reload;
	int error;

	r->asked = false;
	notify_reloading("reloading");
	if (m->options->host) {
		log_warning("master", "started as HOST PORT: there is no configuration to reload");
		master_tell_ready(m);
		return;
	}
	r->result = (struct reload_result){ .ok = false };
	r->phase = RELOAD_CHECKING;
	reload_callers_begin(m);
	error = reload_check_start(&r->check, m->selector, m->options, options_load, m->now_ms,
				   checked);
	if (error < 0)
		give_up(m, error);
}

/* ---- What the others call ---- */

void reload_ask(struct master *m)
{
	m->reload.asked = true;
}

/* Not while the daemon starts or stops; what was asked for during the start is done after it. */
static bool may_begin(const struct master *m)
{
	return m->reload.asked && m->reload.phase == RELOAD_IDLE && m->state != MASTER_STARTING &&
	       m->state != MASTER_STOPPING;
}

int64_t reload_deadline_ms(const struct master *m)
{
	return may_begin(m) ? 0 : reload_check_deadline_ms(&m->reload.check);
}

void reload_expire(struct master *m)
{
	reload_check_expire(&m->reload.check, m->now_ms);
	if (may_begin(m))
		begin(m);
}

void reload_child_ended(struct master *m, pid_t pid, int status)
{
	reload_check_child_ended(&m->reload.check, pid, status);
}

bool reload_holds_forks(const struct master *m)
{
	return m->reload.phase > RELOAD_CHECKING;
}

void reload_stop(struct master *m)
{
	m->reload.asked = false;
	reload_check_end(&m->reload.check);
	reload_callers_dismiss(m);
}

void reload_fini(struct master *m)
{
	struct reload *r = &m->reload;

	reload_check_end(&r->check);
	endpoints_close(&r->endpoints, true);
	site_close(&r->site);
	config_fini(&r->config);
	reload_difference_fini(&r->result.difference);
	config_errors_fini(&r->result.errors);
}
