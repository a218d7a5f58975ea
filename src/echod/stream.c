/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream.c: the pump. A turn of a connection is bounded (ROUNDS_PER_TURN receives), so that a flood
 * on one delays another by that much and no more. What always holds between turns: the selector
 * waits for exactly what conn_wants() says, the timers run that conn_activity_ms() and
 * conn_lifetime_ms() name, and the counters have every byte.
 */
#include "src/echod/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/deadline.h"
#include "echod/guard.h"
#include "echod/log.h"
#include "echod/net.h"
#include "echod/selector.h"
#include "src/echod/listener.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

enum {
	LOAN_BYTES = 64 * 1024,
	SMALL_TURN_BYTES = 4 * 1024, /* of a turn while max-pending-total is reached */
	ROUNDS_PER_TURN = 4,
	MEMORY_LOG_MS = 1000
};

/* What a worker keeps of a connection. */
struct stream {
	struct conn conn;
	struct guard_ticket ticket; /* what it holds in the tables of sources */
};

/* A connection's numbers before something was done to it, to count the difference after. */
struct before {
	int64_t received, sent, active_ms, activity_ms;
	size_t pending;
	bool paused;
};

/* Back-pressure: it may not send us more until it takes what it has coming. */
static bool is_paused(const struct conn *c)
{
	return c->state == CONN_OPEN && !(conn_wants(c) & CONN_READ);
}

static struct before before(const struct conn *c)
{
	return (struct before){ .received = c->received_bytes,
				.sent = c->sent_bytes,
				.active_ms = c->active_ms,
				.activity_ms = conn_activity_ms(c),
				.pending = conn_pending(c),
				.paused = is_paused(c) };
}

struct conn *stream_find(const struct worker *w, int fd)
{
	return (size_t)fd < w->conns_size ? w->conns[fd] : NULL;
}

static struct service_context context_of(const struct conn *c)
{
	struct service_context ctx = { .settings = c->rules->service_settings };

	if (c->rules->service->flags & SERVICE_NEEDS_CLOCK) {
		ctx.real_ns = clock_real_ns();
		ctx.real_s = ctx.real_ns / 1000000000;
	}
	if (c->rules->service->flags & SERVICE_NEEDS_PEER)
		ctx.peer = &c->peer;
	return ctx;
}

static bool settle(struct worker *w, struct conn *c, const struct before *was);

/* ---- Timers ---- */

static int64_t since_active(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct conn, activity)->active_ms;
}

static int64_t since_opened(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct conn, lifetime)->opened_ms;
}

/* A stop ends what is quiet and owes nothing. */
static bool ends_when_quiet(const struct worker *w, const struct conn *c)
{
	return w->state == WORKER_STOPPING && c->state == CONN_OPEN && conn_pending(c) == 0;
}

static int64_t activity_ms(const struct worker *w, const struct conn *c)
{
	const int64_t ms = conn_activity_ms(c);

	if (ends_when_quiet(w, c))
		return WORKER_QUIET_MS;
	return ms == 0 && conn_pending(c) > 0 ? DEADLINE_NEVER_MS : ms;
}

static void start_or_stop(struct deadlines *list, struct deadline *timer, int64_t ms)
{
	/* Out of memory for a queue: the timer does not run; the next turn tries again. */
	if (ms == 0 || deadline_start(list, timer, ms) < 0)
		deadline_stop(timer);
}

static void retime(struct worker *w, struct conn *c)
{
	start_or_stop(w->activity, &c->activity, activity_ms(w, c));
	start_or_stop(w->lifetime, &c->lifetime, conn_lifetime_ms(c));
}

static void retime_if_changed(struct worker *w, struct conn *c, const struct before *was)
{
	if (c->active_ms != was->active_ms || conn_activity_ms(c) != was->activity_ms ||
	    (conn_pending(c) == 0) != (was->pending == 0))
		retime(w, c);
}

void stream_retime_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			retime(w, w->conns[fd]);
}

int64_t stream_deadline_ms(const struct worker *w)
{
	const int64_t a = deadlines_next_ms(w->activity), l = deadlines_next_ms(w->lifetime);

	return a < l ? a : l;
}

