/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_play.c: the steps of a play, at random, and its end, where nothing is left out.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include "tests/echod/stream_play.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "src/echod/stream.h"
#include "tests/core/conn_services.h"
#include "tests/echod/stream_model.h"

enum {
	STEPS = 150,
	SENT_MAX = 6000,	/* bytes that a peer sends at most */
	TAKEN_MAX = 20000,	/* and takes, before the end */
	TURNS_MAX = 1000 * 1000 /* after which it is said to hang */
};

/* ---- Steps ---- */

static void open_link(struct stream_play *p, struct link *link)
{
	const struct peer peer = { .family = PEER_IPV4, .port = 4711 };
	const struct guard_ticket ticket = { 0 };
	int fd;

	fake_suspend(true);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(p, fd >= 0);
	fake_suspend(false);
	*link = (struct link){ .play = p, .fd = fd, .open = true, .may = link->may };
	if (p->pump.config.max_pending_total > 0)
		link->may |= BIT(CLOSE_MEMORY);
	link->room = model_below(p, 2) * model_below(p, 100);
	fake_socket(fd, &model_kernel, link);
	p->accepted++;
	if (stream_open(&p->pump.w, pump_listener(&p->pump), fd, &peer, NULL, NULL, &ticket) == 0)
		return;
	CHECK(p, fake_answered() > 0);
	fake_socket(fd, NULL, NULL);
	close(fd);
	p->accepted--;
	link->open = false;
}

/* One turn, as the selector would give it: false when nothing is ready. */
static bool turn(struct link *link)
{
	struct stream_play *p = link->play;
	const struct selector_key *key = selector_get_key(p->pump.w.selector, link->fd);
	unsigned ready = 0;

	if (link->queued > 0 || link->peer_ends || link->recv_error)
		ready |= EVENT_READ;
	if (link->room > 0 || link->send_error)
		ready |= EVENT_WRITE;
	if (model_one_in(p, 20))
		ready = EVENT_READ | EVENT_WRITE; /* woken for nothing */
	if (!key || !(key->events & ready))
		return false;
	CHECK(p, ++p->turns < TURNS_MAX);
	link->receives = 0;
	stream_turn(&p->pump.w, model_conn(link), key->events & ready);
	return true;
}

static void peer_acts(struct link *link)
{
	struct stream_play *p = link->play;
	const size_t n = model_one_in(p, 4) ? model_below(p, 3000) : model_below(p, 40);

	if (model_below(p, 2)) {
		if (link->out_length + link->room + n < TAKEN_MAX)
			link->room += n;
	} else if (!link->peer_ends && link->peer_sent + n <= SENT_MAX) {
		link->queued += n;
		link->peer_sent += n;
	}
	link->peer_ends |= model_one_in(p, 60);
}

static void go_wrong(struct link *link)
{
	static const int recv_errors[] = { ECONNRESET, ETIMEDOUT, EHOSTUNREACH };
	static const int send_errors[] = { EPIPE, ECONNRESET, ETIMEDOUT };
	struct stream_play *p = link->play;

	switch (model_below(p, 3)) {
	case 0:
		link->recv_error = recv_errors[model_below(p, ARRAY_LENGTH(recv_errors))];
		break;
	case 1:
		link->send_error = send_errors[model_below(p, ARRAY_LENGTH(send_errors))];
		break;
	default:
		link->shutdown_error = ENOTCONN;
	}
}

