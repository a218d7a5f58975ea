/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_udp.c: connections that are UDP sockets, each connected to the server, so that the kernel keeps
 * others' datagrams away and tells what ICMP says. Nothing holds a sender of datagrams back, so this
 * does: only so many are on their way at a time, whatever the number of connections, and what was
 * lost does not count as that once a later one was answered. What no service answers is taken to have
 * arrived after a millisecond.
 *
 * Where so many are on their way and nothing at all comes for a while (run_patience.c), they are let
 * go: the next ones are sent without them. Only the sending knows of this; an answer to what was let
 * go is in time as long as its connection waits.
 */
#include "multiconn/run_state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "echod/clock.h"
#include "multiconn/expect.h"

enum {
	IN_FLIGHT_MAX = 64,
	IN_FLIGHT_BYTES = 128 * 1024,
	RECEIVES_PER_TURN = 16,
	LATE_MS = 1000,	  /* how long what was given up is still listened for */
	SURPLUS_MS = 200, /* and, when nothing was, what comes too much */
	REST_MS = 10,	  /* after the kernel had no memory for a datagram */
};

static struct exchange *exchange_of(const struct run *run, const struct connection *c)
{
	return &run->exchanges[c - run->connections];
}

int run_udp_open(struct run *run)
{
	const size_t n_messages = run->pattern->n_messages;

	run->exchanges = calloc(run->n + 1, sizeof(*run->exchanges));
	run->messages = calloc(run->n + 1, n_messages);
	if (!run->exchanges || !run->messages)
		return -ENOMEM;
	for (size_t i = 0; i < run->n; i++)
		run->exchanges[i].messages = run->messages + i * n_messages;
	return 0;
}

void run_udp_close(struct run *run)
{
	free(run->exchanges);
	free(run->messages);
}

unsigned run_udp_wants(const struct run *run, const struct connection *c)
{
	return exchange_of(run, c)->blocked ? EVENT_READ | EVENT_WRITE : EVENT_READ;
}

/* ---- The end ---- */

/* Adds what was sent and has no answer to one of the run's sums, once. */
static void account(const struct run *run, struct exchange *e, uint64_t *sum, uint64_t *sum_bytes)
{
	uint64_t bytes;

	*sum += exchange_unanswered(e, run->pattern, &bytes);
	*sum_bytes += bytes;
	e->accounted = true;
}

static void account_refused(struct run *run, struct exchange *e)
{
	struct datagram_tally *d = &run->tally->datagrams;

	account(run, e, &d->refused, &d->refused_bytes);
}

/* What nothing answers is neither lost nor unfinished. */
static void account_end(const struct run *run, struct exchange *e, uint64_t *sum)
{
	uint64_t bytes = 0;

	if (!expect_is_silent(run->pattern->expect) && !e->accounted)
		account(run, e, sum, &bytes);
}

void run_udp_forget(struct run *run, struct connection *c)
{
	struct exchange *e = exchange_of(run, c);

	account_end(run, e, &run->tally->datagrams.unfinished);
	run->in_flight -= exchange_in_flight(e);
	for (size_t i = 0; i < e->sent; i++)
		e->messages[i] = 0;
	*e = (struct exchange){ .messages = e->messages };
}

void run_udp_end(struct run *run, struct connection *c)
{
	const bool complete = exchange_is_complete(exchange_of(run, c), run->pattern);

	c->state = CONNECTION_ENDING;
	if (run_start_timer(run, c, complete ? SURPLUS_MS : LATE_MS))
		run_watch(run, c);
}

static void finish(struct run *run, struct connection *c)
{
	struct exchange *e = exchange_of(run, c);
	struct problem problem;

	account_end(run, e, &run->tally->datagrams.lost);
	if (exchange_verdict(e, run->pattern, &problem))
		run_succeed(run, c);
	else
		run_fail(run, c, &problem);
}

/* Where nothing was ever answered there is nobody: the rest is not sent. */
static void give_up(struct run *run, struct connection *c)
{
	struct exchange *e = exchange_of(run, c);

	run->in_flight -= exchange_in_flight(e);
	exchange_give_up(e);
	if (e->sent == run->pattern->n_messages || e->answered == 0)
		run_udp_end(run, c);
}

void run_udp_expired(struct run *run, struct connection *c)
{
	if (c->state == CONNECTION_TALKING)
		give_up(run, c);
	else
		finish(run, c);
}

static void failed(struct run *run, struct connection *c, int error)
{
	struct exchange *e = exchange_of(run, c);
	const enum failure failure = failure_of_error(error, true);

	if (error == ECONNREFUSED || failure == FAILURE_UNREACHABLE)
		account_refused(run, e);
	if (e->answered + e->late == 0 &&
	    (failure == FAILURE_REFUSED || failure == FAILURE_UNREACHABLE))
		run_connect_again(run, c, error);
	else
		run_fail_error(run, c, error);
}

/* Every message has had its answer, or wants none: only the others are waited for. */
static void settle(struct run *run, struct connection *c)
{
	deadline_stop(&c->timer);
	c->state = CONNECTION_HELD;
	if (run->released)
		run_udp_end(run, c);
}

/* ---- Sending ---- */