static void expire_one(struct worker *w, struct conn *c)
{
	const struct before was = before(c);

	if (ends_when_quiet(w, c) && w->now_ms - c->active_ms >= WORKER_QUIET_MS)
		conn_end(c, CLOSE_DRAIN, w->now_ms);
	else
		conn_expire(c, w->now_ms);
	if (settle(w, c, &was))
		retime(w, c);
}

void stream_expire(struct worker *w)
{
	struct deadline *timer;

	while ((timer = deadlines_expire(w->activity, w->now_ms)))
		expire_one(w, CONTAINER_OF(timer, struct conn, activity));
	while ((timer = deadlines_expire(w->lifetime, w->now_ms)))
		expire_one(w, CONTAINER_OF(timer, struct conn, lifetime));
}

/* ---- Closing ---- */

static void log_access(const struct worker *w, const struct conn *c)
{
	char peer[PEER_TEXT_SIZE];

	if (w->config->log_access)
		log_info("access",
			 "%s to listener '%s': %lld bytes received, %lld sent, %lld unsent, in "
			 "%lld ms; closed: %s",
			 peer_format(&c->peer, peer), listener_of(c)->name,
			 (long long)c->received_bytes, (long long)c->sent_bytes,
			 (long long)conn_pending(c), (long long)(w->now_ms - c->opened_ms),
			 close_reason_name(c->reason));
}

static void stream_close(struct worker *w, struct conn *c)
{
	struct stream *stream = CONTAINER_OF(c, struct stream, conn);
	struct listener *l = listener_of(c);

	if (w->setup->observer)
		w->setup->observer->closing(&c->peer);
	log_access(w, c);
	deadline_stop(&c->activity);
	deadline_stop(&c->lifetime);
	if (selector_get_key(w->selector, c->fd))
		selector_unregister(w->selector, c->fd);
	w->conns[c->fd] = NULL;
	w->n_conns--;
	stats_add(&w->stats->pending_bytes, -(int64_t)conn_pending(c));
	stats_add(&w->stats->closed[c->reason], 1);
	stats_add(&l->stats->active, -1);
	guard_release(w->setup->guard, w->setup->index, &stream->ticket);
	close(c->fd);
	conn_fini(c);
	free(stream);
	if (--l->n_conns == 0 && l->closed)
		w->drop_listeners = true;
	worker_count_changed(w);
}

void stream_close_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			stream_abort(w, w->conns[fd], CLOSE_DRAIN);
}

/* ---- After each turn ---- */

static void count(struct worker *w, const struct conn *c, const struct before *was)
{
	const int64_t received = c->received_bytes - was->received,
		      sent = c->sent_bytes - was->sent;
	const int64_t pending = (int64_t)conn_pending(c) - (int64_t)was->pending;
	struct listener *l = listener_of(c);

	if (received > 0) {
		stats_add(&w->stats->received_bytes, received);
		stats_add(&l->stats->received_bytes, received);
	}
	if (sent > 0) {
		stats_add(&w->stats->sent_bytes, sent);
		stats_add(&l->stats->sent_bytes, sent);
	}
	if (pending != 0)
		stats_add(&w->stats->pending_bytes, pending);
	if (is_paused(c) != was->paused)
		stats_add(&w->stats->paused_connections, is_paused(c) ? 1 : -1);
}

static unsigned events_of(unsigned wants)
{
	return (wants & CONN_READ ? EVENT_READ : 0u) | (wants & CONN_WRITE ? EVENT_WRITE : 0u);
}

/* Makes the selector wait for what the connection wants. -errno: it cannot. */
static int wait_for(struct worker *w, struct conn *c, unsigned events)
{
	const struct selector_key *key = selector_get_key(w->selector, c->fd);

	if (!key)
		return events ? selector_register(w->selector, c->fd, events, NULL) : 0;
	if (key->events == events)
		return 0;
	return events ? selector_modify(w->selector, c->fd, events, NULL)
		      : selector_unregister(w->selector, c->fd);
}

