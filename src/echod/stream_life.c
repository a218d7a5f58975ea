/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_life.c: how a worker's connections begin and end, one by one and all at once. A connection
 * is counted as accepted when it is in the table of descriptors, as closed when it has left it.
 */
#include "src/echod/stream_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "echod/selector.h"
#include "src/echod/access_log.h"
#include "src/echod/listener.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

enum {
	MEMORY_LOG_MS = 1000
};

/* ---- Opening ---- */

static int make_room(struct worker *w, int fd)
{
	size_t size = w->conns_size ? w->conns_size : 64;
	struct conn **conns;

	while (size <= (size_t)fd)
		size *= 2;
	if (size == w->conns_size)
		return 0;
	conns = realloc(w->conns, size * sizeof(struct conn *));
	if (!conns)
		return -ENOMEM;
	memset(conns + w->conns_size, 0, (size - w->conns_size) * sizeof(struct conn *));
	w->conns = conns;
	w->conns_size = size;
	return 0;
}

/* Never reused in a run of the daemon: the running number outlives the worker. */
static uint64_t next_id(struct worker *w)
{
	stats_add(&w->stats->connections, 1);
	return ((uint64_t)w->setup->index << CONN_ID_BITS) +
	       (uint64_t)stats_get(&w->stats->connections);
}

/* A copy of a proxy's words, and of its header behind them. *ret_words is the caller's. */
static int keep_words(const struct service_proxy *words, struct service_proxy **ret_words)
{
	struct service_proxy *copy = malloc(sizeof(*copy) + words->length);

	if (!copy)
		return -ENOMEM;
	*copy = *words;
	copy->header = memcpy(copy + 1, words->header, words->length);
	*ret_words = copy;
	return 0;
}

static int new_stream(struct worker *w, struct listener *l, int fd, const struct peer *peer,
		      const struct service_proxy *words, struct stream **ret_stream)
{
	struct stream *stream = malloc(sizeof(*stream));
	struct service_context ctx;
	int r = stream ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	stream->words = NULL;
	if (words && l->rules.service->flags & SERVICE_NEEDS_PROXY)
		r = keep_words(words, &stream->words);
	if (r == 0) {
		stream->conn.rules = &l->rules;
		stream->conn.peer = *peer;
		stream->conn.fd = fd;
		ctx = stream_context(&stream->conn);
		r = conn_init(&stream->conn, next_id(w), fd, &l->rules, peer, &ctx, w->now_ms);
	}
	if (r < 0) {
		free(stream->words);
		free(stream);
		return r;
	}
	*ret_stream = stream;
	return 0;
}

static void adopt(struct worker *w, struct listener *l, struct conn *c)
{
	w->conns[c->fd] = c;
	w->n_conns++;
	l->n_conns++;
	stats_add(&w->stats->accepted, 1);
	stats_add(&l->stats->accepted, 1);
	stats_add(&l->stats->active, 1);
	if (stream_held(c) > 0)
		stream_make_room(w, c, stream_held(c));
	stats_add(&w->stats->pending_bytes, (int64_t)stream_held(c));
	if (w->setup->observer)
		w->setup->observer->accepted(&c->peer);
	worker_event_open(w, c);
	worker_count_changed(w);
}

int stream_open(struct worker *w, struct listener *l, int fd, const struct peer *peer,
		const struct peer *proxy, const struct service_proxy *header,
		const struct guard_ticket *ticket)
{
	struct stream *stream;
	int r = fd < selector_fd_limit(w->selector) ? make_room(w, fd) : -EMFILE;

	if (r >= 0 && l->sockets->transport == SERVICE_TCP)
		net_set_nodelay(fd); /* a peer that has gone already is found by the first recv */
	if (r >= 0)
		r = new_stream(w, l, fd, peer, header, &stream);
	if (r < 0)
		return r;
	stream->ticket = *ticket;
	stream->lost = 0;
	stream->paused = stream->rests = false;
	stream->proxy = proxy ? *proxy : (struct peer){ .family = PEER_NONE };
	adopt(w, l, &stream->conn);
	/* Sends what the service says first, and registers it; timers start whatever it did. */
	stream_turn(w, &stream->conn, EVENT_WRITE);
	if (stream_find(w, fd) == &stream->conn)
		stream_retime(w, &stream->conn);
	return 0;
}

