/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * udp.c: see udp.h. A turn is a few batches and no more, so that a flood on one socket
 * delays the others by that much. An error on the socket is some peer's ICMP message or the kernel's
 * want of memory: it ends a turn at most, never the listener.
 */
#include "build.h"

#include "src/echod/udp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "src/echod/stats.h"
#include "src/echod/udp_parts.h"
#include "src/echod/worker.h"

enum {
	BATCHES_PER_TURN = 4,
	BATCHES_AT_THE_END = 256, /* more than a socket's buffer holds */
	LAST_WAIT_MS = 50,	  /* for room in the kernel, before a socket closes */
	LOG_MS = 10000
};

/* ---- One datagram ---- */

void udp_drop(struct listener *l, const struct peer *source, enum drop_reason reason)
{
	const struct worker *w = l->worker;
	struct log_limit *limit = &w->pump->drop_limits[reason];
	struct guard_network network;
	char text[PEER_TEXT_SIZE];

	stats_add(&w->stats->datagrams_dropped[reason], 1);
	stats_add(&l->stats->datagrams_dropped, 1);
	if (guard_source(&w->guard_rules, source, &network))
		refusals_count(&w->stats->drops, &network, reason);
	limit->interval_ms = LOG_MS;
	log_limited(limit, LOG_LEVEL_NOTICE, "worker",
		    "listener '%s': datagram from %s dropped: %s", l->name,
		    peer_format(source, text), drop_reason_name(reason));
}

/* Asks the kernel once for each interface. */
static bool came_over_loopback(struct udp_pump *pump, int fd, unsigned interface)
{
	const unsigned i = interface % UDP_INTERFACES;

	if (interface == 0)
		return false;
	if (pump->interfaces[i].index != interface) {
		pump->interfaces[i].is_loopback = net_is_loopback(fd, interface);
		pump->interfaces[i].index = interface;
	}
	return pump->interfaces[i].is_loopback;
}

/* The address that was hit, else the one that the socket is bound to. */
static struct peer local_of(const struct listener *l, const struct net_hit *hit)
{
	struct peer local;

	net_to_peer(&l->sockets->address, &local);
	if (hit->address.family != PEER_NONE) {
		memcpy(local.address, hit->address.address, sizeof(local.address));
		local.family = hit->address.family;
	}
	return local;
}

static struct datagram describe(struct listener *l, int fd, unsigned i)
{
	struct udp_pump *pump = l->worker->pump;
	struct udp_cell *cell = &pump->cells[i];
	const struct mmsghdr *in = &pump->in[i];
	struct datagram d = { .length = in->msg_len,
			      .truncated = (in->msg_hdr.msg_flags & MSG_TRUNC) != 0 };

	cell->from.length = in->msg_hdr.msg_namelen;
	net_read_hit(&in->msg_hdr, &cell->hit);
	net_to_peer(&cell->from, &d.source);
	d.local = local_of(l, &cell->hit);
	d.over_loopback = came_over_loopback(pump, fd, cell->hit.interface);
	d.to_many = cell->hit.to_many;
	return d;
}

static struct service_path path_of(const struct net_hit *hit)
{
	return (struct service_path){ .hops = hit->hops,
				      .traffic_class = hit->traffic_class,
				      .rtt_us = -1,
				      .rtt_variance_us = -1,
				      .send_mss = -1,
				      .receive_mss = -1,
				      .path_mtu = -1,
				      .send_scale = -1,
				      .receive_scale = -1,
				      .retransmissions = -1 };
}

/* What it points to is d's and path's. */
static struct service_context context_of(const struct listener *l, const struct datagram *d,
					 const struct service_path *path)
{
	struct service_context ctx = { .datagram = true,
				       .peer = &d->source,
				       .local = &d->local,
				       .path = path,
				       .settings = l->rules.service_settings };

	if (l->rules.service->flags & SERVICE_NEEDS_CLOCK) {
		ctx.real_ns = clock_real_ns();
		ctx.real_s = ctx.real_ns / 1000000000;
	}
	return ctx;
}

