/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * listener.c: an endpoint's rules, from the configuration, and its registration: its sockets are
 * waited for exactly while the worker serves their slots and accepts at all.
 */
#include "src/echod/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "echod/proxy.h"
#include "src/echod/config_dictionary.h"
#include "src/echod/udp.h"
#include "src/echod/worker.h"

enum {
	WAIT_LOG_MS = 1000
};

/* What a slot's socket is waited for. */
static unsigned events_of(const struct listener *l, unsigned slot)
{
	if (udp_is_stuck(l, slot))
		return EVENT_WRITE;
	return l->worker->serves[slot] && worker_accepts(l->worker) ? EVENT_READ : 0;
}

static int wait_for(struct listener *l, int fd, unsigned events)
{
	struct selector *s = l->worker->selector;
	const struct selector_key *key = selector_get_key(s, fd);

	if ((key ? key->events : 0) == events)
		return 0;
	if (!key)
		return selector_register(s, fd, events, &l->handler);
	return events ? selector_modify(s, fd, events, &l->handler) : selector_unregister(s, fd);
}

/* What waits in that queue must not wait for ever: tried again after a rest. */
static void wait_failed(struct listener *l, unsigned slot, int error)
{
	static struct log_limit limit = { .interval_ms = WAIT_LOG_MS };

	log_limited(&limit, LOG_LEVEL_ERROR, "worker",
		    "worker %u: listener '%s': cannot wait for slot %u: %s; tried again",
		    l->worker->setup->index, l->name, slot, strerror(error));
	if (l->worker->accept_again_ms == INT64_MAX)
		listener_rest(l->worker);
}

void listener_close_unserved(struct listener *l)
{
	for (unsigned slot = 0; slot < l->worker->n_slots; slot++) {
		if (l->worker->serves[slot])
			continue;
		if (udp_is_stuck(l, slot))
			udp_flush(l, slot);
		attr_close_fd(&l->sockets->fds[slot]);
	}
}

void listener_close(struct listener *l)
{
	listener_accept_waiting(l);
	listener_leave(l);
	endpoint_close_fds(l->sockets);
}

void listener_update(struct listener *l)
{
	struct worker *w = l->worker;

	for (unsigned slot = 0; slot < w->n_slots && !l->closed; slot++) {
		const int fd = endpoint_fd(l->sockets, slot);
		const int r = fd < 0 ? 0 : wait_for(l, fd, events_of(l, slot));

		if (r < 0)
			wait_failed(l, slot, -r);
	}
}

static void set_rules(struct conn_rules *rules, const struct config_listener *config)
{
	rules->max_pending = (size_t)config->max_pending;
	rules->idle_ms = config->idle_ms;
	rules->first_byte_ms = config->first_byte_ms;
	rules->lifetime_ms = config->lifetime_ms;
	rules->stall_ms = config->stall_ms;
}

/* Connections may be using them at this moment, between two calls of their service. */
static void set_settings(struct listener *l, const struct config_listener *config)
{
	struct json_t *before = l->dictionary;

	l->dictionary = config_dictionary_hold(config->dictionary);
	config_dictionary_release(before);
	l->message = (struct message_settings){ .keep_alive = config->keep_alive,
						.max_content = (size_t)config->max_content,
						.dictionary = l->dictionary };
	l->rules.service_settings = l->rules.service == &service_message ? &l->message : NULL;
}

/* A number for the name, the same in every worker and over reloads (FNV-1a, 32 bits). */
static uint32_t key_of(const char *name)
{
	uint32_t key = 2166136261u;

	for (; *name; name++)
		key = (key ^ (uint8_t)*name) * 16777619u;
	return key == GUARD_WHOLE_DAEMON ? 0 : key;
}

/* Another one for its datagrams: no name has a slash. */
static uint32_t datagram_key_of(const char *name)
{
	const uint32_t key = (key_of(name) ^ '/') * 16777619u;

	return key == GUARD_WHOLE_DAEMON ? 0 : key;
}

