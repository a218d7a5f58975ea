/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_model.c: a link is what the peer, the kernel and the model know of one connection. What can
 * happen to it comes through the four calls that the pump makes on its descriptor, where the model
 * changes first; or through a step, which says before what it may lead to (link.may). Any other
 * change of a connection is a breach.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include "tests/echod/stream_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/echod/stream.h"
#include "tests/core/conn_expect.h"
#include "tests/core/conn_services.h"

enum {
	ROUNDS = 4 /* receives in a turn, at most */
};

struct conn *model_conn(const struct link *link)
{
	return stream_find(&link->play->pump.w, link->fd);
}

_Noreturn void model_breach(const struct stream_play *p, const char *what, const char *file,
			    int line)
{
	fprintf(stderr, "%s:%d: %s; turn %zu, %s; ECHOD_TEST_SEED=%" PRIu64 "\n", file, line, what,
		p->turns, p->service->name, p->seed);
	for (int i = 0; i < LINKS; i++)
		if (p->links[i].open)
			fprintf(stderr, "  link %d: %s, %s, read %zu, got %zu\n", i,
				conn_state_name(p->links[i].state),
				close_reason_name(p->links[i].reason), p->links[i].in_length,
				p->links[i].out_length);
	abort();
}

unsigned model_below(struct stream_play *p, unsigned n)
{
	return random_below(&p->random, n);
}

