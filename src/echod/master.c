/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * master.c: the master's loop. It waits for signals, control clients, workers' links, HTTP clients
 * and its own timers, and for nothing else; while nothing happens it sleeps.
 */
#include "src/echod/master.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "src/echod/http.h"
#include "src/echod/notify.h"

const char *master_state_name(enum master_state state)
{
	static const char *const names[] = {
		[MASTER_STARTING] = "starting", [MASTER_RUNNING] = "running",
		[MASTER_DRAINING] = "draining", [MASTER_DRAINED] = "drained",
		[MASTER_STOPPING] = "stopping",
	};

	return state < ARRAY_LENGTH(names) ? names[state] : "unknown";
}

/* ---- The state ---- */

void master_tell(struct master *m)
{
	char status[STATUS_LINE_SIZE];

	if (m->state == MASTER_STARTING || !notify_wanted() ||
	    strcmp(status_line(m, status), m->status) == 0)
		return;
	memcpy(m->status, status, sizeof(m->status));
	notify_status("%s", m->status);
}

void master_tell_ready(struct master *m)
{
	notify_ready(status_line(m, m->status));
}

void master_set_state(struct master *m, enum master_state state)
{
	m->state = state;
	master_tell(m);
}

/* ---- Stop ---- */

static void begin_stop(struct master *m)
{
	m->cut_before = stats_cut(m->stats);
	m->drain.until_ms = INT64_MAX;
	notify_stopping(NULL);
	master_set_state(m, MASTER_STOPPING);
	endpoints_stop_listening(&m->endpoints);
	/* A reload's other set may be on its way to the workers: it is closed at the end. */
	endpoints_refuse_new(&m->reload.endpoints);
	reload_stop(m);
}

static void log_stopped(const struct master *m)
{
	const struct stats_cut now = stats_cut(m->stats);
	const long long connections = now.connections - m->cut_before.connections;
	const long long bytes = now.bytes - m->cut_before.bytes;

	if (connections > 0)
		log_warning("master",
			    "stopped; %lld connections closed by the timeout, %lld bytes unsent",
			    connections, bytes);
	else
		log_notice("master", "stopped; every connection had come to its end");
}

void master_stop(struct master *m, bool now)
{
	const int64_t timeout_ms = now ? 0 : config_drain_ms(&m->config);
	const int64_t kill_ms = m->now_ms + timeout_ms + MASTER_KILL_GRACE_MS;

	if (m->state == MASTER_STOPPING && !now)
		return;
	log_notice("master", "stopping%s", now ? " now" : "");
	if (m->state != MASTER_STOPPING)
		begin_stop(m);
	if (kill_ms < m->kill_ms)
		m->kill_ms = kill_ms;
	notify_extend_timeout(timeout_ms + MASTER_KILL_GRACE_MS);
	for (unsigned i = 0; i < m->n_workers; i++) {
		m->workers[i].restart_ms = INT64_MAX;
		if (m->workers[i].pid != 0)
			worker_call_stop(&m->workers[i], timeout_ms);
	}
}

/* ---- Signals ---- */

static void on_signal(struct master *m, int signo)
{
	switch (signo) {
	case SIGTERM:
	case SIGINT:
		log_info("master", "%s", strsignal(signo));
		master_stop(m, m->state == MASTER_STOPPING);
		break;
	case SIGCHLD:
		supervise_reap(m);
		break;
	case SIGHUP:
		log_info("master", "%s: reloading", strsignal(signo));
		reload_ask(m);
		break;
	case SIGUSR1:
		handlers_reopen_logs(m, NULL);
		break;
	default:
		break;
	}
}

static void signals_ready(struct selector_handler *handler, int fd, unsigned mask)
{
	struct master *m = CONTAINER_OF(handler, struct master, signal_handler);
	int signo;

	(void)fd;
	(void)mask;
	while ((signo = signals_next(m->signals)) > 0)
		on_signal(m, signo);
}

int master_watch_signals(struct master *m, FILE *why)
{
	int r;

	m->signal_handler.ready = signals_ready;
	r = selector_register(m->selector, signals_fd(m->signals), EVENT_READ, &m->signal_handler);
	if (r < 0)
		fprintf(why, "cannot wait for signals: %s", strerror(-r));
	return r < 0 ? 1 : 0;
}

/* ---- The loop ---- */

static int64_t earliest(const struct master *m)
{
	const int64_t deadlines[] = { supervise_deadline_ms(m),
				      m->control ? control_server_deadline_ms(m->control)
						 : INT64_MAX,
				      m->kill_ms,
				      m->drain.until_ms,
				      m->log_level_ms,
				      watch_deadline_ms(m),
				      reload_deadline_ms(m),
				      http_deadline_ms(m->site.http),
				      http_deadline_ms(m->reload.site.http),
				      watchdog_deadline_ms(m),
				      log_deadline_ms() };

	return deadline_earliest_ms(deadlines, ARRAY_LENGTH(deadlines));
}

static void expire(struct master *m)
{
	supervise_expire(m);
	log_expire(m->now_ms);
	drain_expire(m);
	log_level_expire(m);
	watch_expire(m);
	watchdog_expire(m);
	if (m->control)
		control_server_expire(m->control, m->now_ms);
	if (m->kill_ms <= m->now_ms) {
		supervise_kill(m);
		m->kill_ms = INT64_MAX;
	}
	http_expire(m->site.http, m->now_ms);
	http_expire(m->reload.site.http, m->now_ms);
	reload_expire(m);
}

/* One turn: waits, then does everything that is due. */
static int turn(struct master *m)
{
	const int r = selector_select(m->selector, selector_timeout(earliest(m), clock_now_ms()));

	m->now_ms = clock_now_ms();
	if (r < 0) {
		log_error("master", "%s: %s", selector_name(m->selector), strerror(-r));
		return r;
	}
	selector_dispatch(m->selector);
	expire(m);
	return 0;
}

int master_wait_for_workers(struct master *m)
{
	while (supervise_count_running(m) < m->n_workers && m->state == MASTER_STARTING) {
		const int r = m->failed ? -ECHILD : turn(m);

		if (r < 0)
			return r;
	}
	if (m->state == MASTER_STARTING)
		m->state = m->drain.number != 0 ? MASTER_DRAINING : MASTER_RUNNING;
	drain_update(m);
	return 0;
}

int master_loop(struct master *m)
{
	while (m->state != MASTER_STOPPING || supervise_count(m) > 0) {
		const int r = turn(m);

		if (r < 0)
			return r;
	}
	log_stopped(m);
	return 0;
}