static void answer(struct listener *l, unsigned i, const struct datagram *d)
{
	struct udp_pump *pump = l->worker->pump;
	struct udp_cell *cell = &pump->cells[i];
	const struct service_path path = path_of(&cell->hit);
	const struct service_context ctx = context_of(l, d, &path);
	const uint8_t *request = pump->in_iov[i].iov_base;
	enum drop_reason reason;

	switch (datagram_answer(&l->datagram_rules, l->rules.service, &ctx, d, request,
				&cell->answer, &reason)) {
	case DATAGRAM_SAME:
		udp_add_answer(pump, cell, request, d->length);
		break;
	case DATAGRAM_OTHER:
		udp_add_answer(pump, cell, buf_data(&cell->answer), buf_length(&cell->answer));
		break;
	case DATAGRAM_NOTHING:
		break;
	case DATAGRAM_DROP:
		udp_drop(l, &d->source, reason);
		break;
	}
}

static void serve_one(struct listener *l, int fd, unsigned i, int64_t now_ns)
{
	struct worker *w = l->worker;
	const struct datagram d = describe(l, fd, i);
	enum drop_reason reason;

	stats_add(&w->stats->datagrams_received, 1);
	stats_add(&l->stats->datagrams_received, 1);
	stats_add(&w->stats->received_bytes, (int64_t)d.length);
	stats_add(&l->stats->received_bytes, (int64_t)d.length);
	if (datagram_admit(&l->datagram_rules, w->setup->guard, &w->guard_rules, &d, now_ns,
			   &reason))
		answer(l, i, &d);
	else
		udp_drop(l, &d.source, reason);
}

/* ---- Batches ---- */

/* How many have come, or -errno. */
static int receive(struct udp_pump *pump, int fd)
{
	int n;

	for (unsigned i = 0; i < UDP_BATCH; i++) {
		struct msghdr *m = &pump->in[i].msg_hdr;

		m->msg_namelen = sizeof(pump->cells[i].from.storage);
		m->msg_controllen = sizeof(pump->cells[i].in_control);
		m->msg_flags = 0;
	}
	n = recvmmsg(fd, pump->in, UDP_BATCH, MSG_DONTWAIT, NULL);
	return n < 0 ? -errno : n;
}

static void serve_batch(struct listener *l, unsigned slot, int fd, unsigned n)
{
	struct udp_pump *pump = l->worker->pump;
	const int64_t now_ns = clock_now_ns();

	pump->n_out = 0;
	for (unsigned i = 0; i < n; i++)
		serve_one(l, fd, i, now_ns);
	udp_send_batch(l, slot, fd);
	for (unsigned i = 0; i < n; i++)
		buf_fini(&pump->cells[i].answer);
}

/* True when there may be more: the error was one that the kernel had noted for the socket, by an
 * ICMP message for an earlier answer, and is gone with having been told. */
static bool outlive(struct listener *l, int error)
{
	switch (error) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET:
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EMSGSIZE:
	case EACCES:
	case EPERM:
		return true;
	default:
		log_limited(&l->worker->pump->error_limit, LOG_LEVEL_WARNING, "worker",
			    "listener '%s': receiving rests for a moment: %s", l->name,
			    strerror(error));
		listener_rest(l->worker);
		return false;
	}
}

/* Serves at most so many batches. */
static void serve(struct listener *l, unsigned slot, int fd, unsigned batches)
{
	while (batches-- > 0) {
		const int n = receive(l->worker->pump, fd);

		if (n > 0)
			serve_batch(l, slot, fd, (unsigned)n);
		if (n < 0 ? !outlive(l, -n) : n < UDP_BATCH || udp_is_stuck(l, slot))
			return;
	}
}

static unsigned slot_of(const struct listener *l, int fd)
{
	unsigned slot = 0;

	while (endpoint_fd(l->sockets, slot) != fd)
		slot++;
	return slot;
}