/* Which reasons of time there are for a connection to end at now_ms. */
static unsigned due(const struct link *link, const struct conn *c)
{
	const struct worker *w = &link->play->pump.w;
	const int64_t quiet_ms = w->now_ms - c->active_ms, active_ms = conn_activity_ms(c);
	unsigned may = 0;

	if (link->state == CONN_OPEN && conn_lifetime_ms(c) > 0 &&
	    w->now_ms - c->opened_ms >= conn_lifetime_ms(c))
		may |= BIT(CLOSE_LIFETIME);
	if (w->state == WORKER_STOPPING && link->state == CONN_OPEN && conn_pending(c) == 0 &&
	    quiet_ms >= WORKER_QUIET_MS)
		may |= BIT(CLOSE_DRAIN);
	if (active_ms == 0 || quiet_ms < active_ms)
		return may;
	if (link->state == CONN_LINGERING)
		return BIT(link->reason);
	if (link->state == CONN_FLUSHING || conn_pending(c) > 0)
		return may | BIT(CLOSE_STALL);
	if (c->received_bytes == 0 && active_ms == c->rules->first_byte_ms)
		may |= BIT(CLOSE_FIRST_BYTE);
	if (active_ms == c->rules->idle_ms)
		may |= BIT(CLOSE_IDLE);
	return may;
}

/* What is due ends, and nothing else does. */
static void pass_time(struct stream_play *p)
{
	enum conn_state before[LINKS];
	unsigned ends[LINKS] = { 0 };
	bool wait;

	p->pump.w.now_ms += model_below(p, 3) ? model_below(p, 100) : model_below(p, 4000);
	for (int i = 0; i < LINKS; i++) {
		struct link *link = &p->links[i];

		before[i] = link->state;
		if (!link->open)
			continue;
		ends[i] = due(link, model_conn(link));
		link->may |= ends[i];
		link->cut |= ends[i] & BIT(CLOSE_STALL);
	}
	wait = model_timers_wait(p);
	stream_expire(&p->pump.w);
	for (int i = 0; i < LINKS; i++) {
		struct link *link = &p->links[i];

		if (link->open && ends[i] && !wait)
			CHECK(p, model_conn(link)->state != before[i]);
		if (link->open)
			model_look(link);
	}
}

static void abort_link(struct link *link)
{
	link->may |= BIT(CLOSE_CONTROL);
	link->cut = true;
	stream_abort(&link->play->pump.w, model_conn(link), CLOSE_CONTROL);
	CHECK(link->play, !link->open);
}

static void reload(struct stream_play *p)
{
	struct config_listener *config = &p->pump.config.listeners[0];

	config->max_pending = 4 + model_below(p, 3000);
	config->stall_ms = model_below(p, 2) * 4000;
	config->idle_ms = model_below(p, 2) * 3000;
	listener_configure(pump_listener(&p->pump), config, NULL);
	stream_rules_changed(&p->pump.w);
	pass_time(p); /* what is due by the new rules */
}

static void stop(struct stream_play *p)
{
	p->pump.w.state = WORKER_STOPPING;
	stream_retime_all(&p->pump.w);
	pass_time(p);
}

static void cut_all(struct stream_play *p)
{
	for (int i = 0; i < LINKS; i++) {
		p->links[i].may |= BIT(CLOSE_DRAIN);
		p->links[i].cut |= p->links[i].state != CONN_LINGERING;
	}
	stream_cut_all(&p->pump.w);
	for (int i = 0; i < LINKS; i++) {
		struct link *link = &p->links[i];

		if (!link->open)
			continue;
		CHECK(p, model_conn(link)->state == CONN_LINGERING);
		if (model_conn(link)->reason == CLOSE_DRAIN) /* of one that was flushing, too */
			link->reason = CLOSE_DRAIN;
	}
}

/* Memory or the selector fails somewhere in this step; whoever is struck may end for it. The tests'
 * own services take no failure of memory. */
static void arm(struct stream_play *p)
{
	static const enum fake_call calls[] = { FAKE_EPOLL_CTL, FAKE_CALLOC, FAKE_MALLOC,
						FAKE_REALLOC };
	const unsigned n = p->service == &service_echo ? ARRAY_LENGTH(calls) : 1;

	fake_reset();
	fake_fail(calls[model_below(p, n)], 1 + model_below(p, 2), ENOMEM);
	for (int i = 0; i < LINKS; i++)
		p->links[i].may |= BIT(CLOSE_MEMORY);
}