static void shut(struct worker *w, struct conn *c)
{
	if (!conn_wants_shutdown(c))
		return;
	if (shutdown(c->fd, SHUT_WR) < 0)
		conn_fail(c, errno);
	else
		conn_shutdown_done(c, w->now_ms);
}

/* Over all workers, against max-pending-total. */
static int64_t over_total(const struct worker *w)
{
	const int64_t cap = w->config->max_pending_total;

	return cap > 0 ? STATS_SUM(w->setup->stats, pending_bytes) - cap : -1;
}

/* At max-pending-total a connection that has unsent bytes stops reading: it gets a turn again as its
 * peer takes them. One without goes on, in small turns. */
static void press(struct worker *w, struct conn *c)
{
	const bool tight = conn_pending(c) > 0 && over_total(w) >= 0;

	if (tight != c->paused)
		conn_pause(c, tight);
}

/* Brings everything in step with what became of the connection. False when it is gone. */
static bool settle(struct worker *w, struct conn *c, const struct before *was)
{
	conn_settle(c, &w->loan, w->now_ms);
	shut(w, c);
	if (conn_pending(c) > 0 || c->paused)
		press(w, c);
	if (conn_wants(c) != CONN_CLOSE && wait_for(w, c, events_of(conn_wants(c))) < 0)
		conn_abort(c, CLOSE_MEMORY);
	count(w, c, was);
	if (conn_wants(c) != CONN_CLOSE)
		return true;
	stream_close(w, c);
	return false;
}

void stream_abort(struct worker *w, struct conn *c, enum close_reason reason)
{
	const struct before was = before(c);

	conn_abort(c, reason);
	settle(w, c, &was);
}

static struct conn *longest_stalled(const struct worker *w)
{
	struct conn *found = NULL;

	for (size_t fd = 0; fd < w->conns_size; fd++) {
		struct conn *c = w->conns[fd];

		if (c && conn_pending(c) > 0 && (!found || c->active_ms < found->active_ms))
			found = c;
	}
	return found;
}

void stream_relieve(struct worker *w)
{
	int64_t over = stats_get(&w->stats->pending_bytes) > 0 ? over_total(w) : -1;

	w->loan.size = over >= 0 ? SMALL_TURN_BYTES : LOAN_BYTES;
	for (struct conn *c; over > 0 && (c = longest_stalled(w)); over = over_total(w)) {
		log_limited(&w->memory_limit, LOG_LEVEL_WARNING, "worker",
			    "worker %u: max-pending-total is exceeded: the connection longest "
			    "stalled is closed with %zu bytes unsent",
			    w->setup->index, conn_pending(c));
		stream_abort(w, c, CLOSE_MEMORY);
	}
}

static void apply_rules(struct worker *w, struct conn *c)
{
	const struct before was = before(c);

	if (!guard_acl(&listener_of(c)->guard_rules.acl, &c->peer, NULL))
		conn_end(c, CLOSE_CONTROL, w->now_ms);
	if (settle(w, c, &was))
		retime(w, c);
}

void stream_rules_changed(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			apply_rules(w, w->conns[fd]);
}

/* ---- The turn ---- */

/* Sends until the kernel takes no more or nothing is left. False when it failed. */
static bool flush(struct worker *w, struct conn *c, const struct service_context *ctx)
{
	const uint8_t *data;
	size_t length;

	while ((length = conn_send_data(c, &w->loan, &data)) > 0) {
		const ssize_t n = send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return true;
		if (n < 0) {
			conn_fail(c, errno);
			return false;
		}
		if (w->setup->observer)
			w->setup->observer->sent(&c->peer, data, (size_t)n);
		conn_send_done(c, &w->loan, (size_t)n, ctx, w->now_ms);
		if ((size_t)n < length)
			return true; /* the next send would say EAGAIN */
	}
	return true;
}