void udp_ready(struct selector_handler *handler, int fd, unsigned mask)
{
	struct listener *l = CONTAINER_OF(handler, struct listener, handler);
	const unsigned slot = slot_of(l, fd);

	if (mask & EVENT_WRITE)
		udp_send_unsent(l, slot, fd);
	if ((mask & EVENT_READ) && !udp_is_stuck(l, slot))
		serve(l, slot, fd, BATCHES_PER_TURN);
	listener_update(l);
}

void udp_flush(struct listener *l, unsigned slot)
{
	const int fd = endpoint_fd(l->sockets, slot);
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	while (udp_is_stuck(l, slot) && poll(&room, 1, LAST_WAIT_MS) > 0)
		udp_send_unsent(l, slot, fd);
	udp_drop_unsent(l, slot);
	listener_update(l);
}

/* A batch that gets stuck ends serve(), so it is called again, but not for ever. */
static void answer_slot(struct listener *l, unsigned slot, int fd)
{
	bool stuck;
	int again = BATCHES_AT_THE_END;

	do {
		serve(l, slot, fd, BATCHES_AT_THE_END);
		stuck = udp_is_stuck(l, slot);
		udp_flush(l, slot);
	} while (stuck && again-- > 0);
}

void udp_answer_waiting(struct listener *l)
{
	struct worker *w = l->worker;

	for (unsigned slot = 0; slot < w->n_slots; slot++) {
		const int fd = endpoint_fd(l->sockets, slot);

		if (fd < 0)
			continue;
		udp_flush(l, slot);
		if (w->serves[slot])
			answer_slot(l, slot, fd);
	}
}

/* ---- Start and end ---- */

static void fill_headers(struct udp_pump *pump)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		pump->in_iov[i] = (struct iovec){ pump->memory + (size_t)i * UDP_BYTES, UDP_BYTES };
		pump->in[i].msg_hdr = (struct msghdr){
			.msg_name = &pump->cells[i].from.storage,
			.msg_iov = &pump->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = pump->cells[i].in_control,
		};
	}
}

/* Pages that no datagram ever fills are never touched. */
static int open_pump(struct worker *w)
{
	struct udp_pump *pump = calloc(1, sizeof(*pump));

	if (!pump)
		return -ENOMEM;
	pump->memory = malloc((size_t)UDP_BATCH * UDP_BYTES);
	if (!pump->memory) {
		free(pump);
		return -ENOMEM;
	}
	pump->error_limit.interval_ms = LOG_MS;
	fill_headers(pump);
	w->pump = pump;
	return 0;
}

int udp_open(struct listener *l)
{
	struct worker *w = l->worker;
	const int r = w->pump ? 0 : open_pump(w);

	if (r < 0)
		return r;
	l->unsent = calloc(w->n_slots, sizeof(*l->unsent));
	return l->unsent ? 0 : -ENOMEM;
}

void udp_close(struct listener *l)
{
	for (unsigned slot = 0; l->unsent && slot < l->worker->n_slots; slot++)
		udp_drop_unsent(l, slot);
	free(TAKE_PTR(l->unsent));
}

void udp_fini(struct worker *w)
{
	if (w->pump)
		free(w->pump->memory);
	free(TAKE_PTR(w->pump));
}

const struct datagram_ports *udp_own_ports(const struct worker *w)
{
	return w->pump ? &w->pump->own : NULL;
}

const struct datagram_ports *udp_reflector_ports(const struct worker *w)
{
	return w->pump ? &w->pump->reflectors : NULL;
}

void udp_ports_changed(struct worker *w)
{
	struct udp_pump *pump = w->pump;

	if (!pump)
		return;
	pump->own = pump->reflectors = (struct datagram_ports){ { 0 } };
	for (size_t i = 0; i < w->n_listeners; i++)
		if (!w->listeners[i]->closed && w->listeners[i]->sockets->transport == SERVICE_UDP)
			datagram_ports_add(&pump->own,
					   net_port(&w->listeners[i]->sockets->address));
	for (size_t i = 0; i < w->config->reflector_ports.length; i++)
		datagram_ports_add(&pump->reflectors, w->config->reflector_ports.items[i]);
}
