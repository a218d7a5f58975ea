/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker.c: a worker's life. It owns its selector, connections and listeners; the sockets it listens
 * on are the master's too, so what waits there outlives it.
 */
#include "src/echod/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "src/echod/keep.h"
#include "src/echod/limits.h"
#include "src/echod/listener.h"
#include "src/echod/notify.h"
#include "src/echod/reconfigure.h"
#include "src/echod/signals.h"
#include "src/echod/stream.h"

enum {
	DESCRIPTORS_SPARED = 64, /* full this far below the limit */
	DESCRIPTORS_OWN = 16,	 /* standard streams, log, links, selector and a few more */
	ORPHAN_GRACE_S = 5	 /* beyond the drain, when the master is gone */
};

/* ---- Full or not ---- */

bool worker_accepts(const struct worker *w)
{
	return (w->state == WORKER_RUNNING || w->state == WORKER_DRAINING) && !w->full &&
	       w->accept_again_ms == INT64_MAX;
}

void worker_update_listeners(struct worker *w)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_update(w->listeners[i]);
}

void worker_count_changed(struct worker *w)
{
	/* Not at the first free place again: that would go to and fro with every connection. */
	const bool full =
	    w->full ? w->n_conns >= w->conns_max - w->conns_max / 32 : w->n_conns >= w->conns_max;

	if (full == w->full)
		return;
	w->full = full;
	stats_set(&w->stats->full, full);
	log_notice("worker", "worker %u: %s with %zu connections", w->setup->index,
		   full ? "full" : "no longer full", w->n_conns);
	worker_update_listeners(w);
	worker_tell_full(w);
}

static size_t count_listening(const struct worker *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_listeners; i++)
		for (unsigned slot = 0; slot < w->n_slots; slot++)
			n += !w->listeners[i]->closed &&
			     endpoint_fd(w->listeners[i]->sockets, slot) >= 0;
	return n;
}

/* How many connections fit below the limits of the kernel and of the selector. */
static int find_conns_max(struct worker *w)
{
	const uint64_t files = limits_files();
	const size_t highest = (size_t)selector_fd_limit(w->selector);
	const size_t limit = files < highest ? (size_t)files : highest;
	const size_t used = DESCRIPTORS_SPARED + DESCRIPTORS_OWN + count_listening(w);

	stats_set(&w->stats->open_files_limit, (int64_t)limit);
	if (limit <= used) {
		log_error("worker",
			  "worker %u: %zu descriptors are not enough for %zu listening sockets",
			  w->setup->index, limit, count_listening(w));
		return -EMFILE;
	}
	w->conns_max = limit - used;
	return 0;
}

/* ---- What the master asks for ---- */

void worker_assign(struct worker *w, const bool *serves)
{
	memcpy(w->serves, serves, w->n_slots * sizeof(*serves));
	worker_update_listeners(w);
}

void worker_drain(struct worker *w, bool on)
{
	if (w->state == WORKER_STOPPING)
		return;
	w->state = on ? WORKER_DRAINING : WORKER_RUNNING;
}

static void cut(struct worker *w)
{
	w->stop_ms = INT64_MAX;
	stream_cut_all(w);
	if (w->cut_connections > 0)
		log_warning("worker",
			    "worker %u: the drain ran out of time: %lld connections were cut with "
			    "%lld bytes unsent",
			    w->setup->index, (long long)w->cut_connections,
			    (long long)w->cut_bytes);
}

void worker_stop(struct worker *w, int64_t timeout_ms)
{
	const int64_t stop_ms = w->now_ms + timeout_ms;

	if (w->state != WORKER_STOPPING) {
		for (size_t i = 0; i < w->n_listeners; i++)
			if (!w->listeners[i]->closed)
				listener_accept_waiting(w->listeners[i]);
		w->state = WORKER_STOPPING;
		w->stop_ms = stop_ms;
		worker_update_listeners(w);
		for (size_t i = 0; i < w->n_listeners; i++)
			endpoint_close_fds(w->listeners[i]->sockets);
		stream_retime_all(w);
	}
	if (stop_ms < w->stop_ms)
		w->stop_ms = stop_ms;
	if (timeout_ms == 0)
		cut(w);
}

