/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run.c: the loop, and what comes before and after it.
 */
#include "multiconn/run_state.h"

#include <errno.h>
#include <stdlib.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "multiconn/expect.h"
#include "multiconn/limit.h"

static int64_t timer_since(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct connection, timer)->since_ms;
}

/* ---- The loop ---- */

/* All that could be open are open: those that have waited for the others may end. */
static void release_held(struct run *run)
{
	run->released = true;
	for (size_t i = 0; i < run->n; i++)
		if (run->connections[i].state == CONNECTION_HELD)
			run_end(run, &run->connections[i]);
}

static void ready(struct run *run, struct connection *c, unsigned mask)
{
	if (run->exchanges) {
		run_udp_ready(run, c, mask);
		return;
	}
	if (c->state == CONNECTION_CONNECTING) {
		run_connect_decided(run, c, net_socket_error(c->fd));
		return;
	}
	if (mask & EVENT_READ)
		run_receive_turn(run, c);
	if ((mask & EVENT_WRITE) && c->state == CONNECTION_TALKING)
		run_send_turn(run, c);
}

static void expired(struct run *run, struct connection *c)
{
	if (run->exchanges) {
		run_udp_expired(run, c);
		return;
	}
	switch (c->state) {
	case CONNECTION_CONNECTING:
		run_connect_decided(run, c, ETIMEDOUT);
		break;
	case CONNECTION_TALKING:
		run_fail_error(run, c, ETIMEDOUT);
		break;
	default: /* ENDING: no surplus came, and that was the question */
		run_succeed(run, c);
	}
}

static void expire(struct run *run)
{
	struct deadline *timer;

	while ((timer = deadlines_expire(run->deadlines, run->now_ms)))
		expired(run, CONTAINER_OF(timer, struct connection, timer));
}

/* The shorter of two times to wait, where -1 is for ever. */
static int sooner_ms(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int wait_ms(const struct run *run)
{
	const int timeout_ms = selector_timeout(deadlines_next_ms(run->deadlines), run->now_ms);
	const int again_ms = run->exchanges ? run_udp_again_ms(run) : run_start_again_ms(run);

	return sooner_ms(timeout_ms, again_ms);
}

/* One turn: what is ready, then what has run out of time. The key of the interrupt has no data.
 * Whoever watches the transcript through a pipe sees it before we wait. */
static int turn(struct run *run)
{
	const struct selector_key *key;
	unsigned mask;
	int r;

	if (run->settings->transcript.out)
		fflush(run->settings->transcript.out);
	r = selector_select(run->selector, wait_ms(run));
	if (r < 0)
		return r;
	run->now_ms = clock_now_ms();
	while (selector_next(run->selector, &key, &mask)) {
		if (key->data)
			ready(run, key->data, mask);
		else
			run->tally->interrupted = true;
	}
	expire(run);
	return 0;
}

static int loop(struct run *run)
{
	int r = 0;

	run->start_ns = clock_now_ns();
	run->now_ms = clock_now_ms();
	while (r == 0 && run->unfinished > 0 && !run->tally->interrupted) {
		run_start_some(run);
		if (run->exchanges)
			run_udp_send(run);
		if (run->undecided == 0 && !run->released)
			release_held(run);
		if (run->unfinished > 0)
			r = turn(run);
	}
	if (run->tally->verified_bytes == 0)
		run->tally->duration_ns = clock_now_ns() - run->start_ns;
	return r;
}

/* ---- Before and after ---- */

static int open_loop(struct run *run)
{
	int r = selector_open(run->settings->selector_name, &run->selector);

	if (r == 0 && run->settings->interrupt_fd >= 0)
		r = selector_register(run->selector, run->settings->interrupt_fd, EVENT_READ, NULL);
	if (r == 0)
		r = deadlines_new(timer_since, &run->deadlines);
	return r;
}

/* How many connections there is room for; the others are reported here. */
static int admit(struct run *run)
{
	size_t asked = run->settings->n_connections;
	size_t room;
	int r = limit_descriptors(selector_fd_limit(run->selector), &room);

	if (r < 0)
		return r;
	run->n = asked < room ? asked : room;
	run->undecided = run->unfinished = run->n;
	if (run->n == asked)
		return 0;
	fprintf(run->settings->err,
		"multiconn: local-limit: %zu connections asked, but this process may open only "
		"%zu more descriptors with %s\n",
		asked, room, selector_name(run->selector));
	report_untried(run->tally, FAILURE_LOCAL_LIMIT, asked - run->n);
	return 0;
}

static int open_connections(struct run *run)
{
	run->connections = calloc(run->n + 1, sizeof(*run->connections));
	if (!run->connections)
		return -ENOMEM;
	for (size_t i = 0; i < run->n; i++)
		connection_init(&run->connections[i]);
	run->scratch = malloc(RUN_RECEIVE_BYTES);
	if (!run->scratch)
		return -ENOMEM;
	return run->settings->udp ? run_udp_open(run) : 0;
}

static void close_connection(struct run *run, struct connection *c)
{
	run_drop_descriptor(run, c);
	if (run->exchanges)
		run_udp_forget(run, c);
	connection_fini(c);
}

static void close_run(struct run *run)
{
	if (run->connections)
		for (size_t i = 0; i < run->n; i++)
			close_connection(run, &run->connections[i]);
	run_udp_close(run);
	free(run->connections);
	free(run->scratch);
	deadlines_free(run->deadlines);
	selector_close(run->selector);
}

void run_prepare(const struct run_settings *settings, struct tally *tally)
{
	tally->asked = settings->n_connections;
	tally->endless = !settings->udp && connection_is_endless(settings->pattern);
	tally->datagrams.used = settings->udp;
	tally->datagrams.silent = expect_is_silent(settings->pattern->expect);
}

int run_connections(const struct run_settings *settings, struct tally *tally)
{
	struct run run = { .settings = settings,
			   .pattern = settings->pattern,
			   .tally = tally,
			   .connecting_max = RUN_CONNECTING_MAX };
	int r = open_loop(&run);

	run_prepare(settings, tally);
	if (r == 0)
		r = admit(&run);
	if (r == 0)
		r = open_connections(&run);
	if (r == 0)
		r = loop(&run);
	report_folded(settings->err, tally);
	close_run(&run);
	return r;
}
