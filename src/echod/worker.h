/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker: one process, one selector loop, its listeners and connections. It serves the slots that the
 * master assigned to it over the call link, and tells what happened over the event link.
 *
 *   worker.c           its life: loop, timers, stop and drain
 *   worker_birth.c     from a forked process to a worker: keep list, privileges, the master's death
 *   worker_room.c      full or not, ahead of the others or not
 *   handlers_worker.c  the methods of echod.Worker
 *   handlers_worker_rows.c  those that list and close connections
 *   handlers_worker_events.c  what happened, for those who watch
 *   reconfigure.c      a reload, as this worker sees it
 *   listener.c         an endpoint as this worker sees it; listener_accept.c: accepting there,
 *                      listener_admit.c: who may stay
 *   proxied.c          connections whose proxy has not said for whom they are
 *   stream.c           the pump: what the kernel says to a connection and back; stream_parts.h
 *                      tells its parts
 *   udp.c              the pump of UDP sockets: udp.h tells its parts
 *
 *   starting ──> running <──Drain, Resume──> draining
 *                   └──────Stop, links lost──────┴──> stopping ──nothing left──> exit 0
 */
#ifndef ECHOD_WORKER_H
#define ECHOD_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "echod/conn.h"
#include "echod/control.h"
#include "echod/deadline.h"
#include "echod/guard.h"
#include "echod/log.h"
#include "echod/selector.h"
#include "src/echod/config.h"
#include "src/echod/endpoints.h"
#include "src/echod/events.h"
#include "src/echod/privileges.h"
#include "src/echod/stats.h"

struct json_t;
struct udp_pump;
struct listener;
struct stream_observer;

/* What a worker gets from the master at the fork; all borrowed from the parent's memory. */
struct worker_setup {
	unsigned index;
	pid_t master;
	const struct config *config;
	const struct endpoints *endpoints;
	struct stats *stats;
	struct guard *guard;
	const struct privileges *privileges;
	unsigned events;       /* enum event_kind */
	int call_fd, event_fd; /* our ends of the links */
	bool background;       /* what log.to = "auto" means */
	const struct stream_observer
	    *observer; /* NULL, or who is told of every byte (transcript) */
};

/* What a reload brought: lives while it is in force, and while a listener still goes by it. */
struct worker_config {
	struct config config;
	unsigned references;
};

enum worker_state {
	WORKER_STARTING,
	WORKER_RUNNING,
	WORKER_DRAINING,
	WORKER_STOPPING
};

/* A drain's pace: stream_spread.c's. */
struct stream_spread {
	int64_t begun_ms, length_ms;
	int64_t n, n_ended; /* connections: how many there were, how many of these it ended */
	size_t next_fd;	    /* where the next one is looked for */
	int64_t due_ms;	    /* of the next one; INT64_MAX = no drain, or none is left */
};

struct worker {
	const struct worker_setup *setup;
	enum worker_state state;
	struct selector *selector;
	struct stats_worker *stats;
	const struct config *config;	  /* in force: the setup's, or our own */
	struct worker_config *own_config; /* NULL, or what a reload brought; a reference */
	struct guard_daemon guard_rules;
	int64_t now_ms;	 /* of this turn of the loop */
	int64_t turn_ns; /* when it began */

	/* streams */
	struct conn **conns; /* by descriptor */
	size_t conns_size, n_conns;
	struct deadlines *activity, *lifetime;
	int64_t retime_ms;	/* when to start again timers that could not be; INT64_MAX = none */
	int64_t send_again_ms;	/* when to send for streams that rest; INT64_MAX = none does */
	int64_t press_again_ms; /* when to look who may be read again; INT64_MAX = all may */
	struct stream_spread spread;
	struct conn_loan loan;
	struct log_limit memory_limit;

	struct udp_pump *pump; /* NULL, or shared by all UDP listeners; owned */
	/* those that a proxy brought and whose header is awaited; they count in n_conns */
	struct proxied *proxied;
	struct deadlines *proxied_timers;

