/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker.c: a worker's life. It owns its selector, connections and listeners; the sockets it listens
 * on are the master's too, so what waits there outlives it.
 */
#include "src/echod/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "src/echod/listener.h"
#include "src/echod/proxied.h"
#include "src/echod/reconfigure.h"
#include "src/echod/stream.h"
#include "src/echod/udp.h"

/* ---- What the master asks for ---- */

void worker_assign(struct worker *w, const bool *serves)
{
	memcpy(w->serves, serves, w->n_slots * sizeof(*serves));
	w->waits = false;
	worker_update_listeners(w);
}

void worker_drain(struct worker *w, int64_t number, int64_t spread_ms)
{
	w->drain = number;
	if (w->state != WORKER_STOPPING) {
		w->state = WORKER_DRAINING;
		stream_spread_cancel(w);
		if (spread_ms >= 0)
			stream_spread_begin(w, spread_ms);
	}
	worker_tell(w);
}

void worker_resume(struct worker *w)
{
	if (w->state == WORKER_STOPPING)
		return;
	w->drain = 0;
	stream_spread_cancel(w);
	w->state = WORKER_RUNNING;
	worker_tell(w);
}

/* ---- Stop ---- */

/* The master sums this up for all workers, as long as there is one. */
static void log_cut(const struct worker *w, int64_t connections, int64_t bytes)
{
	if (w->orphaned && connections > 0)
		log_warning("worker",
			    "worker %u: %lld connections closed by the timeout, %lld bytes unsent",
			    w->setup->index, (long long)connections, (long long)bytes);
}

void worker_cut(struct worker *w)
{
	const int64_t connections = stats_get(&w->stats->cut_connections);
	const int64_t bytes = stats_get(&w->stats->cut_bytes);

	proxied_refuse_all(w, REJECT_DRAINING);
	stream_cut_all(w);
	log_cut(w, stats_get(&w->stats->cut_connections) - connections,
		stats_get(&w->stats->cut_bytes) - bytes);
}

static bool is_cut(const struct worker *w)
{
	return w->state == WORKER_STOPPING && w->stop_ms == INT64_MAX;
}

static void stop_now(struct worker *w)
{
	w->stop_ms = INT64_MAX;
	worker_cut(w);
}

/* When the listeners are to be closed. One who is full has to wait until connections end, so that
 * those that wait in the kernel have their turn; orphans make way for a new daemon. */
static int64_t last_accept_ms(const struct worker *w)
{
	return w->full && !is_cut(w) && !w->orphaned ? INT64_MAX : w->last_accept_ms;
}

static void close_listeners(struct worker *w)
{
	w->last_accept_ms = INT64_MAX;
	for (size_t i = 0; i < w->n_listeners; i++)
		if (!w->listeners[i]->closed)
			listener_close(w->listeners[i]);
}

static void begin_stop(struct worker *w, int64_t timeout_ms)
{
	w->state = WORKER_STOPPING;
	stream_spread_cancel(w);
	w->stop_ms = w->now_ms + timeout_ms;
	w->last_accept_ms = w->now_ms;
	if (timeout_ms > 0 && !w->orphaned)
		w->last_accept_ms += WORKER_QUIET_MS;
	for (size_t i = 0; i < w->n_listeners; i++)
		if (!w->listeners[i]->closed)
			listener_close_unserved(w->listeners[i]);
	worker_update_listeners(w);
	stream_retime_all(w);
	proxied_hasten(w);
}

void worker_stop(struct worker *w, int64_t timeout_ms)
{
	if (w->state != WORKER_STOPPING)
		begin_stop(w, timeout_ms);
	if (w->now_ms + timeout_ms < w->stop_ms)
		w->stop_ms = w->now_ms + timeout_ms;
	if (timeout_ms > 0)
		return;
	if (w->last_accept_ms < INT64_MAX)
		close_listeners(w);
	stop_now(w);
}

