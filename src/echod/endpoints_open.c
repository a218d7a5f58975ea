/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * endpoints_open.c: opening what a configuration says, and finding what is open already.
 *
 * SO_REUSEPORT lets a second daemon of the same user bind beside us, so each address is bound once
 * without it first: whoever has it already makes that fail.
 */
#include "src/echod/endpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "echod/net_datagram.h"

enum {
	PORT_TRIES = 16 /* for a kernel's port that all addresses of a listener must share */
};

/* One run of endpoints_open(). */
struct opening {
	const struct config *config;
	const struct endpoints *old;
	bool (*row_is_busy)(unsigned row, const void *user);
	const void *user;
	unsigned n_slots;
	struct endpoints set;
	struct config_errors *errors;
};

/* The first row that neither set has and nobody counts on, or -1. */
static int free_row(const struct opening *o)
{
	for (unsigned row = 0; row < CONFIG_ENDPOINTS_MAX; row++)
		if (!endpoints_find(&o->set, row) && !(o->old && endpoints_find(o->old, row)) &&
		    !(o->row_is_busy && o->row_is_busy(row, o->user)))
			return (int)row;
	return -1;
}

static int bind_one(enum service_transport transport, const struct net_address *address,
		    const struct net_listen_options *options, int *ret_fd)
{
	if (transport == SERVICE_UDP)
		return net_bind_datagram(address, options->reuse_port, ret_fd);
	return net_listen(address, options, ret_fd);
}

/* Binds once alone, to be refused where somebody listens, and to learn the port for 0. */
static int probe(enum service_transport transport, struct net_address *address)
{
	const struct net_listen_options options = { .backlog = 1, .socket_mode = -1 };
	CLEANUP_FD int fd = -1;
	int r = bind_one(transport, address, &options, &fd);

	return r < 0 ? r : net_local_address(fd, address);
}

/* True when it is our own old set that the probe would be refused by. The sockets themselves can be
 * bound beside each other. */
static bool overlaps_old(const struct opening *o, const struct endpoint_sockets *wanted)
{
	for (size_t i = 0; o->old && i < o->old->length; i++) {
		const struct endpoint_sockets *old = o->old->items[i].sockets;

		if (old->transport == wanted->transport &&
		    net_overlap(&old->address, &wanted->address))
			return true;
	}
	return false;
}

static int bind_slots(const struct opening *o, struct endpoint_sockets *sockets,
		      const struct config_listener *listener)
{
	const bool is_unix = sockets->transport == SERVICE_UNIX;
	const struct net_listen_options options = { .backlog = (int)listener->backlog,
						    .reuse_port = !is_unix,
						    .socket_mode = (int)listener->socket_mode };
	int r = 0;

	if (is_unix)
		return net_listen(&sockets->address, &options,
				  &sockets->fds[sockets->row % sockets->n_slots]);
	if (!overlaps_old(o, sockets))
		r = probe(sockets->transport, &sockets->address);
	for (unsigned i = 0; i < sockets->n_slots && r >= 0; i++)
		r = bind_one(sockets->transport, &sockets->address, &options, &sockets->fds[i]);
	return r;
}

/* Appends room for one more item. */
static struct endpoint *add_item(struct endpoints *set)
{
	struct endpoint *items = realloc(set->items, (set->length + 1) * sizeof(*items));

	if (!items)
		return NULL;
	set->items = items;
	items[set->length] = (struct endpoint){ 0 };
	return &items[set->length];
}

static int add(struct opening *o, const struct config_listener *listener,
	       struct endpoint_sockets *sockets, bool kept)
{
	struct endpoint *item = add_item(&o->set);

	if (!item)
		return -ENOMEM;
	item->sockets = sockets;
	item->listener = listener;
	item->kept = kept;
	o->set.length++;
	return 0;
}

/* What the set before has bound for this: the same address, or for port 0 the port it was given. */
static struct endpoint_sockets *find_old(const struct opening *o,
					 const struct config_listener *listener,
					 enum service_transport transport,
					 const struct net_address *address)
{
	for (size_t i = 0; o->old && i < o->old->length; i++) {
		struct endpoint_sockets *sockets = o->old->items[i].sockets;
		struct net_address wanted = *address;

		if (sockets->transport != transport)
			continue;
		if (listener->port == 0 && transport != SERVICE_UNIX) {
			if (!sockets->port_from_kernel ||
			    strcmp(o->old->items[i].listener->name, listener->name) != 0)
				continue;
			net_set_port(&wanted, net_port(&sockets->address));
		}
		if (net_equal(&sockets->address, &wanted))
			return sockets;
	}
	return NULL;
}

static const char *hint(enum service_transport transport, const struct net_address *address,
			int error)
{
	if (error == -EACCES && transport != SERVICE_UNIX && net_port(address) < 1024)
		return " (a port below 1024 needs root or the capability CAP_NET_BIND_SERVICE)";
	if (error == -ENOSPC)
		return " (too many endpoints, with those that have connections still)";
	return "";
}

static int report(struct opening *o, const struct config_listener *listener,
		  enum service_transport transport, const struct net_address *address, int error)
{
	const struct endpoint_sockets wanted = { .transport = transport, .address = *address };
	char text[ENDPOINT_TEXT_SIZE];

