/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * link: what the two files of a link share: link.c is its life, link_calls.c its queue.
 *
 * A call's life; the queue is in this order, and a reply belongs to the first call of it:
 *
 *     QUEUED ──those before it are LATE──> SENDING ──all bytes taken──> SENT ──last reply──> freed
 *                                             │ oneway: freed             │
 *                                             └──────── time out ─────────┴──> LATE ──last reply,
 *                                                                              unheard──> freed
 *
 * A LATE call is one whose caller has been told -ETIMEDOUT: its reply may still come and must not be
 * taken for the next one's. A call of which no byte has gone when its time is up is just forgotten; so
 * it may be while it is QUEUED, behind a LATE or oneway call that the kernel does not take.
 */
#ifndef ECHOD_CONTROL_LINK_H
#define ECHOD_CONTROL_LINK_H

#include "echod/control.h"
#include "echod/wire.h"

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
	int64_t asked_ms;
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

/* Takes the reference to parameters. fds are copied, not dup()ed. -ENOMEM, -EINVAL. */
int link_call_new(const char *method, json_t *parameters, bool more, bool oneway, const int *fds,
		  size_t n_fds, struct link_call **ret_call);
void link_call_free(struct link_call *call);

void link_append(struct control_link *link, struct link_call *call);
/* Off the queue, which is not empty; the caller's. */
struct link_call *link_take_first(struct control_link *link);
/* Off the queue and freed. */
void link_remove(struct control_link *link, struct link_call *call);

/* The call whose turn it is to send, or NULL. */
struct link_call *link_sending(const struct control_link *link);
/* Sends what the kernel takes. 0, or -errno when the link is broken. */
int link_push(struct control_link *link);
/* The call that a reply belongs to, or NULL when none is due. */
struct link_call *link_answered(const struct control_link *link);
/* A call whose time is up, or NULL. */
struct link_call *link_overdue(const struct control_link *link, int64_t now_ms);
/* When the first of them will be. */
int64_t link_due_ms(const struct control_link *link);

#endif