/* Sends one message; false when it is another's turn, or nobody's. */
static bool send_one(struct run *run, struct connection *c, const uint8_t *data, size_t length)
{
	struct exchange *e = exchange_of(run, c);
	const ssize_t n = send(c->fd, data, length, MSG_NOSIGNAL);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == ENOBUFS) {
		run->rest_until_ms = run->now_ms + REST_MS;
		return false;
	}
	if (n < 0 && errno == EAGAIN) {
		e->blocked = true;
		run_watch(run, c);
		return false;
	}
	if (n < 0) {
		failed(run, c, errno);
		return true;
	}
	transcript_sending(&run->settings->transcript, run_id_of(run, c), run_address_of(run, c),
			   data, length);
	exchange_sent(e, run->pattern);
	if (run->in_flight++ == 0)
		run_patience_begin(run);
	run->tally->datagrams.sent++;
	run->tally->sent_bytes += length;
	if (exchange_is_complete(e, run->pattern))
		settle(run, c);
	else
		run_start_timer(run, c, run->settings->timeout_ms);
	return true;
}

static bool has_room(const struct run *run, size_t length)
{
	return run->in_flight == 0 ||
	       (run->in_flight < IN_FLIGHT_MAX && (run->in_flight + 1) * length <= IN_FLIGHT_BYTES);
}

static void let_go(struct run *run)
{
	for (size_t i = 0; i < run->next; i++)
		exchange_let_go(&run->exchanges[i]);
	run->in_flight = 0;
}

/* Whether the next datagram may go, with or without those that are on their way. */
static bool make_room(struct run *run, size_t length)
{
	if (has_room(run, length))
		return true;
	run->full = !run_patience_is_over(run);
	if (!run->full)
		let_go(run);
	return !run->full;
}

static void let_silent_arrive(struct run *run)
{
	if (!expect_is_silent(run->pattern->expect) || run->paced_ms == run->now_ms)
		return;
	run->paced_ms = run->now_ms;
	run->in_flight = 0;
}

int run_udp_again_ms(const struct run *run)
{
	if (run->sending == run->next)
		return -1;
	if (run->rest_until_ms > run->now_ms)
		return (int)(run->rest_until_ms - run->now_ms);
	if (expect_is_silent(run->pattern->expect))
		return 1;
	return run->full ? run_patience_left_ms(run) : -1;
}

void run_udp_send(struct run *run)
{
	let_silent_arrive(run);
	run->full = false;
	if (run->rest_until_ms > run->now_ms)
		return; /* the socket is told to be writable all the same */
	while (run->sending < run->next) {
		struct connection *c = &run->connections[run->sending];
		const struct exchange *e = exchange_of(run, c);
		const uint8_t *data;
		size_t length;

		if (c->state != CONNECTION_TALKING ||
		    !exchange_next(e, run->pattern, &data, &length))
			run->sending++;
		else if (e->blocked || !make_room(run, length) || !send_one(run, c, data, length))
			return;
	}
}

/* ---- Receiving ---- */

static void answered(struct run *run, struct connection *c, size_t n)
{
	const struct exchange *e = exchange_of(run, c);

	run->tally->verified_bytes += n;
	run->tally->duration_ns = clock_now_ns() - run->start_ns;
	if (c->state != CONNECTION_TALKING)
		return;
	run_patience_trip(run, c);
	if (exchange_is_complete(e, run->pattern))
		settle(run, c);
	else
		run_start_timer(run, c, run->settings->timeout_ms);
}

/* The sums of the run, from the difference that one datagram made. */
static void count(struct run *run, const struct exchange *e, const struct exchange *was)
{
	struct datagram_tally *d = &run->tally->datagrams;

	d->answered += e->answered - was->answered;
	d->late += e->late - was->late;
	d->duplicated += e->duplicates - was->duplicates;
	d->reordered += e->reordered - was->reordered;
	run->in_flight -= exchange_in_flight(was) - exchange_in_flight(e);
}

static void take(struct run *run, struct connection *c, size_t n)
{
	struct exchange *e = exchange_of(run, c);
	const struct exchange was = *e;
	struct problem problem;
	enum arrival arrival;

	run_patience_heard(run);
	run->tally->datagrams.received++;
	run->tally->received_bytes += n;
	transcript_received(&run->settings->transcript, run_id_of(run, c), run->scratch, n);
	arrival = exchange_received(e, run->pattern, run->scratch, n, &problem);
	count(run, e, &was);
	if (arrival == ARRIVAL_ANSWER)
		answered(run, c, n);
	else if (arrival == ARRIVAL_WRONG)
		run_fail(run, c, &problem);
}

static void receive_turn(struct run *run, struct connection *c)
{
	for (int i = 0; i < RECEIVES_PER_TURN && c->fd >= 0; i++) {
		const ssize_t n = recv(c->fd, run->scratch, RUN_RECEIVE_BYTES, 0);

		if (n >= 0) {
			take(run, c, (size_t)n);
		} else {
			if (errno != EAGAIN && errno != EINTR)
				failed(run, c, errno);
			return;
		}
	}
}

void run_udp_ready(struct run *run, struct connection *c, unsigned mask)
{
	if (mask & EVENT_WRITE) {
		exchange_of(run, c)->blocked = false;
		run_watch(run, c);
	}
	if (mask & EVENT_READ)
		receive_turn(run, c);
}