	config_errors_add(o->errors, listener->file, listener->line,
			  "listener '%s': cannot listen on %s: %s%s", listener->name,
			  endpoint_format(&wanted, text), strerror(-error),
			  hint(transport, address, error));
	return error;
}

/* Binds one endpoint and adds it to the set. -EADDRINUSE is not reported here. */
static int open_one(struct opening *o, const struct config_listener *listener,
		    enum service_transport transport, const struct net_address *address)
{
	const int row = free_row(o);
	struct endpoint_sockets *sockets;
	bool bound;
	int r;

	if (row < 0)
		return -ENOSPC;
	sockets = endpoint_sockets_new((unsigned)row, transport, o->n_slots);
	if (!sockets)
		return -ENOMEM;
	sockets->address = *address;
	sockets->port_from_kernel = listener->port == 0 && transport != SERVICE_UNIX;
	r = bind_slots(o, sockets, listener);
	bound = r >= 0;
	if (bound)
		r = add(o, listener, sockets, false);
	if (r < 0)
		endpoint_sockets_release(sockets, bound);
	return r;
}

/* The addresses that one text of the configuration stands for. */
static size_t expand(const struct config_listener *listener, const char *text,
		     enum service_transport transport, struct net_address ret[static 2])
{
	static const int families[] = { AF_INET, AF_INET6 };
	size_t n = 0;

	if (transport == SERVICE_UNIX)
		return net_parse_path(text, &ret[0]) == 0 ? 1 : 0;
	if (strcmp(text, "*") != 0)
		return net_parse(text, (uint16_t)listener->port, &ret[0]) == 0 ? 1 : 0;
	for (size_t i = 0; i < ARRAY_LENGTH(families); i++) {
		if (net_has_family(families[i]))
			net_any(families[i], (uint16_t)listener->port, &ret[n++]);
		else
			log_notice("master",
				   "listener '%s': the kernel has no %s; the rest of '*' is served",
				   listener->name, families[i] == AF_INET ? "IPv4" : "IPv6");
	}
	return n;
}

/* Every endpoint of a listener in one transport. *port is 0 until the kernel has given one, which
 * all the others then take. */
static int open_transport(struct opening *o, const struct config_listener *listener,
			  enum service_transport transport, uint16_t *port)
{
	for (size_t i = 0; i < listener->address.length; i++) {
		struct net_address addresses[2];
		const size_t n = expand(listener, listener->address.items[i], transport, addresses);

		if (n == 0)
			return -EINVAL;
		for (size_t k = 0; k < n; k++) {
			struct endpoint_sockets *kept =
			    find_old(o, listener, transport, &addresses[k]);
			int r;

			if (kept) {
				r = add(o, listener, kept, true);
				kept->references += r >= 0;
			} else {
				if (listener->port == 0 && transport != SERVICE_UNIX)
					net_set_port(&addresses[k], *port);
				r = open_one(o, listener, transport, &addresses[k]);
			}
			if (r == -EADDRINUSE && listener->port == 0 && *port != 0)
				return -EAGAIN;
			if (r < 0)
				return report(o, listener, transport, &addresses[k], r);
			*port = net_port(&o->set.items[o->set.length - 1].sockets->address);
		}
	}
	return 0;
}

static int open_transports(struct opening *o, const struct config_listener *listener)
{
	uint16_t port = (uint16_t)listener->port;
	int r = 0;

	for (unsigned bit = SERVICE_TCP; bit <= SERVICE_UNIX && r >= 0; bit <<= 1)
		if (listener->transports & bit)
			r = open_transport(o, listener, bit, &port);
	return r;
}

static void close_from(struct opening *o, size_t length)
{
	while (o->set.length > length)
		endpoint_sockets_release(o->set.items[--o->set.length].sockets, true);
}

static int open_listener(struct opening *o, const struct config_listener *listener)
{
	const size_t before = o->set.length;

	for (int i = 0; i < PORT_TRIES; i++) {
		const int r = open_transports(o, listener);

		if (r != -EAGAIN)
			return r;
		close_from(o, before);
	}
	config_errors_add(o->errors, listener->file, listener->line,
			  "listener '%s': no port is free on all of its addresses, after %d tries",
			  listener->name, PORT_TRIES);
	return -EADDRINUSE;
}

int endpoints_open(const struct config *config, unsigned n_slots, const struct endpoints *old,
		   bool (*row_is_busy)(unsigned row, const void *user), const void *user,
		   struct endpoints *ret_endpoints, struct config_errors *errors)
{
	struct opening o = { .config = config,
			     .old = old,
			     .row_is_busy = row_is_busy,
			     .user = user,
			     .n_slots = n_slots,
			     .errors = errors };
	int result = 0;

	/* All of them are tried, so that one run shows every address that is taken. */
	for (size_t i = 0; i < config->n_listeners; i++) {
		const int r = open_listener(&o, &config->listeners[i]);

		result = result < 0 ? result : r;
	}
	if (result < 0) {
		close_from(&o, 0);
		free(o.set.items);
		return result;
	}
	*ret_endpoints = o.set;
	return 0;
}
