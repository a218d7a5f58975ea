/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn.c owns the way of the bytes through a connection; conn_end.c its states, conn_timers.c its time.
 *
 * An identity's bytes are never copied while the kernel takes them: they stay in the lent memory and
 * are sent from there. What the kernel leaves goes to pending, and until pending is empty new bytes
 * are received right behind it. Any other service sees its input as a view of the lent memory; what
 * it leaves goes to input, new bytes are received right behind that, and its output is pending.
 *
 * What always holds, beside conn.h: the loan and pending are never both in use, as bytes are received
 * into the loan only while nothing is kept; input is not empty only while the service may still use
 * it, in OPEN, or in FLUSHING after the peer's EOF while something is pending; the same is true of
 * producing.
 */
#include "echod/conn.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"

enum {
	STEP_MIN =
	    4096, /* how much room is made behind kept bytes: as much again, in these bounds */
	STEP_MAX = 65536
};

/* ---- Small questions ---- */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Without a call for an empty buf, which is what most connections have most of the time. */
static size_t length_of(const struct buf *b)
{
	return b->block ? buf_length(b) : 0;
}

static bool is_identity(const struct conn *c)
{
	return c->rules->service->flags & SERVICE_IDENTITY;
}

/* Where bytes are kept that could not be passed on in their turn. */
static struct buf *kept(struct conn *c)
{
	return is_identity(c) ? &c->pending : &c->input;
}

/* How many bytes more may become unsent; none after a reload has lowered the cap below them. */
static size_t room_below(const struct conn *c, size_t cap)
{
	size_t pending = length_of(&c->pending);

	return pending < cap ? cap - pending : 0;
}

/* How much input may wait for more of it. */
static size_t input_limit(const struct conn *c)
{
	const struct service *service = c->rules->service;

	return service->input_limit ? service->input_limit(c->rules->service_settings)
				    : service->max_input;
}

/* How much it may read, the loan's bytes included; 0 = it is not to be read from now. */
static size_t readable(const struct conn *c)
{
	if (c->state != CONN_OPEN || c->paused ||
	    (c->input.block && length_of(&c->input) > input_limit(c)))
		return 0;
	return room_below(c, c->rules->max_pending);
}

size_t conn_pending(const struct conn *c)
{
	return length_of(&c->pending);
}

size_t conn_held(const struct conn *c)
{
	return length_of(&c->pending) + length_of(&c->input);
}

/* ---- The service ---- */

/* One call of a service function has returned: acts on its verdict. */
static int obey(struct conn *c, int verdict, int64_t now_ms)
{
	switch (verdict) {
	case SERVICE_MORE:
		c->producing = 0;
		return 0;
	case SERVICE_PRODUCE:
		assert(c->rules->service->output);
		c->producing = 1;
		return 0;
	case SERVICE_CLOSE:
		conn_end(c, CLOSE_SERVICE, now_ms);
		return 0;
	default:
		assert(verdict < 0);
		conn_end(c, CLOSE_PROTOCOL, now_ms);
		c->reason = verdict == -ENOMEM ? CLOSE_MEMORY : CLOSE_PROTOCOL;
		return verdict;
	}
}

/* A service that wrote past its room broke the promise that bounds our memory. */
static void check_output(const struct conn *c UNUSED, size_t before UNUSED, size_t room UNUSED)
{
	assert(length_of(&c->pending) - before <= room);
}

/* Calls output() for as long as it is asked for and there is room: not all of it, or the peer's own
 * bytes and its end would never be read. */
static int produce(struct conn *c, const struct service_context *ctx, int64_t now_ms)
{
	size_t cap = smaller(c->rules->max_pending - c->rules->max_pending / 2, CONN_AHEAD);
	size_t room, before;

	while (c->producing && (room = room_below(c, cap)) > 0) {
		struct service_output out = { &c->pending, room };
		int error;

		before = length_of(&c->pending);
		error = obey(c, c->rules->service->output(c->service_state, ctx, &out), now_ms);
		check_output(c, before, room);
		if (error || length_of(&c->pending) == before)
			return error;
	}
	return 0;
}

