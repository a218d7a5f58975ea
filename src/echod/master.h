/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * master: the process that opens, supervises and answers; it never reads a byte from a peer.
 *
 *   lifecycle.c        the order of start and end
 *   master.c           the loop, signals, timers, the daemon's state
 *   supervise.c        workers: fork, reap, replace, assign slots
 *   handlers_link.c    what the master says to a worker, and hears from it
 *   reload.c           a new configuration in force
 *   handlers.c         the methods of echod.Control; handlers_walk.h: those that ask all workers
 *   handlers_drain.c   a drain, from its beginning to its end
 *   watchdog.c         are the workers well?
 *
 *   starting ──READY──> running <──Drain, Resume──> draining ──no connection left──> drained
 *                          └─────────────Stop, SIGTERM─┴──> stopping ──no worker left──> the end
 */
#ifndef ECHOD_MASTER_H
#define ECHOD_MASTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "echod/conn.h"
#include "echod/control.h"
#include "echod/selector.h"
#include "src/echod/config.h"
#include "src/echod/daemonize.h"
#include "src/echod/endpoints.h"
#include "src/echod/events.h"
#include "src/echod/guard_map.h"
#include "src/echod/http.h"
#include "src/echod/identity.h"
#include "src/echod/ledger.h"
#include "src/echod/options.h"
#include "src/echod/page_rates.h"
#include "src/echod/pidfile.h"
#include "src/echod/privileges.h"
#include "src/echod/reload.h"
#include "src/echod/signals.h"
#include "src/echod/site.h"
#include "src/echod/stats.h"
#include "src/echod/status_line.h"
#include "src/echod/watchdog.h"

enum {
	MASTER_KILL_GRACE_MS = CONN_LINGER_MS + 2000 /* beyond the drain, for a worker to leave */
};

enum master_state {
	MASTER_STARTING,
	MASTER_RUNNING,
	MASTER_DRAINING,
	MASTER_DRAINED,
	MASTER_STOPPING
};

struct master;

/* A worker's index and, while it lives, its process.
 *
 *   absent ──fork──> starting ──answers Watch──> running ──dies──> absent
 */
struct master_worker {
	struct master *master;
	unsigned index;
	pid_t pid;    /* 0 = absent */
	bool running; /* it has answered Watch */
	bool full;
	int64_t drained; /* the number of the drain that has left it without a connection; or 0 */
	bool ahead;	 /* it said so, and still is */
	bool busy;	 /* has not answered to its slots yet */
	bool waits;	 /* for being told its slots, though they be the same */
	struct control_link *call, *event; /* NULL while absent */
	bool serves[CONFIG_WORKERS_MAX];   /* the slots that it was told to serve */
	int64_t started_ms;
	int64_t restart_ms; /* when to fork again; INT64_MAX = not */
	int64_t assign_ms;  /* when to tell it its slots again; INT64_MAX = it knows */
	int64_t delay_ms;   /* of the last restart */
	int64_t restarts;
};

/* The drain in force, or the last one. */
struct master_drain {
	int64_t number;		 /* of the one in force; 0 = none */
	int64_t last;		 /* of the last one; 0 = there was none */
	int64_t time_s;		 /* its beginning */
	int64_t timeout_ms;	 /* -1 = none */
	int64_t spread_ms;	 /* over how long connections are ended; -1 = they are not */
	int64_t until_ms;	 /* when its time is over; INT64_MAX = never, or past */
	bool timed_out;		 /* its time was over before it was drained */
	struct stats_cut before; /* at its beginning */
};

/* Those who want to hear what happens: handlers_events.c's. */
struct master_events {
	struct subscriber *subscribers;
	unsigned kinds;		     /* enum event_kind: what the workers tell */
	uint64_t questions, answers; /* of the workers about the kinds */
	unsigned telling;	     /* subscribers are being told */
};

struct master {
	const struct options *options;
	struct config config;
	int64_t generation;    /* of the configuration, from 1 */
	int64_t config_time_s; /* when it was read */
	char *control_path, *pid_path;

	struct selector *selector;
	struct signals *signals;
	struct selector_handler signal_handler;
	struct control_server *control;
	struct endpoints endpoints;
	struct site site;
	struct http_counts http_counts; /* of it, and of those before */
	struct page_rates rates;	/* of its status page */
	struct stats *stats;
	struct ledger ledger;
	struct guard_map guard;
	struct privileges privileges;
	struct identity_note identity_note;
	struct pidfile *pidfile;
	struct daemonize daemonize;
	struct reload reload;

	struct master_worker *workers;
	unsigned n_workers;

