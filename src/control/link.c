/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * link.c owns the calling end of a connection in a program with a selector loop.
 *
 * A call's life; the queue is in this order, and replies belong to the first that is SENT or LATE:
 *
 *     QUEUED ──those before it are LATE──> SENDING ──all bytes taken──> SENT ──last reply──> freed
 *                                             │ oneway: freed             │
 *                                             └──────── time out ─────────┴──> LATE ──last reply,
 *                                                                              unheard──> freed
 *
 * A LATE call is one whose caller has been told -ETIMEDOUT: its reply may still come and must not be
 * taken for the next one's. Nothing is called from inside control_link_call().
 */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/fds.h"
#include "echod/clock.h"
#include "echod/control.h"
#include "echod/net.h"
#include "echod/wire.h"

enum {
	READ_BYTES = 64 * 1024,
	READS_PER_TURN = 16
};

enum call_state {
	QUEUED,
	SENDING,
	SENT,
	LATE
};

struct link_call {
	struct link_call *next;
	enum call_state state;
	bool begun;	  /* its first byte has gone */
	struct buf bytes; /* not yet sent */
	int *fds;	  /* to go with the first byte; the array is owned, what it holds is not */
	size_t n_fds;
	bool more;
	int64_t timeout_ms;
	int64_t deadline_ms;
	control_link_reply *reply; /* NULL = oneway */
	void *user;
};

struct control_link {
	struct selector_handler handler; /* first: the selector's data points here */
	struct selector *selector;	 /* borrowed */
	int fd;				 /* -1 once the other end has gone */
	unsigned events;
	unsigned busy; /* functions of the link on the stack that may call back */
	bool unwanted; /* control_link_free() came while busy */
	struct wire_reader reader;
	struct link_call *calls; /* the queue; owned */
	struct link_call **end;
	void (*closed)(struct control_link *link, void *user);
	void *user;
};

static void link_ready(struct selector_handler *self, int fd, unsigned mask);

/* ---- The queue ---- */

static void call_free(struct link_call *call)
{
	if (!call)
		return;
	buf_fini(&call->bytes);
	free(call->fds);
	free(call);
}

static struct link_call *take_first(struct control_link *link)
{
	struct link_call *call = link->calls;

	link->calls = call->next;
	if (!link->calls)
		link->end = &link->calls;
	return call;
}

static void tell(struct link_call *call, const json_t *reply, int error, bool final)
{
	if (call->reply && call->state != LATE)
		call->reply(reply, error, final, call->user);
}

/* Every caller that waits hears that nothing will come. */
static void fail_all(struct control_link *link)
{
	while (link->calls) {
		struct link_call *call = take_first(link);

		tell(call, NULL, -ECONNRESET, true);
		call_free(call);
	}
}

/* ---- The end ---- */

static void let_go(struct control_link *link)
{
	if (link->fd < 0)
		return;
	if (link->events)
		selector_unregister(link->selector, link->fd);
	link->events = 0;
	close(link->fd);
	link->fd = -1;
}

static void destroy(struct control_link *link)
{
	wire_reader_fini(&link->reader);
	free(link);
}

static void enter(struct control_link *link)
{
	link->busy++;
}

static void leave(struct control_link *link)
{
	if (--link->busy == 0 && link->unwanted)
		destroy(link);
}

static void lose(struct control_link *link)
{
	if (link->fd < 0)
		return;
	let_go(link);
	fail_all(link);
	if (link->closed && !link->unwanted)
		link->closed(link, link->user);
}

struct control_link *control_link_free(struct control_link *link)
{
	if (!link)
		return NULL;
	enter(link);
	let_go(link);
	link->unwanted = true;
	fail_all(link);
	leave(link);
	return NULL;
}

struct control_link *control_link_abandon(struct control_link *link)
{
	if (!link)
		return NULL;
	while (link->calls)
		call_free(take_first(link));
	attr_close_fd(&link->fd);
	destroy(link);
	return NULL;
}

/* ---- Sending ---- */

/* The call whose turn it is to send, or NULL. */
static struct link_call *sending(struct control_link *link)
{
	struct link_call *call = link->calls;