bool model_one_in(struct stream_play *p, unsigned n)
{
	return !p->calm && model_below(p, n) == 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- The model ---- */

/* What the service itself may end it for. */
static unsigned of_service(const struct stream_play *p)
{
	if (p->service == &service_picky)
		return BIT(CLOSE_PROTOCOL);
	return p->service == &service_line || p->service == &service_greet ? BIT(CLOSE_SERVICE) : 0;
}

void model_look(struct link *link)
{
	const struct conn *c = model_conn(link);

	if (!c || c->state == link->state)
		return;
	CHECK(link->play, c->state > link->state);
	CHECK(link->play, (link->may | of_service(link->play)) & BIT(c->reason));
	link->state = c->state;
	link->reason = c->reason;
}

static void has_failed(struct link *link, int error)
{
	const bool reset = error == ECONNRESET || error == EPIPE || error == ENOTCONN;

	if (!link->shut)
		link->reason = reset ? CLOSE_RESET : CLOSE_ERROR;
	link->cut |= !link->shut;
	link->state = CONN_DONE;
}

static size_t pending_cap(const struct stream_play *p)
{
	return (size_t)p->pump.config.listeners[0].max_pending;
}

static bool is_echo(const struct link *link)
{
	return link->play->service == &service_echo;
}

/* ---- The kernel ---- */

static ssize_t end_of_input(struct link *link)
{
	if (!link->peer_ends)
		return -EAGAIN;
	if (link->state == CONN_LINGERING) {
		link->state = CONN_DONE;
		return 0;
	}
	link->ended = true;
	link->state = CONN_FLUSHING;
	link->reason = CLOSE_PEER;
	return 0;
}

static ssize_t kernel_recv(void *user, uint8_t *data, size_t n)
{
	struct link *link = user;
	struct stream_play *p = link->play;
	int error = link->recv_error;

	model_look(link);
	CHECK(p, link->state == CONN_OPEN || link->state == CONN_LINGERING);
	if (is_echo(link) && link->state == CONN_OPEN)
		CHECK(p, n <= pending_cap(p) - (link->in_length - link->out_length));
	if (model_one_in(p, 16))
		return -EINTR;
	CHECK(p, ++link->receives <= ROUNDS);
	if (error) {
		link->recv_error = 0;
		has_failed(link, error);
		return -error;
	}
	if (link->queued == 0)
		return end_of_input(link);
	n = smaller(n, link->queued);
	n = model_one_in(p, 3) ? 1 + model_below(p, (unsigned)n) : n;
	for (size_t i = 0; i < n; i++)
		data[i] = expect_peer_byte(link->received + i);
	link->queued -= n;
	link->received += n;
	p->received += (int64_t)n;
	link->in_length += link->state == CONN_OPEN ? n : 0;
	return (ssize_t)n;
}

static ssize_t kernel_send(void *user, const uint8_t *data, size_t n)
{
	struct link *link = user;
	struct stream_play *p = link->play;
	int error = link->send_error;

	model_look(link);
	CHECK(p, n > 0 && (link->state == CONN_OPEN || link->state == CONN_FLUSHING));
	CHECK(p, link->rests_until_ms <= p->pump.w.now_ms || link->cut);
	link->rests_until_ms = 0;
	if (model_one_in(p, 16))
		return -EINTR;
	if (error) {
		link->send_error = 0;
		has_failed(link, error);
		return -error;
	}
	if (link->room == 0 && model_one_in(p, 4)) {
		link->rests_until_ms =
		    INT64_MAX; /* not again in this turn; then: see check_link() */
		return -ENOBUFS;
	}
	if (link->room == 0)
		return -EAGAIN;
	n = smaller(n, link->room);
	for (size_t i = 0; i < n; i++)
		CHECK(p, data[i] == expect_byte(p->service, link->in_length, link->out_length + i));
	link->room -= n;
	link->out_length += n;
	p->sent += (int64_t)n;
	CHECK(p, link->out_length <= expect_length(p->service, link->in_length));
	return (ssize_t)n;
}

static int kernel_shutdown(void *user)
{
	struct link *link = user;
	int error = link->shutdown_error;

	model_look(link);
	CHECK(link->play, link->state == CONN_FLUSHING && !link->shut);
	if (is_echo(link) && !link->cut)
		CHECK(link->play, link->out_length == link->in_length);
	if (error) {
		has_failed(link, error);
		return -error;
	}
	link->shut = true;
	link->state = link->ended ? CONN_DONE : CONN_LINGERING;
	return 0;
}

/* The one reason that has been counted since the last close. */
static enum close_reason counted_reason(struct stream_play *p)
{
	int found = -1;

	for (int i = 0; i < CLOSE_REASONS; i++) {
		const int64_t n = stats_get(&p->pump.w.stats->closed[i]);

		CHECK(p, n == p->closed[i] || (n == p->closed[i] + 1 && found < 0));
		if (n != p->closed[i])
			found = i;
		p->closed[i] = n;
	}
	CHECK(p, found >= 0);
	return (enum close_reason)found;
}

static void kernel_close(void *user)
{
	struct link *link = user;
	struct stream_play *p = link->play;
	const enum close_reason reason = counted_reason(p);
	const bool by_itself = link->state == CONN_DONE && reason == link->reason;

	CHECK(p, by_itself || (link->may | of_service(p)) & BIT(reason) ||
		     (link->may && link->shut && reason == link->reason));
	if (reason == CLOSE_PEER && link->shut && !link->cut && p->service != &service_stream) {
		CHECK(p, link->in_length == link->peer_sent);
		CHECK(p, link->out_length == expect_length(p->service, link->in_length));
	}
	link->open = false;
}

const struct fake_socket model_kernel = { kernel_recv, kernel_send, kernel_shutdown, kernel_close };

/* ---- What must hold between steps ---- */

bool model_timers_wait(const struct stream_play *p)
{
	const struct worker *w = &p->pump.w;

	CHECK(p, w->retime_ms == INT64_MAX || stream_deadline_ms(w) <= w->now_ms + RETIME_MS);
	return w->retime_ms < INT64_MAX && w->retime_ms > w->now_ms;
}

static unsigned expected_events(const struct link *link, const struct conn *c)
{
	const size_t unsent = conn_pending(c);
	unsigned events = unsent > 0 && link->rests_until_ms == 0 ? EVENT_WRITE : 0;

	if (link->state == CONN_LINGERING)
		return EVENT_READ;
	if (link->state == CONN_OPEN && !c->paused && unsent < pending_cap(link->play) &&
	    buf_length(&c->input) <= c->rules->service->max_input)
		events |= EVENT_READ;
	return events;
}

static void check_link(struct link *link)
{
	struct stream_play *p = link->play;
	const struct conn *c = model_conn(link);
	const struct selector_key *key = selector_get_key(p->pump.w.selector, link->fd);
	const size_t cap = pending_cap(p);

	CHECK(p, c);
	model_look(link);
	CHECK(p, link->state == c->state && link->state != CONN_DONE);
	CHECK(p,
	      link->state == CONN_OPEN || (close_reason_name(c->reason) && link->shut == c->shut));
	CHECK(p, (size_t)c->received_bytes == link->received);
	CHECK(p, (size_t)c->sent_bytes == link->out_length);
	CHECK(p, conn_pending(c) <= (cap > link->unsent ? cap : link->unsent));
	if (is_echo(link) && !link->cut)
		CHECK(p, conn_pending(c) == link->in_length - link->out_length);
	CHECK(p, (key ? key->events : 0) == expected_events(link, c));
	if (link->rests_until_ms == INT64_MAX)
		link->rests_until_ms = p->pump.w.send_again_ms;
	CHECK(p, link->rests_until_ms <= p->pump.w.now_ms + SEND_REST_MS);
	CHECK(p, !c->paused || (p->pump.config.max_pending_total > 0 && conn_pending(c) > 0));
	CHECK(p, model_timers_wait(p) || conn_deadline_ms(c) > p->pump.w.now_ms);
	CHECK(p, model_timers_wait(p) || stream_deadline_ms(&p->pump.w) <= conn_deadline_ms(c));
	link->unsent = conn_pending(c);
	/* Another's turn may need its room. */
	link->may = p->pump.config.max_pending_total > 0 ? BIT(CLOSE_MEMORY) : 0;
}

static void check_books(struct stream_play *p)
{
	const struct stats_worker *s = p->pump.w.stats;
	int64_t open = 0, held = 0, paused = 0, closed = 0;

	for (int i = 0; i < LINKS; i++) {
		const struct conn *c = p->links[i].open ? model_conn(&p->links[i]) : NULL;

		open += c != NULL;
		held += c ? (int64_t)conn_held(c) : 0;
		paused += c && c->state == CONN_OPEN && !(conn_wants(c) & CONN_READ);
	}
	for (int i = 0; i < CLOSE_REASONS; i++)
		closed += p->closed[i];
	CHECK(p, p->accepted == open + closed && stats_get(&s->accepted) == p->accepted);
	CHECK(p, (int64_t)p->pump.w.n_conns == open);
	CHECK(p, stats_get(&s->endpoints[0].active) == open);
	CHECK(p, stats_get(&s->pending_bytes) == held);
	CHECK(p, stats_get(&s->paused_connections) == paused);
	CHECK(p, stats_get(&s->received_bytes) == p->received);
	CHECK(p, stats_get(&s->sent_bytes) == p->sent);
	CHECK(p, stats_get(&s->endpoints[0].received_bytes) == p->received);
	CHECK(p, stats_get(&s->endpoints[0].sent_bytes) == p->sent);
}

static int64_t total_unsent(const struct stream_play *p)
{
	return stats_get(&p->pump.w.stats->pending_bytes);
}

void model_check(struct stream_play *p)
{
	const int64_t cap = p->pump.config.max_pending_total;

	CHECK(p, cap == 0 || total_unsent(p) <= cap);
	stream_relieve(&p->pump.w);
	for (int i = 0; i < LINKS; i++)
		if (p->links[i].open)
			check_link(&p->links[i]);
	check_books(p);
}