void worker_link_lost(struct worker *w)
{
	if (w->state == WORKER_STOPPING)
		return;
	log_error("worker", "worker %u: the master is gone; draining and leaving", w->setup->index);
	worker_stop(w, w->config->drain_timeout_ms);
}

/* ---- The loop ---- */

static int64_t earliest(const struct worker *w)
{
	const int64_t deadlines[] = { stream_deadline_ms(w), control_server_deadline_ms(w->server),
				      w->stop_ms, w->accept_again_ms };
	int64_t ms = INT64_MAX;

	for (size_t i = 0; i < ARRAY_LENGTH(deadlines); i++)
		if (deadlines[i] < ms)
			ms = deadlines[i];
	return ms;
}

static void expire(struct worker *w)
{
	stream_expire(w);
	stream_relieve(w);
	if (w->drop_listeners) {
		w->drop_listeners = false;
		worker_drop_closed_listeners(w);
	}
	control_server_expire(w->server, w->now_ms);
	if (w->stop_ms <= w->now_ms)
		cut(w);
	if (w->accept_again_ms <= w->now_ms) {
		w->accept_again_ms = INT64_MAX;
		worker_update_listeners(w);
	}
}

static void serve_ready(struct worker *w)
{
	const struct selector_key *key;
	unsigned mask;

	while (selector_next(w->selector, &key, &mask)) {
		const int fd = key->fd;
		struct conn *c = stream_find(w, fd);

		if (c) {
			stream_turn(w, c, mask);
		} else {
			struct selector_handler *handler = key->data;

			handler->ready(handler, fd, mask);
		}
	}
}

static bool is_done(const struct worker *w)
{
	return w->state == WORKER_STOPPING && w->n_conns == 0;
}

static int loop(struct worker *w)
{
	while (!is_done(w)) {
		const int r =
		    selector_select(w->selector, selector_timeout(earliest(w), clock_now_ms()));

		w->now_ms = clock_now_ms();
		if (r < 0) {
			log_error("worker", "worker %u: %s: %s", w->setup->index,
				  selector_name(w->selector), strerror(-r));
			return 1;
		}
		serve_ready(w);
		expire(w);
	}
	control_server_flush(w->server);
	return 0;
}

/* ---- Start and end ---- */

int worker_add_listener(struct worker *w, const struct config_listener *config,
			struct endpoint_sockets *sockets)
{
	struct listener **listeners =
	    realloc(w->listeners, (w->n_listeners + 1) * sizeof(struct listener *));
	int r;

	if (!listeners)
		return -ENOMEM;
	w->listeners = listeners;
	r = listener_new(w, config, sockets, &listeners[w->n_listeners]);
	if (r >= 0)
		w->n_listeners++;
	return r;
}

void worker_drop_closed_listeners(struct worker *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n_listeners; i++)
		if (w->listeners[i]->closed && w->listeners[i]->n_conns == 0)
			listener_free(w->listeners[i]);
		else
			w->listeners[kept++] = w->listeners[i];
	w->n_listeners = kept;
}

static int open_listeners(struct worker *w)
{
	const struct endpoints *endpoints = w->setup->endpoints;
	int r = 0;

	for (size_t i = 0; i < endpoints->length && r >= 0; i++)
		r = worker_add_listener(w, endpoints->items[i].listener,
					endpoints->items[i].sockets);
	return r;
}

static void read_guard_rules(struct worker *w)
{
	const struct config *config = w->config;

	w->guard_rules = (struct guard_daemon){
		.limits = { .max_connections = config->max_connections,
			    .max_connections_per_source = config->max_connections_per_source,
			    .accept_rate = config->accept_rate,
			    .accept_burst = config->accept_burst },
		.source_prefix_ipv4 = (unsigned)config->source_prefix_ipv4,
		.source_prefix_ipv6 = (unsigned)config->source_prefix_ipv6,
	};
}

static void drop_own_config(struct worker *w)
{
	if (w->own_config)
		config_fini(w->own_config);
	free(TAKE_PTR(w->own_config));
}

