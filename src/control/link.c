/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * link.c owns the calling end of a connection in a program with a selector loop: its life, and the
 * replies. Nothing is called back from inside control_link_call().
 */
#include "build.h"

#include "control/link.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/fds.h"
#include "echod/clock.h"
#include "echod/net.h"

enum {
	READ_BYTES = 64 * 1024,
	READS_PER_TURN = 16
};

/* ---- The end ---- */

static void tell(struct link_call *call, const json_t *reply, int error, bool final)
{
	if (call->reply && call->state != LATE)
		call->reply(reply, error, final, call->user);
}

/* Every caller that waits hears that nothing will come. */
static void fail_all(struct control_link *link)
{
	while (link->calls) {
		struct link_call *call = link_take_first(link);

		tell(call, NULL, -ECONNRESET, true);
		link_call_free(call);
	}
}

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
		link_call_free(link_take_first(link));
	attr_close_fd(&link->fd);
	destroy(link);
	return NULL;
}

/* 0, or -errno when the kernel refused: the link is broken, and nothing of it is registered. */
static int update(struct control_link *link)
{
	unsigned wanted = EVENT_READ | (link_sending(link) ? EVENT_WRITE : 0);
	int r;

	if (link->fd < 0 || wanted == link->events)
		return 0;
	r = selector_modify(link->selector, link->fd, wanted, &link->handler);
	link->events = r < 0 ? 0 : wanted;
	return r;
}

/* ---- Receiving ---- */

static int deliver(struct control_link *link, const json_t *reply)
{
	struct link_call *call = link_answered(link);
	bool final = !json_is_true(json_object_get(reply, "continues"));

	if (!call || (!final && !call->more))
		return -EBADMSG;
	if (final) {
		link_take_first(link);
		tell(call, reply, 0, true);
		link_call_free(call);
		return 0;
	}
	if (call->timeout_ms > 0 && call->state == SENT)
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
		r = link_push(link);
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

/* A failure to send is left to the next turn of the selector, which finds the broken socket. */
int control_link_call(struct control_link *link, const char *method, json_t *parameters, bool more,
		      const int *fds, size_t n_fds, int64_t timeout_ms, control_link_reply *reply,
		      void *user)
{
	struct link_call *call;
	int r;

	if (link->fd < 0) {
		json_decref(parameters);
		return -ECONNRESET;
	}
	r = link_call_new(method, parameters, more, !reply, fds, n_fds, &call);
	if (r < 0)
		return r;
	call->asked_ms = clock_now_ms();
	call->timeout_ms = timeout_ms;
	call->reply = reply;
	call->user = user;
	link_append(link, call);
	(void)link_push(link);
	(void)update(link);
	return 0;
}

int64_t control_link_deadline_ms(const struct control_link *link)
{
	return link->fd >= 0 && link->events == 0 ? 0 : link_due_ms(link);
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
		link_remove(link, call);
	reply(NULL, -ETIMEDOUT, true, user);
}

void control_link_expire(struct control_link *link, int64_t now_ms)
{
	struct link_call *call;
	int r;

	enter(link);
	while ((call = link_overdue(link, now_ms)))
		time_out(link, call);
	r = link_push(link);
	if (r == 0)
		r = update(link);
	if (r < 0)
		lose(link);
	leave(link);
}
