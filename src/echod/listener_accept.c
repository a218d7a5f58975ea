/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * listener_accept.c: accepting. A bounded number of connections a turn; when descriptors run out all
 * the same, a spare one serves to take a connection off the queue and end it, so that the loop never
 * spins on a readiness it cannot serve; when memory runs out, accepting rests for a moment.
 */
#include "src/echod/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "echod/net.h"
#include "src/echod/stats.h"
#include "src/echod/stream.h"
#include "src/echod/udp.h"
#include "src/echod/worker.h"

enum {
	ACCEPTS_PER_TURN = 64,
	ACCEPT_REST_MS = 100,
	ERROR_LOG_MS = 10 * 1000
};

enum accepted {
	ACCEPTED,      /* one more may wait */
	ACCEPT_NOTHING /* nothing waits, or accepting must rest */
};

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Says it once per run of failures, and not in every one of runs that follow each other closely. */
static void say(struct worker *w, const struct listener *l, int error, const char *consequence)
{
	static struct log_limit limit = { .interval_ms = ERROR_LOG_MS };

	if (!w->accept_error_said)
		log_limited(&limit, LOG_LEVEL_WARNING, "worker",
			    "worker %u: listener '%s': accept: %s; %s", w->setup->index, l->name,
			    strerror(error), consequence);
	w->accept_error_said = true;
}

void listener_rest(struct worker *w)
{
	w->accept_again_ms = w->now_ms + ACCEPT_REST_MS;
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_update(w->listeners[i]);
}

/* Out of descriptors: the spare one makes room to take a connection off the queue and close it. */
static enum accepted accept_with_spare(struct listener *l, int listen_fd)
{
	struct worker *w = l->worker;
	struct net_address address;
	struct peer peer;
	int fd, r;

	if (w->spare_fd < 0) {
		listener_rest(w);
		return ACCEPT_NOTHING;
	}
	close(TAKE_FD(w->spare_fd));
	r = net_accept(listen_fd, &address, &fd);
	if (r >= 0) {
		close(fd);
		net_to_peer(&address, &peer);
		listener_count_rejected(l, &peer, REJECT_DESCRIPTORS);
		worker_event_refused(w, l, &peer, NULL, REJECT_DESCRIPTORS);
	}
	w->spare_fd = open_spare();
	if (r < 0 && r != -EAGAIN) /* the kernel wants a descriptor before it looks who waits */
		listener_rest(w);
	return r < 0 ? ACCEPT_NOTHING : ACCEPTED;
}

static enum accepted accept_failed(struct listener *l, int listen_fd, int error)
{
	struct worker *w = l->worker;

	if (error == EAGAIN)
		return ACCEPT_NOTHING;
	if (error == EINTR)
		return ACCEPTED;
	stats_add(&w->stats->accept_errors[accept_error_of(error)], 1);
	switch (error) {
	case EMFILE:
	case ENFILE:
		say(w, l, error, "connections are refused until descriptors are free");
		return accept_with_spare(l, listen_fd);
	case ENOBUFS:
	case ENOMEM:
		say(w, l, error, "accepting rests for a moment");
		listener_rest(w);
		return ACCEPT_NOTHING;
	case ECONNABORTED:
	case EPROTO:
	case EPERM: /* a firewall's word */
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
		return ACCEPTED; /* that connection is gone; the next may be well */
	default:
		say(w, l, error, "accepting rests for a moment");
		listener_rest(w);
		return ACCEPT_NOTHING;
	}
}

static enum accepted accept_one(struct listener *l, int listen_fd)
{
	struct worker *w = l->worker;
	struct net_address address;
	struct peer peer;
	int fd;
	const int r = net_accept(listen_fd, &address, &fd);

	if (r < 0)
		return accept_failed(l, listen_fd, -r);
	w->accept_error_said = false;
	if (w->spare_fd < 0)
		w->spare_fd = open_spare();
	net_to_peer(&address, &peer);
	if (l->proxy_versions)
		listener_admit_proxy(l, fd, &peer);
	else
		listener_admit(l, fd, &peer, NULL, NULL);
	return ACCEPTED;
}

void listener_ready(struct selector_handler *handler, int fd, unsigned mask)
{
	struct listener *l = CONTAINER_OF(handler, struct listener, handler);

	(void)mask;
	for (int i = 0; i < ACCEPTS_PER_TURN && worker_accepts(l->worker); i++)
		if (accept_one(l, fd) == ACCEPT_NOTHING)
			return;
}

void listener_accept_waiting(struct listener *l)
{
	struct worker *w = l->worker;

	if (l->sockets->transport == SERVICE_UDP) {
		udp_answer_waiting(l);
		return;
	}
	for (unsigned slot = 0; slot < w->n_slots; slot++) {
		const int fd = w->serves[slot] ? endpoint_fd(l->sockets, slot) : -1;

		while (fd >= 0 && !w->full && accept_one(l, fd) == ACCEPTED)
			;
	}
}
