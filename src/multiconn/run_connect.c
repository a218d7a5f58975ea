/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_connect.c: from an address to an established connection.
 *
 * At most RUN_CONNECTING_MAX connects are under way at once, so that a burst does not overrun the
 * server's queue of half-open connections; only where nothing at all comes of them, more are begun at
 * a pace (run_patience.c), until something does. A Unix socket has no such queue: when the server's is
 * full, connect says EAGAIN, and as nothing tells when there is room, it is asked again every few
 * milliseconds, for the time that a connect may take.
 */
#include "multiconn/run_state.h"

#include <errno.h>
#include <sys/socket.h>

#include "echod/net_datagram.h"

enum {
	QUEUE_FULL_MS = 5
};

/* An endless answer comes faster than it is read: what waits for us when we end shall be little. */
static void narrow(int fd)
{
	const int bytes = 32 * 1024;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void established(struct run *run, struct connection *c)
{
	int family = run->settings->addresses[c->address].any.sa_family;

	connection_established(c, run->pattern, run->settings->proxy);
	run->undecided--;
	run->tally->established++;
	if (run->exchanges) {
		c->state = CONNECTION_TALKING;
		run_watch(run, c);
		return;
	}
	if (family != AF_UNIX)
		(void)net_set_nodelay(c->fd); /* only speed is lost without it */
	if (connection_is_endless(run->pattern))
		narrow(c->fd);
	if (c->state == CONNECTION_TALKING) {
		if (run_start_timer(run, c, run->settings->timeout_ms))
			run_send_turn(run, c);
	} else if (run->released) {
		run_end(run, c);
	} else {
		run_watch(run, c);
	}
}

/* One connect, from its own address of the range if there is one; the result as of net_connect(). */
static int connect_to(struct run *run, struct connection *c, const struct net_address *address)
{
	const struct run_settings *s = run->settings;
	const struct net_address *from = NULL;
	struct net_address own;

	if (s->bind) {
		own = bind_range_get(s->bind, (size_t)(c - run->connections));
		from = &own;
	}
	return s->udp ? net_connect_datagram(address, from, &c->fd)
		      : net_connect(address, from, &c->fd);
}

/* Tries the addresses from the connection's own on. False when the only thing to do is to wait for
 * room in a Unix socket's queue. */
static bool attempt(struct run *run, struct connection *c)
{
	const struct run_settings *s = run->settings;
	int r = 0;

	for (; c->address < s->n_addresses; c->address++) {
		const struct net_address *address = &s->addresses[c->address];

		r = connect_to(run, c, address);
		if (r == -EAGAIN && address->any.sa_family == AF_UNIX)
			return false;
		transcript_starting(&s->transcript, run_id_of(run, c), address);
		if (r >= 0)
			break;
	}
	if (r < 0) {
		run_fail_error(run, c, -r);
	} else if (r == 0) {
		established(run, c);
	} else {
		c->state = CONNECTION_CONNECTING;
		if (run_start_timer(run, c, s->timeout_ms) && run_watch(run, c) &&
		    run->connecting++ == 0)
			run_patience_begin(run);
	}
	return true;
}

/* This address has failed: the next one, or the end. */
static void connect_failed(struct run *run, struct connection *c, int error)
{
	run_drop_descriptor(run, c);
	c->state = CONNECTION_WAITING;
	c->address++;
	if (c->address == run->settings->n_addresses)
		run_fail_error(run, c, error);
	else
		attempt(run, c);
}

void run_connect_again(struct run *run, struct connection *c, int error)
{
	const size_t i = (size_t)(c - run->connections);

	run_udp_forget(run, c);
	if (run->sending > i)
		run->sending = i;
	c->established = false;
	run->undecided++;
	run->tally->established--;
	connect_failed(run, c, error);
}

/* What was never connected is refused; only what was can be reset. */
static void lost(struct run *run, struct connection *c, int error)
{
	c->established = true;
	run->undecided--;
	run->tally->established++;
	run_fail_error(run, c, error);
}

/* The server, or the way to it, has said something. */
static void heard(struct run *run, const struct connection *c)
{
	run_patience_trip(run, c);
	run_patience_heard(run);
	run->connecting_max = RUN_CONNECTING_MAX;
}

void run_connect_decided(struct run *run, struct connection *c, int error)
{
	run->connecting--;
	if (error != ETIMEDOUT)
		heard(run, c);
	if (error == ECONNRESET || error == EPIPE)
		lost(run, c, error);
	else if (error)
		connect_failed(run, c, error);
	else
		established(run, c);
}

/* Whether the time of a connect has passed since there was room last: for all that wait, because
 * they have waited together. */
static bool queue_full_too_long(struct run *run)
{
	if (run->full_since_ms == 0)
		run->full_since_ms = run->now_ms;
	return run->now_ms - run->full_since_ms >= run->settings->timeout_ms;
}

static bool may_start(struct run *run)
{
	if (run->connecting < run->connecting_max)
		return true;
	if (!run_patience_is_over(run))
		return false;
	run->connecting_max = run->connecting + RUN_CONNECTING_MORE;
	return true;
}

void run_start_some(struct run *run)
{
	while (run->next < run->n && may_start(run)) {
		struct connection *c = &run->connections[run->next];

		if (!attempt(run, c)) {
			if (!queue_full_too_long(run))
				return;
			transcript_starting(&run->settings->transcript, run_id_of(run, c),
					    &run->settings->addresses[c->address]);
			run_fail_error(run, c, ETIMEDOUT);
		} else {
			run->full_since_ms = 0;
		}
		run->next++;
	}
}

int run_start_again_ms(const struct run *run)
{
	if (run->full_since_ms != 0)
		return QUEUE_FULL_MS;
	return run->next < run->n && run->connecting >= run->connecting_max
		   ? run_patience_left_ms(run)
		   : -1;
}