	enum master_state state;
	int64_t now_ms; /* of this turn of the loop */
	int64_t start_ms, start_time_s;
	int64_t kill_ms; /* when stopping: stragglers are killed then */
	bool failed;	 /* a worker could not start before READY */
	struct master_drain drain;
	struct stats_cut cut_before; /* at the beginning of the stop */
	int64_t
	    log_level_ms; /* when the log's level is the configuration's again; INT64_MAX = not */
	struct master_events events;
	struct watcher *watchers; /* calls of WatchStatus; handlers_watch.c's */
	bool watchers_told;	  /* just now: none may be freed */
	struct watchdog watchdog;
	char status[STATUS_LINE_SIZE]; /* as last told to the service manager */
};

/* master.c */

/* Registers the pipe of signals with the loop. 0, or the exit code with the reason in why. */
int master_watch_signals(struct master *m, FILE *why);
/* Runs until all workers run (then MASTER_RUNNING): 0, or -errno when one could not start. */
int master_wait_for_workers(struct master *m);
/* Runs until stopped and every worker is gone. 0 or -errno. */
int master_loop(struct master *m);
/* Begins to stop: within drain-timeout, or with now at once. Again with now hastens it. */
void master_stop(struct master *m, bool now);
/* Enters a state, and tells the service manager. */
void master_set_state(struct master *m, enum master_state state);
/* Tells the service manager that we are ready (again), and how we are. */
void master_tell_ready(struct master *m);
/* Tells it how we are, if that has changed. */
void master_tell(struct master *m);
/* The state as people and scripts see it: "running". */
const char *master_state_name(enum master_state state);

/* supervise.c */

/* Makes the table of workers, all absent. -ENOMEM. */
int supervise_init(struct master *m, unsigned n_workers);
void supervise_fini(struct master *m);
/* Forks every absent worker. -errno of the first that failed. */
int supervise_start(struct master *m);
/* After SIGCHLD: takes note of every child that has ended. */
void supervise_reap(struct master *m);
/* A worker runs, is full, or is no longer either: gives its slots to whom they belong now. */
void supervise_assign(struct master *m);
/* When a worker is to be forked again, at the earliest; and does it. */
int64_t supervise_deadline_ms(const struct master *m);
void supervise_expire(struct master *m);
/* Kills what is left. */
void supervise_kill(struct master *m);
unsigned supervise_count(const struct master *m);
/* Those that have answered. */
unsigned supervise_count_running(const struct master *m);
/* The end, also of a start that failed, or when the loop cannot go on: then the workers may drain
 * first. No worker is left afterwards. */
void supervise_end(struct master *m);

/* handlers_link.c */

/* Opens the master's ends of the links to a fresh worker, and asks it to tell. They are closed on
 * failure (-errno). */
int worker_links_connect(struct master_worker *worker, int call_fd, int event_fd);
void worker_links_close(struct master_worker *worker);
/* One call on the call link; method is qualified, the reference to parameters is taken, fds go with
 * it and stay open until the answer. Without reply nobody waits for one. -ECONNRESET when the worker
 * has gone; no reply comes after an error. */
int worker_call(struct master_worker *worker, const char *method, json_t *parameters,
		const int *fds, size_t n_fds, control_link_reply *reply, void *user);
/* A reply that is an error, to the log. */
void worker_log_failure(const struct master_worker *worker, const char *what, const json_t *reply,
			int error);
void worker_call_assign(struct master_worker *worker);
void worker_call_stop(struct master_worker *worker, int64_t timeout_ms);
/* The answer goes to watchdog_answered(). -errno. */
int worker_call_ping(struct master_worker *worker);
int64_t worker_links_deadline_ms(const struct master_worker *worker);
void worker_links_expire(struct master_worker *worker, int64_t now_ms);

/* handlers_log.c */

/* Opens log files again here and in every worker, for call, or for nobody if NULL. */
void handlers_reopen_logs(struct master *m, struct control_call *call);

/* handlers_events.c */

/* An event of a worker, borrowed, before which it could not tell so many others. */
void events_tell(struct master *m, json_t *event, int64_t lost);
void events_reload(struct master *m, bool ok, const char *why);
void events_worker_died(struct master *m, unsigned index, const char *how, int64_t lost);

/* handlers_watch.c */

int64_t watch_deadline_ms(const struct master *m);
void watch_expire(struct master *m);

/* handlers_log_level.c */

/* When the time of SetLogLevel is over, the level is what the configuration says. */
void log_level_expire(struct master *m);

/* handlers_drain.c */

/* Begins a drain, or gives the one in force this timeout and time to end connections over (-1 = none).
 * call is answered when all workers know. */
void master_drain(struct master *m, int64_t timeout_ms, int64_t spread_ms,
		  struct control_call *call);
void master_resume(struct master *m, struct control_call *call);
/* To a worker that was forked just now. */
void drain_tell_worker(struct master_worker *worker);
/* A worker has told how it is, or has gone: drained now? */
void drain_update(struct master *m);
/* When the drain's time is over, its rest is closed. */
void drain_expire(struct master *m);

/* handlers.c */

/* Serves the control socket listen_fd, which is its own from here. 0 or -errno. */
int handlers_open(struct master *m, int listen_fd);

#endif
