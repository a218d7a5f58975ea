/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxied.c: a waiting connection owns its descriptor, the part of the header that came, and a timer.
 * It takes from the socket what belongs to the header and not a byte more (it looks first), so that
 * the client's first byte is for the stream to receive. It counts among the worker's connections and
 * keeps its listener, so that limits of descriptors hold and nothing is freed under it.
 */
#include "src/echod/proxied.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/buf.h"
#include "echod/deadline.h"
#include "echod/log.h"
#include "echod/proxy.h"
#include "echod/selector.h"
#include "src/echod/listener.h"
#include "src/echod/stats.h"
#include "src/echod/stream.h"
#include "src/echod/worker.h"

enum {
	LOOK_BYTES = 1024 /* at a time; nearly every header is shorter */
};

struct proxied {
	struct selector_handler handler; /* first */
	struct deadline timer;
	struct worker *worker;
	struct listener *listener;
	struct peer proxy;
	struct buf header;
	size_t counted;		     /* bytes of it in pending_bytes: those that wait for more */
	struct proxied *prev, *next; /* all of the worker */
	int64_t since_ms;
	int fd;
};

static int64_t since(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct proxied, timer)->since_ms;
}

int proxied_init(struct worker *w)
{
	return deadlines_new(since, &w->proxied_timers);
}

/* It waits no longer; its descriptor is the caller's from here. */
static int leave(struct proxied *p)
{
	struct worker *w = p->worker;
	const int fd = p->fd;

	deadline_stop(&p->timer);
	selector_unregister(w->selector, fd);
	buf_fini(&p->header);
	if (p->prev)
		p->prev->next = p->next;
	else
		w->proxied = p->next;
	if (p->next)
		p->next->prev = p->prev;
	stats_add(&w->stats->pending_bytes, -(int64_t)p->counted);
	stats_add(&p->listener->stats->waiting, -1);
	if (--p->listener->n_conns == 0 && p->listener->closed)
		w->drop_listeners = true;
	w->n_conns--;
	free(p);
	return fd;
}

static void refuse(struct proxied *p, enum reject_reason reason)
{
	struct listener *l = p->listener;
	const struct peer proxy = p->proxy;

	listener_reject(l, leave(p), &proxy, NULL, reason);
	worker_count_changed(l->worker);
}

/* The header is there: from now on it is the client's connection, or the proxy's own. */
static void become_stream(struct proxied *p, const struct proxy_header *header, size_t length)
{
	struct listener *l = p->listener;
	const struct peer proxy = p->proxy;
	struct buf bytes = p->header;
	const struct service_proxy words = { .version = header->version == PROXY_V1 ? 1 : 2,
					     .from = proxy,
					     .source = header->source,
					     .destination = header->destination,
					     .header = buf_data(&bytes),
					     .length = length };
	int fd;

	p->header = (struct buf){ 0 };
	fd = leave(p);
	if (header->proxied)
		listener_admit(l, fd, &header->source, &proxy, &words);
	else
		listener_admit(l, fd, &proxy, NULL, &words);
	buf_fini(&bytes);
	worker_count_changed(l->worker);
}

/* So much more of the header is kept until the rest comes. */
static int count(struct proxied *p, size_t n)
{
	struct worker *w = p->worker;

	if (!stream_find_room(w, n))
		return -ENOMEM;
	stats_add(&w->stats->pending_bytes, (int64_t)n);
	p->counted += n;
	return 0;
}

/* Takes the next part of the header. Its length when it is whole; 0: more is to come; -errno: it
 * never will be. */
static int take(struct proxied *p, struct proxy_header *ret_header)
{
	const size_t had = buf_length(&p->header);
	size_t wanted;
	uint8_t *space;
	ssize_t n;
	int length = buf_reserve(&p->header, LOOK_BYTES, &space);

	if (length < 0)
		return length;
	n = recv(p->fd, space, LOOK_BYTES, MSG_PEEK);
	buf_commit(&p->header, n > 0 ? (size_t)n : 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	length = proxy_parse(buf_data(&p->header), had + (size_t)n, p->listener->proxy_versions,
			     ret_header);
	if (length < 0)
		return length;
	wanted = length > 0 ? (size_t)length - had : (size_t)n;
	/* The same bytes again, which are there; only now they leave the socket. */
	if (recv(p->fd, space, wanted, 0) != (ssize_t)wanted)
		return -EIO;
	return length > 0 ? length : count(p, wanted);
}

static void ready(struct selector_handler *handler, int fd, unsigned mask)
{
	struct proxied *p = CONTAINER_OF(handler, struct proxied, handler);
	struct proxy_header header;
	const int r = take(p, &header);

	(void)fd;
	(void)mask;
	if (r < 0)
		refuse(p, REJECT_PROXY);
	else if (r > 0)
		become_stream(p, &header, (size_t)r);
}

static void adopt(struct proxied *p)
{
	struct worker *w = p->worker;

	p->next = w->proxied;
	if (p->next)
		p->next->prev = p;
	w->proxied = p;
	w->n_conns++;
	p->listener->n_conns++;
	stats_add(&p->listener->stats->waiting, 1);
	worker_count_changed(w);
}

int proxied_open(struct worker *w, struct listener *l, int fd, const struct peer *proxy)
{
	struct proxied *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	*p = (struct proxied){ .handler.ready = ready,
			       .worker = w,
			       .listener = l,
			       .proxy = *proxy,
			       .since_ms = w->now_ms,
			       .fd = fd };
	r = deadline_start(w->proxied_timers, &p->timer,
			   l->proxy_ms ? l->proxy_ms : DEADLINE_NEVER_MS);
	if (r >= 0)
		r = selector_register(w->selector, fd, EVENT_READ, &p->handler);
	if (r < 0) {
		deadline_stop(&p->timer);
		free(p);
		return r;
	}
	adopt(p);
	return 0;
}

void proxied_refuse_all(struct worker *w, enum reject_reason reason)
{
	while (w->proxied)
		refuse(w->proxied, reason);
}

void proxied_hasten(struct worker *w)
{
	for (struct proxied *p = w->proxied; p; p = p->next) {
		p->since_ms = w->now_ms;
		if (deadline_start(w->proxied_timers, &p->timer, WORKER_QUIET_MS) < 0)
			log_warning("worker", "worker %u: no memory to hasten a proxy",
				    w->setup->index);
	}
}

int64_t proxied_deadline_ms(const struct worker *w)
{
	return deadlines_next_ms(w->proxied_timers);
}

void proxied_expire(struct worker *w)
{
	struct deadline *timer;

	while ((timer = deadlines_expire(w->proxied_timers, w->now_ms)))
		refuse(CONTAINER_OF(timer, struct proxied, timer), REJECT_PROXY);
}

void proxied_fini(struct worker *w)
{
	proxied_refuse_all(w, REJECT_DRAINING);
	w->proxied_timers = deadlines_free(w->proxied_timers);
}
