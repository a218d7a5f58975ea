/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reconfigure.c: see reconfigure.h. A listener is in exactly one state: listed (in force), retiring
 * (no longer listed, still served) or closed (without sockets, alive for its connections only).
 */
#include "src/echod/reconfigure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/listener.h"
#include "src/echod/stream.h"
#include "src/echod/udp.h"
#include "src/echod/worker.h"

/* ---- New sockets ---- */

static struct endpoint_sockets *find_incoming(const struct worker *w, unsigned row)
{
	for (size_t i = 0; i < w->n_incoming; i++)
		if (w->incoming[i]->row == row)
			return w->incoming[i];
	return NULL;
}

static int add_incoming(struct worker *w, struct endpoint_sockets *sockets)
{
	struct endpoint_sockets **incoming =
	    realloc(w->incoming, (w->n_incoming + 1) * sizeof(struct endpoint_sockets *));

	if (!incoming)
		return -ENOMEM;
	w->incoming = incoming;
	incoming[w->n_incoming++] = sockets;
	return 0;
}

static void remove_incoming(struct worker *w, const struct endpoint_sockets *sockets)
{
	for (size_t i = 0; i < w->n_incoming; i++)
		if (w->incoming[i] == sockets) {
			w->incoming[i] = w->incoming[--w->n_incoming];
			return;
		}
}

int reconfigure_add_sockets(struct worker *w, unsigned row, enum service_transport transport,
			    unsigned first_slot, int *fds, size_t n)
{
	struct endpoint_sockets *sockets = find_incoming(w, row);
	int r;

	if (row >= CONFIG_ENDPOINTS_MAX || first_slot > w->n_slots || n > w->n_slots - first_slot)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= selector_fd_limit(w->selector))
			return -EMFILE;
	if (!sockets) {
		sockets = endpoint_sockets_new(row, transport, w->n_slots);
		if (!sockets)
			return -ENOMEM;
		r = add_incoming(w, sockets);
		if (r < 0) {
			endpoint_sockets_release(sockets, false);
			return r;
		}
	}
	for (size_t i = 0; i < n; i++) {
		attr_close_fd(&sockets->fds[first_slot + i]);
		sockets->fds[first_slot + i] = TAKE_FD(fds[i]);
	}
	return 0;
}

void reconfigure_fini(struct worker *w)
{
	for (size_t i = 0; i < w->n_incoming; i++)
		endpoint_sockets_release(w->incoming[i], false);
	free(w->incoming);
	w->incoming = NULL;
	w->n_incoming = 0;
}

/* ---- The switch ---- */

static const struct config_listener *find_config(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_listeners; i++)
		if (strcmp(config->listeners[i].name, name) == 0)
			return &config->listeners[i];
	return NULL;
}

static struct listener *find_listener(const struct worker *w, unsigned row)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		if (!w->listeners[i]->closed && w->listeners[i]->sockets->row == row)
			return w->listeners[i];
	return NULL;
}

/* Makes the listeners that are new, and those whose endpoint has another service now, behind those
 * there are. */
static int add_new(struct worker *w, const struct config *config,
		   const struct reconfigure_item *items, size_t n_items)
{
	for (size_t i = 0; i < n_items; i++) {
		const struct config_listener *listener = find_config(config, items[i].name);
		const struct listener *old = find_listener(w, items[i].row);
		struct endpoint_sockets *sockets = find_incoming(w, items[i].row);
		int r;

		if (!listener || (!sockets && !old))
			return -ENOENT;
		if (old && old->rules.service == listener->service)
			continue;
		r = worker_add_listener(w, listener, old ? old->sockets : sockets);
		if (r < 0)
			return r;
		if (old)
			continue;
		remove_incoming(w, sockets);
		endpoint_sockets_release(sockets, false); /* the listener holds it now */
	}
	return 0;
}

static const char *listed_name(const struct reconfigure_item *items, size_t n_items, unsigned row)
{
	for (size_t i = 0; i < n_items; i++)
		if (items[i].row == row)
			return items[i].name;
	return NULL;
}

/* Rules for everyone: a listener that is no longer listed goes by its name as long as that is. */
static void apply(struct worker *w, const struct config *config,
		  const struct reconfigure_item *items, size_t n_items)
{
	for (size_t i = 0; i < w->n_listeners; i++) {
		struct listener *l = w->listeners[i];
		const char *name = l->closed ? NULL : listed_name(items, n_items, l->sockets->row);
		const struct config_listener *listener = find_config(config, name ? name : l->name);

		l->retiring = !l->closed && !name;
		if (listener)
			listener_configure(l, listener, w->own_config);
	}
}

/* Those whose sockets are also of one that add_new() has made behind the first n. */
static void replace_old(struct worker *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = n; j < w->n_listeners; j++)
			if (w->listeners[i]->sockets == w->listeners[j]->sockets &&
			    !w->listeners[i]->closed)
				listener_leave(w->listeners[i]);
}

/* What this call made and nobody uses yet. */
static void drop_from(struct worker *w, size_t n_listeners)
{
	while (w->n_listeners > n_listeners)
		listener_free(w->listeners[--w->n_listeners]);
}

int reconfigure(struct worker *w, struct config *config, const struct reconfigure_item *items,
		size_t n_items)
{
	const size_t before = w->n_listeners;
	int r = add_new(w, config, items, n_items);

	/* The way back must not fail: without more sockets there is no less room than before. */
	if (r >= 0 && w->n_listeners > before)
		r = worker_find_room(w);
	if (r >= 0)
		r = worker_take_config(w, config);
	if (r < 0) {
		drop_from(w, before);
		reconfigure_fini(w);
		worker_recount_room(w);
		return r;
	}
	replace_old(w, before);
	apply(w, w->config, items, n_items);
	reconfigure_fini(w);
	udp_ports_changed(w);
	worker_update_listeners(w);
	worker_count_changed(w);
	stream_rules_changed(w);
	return 0;
}

/* ---- The end of what is not listed ---- */

void reconfigure_retire(struct worker *w, bool last)
{
	for (size_t i = 0; i < w->n_listeners; i++) {
		struct listener *l = w->listeners[i];

		if (!l->retiring || l->closed)
			continue;
		if (last)
			listener_close(l);
		else
			listener_close_unserved(l);
	}
	worker_drop_closed_listeners(w);
	udp_ports_changed(w);
	worker_recount_room(w);
	worker_count_changed(w);
}