/* Receives once and answers at once. True when more may wait and there is room for it. */
static bool receive(struct worker *w, struct conn *c, const struct service_context *ctx)
{
	uint8_t *space;
	const size_t size = conn_recv_space(c, &w->loan, &space);
	ssize_t n;

	if (size == 0)
		return false;
	do
		n = recv(c->fd, space, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		conn_recv_done(c, &w->loan, (size_t)n, ctx, w->now_ms);
	else if (n == 0)
		conn_recv_end(c, ctx, w->now_ms);
	else if (errno != EAGAIN)
		conn_fail(c, errno);
	if (n < 0 || !flush(w, c, ctx))
		return false;
	conn_settle(c, &w->loan, w->now_ms);
	return (size_t)n == size;
}

void stream_turn(struct worker *w, struct conn *c, unsigned mask)
{
	const struct before was = before(c);
	const struct service_context ctx = context_of(c);

	if (mask & EVENT_WRITE)
		flush(w, c, &ctx);
	if (mask & EVENT_READ)
		for (int i = 0; i < ROUNDS_PER_TURN && receive(w, c, &ctx); i++)
			;
	if (settle(w, c, &was))
		retime_if_changed(w, c, &was);
}

/* ---- Opening, and the end of all ---- */

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
	return ((uint64_t)w->setup->index << 40) + (uint64_t)stats_get(&w->stats->connections);
}

static int new_stream(struct worker *w, struct listener *l, int fd, const struct peer *peer,
		      struct stream **ret_stream)
{
	struct stream *stream = malloc(sizeof(*stream));
	struct service_context ctx;
	int r;

	if (!stream)
		return -ENOMEM;
	/* context_of() needs no more of the record than these two. */
	stream->conn.rules = &l->rules;
	stream->conn.peer = *peer;
	ctx = context_of(&stream->conn);
	r = conn_init(&stream->conn, next_id(w), fd, &l->rules, peer, &ctx, w->now_ms);
	if (r < 0) {
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
	stats_add(&w->stats->pending_bytes, (int64_t)conn_pending(c));
	if (w->setup->observer)
		w->setup->observer->accepted(&c->peer);
	worker_count_changed(w);
}

int stream_open(struct worker *w, struct listener *l, int fd, const struct peer *peer,
		const struct guard_ticket *ticket)
{
	struct stream *stream;
	int r = fd < selector_fd_limit(w->selector) ? make_room(w, fd) : -EMFILE;

	if (r >= 0 && l->sockets->transport == SERVICE_TCP)
		net_set_nodelay(fd); /* a peer that has gone already is found by the first recv */
	if (r >= 0)
		r = new_stream(w, l, fd, peer, &stream);
	if (r < 0)
		return r;
	stream->ticket = *ticket;
	adopt(w, l, &stream->conn);
	/* Sends what the service says first, and registers it; timers start whatever it did. */
	stream_turn(w, &stream->conn, EVENT_WRITE);
	if (stream_find(w, fd) == &stream->conn)
		retime(w, &stream->conn);
	return 0;
}

static void cut(struct worker *w, struct conn *c)
{
	const struct before was = before(c);
	const struct service_context ctx = context_of(c);
	size_t unsent;

	if (c->state == CONN_LINGERING)
		return;
	flush(w, c, &ctx);
	unsent = conn_cut(c, CLOSE_DRAIN, w->now_ms);
	w->cut_bytes += (int64_t)unsent;
	w->cut_connections += unsent > 0;
	if (settle(w, c, &was))
		retime(w, c);
}

void stream_cut_all(struct worker *w)
{
	for (size_t fd = 0; fd < w->conns_size; fd++)
		if (w->conns[fd])
			cut(w, w->conns[fd]);
}

int stream_init(struct worker *w)
{
	int r = deadlines_new(since_active, &w->activity);

	if (r >= 0)
		r = deadlines_new(since_opened, &w->lifetime);
	if (r < 0)
		return r;
	w->memory_limit.interval_ms = MEMORY_LOG_MS;
	w->loan.size = LOAN_BYTES;
	w->loan.memory = malloc(LOAN_BYTES);
	return w->loan.memory ? 0 : -ENOMEM;
}

void stream_fini(struct worker *w)
{
	stream_close_all(w);
	w->activity = deadlines_free(w->activity);
	w->lifetime = deadlines_free(w->lifetime);
	free(w->loan.memory);
	free(w->conns);
	w->conns = NULL;
	w->conns_size = 0;
}