static void note_losses(struct stream_play *p)
{
	for (int i = 0; i < LINKS; i++)
		if (p->links[i].open && p->links[i].reason == CLOSE_MEMORY)
			p->links[i].cut = true;
	fake_reset();
}

static void seldom(struct stream_play *p, struct link *link)
{
	switch (model_below(p, 12)) {
	case 0:
		abort_link(link);
		break;
	case 1:
	case 2:
		reload(p);
		break;
	case 3:
		if (model_one_in(p, 4))
			stop(p);
		break;
	case 4:
		if (p->pump.w.state == WORKER_STOPPING)
			cut_all(p);
		break;
	case 5:
	case 6:
		go_wrong(link);
		break;
	default:
		pass_time(p);
	}
}

static void step(struct stream_play *p)
{
	struct link *link = &p->links[model_below(p, LINKS)];
	const bool armed = model_one_in(p, 25);

	if (armed)
		arm(p);
	if (!link->open) {
		if (p->pump.w.state == WORKER_RUNNING)
			open_link(p, link);
	} else if (!armed && model_one_in(p, 12)) {
		seldom(p, link);
	} else {
		peer_acts(link);
		turn(link);
	}
	if (armed)
		note_losses(p);
	model_check(p);
}

/* ---- A play ---- */

static void begin(struct stream_play *p)
{
	static const struct service *const services[] = {
		&service_echo, &service_echo,  &service_double, &service_echo,
		&service_line, &service_picky, &service_stream, &service_greet,
	};
	struct config_listener *config;

	pump_configure(&p->pump);
	config = &p->pump.config.listeners[0];
	p->service = services[model_below(p, ARRAY_LENGTH(services))];
	config->service = p->service;
	config->max_pending = 4 + (model_below(p, 2) ? model_below(p, 60) : model_below(p, 3000));
	config->idle_ms = model_below(p, 2) * 3000;
	config->first_byte_ms = model_below(p, 2) * 2000;
	config->lifetime_ms = model_below(p, 4) ? 0 : 10000;
	config->stall_ms = model_below(p, 2) * 4000;
	/* At the cap a producer that is ahead is not read, not even to its peer's end. */
	if (p->service != &service_stream && model_below(p, 2))
		p->pump.config.max_pending_total = 1 + model_below(p, 8000);
	pump_open(&p->pump);
}

/* Nobody has anything to do because some rest: time passes. */
static void rest(struct stream_play *p)
{
	bool some = false;

	for (int i = 0; i < LINKS; i++)
		some |= p->links[i].open && p->links[i].rests_until_ms > p->pump.w.now_ms;
	CHECK(p, some);
	pass_time(p);
	model_check(p);
}

/* The peers end their sides and take all: nothing may be missing, and nobody may hang. */
static void finish(struct stream_play *p)
{
	p->calm = true;
	while (p->pump.w.n_conns > 0) {
		bool some = false;

		for (int i = 0; i < LINKS; i++) {
			struct link *link = &p->links[i];

			if (!link->open)
				continue;
			link->peer_ends = true;
			link->room = 1 + model_below(p, 500);
			some |= turn(link);
			model_check(p);
		}
		if (!some)
			rest(p);
	}
	CHECK(p, stats_get(&p->pump.w.stats->pending_bytes) == 0);
	pump_pass(&p->pump, RETIME_MS);
	CHECK(p, stream_deadline_ms(&p->pump.w) == INT64_MAX);
}

size_t stream_play(uint64_t seed)
{
	struct stream_play *p = calloc(1, sizeof(*p));
	size_t connections;

	if (!p)
		abort();
	p->seed = seed;
	p->random = (struct random_source){ seed };
	for (int i = 0; i < LINKS; i++)
		p->links[i].play = p;
	begin(p);
	for (int i = 0; i < STEPS; i++)
		step(p);
	finish(p);
	connections = (size_t)p->accepted;
	pump_close(&p->pump);
	free(p);
	return connections;
}
