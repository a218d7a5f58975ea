/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * listener_admit.c: whether an accepted connection may stay. Who is refused is closed at once and
 * counted by the reason; the log says so in one line a second for each reason. Behind a proxy there
 * are two questions: may it speak for others, before its header, and may the client come, after it.
 */
#include "src/echod/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/log.h"
#include "src/echod/proxied.h"
#include "src/echod/stats.h"
#include "src/echod/stream.h"
#include "src/echod/worker.h"

enum {
	REJECT_LOG_MS = 1000
};

/* In order, as far as that goes without waiting: what has come is read, so that no reset destroys
 * the end that the peer is to see. */
static void end_at_once(int fd)
{
	uint8_t bytes[4096];

	shutdown(fd, SHUT_WR);
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	close(fd);
}

void listener_count_rejected(struct listener *l, const struct peer *peer, enum reject_reason reason)
{
	const struct worker *w = l->worker;
	struct guard_network source;

	stats_add(&w->stats->rejected[reason], 1);
	stats_add(&l->stats->rejected, 1);
	if (guard_source(&w->guard_rules, peer, &source))
		refusals_count(&w->stats->refusals, &source, reason);
}

void listener_reject(struct listener *l, int fd, const struct peer *peer, const struct peer *proxy,
		     enum reject_reason reason)
{
	static struct log_limit limits[REJECT_REASONS];
	char text[PEER_TEXT_SIZE], through[PEER_TEXT_SIZE] = "";

	listener_count_rejected(l, peer, reason);
	limits[reason].interval_ms = REJECT_LOG_MS;
	if (proxy)
		peer_format(proxy, through);
	log_limited(&limits[reason], LOG_LEVEL_NOTICE, "worker",
		    "listener '%s': connection from %s%s%s refused: %s", l->name,
		    peer_format(peer, text), proxy ? " through " : "", through,
		    reject_reason_name(reason));
	end_at_once(fd);
	worker_event_refused(l->worker, l, peer, proxy, reason);
}

/* Over all workers, of every endpoint that has the listener's name; with those that wait for a
 * proxy's header. */
static int64_t count_active(const struct listener *l)
{
	const struct worker *w = l->worker;
	int64_t active = 0;

	for (size_t i = 0; i < w->n_listeners; i++)
		if (w->listeners[i]->guard_rules.key == l->guard_rules.key)
			active += STATS_SUM_ENDPOINT(w->setup->stats, w->listeners[i]->sockets->row,
						     active) +
				  STATS_SUM_ENDPOINT(w->setup->stats, w->listeners[i]->sockets->row,
						     waiting);
	return active;
}

static bool admit(struct listener *l, const struct peer *peer, struct guard_ticket *ret_ticket,
		  enum reject_reason *ret_reason)
{
	const struct worker *w = l->worker;
	const struct guard_moment moment = {
		.now_ns = clock_now_ns(),
		.daemon_active = w->guard_rules.limits.max_connections > 0
				     ? stats_sum_active(w->setup->stats)
				     : 0,
		.listener_active = l->guard_rules.limits.max_connections > 0 ? count_active(l) : 0,
	};

	if (w->drain != 0) {
		*ret_reason = REJECT_DRAINING;
		return false;
	}
	return guard_admit(w->setup->guard, w->setup->index, &w->guard_rules, &l->guard_rules, peer,
			   &moment, ret_ticket, ret_reason);
}

void listener_admit(struct listener *l, int fd, const struct peer *peer, const struct peer *proxy,
		    const struct service_proxy *header)
{
	struct worker *w = l->worker;
	struct guard_ticket ticket = { 0 };
	enum reject_reason reason;

	if (!admit(l, peer, &ticket, &reason)) {
		listener_reject(l, fd, peer, proxy, reason);
	} else if (stream_open(w, l, fd, peer, proxy, header, &ticket) < 0) {
		guard_release(w->setup->guard, w->setup->index, &ticket);
		listener_reject(l, fd, peer, proxy, REJECT_DESCRIPTORS);
	}
}

/* What can be known before the header. */
static bool admit_proxy(const struct listener *l, const struct peer *proxy,
			enum reject_reason *ret_reason)
{
	const int64_t max = l->guard_rules.limits.max_connections;

	if (l->worker->drain != 0)
		*ret_reason = REJECT_DRAINING;
	else if (!guard_acl(&l->proxy_trusted, proxy, NULL))
		*ret_reason = REJECT_PROXY;
	else if (max > 0 && count_active(l) >= max)
		*ret_reason = REJECT_LIMIT;
	else
		return true;
	return false;
}

void listener_admit_proxy(struct listener *l, int fd, const struct peer *proxy)
{
	enum reject_reason reason;

	if (!admit_proxy(l, proxy, &reason))
		listener_reject(l, fd, proxy, NULL, reason);
	else if (proxied_open(l->worker, l, fd, proxy) < 0)
		listener_reject(l, fd, proxy, NULL, REJECT_DESCRIPTORS);
}