	/* listeners */
	struct listener **listeners; /* listed, retiring and closed ones */
	size_t n_listeners;
	struct endpoint_sockets **incoming; /* for the next configuration */
	size_t n_incoming;
	bool drop_listeners; /* a closed one has lost its last connection */
	bool *serves;	     /* by slot: assigned to us */
	unsigned n_slots;
	bool full;
	bool ahead;	  /* of the others by so much that the master was told */
	bool waits;	  /* accepts nothing until the master has said who serves what */
	int64_t ahead_at; /* from this many ever accepted on it may be ahead */
	size_t conns_max; /* full at this many connections */
	int spare_fd;	  /* given up to accept and close one more when descriptors run out */
	bool accept_error_said;
	int64_t accept_again_ms; /* accepting rests until then; INT64_MAX = it does not rest */

	/* links */
	struct control_server *server;
	struct control_call *watch; /* the master's standing call, or NULL */
	unsigned events;	    /* enum event_kind: what the master wants to hear of */
	int64_t events_lost;	    /* that it could not be told since the last one */

	/* draining and stopping */
	int64_t drain;		/* the number of the drain that we are in; 0 = none */
	int64_t last_accept_ms; /* when stopping closes the listeners; INT64_MAX = not, or done */
	int64_t stop_ms;	/* when the drain's time is over */
	bool orphaned;		/* the master is gone */
};

enum {
	/* A stop ends a connection that owes nothing and is as quiet as this. As long it accepts what
	 * still comes out of handshakes, while the others close their copies of our sockets. */
	WORKER_QUIET_MS = 250
};

/* Runs until the worker is told to stop or its master is gone. Returns the exit code. Called in the
 * forked child, which exits with it. */
int worker_run(const struct worker_setup *setup);

/* For handlers_worker.c: what the methods do. */
void worker_assign(struct worker *w, const bool *serves);
/* From here new connections are ended at once; number > 0 says in which drain. Those there are go on, or
 * with spread_ms >= 0 are ended over so long. */
void worker_drain(struct worker *w, int64_t number, int64_t spread_ms);
void worker_resume(struct worker *w);
/* Ends every connection there is, after one last send each. */
void worker_cut(struct worker *w);
/* Accepts what waits, closes the listeners, drains for timeout_ms (0: only one last send), exits. */
void worker_stop(struct worker *w, int64_t timeout_ms);
/* One of the links has lost its other end. */
void worker_link_lost(struct worker *w);

/* For reconfigure.c. A listener more on these sockets. -ENOMEM. */
int worker_add_listener(struct worker *w, const struct config_listener *config,
			struct endpoint_sockets *sockets);
/* The configuration in force from here on; *config is emptied. -ENOMEM. */
int worker_take_config(struct worker *w, struct config *config);
/* NULL is fine. */
void worker_config_release(struct worker_config *config);
void worker_update_listeners(struct worker *w);
/* Frees closed listeners whose last connection has gone. */
void worker_drop_closed_listeners(struct worker *w);

/* In worker_birth.c. The keep list, privileges, the watch over the master; says what failed. */
int worker_become(const struct worker_setup *setup);
/* How long we may outlive the master. */
void worker_read_orphan_limit(const struct config *config);

/* In worker_room.c. How many connections fit below the limits of kernel and selector; -EMFILE: none. */
int worker_find_room(struct worker *w);
/* The same after there are fewer sockets, without a word: at worst it stays as it was. */
int worker_recount_room(struct worker *w);
bool worker_accepts(const struct worker *w);
/* The number of connections changed: full or not any more? */
void worker_count_changed(struct worker *w);

/* In handlers_worker.c. Opens the serving end of the links: 0 or -errno. */
int worker_links_open(struct worker *w);
/* In handlers_worker_rows.c. The methods ListConnections and CloseConnections; user is the worker. */
void worker_list_connections(struct control_call *call, void *user);
void worker_close_connections(struct control_call *call, void *user);
/* In handlers_worker_events.c. What happens is told to the master if it wants to hear of it: maybe it
 * turns out to be gone, and the worker begins to leave. */
void worker_event_open(struct worker *w, const struct conn *c);
/* A connection that is about to go, for worker_event_closed() when it has; NULL: not wanted. */
struct json_t *worker_event_closing(const struct worker *w, const struct conn *c);
void worker_event_closed(struct worker *w, struct json_t *closing);
void worker_event_refused(struct worker *w, const struct listener *l, const struct peer *peer,
			  const struct peer *proxy, enum reject_reason reason);
/* Tells the master over the event link whether we are full or ahead of the others, and which drain
 * has left us without a connection. */
void worker_tell(struct worker *w);

#endif
