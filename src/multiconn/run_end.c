/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_end.c: registration, timers and the end of a connection, good or bad.
 */
#include "multiconn/run_state.h"

#include <errno.h>
#include <sys/socket.h>

#include "echod/attr.h"

enum {
	ENDING_MS = 1000 /* how long the peer's end is awaited */
};

size_t run_id_of(const struct run *run, const struct connection *c)
{
	return (size_t)(c - run->connections) + 1;
}

const struct net_address *run_address_of(const struct run *run, const struct connection *c)
{
	return &run->settings->addresses[c->address];
}

void run_drop_descriptor(struct run *run, struct connection *c)
{
	deadline_stop(&c->timer);
	if (c->fd < 0)
		return;
	if (selector_get_key(run->selector, c->fd))
		selector_unregister(run->selector, c->fd);
	attr_close_fd(&c->fd);
}

static void finish(struct run *run, struct connection *c)
{
	if (c->established)
		transcript_closing(&run->settings->transcript, run_id_of(run, c),
				   run_address_of(run, c));
	else
		run->undecided--;
	run_drop_descriptor(run, c);
	if (run->exchanges)
		run_udp_forget(run, c);
	connection_fini(c);
	c->state = CONNECTION_OVER;
	run->unfinished--;
}

void run_fail(struct run *run, struct connection *c, const struct problem *problem)
{
	report_problem(run->settings->err, run->tally, run_id_of(run, c), problem);
	finish(run, c);
}

static struct problem problem_of(const struct run *run, const struct connection *c, int error)
{
	if (run->exchanges)
		return exchange_error(&run->exchanges[c - run->connections], run->pattern, error);
	return connection_error(c, run->pattern, error);
}

void run_fail_error(struct run *run, struct connection *c, int error)
{
	struct problem problem = problem_of(run, c, error);

	run_fail(run, c, &problem);
}

void run_succeed(struct run *run, struct connection *c)
{
	run->tally->verified++;
	finish(run, c);
}

bool run_watch(struct run *run, struct connection *c)
{
	const struct selector_key *key = selector_get_key(run->selector, c->fd);
	unsigned wants = run->exchanges ? run_udp_wants(run, c) : connection_wants(c, run->pattern);
	int r = 0;

	if (wants == 0)
		r = key ? selector_unregister(run->selector, c->fd) : 0;
	else if (!key)
		r = selector_register(run->selector, c->fd, wants, c);
	else if (key->events != wants)
		r = selector_modify(run->selector, c->fd, wants, c);
	if (r < 0)
		run_fail_error(run, c, -r);
	return r == 0;
}

bool run_start_timer(struct run *run, struct connection *c, int64_t duration_ms)
{
	int r;

	c->since_ms = run->now_ms;
	r = deadline_start(run->deadlines, &c->timer, duration_ms);
	if (r < 0)
		run_fail_error(run, c, -r);
	return r == 0;
}

/* When shutdown fails, the peer has already gone. */
void run_end(struct run *run, struct connection *c)
{
	if (run->exchanges) {
		run_udp_end(run, c);
		return;
	}
	if (shutdown(c->fd, SHUT_WR) < 0) {
		if (connection_owes_end(c, run->pattern))
			run_fail_error(run, c, ECONNRESET);
		else
			run_succeed(run, c);
		return;
	}
	c->state = CONNECTION_ENDING;
	if (run_start_timer(run, c, ENDING_MS))
		run_watch(run, c);
}