static int call_input(struct conn *c, struct service_input *in, const struct service_context *ctx)
{
	size_t before = length_of(&c->pending), room = room_below(c, c->rules->max_pending);
	struct service_output out = { &c->pending, room };
	int verdict;

	if (!c->rules->service->input) {
		in->length = 0;
		return c->producing && !in->end ? SERVICE_PRODUCE : SERVICE_MORE;
	}
	verdict = c->rules->service->input(c->service_state, ctx, in, &out);
	check_output(c, before, room);
	return verdict;
}

/* The service has been given its input and what it left is kept: acts on its verdict. With nothing
 * unsent it had all the room there is: what it left then will wait for more input, and when there
 * is to be none, or too much waits already, for nothing. */
static int after_input(struct conn *c, int verdict, const struct service_context *ctx,
		       int64_t now_ms)
{
	int error = obey(c, verdict, now_ms);

	if (!error)
		error = produce(c, ctx, now_ms);
	if (error || length_of(&c->pending) > 0)
		return error;
	if (c->peer_ended)
		conn_end(c, CLOSE_PEER, now_ms);
	if (length_of(&c->input) > input_limit(c))
		return obey(c, -EPROTO, now_ms);
	return 0;
}

/* Gives the service the n bytes of the loan and keeps what it leaves. */
static int serve_loan(struct conn *c, const struct conn_loan *loan, size_t n,
		      const struct service_context *ctx, int64_t now_ms)
{
	struct service_input in = { loan->memory, n, false };
	int verdict = call_input(c, &in, ctx);
	int error = 0;

	if (in.length > 0)
		error = buf_append(&c->input, in.data, in.length);
	return after_input(c, error ? error : verdict, ctx, now_ms);
}

/* Gives it what was kept; at the end, when there is nothing, that. */
static int serve_kept(struct conn *c, const struct service_context *ctx, int64_t now_ms)
{
	size_t length = length_of(&c->input);
	struct service_input in = { buf_data(&c->input), length, c->peer_ended };
	int verdict = call_input(c, &in, ctx);

	if (length > in.length)
		buf_consume(&c->input, length - in.length);
	return after_input(c, verdict, ctx, now_ms);
}

/* ---- Beginning and memory ---- */

int conn_init(struct conn *c, uint64_t id, int fd, const struct conn_rules *rules,
	      const struct peer *peer, const struct service_context *ctx, int64_t now_ms)
{
	struct service_output out = { &c->pending, rules->max_pending };
	int error = 0;

	assert(rules->max_pending > 0 && rules->service->state_size <= SERVICE_STATE_MAX);
	memset(c, 0, sizeof(*c));
	c->id = id;
	c->fd = fd;
	c->rules = rules;
	c->peer = *peer;
	c->opened_ms = c->active_ms = now_ms;
	if (rules->service->opened) {
		error = obey(c, rules->service->opened(c->service_state, ctx, &out), now_ms);
		check_output(c, 0, rules->max_pending);
	}
	if (!error)
		error = produce(c, ctx, now_ms);
	if (error)
		conn_fini(c);
	return error;
}

void conn_fini(struct conn *c)
{
	if (c->rules->service->fini)
		c->rules->service->fini(c->service_state);
	buf_fini(&c->pending);
	buf_fini(&c->input);
}

/* ---- Receiving ---- */

/* Room behind kept bytes. It grows with them, so that a slow peer's few bytes stay few. */
static size_t space_behind(struct conn *c, struct buf *b, size_t room, uint8_t **ret_space)
{
	size_t length = buf_length(b);
	size_t step = length < STEP_MIN ? STEP_MIN : smaller(length, STEP_MAX);
	size_t n = smaller(room, step);

	if (buf_reserve(b, n, ret_space) == 0)
		return n;
	conn_end(c, CLOSE_MEMORY, c->active_ms);
	return 0;
}