const struct peer *stream_proxy(const struct conn *c)
{
	const struct stream *stream = CONTAINER_OF(c, const struct stream, conn);

	return stream->proxy.family == PEER_NONE ? NULL : &stream->proxy;
}

/* ---- Closing ---- */

void stream_close(struct worker *w, struct conn *c)
{
	struct stream *stream = CONTAINER_OF(c, struct stream, conn);
	struct listener *l = listener_of(c);
	struct json_t *closing = worker_event_closing(w, c);

	if (w->setup->observer)
		w->setup->observer->closing(&c->peer);
	access_log(w, c, stream->proxy.family == PEER_NONE ? NULL : &stream->proxy);
	deadline_stop(&c->activity);
	deadline_stop(&c->lifetime);
	if (selector_get_key(w->selector, c->fd))
		selector_unregister(w->selector, c->fd);
	w->conns[c->fd] = NULL;
	w->n_conns--;
	stats_add(&w->stats->pending_bytes, -(int64_t)stream_held(c));
	stats_add(&w->stats->closed[c->reason], 1);
	stats_add(&l->stats->active, -1);
	guard_release(w->setup->guard, w->setup->index, &stream->ticket);
	close(c->fd);
	conn_fini(c);
	free(stream->words);
	free(stream);
	if (--l->n_conns == 0 && l->closed)
		w->drop_listeners = true;
	worker_count_changed(w);
	if (closing)
		worker_event_closed(w, closing);
}

void stream_abort(struct worker *w, struct conn *c, enum close_reason reason)
{
	const struct stream_before was = stream_before(c);

	conn_abort(c, reason);
	stream_settle(w, c, &was);
}

void stream_end(struct worker *w, struct conn *c, enum close_reason reason, bool now)
{
	const struct stream_before was = stream_before(c);

	if (now)
		conn_cut(c, reason, w->now_ms);
	else
		conn_end(c, reason, w->now_ms);
	if (stream_settle(w, c, &was))
		stream_retime(w, c);
}

static void close_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			stream_abort(w, w->conns[fd], CLOSE_DRAIN);
}

/* ---- All of them ---- */

static void apply_rules(struct worker *w, struct conn *c)
{
	const struct stream_before was = stream_before(c);

	if (!guard_acl(&listener_of(c)->guard_rules.acl, &c->peer, NULL))
		conn_end(c, CLOSE_CONTROL, w->now_ms);
	if (stream_settle(w, c, &was))
		stream_retime(w, c);
}

void stream_rules_changed(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			apply_rules(w, w->conns[fd]);
}

static void cut(struct worker *w, struct conn *c)
{
	const struct stream_before was = stream_before(c);
	const struct service_context ctx = stream_context(c);

	if (c->state == CONN_LINGERING)
		return;
	CONTAINER_OF(c, struct stream, conn)->rests = false;
	stream_flush(w, c, &ctx);
	/* A failure ends it for itself, and so does a last send after the peer's own end. */
	if (c->state == CONN_OPEN || (c->state == CONN_FLUSHING && conn_pending(c) > 0)) {
		stats_add(&w->stats->cut_connections, 1);
		stats_add(&w->stats->cut_bytes, (int64_t)conn_cut(c, CLOSE_DRAIN, w->now_ms));
	}
	if (stream_settle(w, c, &was))
		stream_retime(w, c);
}

void stream_cut_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			cut(w, w->conns[fd]);
}

int stream_init(struct worker *w)
{
	const int r = stream_timers_init(w);

	if (r < 0)
		return r;
	w->memory_limit.interval_ms = MEMORY_LOG_MS;
	w->loan.size = STREAM_LOAN_BYTES;
	w->loan.memory = malloc(STREAM_LOAN_BYTES);
	return w->loan.memory ? 0 : -ENOMEM;
}

void stream_fini(struct worker *w)
{
	close_all(w);
	stream_timers_fini(w);
	free(w->loan.memory);
	free(w->conns);
	w->conns = NULL;
	w->conns_size = 0;
}