static void set_guard_rules(struct guard_listener *rules, const struct config_listener *config)
{
	*rules = (struct guard_listener){
		.limits = { .max_connections = config->max_connections,
			    .max_connections_per_source = config->max_connections_per_source,
			    .accept_rate = config->accept_rate,
			    .accept_burst = config->accept_burst },
		.acl = { .allow = config->allow.items,
			 .n_allow = config->allow.length,
			 .deny = config->deny.items,
			 .n_deny = config->deny.length },
		.key = key_of(config->name),
	};
}

static void set_datagram_rules(struct datagram_rules *rules, const struct listener *l,
			       const struct config_listener *config)
{
	*rules = (struct datagram_rules){
		.own = udp_own_ports(l->worker),
		.reflectors = udp_reflector_ports(l->worker),
		.acl = l->guard_rules.acl,
		.rate = { .rate = config->udp_rate,
			  .burst = config->udp_burst,
			  .key = datagram_key_of(config->name) },
		.amplify = config->udp_amplify,
	};
}

static void set_proxy_rules(struct listener *l, const struct config_listener *config)
{
	static const unsigned versions[] = { 0, PROXY_V1, PROXY_V2, PROXY_V1 | PROXY_V2 };

	l->proxy_versions = versions[config->proxy_protocol];
	l->proxy_trusted = (struct guard_acl){ .allow = config->proxy_trusted.items,
					       .n_allow = config->proxy_trusted.length };
	l->proxy_ms = config->proxy_ms;
}

void listener_configure(struct listener *l, const struct config_listener *config,
			struct worker_config *owner)
{
	char *name = strcmp(l->name, config->name) == 0 ? NULL : strdup(config->name);

	if (name) {
		free(l->name);
		l->name = name;
	}
	set_rules(&l->rules, config);
	set_settings(l, config);
	set_guard_rules(&l->guard_rules, config);
	if (l->sockets->transport == SERVICE_UDP)
		set_datagram_rules(&l->datagram_rules, l, config);
	set_proxy_rules(l, config);
	if (owner)
		owner->references++;
	worker_config_release(l->config);
	l->config = owner;
}

void listener_leave(struct listener *l)
{
	struct selector *selector = l->worker->selector;

	for (unsigned slot = 0; slot < l->worker->n_slots; slot++) {
		const int fd = endpoint_fd(l->sockets, slot);

		if (udp_is_stuck(l, slot))
			udp_flush(l, slot);
		if (fd >= 0 && selector_get_key(selector, fd))
			selector_unregister(selector, fd);
	}
	l->closed = true;
}

int listener_new(struct worker *w, const struct config_listener *config,
		 struct endpoint_sockets *sockets, struct listener **ret_listener)
{
	const bool is_udp = sockets->transport == SERVICE_UDP;
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->worker = w;
	l->rules.service = config->service; /* for ever: its connections have their state */
	l->sockets = sockets;
	sockets->references++;
	l->name = strdup(config->name);
	if (!l->name || (is_udp && udp_open(l) < 0)) {
		listener_free(l);
		return -ENOMEM;
	}
	l->handler.ready = is_udp ? udp_ready : listener_ready;
	l->stats = &w->stats->endpoints[sockets->row];
	listener_configure(l, config, NULL);
	*ret_listener = l;
	return 0;
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	udp_close(l);
	endpoint_sockets_release(l->sockets, false);
	config_dictionary_release(l->dictionary);
	worker_config_release(l->config);
	free(l->name);
	free(l);
}

struct listener *listener_of(const struct conn *c)
{
	union {
		const struct conn_rules *shared;
		struct conn_rules *ours; /* we made them: see listener_new() */
	} rules = { .shared = c->rules };

	return CONTAINER_OF(rules.ours, struct listener, rules);
}