	while (call && call->state == LATE && buf_length(&call->bytes) == 0)
		call = call->next;
	return call && call->state != SENT ? call : NULL;
}

static void start_sending(struct link_call *call)
{
	call->state = SENDING;
	if (call->timeout_ms > 0 && call->reply)
		call->deadline_ms = clock_now_ms() + call->timeout_ms;
}

static void remove_call(struct control_link *link, struct link_call *call)
{
	struct link_call **at = &link->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (!call->next)
		link->end = at;
	call_free(call);
}

static void sent_all(struct control_link *link, struct link_call *call)
{
	if (!call->reply)
		remove_call(link, call);
	else if (call->state == SENDING)
		call->state = SENT;
}

/* Sends what the kernel takes. 0, or -errno when the link is broken. */
static int push(struct control_link *link)
{
	struct link_call *call;

	while (link->fd >= 0 && (call = sending(link))) {
		ssize_t n;

		if (call->state == QUEUED)
			start_sending(call);
		n = fds_send(link->fd, buf_data(&call->bytes), buf_length(&call->bytes), call->fds,
			     call->n_fds);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		call->begun = true;
		call->n_fds = 0;
		buf_consume(&call->bytes, (size_t)n);
		if (buf_length(&call->bytes) == 0)
			sent_all(link, call);
	}
	return 0;
}

/* 0, or -errno when the kernel refused: the link is broken, and nothing of it is registered. */
static int update(struct control_link *link)
{
	unsigned wanted = EVENT_READ | (sending(link) ? EVENT_WRITE : 0);
	int r;

	if (link->fd < 0 || wanted == link->events)
		return 0;
	r = selector_modify(link->selector, link->fd, wanted, &link->handler);
	link->events = r < 0 ? 0 : wanted;
	return r;
}

/* ---- Receiving ---- */

/* The first call that a reply can belong to, or NULL. */
static struct link_call *answered(struct control_link *link)
{
	struct link_call *call = link->calls;

	return call && (call->state == SENT || call->state == LATE) ? call : NULL;
}

static int deliver(struct control_link *link, const json_t *reply)
{
	struct link_call *call = answered(link);
	bool final = !json_is_true(json_object_get(reply, "continues"));

	if (!call || buf_length(&call->bytes) > 0 || (!final && !call->more))
		return -EBADMSG;
	if (final) {
		take_first(link);
		tell(call, reply, 0, true);
		call_free(call);
		return 0;
	}
	if (call->timeout_ms > 0)
		call->deadline_ms = clock_now_ms() + call->timeout_ms;
	tell(call, reply, 0, false);
	return 0;
}

static int deliver_all(struct control_link *link)
{
	json_t *reply;
	int r = 0;

	while (link->fd >= 0 && (r = wire_reader_next(&link->reader, &reply)) == 1) {
		r = deliver(link, reply);
		json_decref(reply);
		if (r < 0)
			return r;
	}
	return r;
}

static int receive(struct control_link *link)
{
	uint8_t bytes[READ_BYTES];

	for (int i = 0; i < READS_PER_TURN && link->fd >= 0; i++) {
		ssize_t n = fds_receive_none(link->fd, bytes, sizeof(bytes));
		int r;

		if (n == -EAGAIN)
			return 0;
		if (n <= 0)
			return n < 0 ? (int)n : -ECONNRESET;
		r = wire_reader_push(&link->reader, bytes, (size_t)n);
		if (r == 0)
			r = deliver_all(link);
		if (r < 0)
			return r;
	}
	return 0;
}

static void link_ready(struct selector_handler *self, int fd, unsigned mask)
{
	struct control_link *link = CONTAINER_OF(self, struct control_link, handler);
	int r = 0;

	(void)fd;
	enter(link);
	if (mask & EVENT_READ)
		r = receive(link);
	if (r == 0)
		r = push(link);
	if (r == 0)
		r = update(link);
	if (r < 0)
		lose(link);
	leave(link);
}

/* ---- What the owner calls ---- */

