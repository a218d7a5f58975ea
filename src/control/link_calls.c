/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * link_calls.c owns a link's queue: which call may send, which one a reply is for.
 */
#include "build.h"

#include "control/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/fds.h"
#include "echod/clock.h"

/* ---- One call ---- */

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

int link_call_new(const char *method, json_t *parameters, bool more, bool oneway, const int *fds,
		  size_t n_fds, struct link_call **ret_call)
{
	struct link_call *call = calloc(1, sizeof(*call));
	int r;

	if (!call) {
		json_decref(parameters);
		return -ENOMEM;
	}
	call->more = more;
	call->deadline_ms = INT64_MAX;
	r = call_write(&call->bytes, method, parameters, more, oneway);
	if (r == 0)
		r = copy_fds(call, fds, n_fds);
	if (r < 0) {
		link_call_free(call);
		return r;
	}
	*ret_call = call;
	return 0;
}

void link_call_free(struct link_call *call)
{
	if (!call)
		return;
	buf_fini(&call->bytes);
	free(call->fds);
	free(call);
}

/* ---- The queue ---- */

void link_append(struct control_link *link, struct link_call *call)
{
	*link->end = call;
	link->end = &call->next;
}

struct link_call *link_take_first(struct control_link *link)
{
	struct link_call *call = link->calls;

	link->calls = call->next;
	if (!link->calls)
		link->end = &link->calls;
	return call;
}

void link_remove(struct control_link *link, struct link_call *call)
{
	struct link_call **at = &link->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (!call->next)
		link->end = at;
	link_call_free(call);
}

struct link_call *link_overdue(const struct control_link *link, int64_t now_ms)
{
	struct link_call *call = link->calls;

	while (call && call->deadline_ms > now_ms)
		call = call->next;
	return call;
}

int64_t link_due_ms(const struct control_link *link)
{
	int64_t due = INT64_MAX;

	for (const struct link_call *call = link->calls; call; call = call->next)
		if (call->deadline_ms < due)
			due = call->deadline_ms;
	return due;
}

struct link_call *link_answered(const struct control_link *link)
{
	struct link_call *call = link->calls;
	bool due = call && (call->state == SENT || call->state == LATE);

	return due && buf_length(&call->bytes) == 0 ? call : NULL;
}

/* ---- Sending ---- */

struct link_call *link_sending(const struct control_link *link)
{
	struct link_call *call = link->calls;

	while (call && call->state == LATE && buf_length(&call->bytes) == 0)
		call = call->next;
	return call && call->state != SENT ? call : NULL;
}

/* Behind one that is LATE it is no queue that is waited for, but an end that hangs: that time counts. */
static void start_sending(const struct control_link *link, struct link_call *call)
{
	const int64_t from_ms = link->calls == call ? clock_now_ms() : call->asked_ms;

	call->state = SENDING;
	if (call->timeout_ms > 0 && call->reply)
		call->deadline_ms = from_ms + call->timeout_ms;
}

static void sent_all(struct control_link *link, struct link_call *call)
{
	if (!call->reply)
		link_remove(link, call);
	else if (call->state == SENDING)
		call->state = SENT;
}

/* Behind a call that nobody waits for, and that does not go, others would wait without an end. */
static void start_clocks(struct link_call *call)
{
	for (; call; call = call->next)
		if (call->state == QUEUED && call->timeout_ms > 0 && call->reply)
			call->deadline_ms = call->asked_ms + call->timeout_ms;
}

int link_push(struct control_link *link)
{
	struct link_call *call;

	while (link->fd >= 0 && (call = link_sending(link))) {
		ssize_t n;

		if (call->state == QUEUED)
			start_sending(link, call);
		n = fds_send(link->fd, buf_data(&call->bytes), buf_length(&call->bytes), call->fds,
			     call->n_fds);
		if (n == -EAGAIN) {
			if (call->state == LATE || !call->reply)
				start_clocks(call->next);
			return 0;
		}
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