size_t conn_recv_space(struct conn *c, struct conn_loan *loan, uint8_t **ret_space)
{
	size_t used, room;
	struct buf *b;

	if (c->state == CONN_LINGERING) {
		*ret_space = loan->memory;
		return loan->size;
	}
	room = readable(c);
	if (room == 0)
		return 0;
	b = kept(c);
	if (length_of(b) > 0)
		return space_behind(c, b, smaller(room, loan->size), ret_space);
	if (loan->length == 0)
		loan->start = 0;
	used = loan->start + loan->length;
	*ret_space = loan->memory + used;
	return smaller(loan->size - used, room - smaller(room, loan->length));
}

int conn_recv_done(struct conn *c, struct conn_loan *loan, size_t n,
		   const struct service_context *ctx, int64_t now_ms)
{
	struct buf *b = kept(c);
	bool behind = length_of(b) > 0;

	assert(n > 0);
	c->received_bytes += (int64_t)n;
	if (c->state != CONN_OPEN)
		return 0;
	if (!length_of(&c->pending))
		c->active_ms = now_ms;
	if (behind)
		buf_commit(b, n);
	if (!is_identity(c))
		return behind ? serve_kept(c, ctx, now_ms) : serve_loan(c, loan, n, ctx, now_ms);
	if (!behind)
		loan->length += n;
	return 0;
}

int conn_recv_end(struct conn *c, const struct service_context *ctx, int64_t now_ms)
{
	c->peer_ended = 1;
	if (c->state == CONN_LINGERING)
		c->state = CONN_DONE;
	if (c->state != CONN_OPEN)
		return 0;
	c->reason = CLOSE_PEER;
	c->state = CONN_FLUSHING;
	c->active_ms = now_ms;
	return is_identity(c) ? 0 : serve_kept(c, ctx, now_ms);
}

/* ---- Sending ---- */

size_t conn_send_data(const struct conn *c, const struct conn_loan *loan, const uint8_t **ret_data)
{
	size_t pending = length_of(&c->pending);

	if (c->state == CONN_DONE)
		return 0;
	*ret_data = pending > 0 ? buf_data(&c->pending) : loan->memory + loan->start;
	return pending > 0 ? pending : loan->length;
}

int conn_send_done(struct conn *c, struct conn_loan *loan, size_t n,
		   const struct service_context *ctx, int64_t now_ms)
{
	int error = 0;

	if (n == 0)
		return 0;
	c->sent_bytes += (int64_t)n;
	c->active_ms = now_ms;
	if (!length_of(&c->pending)) {
		assert(n <= loan->length);
		loan->start += n;
		loan->length -= n;
		return 0;
	}
	buf_consume(&c->pending, n);
	if (length_of(&c->input) > 0)
		error = serve_kept(c, ctx, now_ms);
	return error ? error : produce(c, ctx, now_ms);
}

int conn_settle(struct conn *c, struct conn_loan *loan, int64_t now_ms)
{
	size_t n = loan->length;
	int error;

	loan->length = 0;
	if (n == 0 || c->state == CONN_DONE)
		return 0;
	assert(!length_of(&c->pending));
	error = buf_append(&c->pending, loan->memory + loan->start, n);
	if (error)
		conn_abort(c, CLOSE_MEMORY);
	c->active_ms = now_ms;
	return error;
}

/* ---- What it wants ---- */

unsigned conn_wants(const struct conn *c)
{
	if (c->state == CONN_DONE)
		return CONN_CLOSE;
	if (c->state == CONN_LINGERING)
		return CONN_READ;
	return (readable(c) > 0 ? CONN_READ : 0u) | (length_of(&c->pending) ? CONN_WRITE : 0u);
}

void conn_pause(struct conn *c, bool paused)
{
	c->paused = paused;
}