int control_link_new(struct selector *selector, int fd, size_t max_bytes,
		     void (*closed)(struct control_link *link, void *user), void *user,
		     struct control_link **ret_link)
{
	struct control_link *link = calloc(1, sizeof(*link));
	int r = link ? net_set_nonblocking(fd) : -ENOMEM;

	if (r == 0)
		r = selector_register(selector, fd, EVENT_READ, &link->handler);
	if (r < 0) {
		free(link);
		close(fd);
		return r;
	}
	link->handler.ready = link_ready;
	link->selector = selector;
	link->fd = fd;
	link->events = EVENT_READ;
	link->end = &link->calls;
	link->closed = closed;
	link->user = user;
	wire_reader_init(&link->reader, max_bytes);
	*ret_link = link;
	return 0;
}

static int copy_fds(struct link_call *call, const int *fds, size_t n)
{
	if (n > FDS_MAX)
		return -EINVAL;
	if (n == 0)
		return 0;
	call->fds = calloc(n, sizeof(*fds));
	if (!call->fds)
		return -ENOMEM;
	memcpy(call->fds, fds, n * sizeof(*fds));
	call->n_fds = n;
	return 0;
}

static int call_write(struct buf *out, const char *method, json_t *parameters, bool more,
		      bool oneway)
{
	json_t *message = json_pack("{s:s, s:o*}", "method", method, "parameters", parameters);
	int r = message ? 0 : -ENOMEM;

	if (r == 0 && more)
		r = json_object_set_new(message, "more", json_true());
	if (r == 0 && oneway)
		r = json_object_set_new(message, "oneway", json_true());
	if (r == 0)
		r = wire_write(out, message, WIRE_NUL);
	json_decref(message);
	return r == -1 ? -ENOMEM : r;
}

/* A failure to send is left to the next turn of the selector, which finds the broken socket. */
int control_link_call(struct control_link *link, const char *method, json_t *parameters, bool more,
		      const int *fds, size_t n_fds, int64_t timeout_ms, control_link_reply *reply,
		      void *user)
{
	struct link_call *call = calloc(1, sizeof(*call));
	int r = -ENOMEM;

	if (!call || link->fd < 0) {
		json_decref(parameters);
		call_free(call);
		return link->fd < 0 ? -ECONNRESET : r;
	}
	*call = (struct link_call){ .more = more,
				    .timeout_ms = timeout_ms,
				    .deadline_ms = INT64_MAX,
				    .reply = reply,
				    .user = user };
	r = call_write(&call->bytes, method, parameters, more, !reply);
	if (r == 0)
		r = copy_fds(call, fds, n_fds);
	if (r < 0) {
		call_free(call);
		return r;
	}
	*link->end = call;
	link->end = &call->next;
	(void)push(link);
	(void)update(link);
	return 0;
}

int64_t control_link_deadline_ms(const struct control_link *link)
{
	int64_t deadline = INT64_MAX;

	if (link->fd >= 0 && link->events == 0)
		return 0;
	for (const struct link_call *call = link->calls; call; call = call->next)
		if (call->deadline_ms < deadline)
			deadline = call->deadline_ms;
	return deadline;
}

static struct link_call *overdue(struct control_link *link, int64_t now_ms)
{
	struct link_call *call = link->calls;

	while (call && call->deadline_ms > now_ms)
		call = call->next;
	return call;
}

/* A call of which nothing has gone is forgotten, as its descriptors may be closed from here. */
static void time_out(struct control_link *link, struct link_call *call)
{
	control_link_reply *reply = call->reply;
	void *user = call->user;

	call->deadline_ms = INT64_MAX;
	if (call->begun)
		call->state = LATE;
	else
		remove_call(link, call);
	reply(NULL, -ETIMEDOUT, true, user);
}

void control_link_expire(struct control_link *link, int64_t now_ms)
{
	struct link_call *call;
	int r;

	enter(link);
	while ((call = overdue(link, now_ms)))
		time_out(link, call);
	r = push(link);
	if (r == 0)
		r = update(link);
	if (r < 0)
		lose(link);
	leave(link);
}
