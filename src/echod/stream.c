/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream.c: the pump. A turn of a connection is bounded (ROUNDS_PER_TURN receives), so that a flood
 * on one delays another by that much and no more. What always holds between turns: the selector
 * waits for exactly what conn_wants() says, the timers run that conn_activity_ms() and
 * conn_lifetime_ms() name, and the counters have every byte.
 */
#include "src/echod/stream_parts.h"

#include <errno.h>
#include <sys/socket.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "echod/selector.h"
#include "src/echod/listener.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

enum {
	ROUNDS_PER_TURN = 4,
	SENDS_PER_ROUND = 8 /* a service that produces has always more for a peer that reads fast */
};

struct conn *stream_find(const struct worker *w, int fd)
{
	return (size_t)fd < w->conns_size ? w->conns[fd] : NULL;
}

/* Back-pressure: it may not send us more until it takes what it has coming. */
static bool is_paused(const struct conn *c)
{
	return c->state == CONN_OPEN && !(conn_wants(c) & CONN_READ);
}

struct stream_before stream_before(const struct conn *c)
{
	return (struct stream_before){ .received = c->received_bytes,
				       .sent = c->sent_bytes,
				       .active_ms = c->active_ms,
				       .activity_ms = conn_activity_ms(c),
				       .pending = conn_pending(c),
				       .held = stream_held(c) };
}

static struct stream *stream_of(struct conn *c)
{
	return CONTAINER_OF(c, struct stream, conn);
}

/* ---- After each turn ---- */

static void count_paused(struct worker *w, struct conn *c)
{
	struct stream *stream = stream_of(c);

	if (stream->paused != is_paused(c))
		stats_add(&w->stats->paused_connections, stream->paused ? -1 : 1);
	stream->paused = is_paused(c);
}

static void count(struct worker *w, struct conn *c, const struct stream_before *was)
{
	const int64_t received = c->received_bytes - was->received,
		      sent = c->sent_bytes - was->sent;
	const int64_t held = (int64_t)stream_held(c) - (int64_t)was->held;
	struct listener *l = listener_of(c);

	if (received > 0) {
		stats_add(&w->stats->received_bytes, received);
		stats_add(&l->stats->received_bytes, received);
	}
	if (sent > 0) {
		stats_add(&w->stats->sent_bytes, sent);
		stats_add(&l->stats->sent_bytes, sent);
	}
	if (held != 0)
		stats_add(&w->stats->pending_bytes, held);
	count_paused(w, c);
}

/* Who rests would be told at once that the socket takes more, which it does not. */
static unsigned events_of(struct conn *c)
{
	const unsigned wants = conn_wants(c);

	return (wants & CONN_READ ? EVENT_READ : 0u) |
	       (wants & CONN_WRITE && !stream_of(c)->rests ? EVENT_WRITE : 0u);
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

/* How many bytes more it holds than the counters know. */
static size_t uncounted(const struct conn *c, const struct stream_before *was)
{
	const size_t held = stream_held(c);

	return held > was->held ? held - was->held : 0;
}

/* What is lent is kept, or lost with the connection. */
static void settle_loan(struct worker *w, struct conn *c)
{
	const size_t lent = w->loan.length;

	conn_settle(c, &w->loan, w->now_ms);
	if (c->state == CONN_DONE)
		stream_of(c)->lost += lent;
}

size_t stream_unsent(const struct conn *c)
{
	return conn_pending(c) + CONTAINER_OF(c, const struct stream, conn)->lost;
}

bool stream_settle(struct worker *w, struct conn *c, const struct stream_before *was)
{
	size_t more;

	settle_loan(w, c);
	shut(w, c);
	more = uncounted(c, was);
	if (more > 0)
		stream_make_room(w, c, more);
	if (conn_pending(c) > 0 || c->paused)
		stream_press(w, c, more);
	if (conn_wants(c) != CONN_CLOSE && wait_for(w, c, events_of(c)) < 0)
		conn_abort(c, CLOSE_MEMORY);
	count(w, c, was);
	if (conn_wants(c) != CONN_CLOSE)
		return true;
	stream_close(w, c);
	return false;
}

/* ---- The turn ---- */

bool stream_flush(struct worker *w, struct conn *c, const struct service_context *ctx)
{
	const uint8_t *data;
	size_t length;

	for (int i = 0; i < SENDS_PER_ROUND && !stream_of(c)->rests; i++) {
		ssize_t n;

		length = conn_send_data(c, &w->loan, &data);
		if (length == 0)
			break;
		n = send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS)
			stream_rest(w, c);
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

/* Receives at most this much and answers at once. True when more may wait and there is room for it. */
static bool receive(struct worker *w, struct conn *c, const struct service_context *ctx,
		    size_t most)
{
	uint8_t *space;
	size_t size;
	ssize_t n;

	w->loan.size = most;
	size = most > 0 ? conn_recv_space(c, &w->loan, &space) : 0;
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
	if (n < 0 || !stream_flush(w, c, ctx))
		return false;
	settle_loan(w, c);
	return (size_t)n == size;
}

void stream_turn(struct worker *w, struct conn *c, unsigned mask)
{
	const struct stream_before was = stream_before(c);
	const struct service_context ctx = stream_context(c);

	if (mask & EVENT_WRITE)
		stream_flush(w, c, &ctx);
	for (int i = 0; mask & EVENT_READ && i < ROUNDS_PER_TURN; i++)
		if (!receive(w, c, &ctx, stream_allowance(w, c, uncounted(c, &was))))
			break;
	if (stream_settle(w, c, &was))
		stream_retime_if_changed(w, c, &was);
}