int worker_take_config(struct worker *w, struct config *config)
{
	struct config *own = malloc(sizeof(*own));

	if (!own)
		return -ENOMEM;
	*own = *config;
	*config = (struct config){ 0 };
	drop_own_config(w);
	w->config = w->own_config = own;
	read_guard_rules(w);
	return 0;
}

static int start(struct worker *w)
{
	int r;

	w->n_slots = w->setup->stats->n_workers;
	read_guard_rules(w);
	w->serves = calloc(w->n_slots, sizeof(*w->serves));
	if (!w->serves)
		return -ENOMEM;
	r = selector_open(w->config->selector, &w->selector);
	if (r >= 0)
		r = stream_init(w);
	if (r >= 0)
		r = open_listeners(w);
	if (r >= 0)
		r = find_conns_max(w);
	if (r >= 0)
		r = worker_links_open(w);
	w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w->state = WORKER_RUNNING;
	return r;
}

static void stop(struct worker *w)
{
	stream_fini(w);
	w->server = control_server_free(w->server);
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_free(w->listeners[i]);
	reconfigure_fini(w);
	drop_own_config(w);
	free(w->listeners);
	free(w->serves);
	if (w->spare_fd >= 0)
		close(w->spare_fd);
	w->selector = selector_close(w->selector);
}

/* The master's death closes the links, which ends us in order; should that get stuck, this ends us. */
static unsigned orphan_limit_s;

static void on_orphaned(int signo)
{
	(void)signo;
	alarm(orphan_limit_s);
}

static int watch_master(const struct worker_setup *setup)
{
	const struct sigaction action = { .sa_handler = on_orphaned, .sa_flags = SA_RESTART };

	orphan_limit_s = (unsigned)(setup->config->drain_timeout_ms / 1000) + ORPHAN_GRACE_S;
	if (sigaction(SIGUSR2, &action, NULL) < 0)
		return -errno;
	return signals_die_with_parent(setup->master, SIGUSR2);
}

static int keep_ours(const struct worker_setup *setup)
{
	const size_t n_slots = setup->stats->n_workers;
	const size_t most = setup->endpoints->length * n_slots + 2;
	CLEANUP_FREE int *fds = malloc(most * sizeof(*fds));
	size_t n = 0;

	if (!fds)
		return -ENOMEM;
	fds[n++] = setup->call_fd;
	fds[n++] = setup->event_fd;
	for (size_t i = 0; i < setup->endpoints->length; i++)
		for (unsigned slot = 0; slot < n_slots; slot++)
			fds[n++] = endpoint_fd(setup->endpoints->items[i].sockets, slot);
	return keep_only(fds, n);
}

/* What a fresh process must do before it may listen to anybody. */
static int become_worker(const struct worker_setup *setup)
{
	struct why why = { .text = "" };
	int r;

	signals_in_child();
	notify_in_child();
	r = keep_ours(setup);
	if (r < 0) {
		why_set(&why, r, "cannot close what is the master's: %s", strerror(-r));
	} else {
		r = privileges_drop(setup->privileges, false, &why);
		if (r >= 0) {
			r = watch_master(setup);
			if (r < 0)
				why_set(&why, r, "cannot watch the master: %s", strerror(-r));
		}
	}
	if (r < 0)
		log_error("worker", "worker %u: %s", setup->index, why.text);
	return r;
}

int worker_run(const struct worker_setup *setup)
{
	struct worker w = { .setup = setup,
			    .stats = &setup->stats->workers[setup->index],
			    .config = setup->config,
			    .now_ms = clock_now_ms(),
			    .stop_ms = INT64_MAX,
			    .accept_again_ms = INT64_MAX,
			    .spare_fd = -1 };
	int r = become_worker(setup);

	if (r < 0)
		return 1;
	r = start(&w);
	if (r < 0)
		log_error("worker", "worker %u: cannot start: %s", setup->index, strerror(-r));
	else
		r = loop(&w);
	stop(&w);
	return r == 0 ? 0 : 1;
}