void worker_link_lost(struct worker *w)
{
	w->orphaned = true;
	if (w->state == WORKER_STOPPING)
		return;
	log_error("worker", "worker %u: the master is gone; draining and leaving", w->setup->index);
	worker_stop(w, config_drain_ms(w->config));
}

/* ---- The loop ---- */

static int64_t earliest(const struct worker *w)
{
	const int64_t deadlines[] = { stream_deadline_ms(w),
				      proxied_deadline_ms(w),
				      control_server_deadline_ms(w->server),
				      last_accept_ms(w),
				      w->stop_ms,
				      w->accept_again_ms,
				      log_deadline_ms() };

	return deadline_earliest_ms(deadlines, ARRAY_LENGTH(deadlines));
}

static void expire(struct worker *w)
{
	stream_expire(w);
	proxied_expire(w);
	stream_relieve(w);
	if (w->drop_listeners) {
		w->drop_listeners = false;
		worker_drop_closed_listeners(w);
	}
	control_server_expire(w->server, w->now_ms);
	log_expire(w->now_ms);
	if (last_accept_ms(w) <= w->now_ms)
		close_listeners(w);
	if (w->stop_ms <= w->now_ms)
		stop_now(w);
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
	return w->state == WORKER_STOPPING && w->last_accept_ms == INT64_MAX && w->n_conns == 0;
}

/* A turn takes from waking to waiting again: what was ready last in it has waited so long. */
static int64_t end_turn_ms(struct worker *w)
{
	const int64_t now_ns = clock_now_ns();

	stats_add_turn(w->stats, now_ns - w->turn_ns);
	return now_ns / 1000000;
}

static void begin_turn(struct worker *w)
{
	w->turn_ns = clock_now_ns();
	w->now_ms = w->turn_ns / 1000000;
}

static int loop(struct worker *w)
{
	begin_turn(w);
	while (!is_done(w)) {
		const int64_t now_ms = end_turn_ms(w);
		const int r = selector_select(w->selector, selector_timeout(earliest(w), now_ms));

		begin_turn(w);
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

void worker_config_release(struct worker_config *config)
{
	if (!config || --config->references > 0)
		return;
	config_fini(&config->config);
	free(config);
}

int worker_take_config(struct worker *w, struct config *config)
{
	struct worker_config *own = malloc(sizeof(*own));

	if (!own)
		return -ENOMEM;
	own->config = *config;
	own->references = 1;
	*config = (struct config){ 0 };
	worker_config_release(w->own_config);
	w->own_config = own;
	w->config = &own->config;
	read_guard_rules(w);
	worker_read_orphan_limit(w->config);
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
		r = proxied_init(w);
	if (r >= 0)
		r = open_listeners(w);
	udp_ports_changed(w);
	if (r >= 0)
		r = worker_find_room(w);
	if (r >= 0)
		r = worker_links_open(w);
	w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w->state = WORKER_RUNNING;
	return r;
}

static void stop(struct worker *w)
{
	proxied_fini(w);
	stream_fini(w);
	w->server = control_server_free(w->server);
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_free(w->listeners[i]);
	udp_fini(w);
	reconfigure_fini(w);
	worker_config_release(TAKE_PTR(w->own_config));
	free(w->listeners);
	free(w->serves);
	if (w->spare_fd >= 0)
		close(w->spare_fd);
	w->selector = selector_close(w->selector);
}

int worker_run(const struct worker_setup *setup)
{
	struct worker w = { .setup = setup,
			    .stats = &setup->stats->workers[setup->index],
			    .config = setup->config,
			    .events = setup->events,
			    .now_ms = clock_now_ms(),
			    .stop_ms = INT64_MAX,
			    .last_accept_ms = INT64_MAX,
			    .accept_again_ms = INT64_MAX,
			    .spare_fd = -1 };
	int r = worker_become(setup);

	if (r < 0)
		return 1;
	r = start(&w);
	if (r < 0)
		log_error("worker", "worker %u: cannot start: %s", setup->index, strerror(-r));
	else
		r = loop(&w);
	stop(&w);
	log_flush();
	return r == 0 ? 0 : 1;
}
