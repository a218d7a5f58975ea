/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_context.c: what a service is told besides the bytes, as its flags ask. Only reflect asks
 * for more than the time, once in a connection's life, so that nothing of it is kept.
 */
#include "src/echod/stream_parts.h"

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "src/echod/stream_path.h"

static const struct peer *local_of(const struct conn *c)
{
	static struct peer local;
	struct net_address address;

	if (net_local_address(c->fd, &address) < 0)
		return NULL;
	net_to_peer(&address, &local);
	return &local;
}

/* The kernel knows of the way to whoever is there, not to whom a proxy named. */
static const struct service_path *path_of(const struct conn *c, const struct peer *local)
{
	static struct service_path path;

	stream_path(c->fd, local ? local : &c->peer, &path);
	return &path;
}

struct service_context stream_context(const struct conn *c)
{
	struct service_context ctx = { .settings = c->rules->service_settings };
	const unsigned flags = c->rules->service->flags;
	const struct peer *local =
	    flags & (SERVICE_NEEDS_PEER | SERVICE_NEEDS_TCP_INFO) ? local_of(c) : NULL;

	if (flags & SERVICE_NEEDS_CLOCK) {
		ctx.real_ns = clock_real_ns();
		ctx.real_s = ctx.real_ns / 1000000000;
	}
	if (flags & SERVICE_NEEDS_PEER) {
		ctx.peer = &c->peer;
		ctx.local = local;
	}
	if (flags & SERVICE_NEEDS_TCP_INFO)
		ctx.path = path_of(c, local);
	if (flags & SERVICE_NEEDS_PROXY)
		ctx.proxy = CONTAINER_OF(c, const struct stream, conn)->words;
	return ctx;
}
