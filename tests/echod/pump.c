/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pump.c: opens and closes what a worker's start and end do, and turns as its loop does.
 */
#include "tests/cmocka_all.h"

#include "tests/echod/pump.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "src/echod/proxied.h"
#include "src/echod/stream.h"
#include "src/echod/udp.h"

enum {
	SOURCES = 64
};

void pump_configure(struct pump *p)
{
	struct config_errors errors = { 0 };

	*p = (struct pump){ 0 };
	assert_int_equal(config_from_arguments("127.0.0.1", "0", &p->config, &errors), 0);
}

static void set_up(struct pump *p)
{
	p->setup = (struct worker_setup){ .config = &p->config,
					  .endpoints = &p->endpoints,
					  .stats = p->stats,
					  .guard = p->guard.guard,
					  .call_fd = -1,
					  .event_fd = -1 };
	p->w =
	    (struct worker){ .setup = &p->setup,
			     .state = WORKER_RUNNING,
			     .stats = &p->stats->workers[0],
			     .config = &p->config,
			     .guard_rules = { .source_prefix_ipv4 = 32, .source_prefix_ipv6 = 56 },
			     .now_ms = 1000,
			     .n_slots = 1,
			     .stop_ms = INT64_MAX,
			     .accept_again_ms = INT64_MAX };
}

void pump_open(struct pump *p)
{
	struct config_errors errors = { 0 };

	assert_int_equal(endpoints_open(&p->config, 1, NULL, NULL, NULL, &p->endpoints, &errors),
			 0);
	assert_int_equal(stats_map(1, &p->stats), 0);
	assert_int_equal(guard_map_open(1, SOURCES, &p->guard), 0);
	set_up(p);
	p->w.serves = calloc(1, sizeof(*p->w.serves));
	assert_non_null(p->w.serves);
	p->w.serves[0] = true;
	assert_int_equal(selector_open(p->config.selector, &p->w.selector), 0);
	assert_int_equal(stream_init(&p->w), 0);
	assert_int_equal(proxied_init(&p->w), 0);
	assert_int_equal(worker_add_listener(&p->w, p->endpoints.items[0].listener,
					     p->endpoints.items[0].sockets),
			 0);
	udp_ports_changed(&p->w);
	assert_int_equal(worker_find_room(&p->w), 0);
	p->w.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	worker_update_listeners(&p->w);
}

void pump_close(struct pump *p)
{
	proxied_fini(&p->w);
	stream_fini(&p->w);
	for (size_t i = 0; i < p->w.n_listeners; i++)
		listener_free(p->w.listeners[i]);
	udp_fini(&p->w);
	free(p->w.listeners);
	free(p->w.serves);
	attr_close_fd(&p->w.spare_fd);
	selector_close(p->w.selector);
	guard_map_close(&p->guard);
	stats_unmap(p->stats);
	endpoints_close(&p->endpoints, true);
	config_fini(&p->config);
}

struct listener *pump_listener(const struct pump *p)
{
	return p->w.listeners[0];
}

static void expire(struct worker *w)
{
	stream_expire(w);
	stream_relieve(w);
	if (w->accept_again_ms <= w->now_ms) {
		w->accept_again_ms = INT64_MAX;
		worker_update_listeners(w);
	}
}

unsigned pump_turn(struct pump *p)
{
	const struct selector_key *key;
	unsigned mask, n = 0;

	assert_true(selector_select(p->w.selector, 0) >= 0);
	while (selector_next(p->w.selector, &key, &mask)) {
		struct selector_handler *handler = key->data;
		struct conn *c = stream_find(&p->w, key->fd);

		n++;
		if (c)
			stream_turn(&p->w, c, mask);
		else
			handler->ready(handler, key->fd, mask);
	}
	expire(&p->w);
	return n;
}

void pump_pass(struct pump *p, int64_t ms)
{
	p->w.now_ms += ms;
	expire(&p->w);
}

uint16_t pump_port(const struct pump *p)
{
	return net_port(&p->endpoints.items[0].sockets->address);
}
