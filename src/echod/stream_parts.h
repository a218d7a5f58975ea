/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_parts: what the files of the pump know of each other, and nobody else.
 *
 *   stream.c         one turn: receive, serve, send, and bring selector and counters in step
 *   stream_context.c what a service is told besides the bytes
 *   stream_life.c    opening, closing, the end of all
 *   stream_timers.c  idle, first byte, lifetime, stall, linger
 *   stream_spread.c  a drain that ends its connections one after the other
 *   stream_memory.c  max-pending-total
 *
 * Whoever changes a connection does it between stream_before() and stream_settle().
 */
#ifndef ECHOD_STREAM_PARTS_H
#define ECHOD_STREAM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/conn.h"
#include "echod/guard.h"
#include "echod/peer.h"
#include "echod/service.h"
#include "src/echod/stream.h"

enum {
	STREAM_LOAN_BYTES = 64 * 1024
};

/* What a worker keeps of a connection. */
struct stream {
	struct conn conn;
	struct guard_ticket ticket;  /* what it holds in the tables of sources */
	struct peer proxy;	     /* who brought it; PEER_NONE = it came itself */
	struct service_proxy *words; /* with what header, if its service asks; owned */
	size_t lost;		     /* lent bytes that nobody took before it failed */
	bool paused;		     /* counted as paused: new rules may have changed what it is */
	bool rests;		     /* nothing is sent for a moment: see stream_rest() */
};

/* A connection's numbers before something was done to it, to count the difference after. */
struct stream_before {
	int64_t received, sent, active_ms, activity_ms;
	size_t pending, held;
};

/* ---- stream.c ---- */

struct stream_before stream_before(const struct conn *c);
/* Brings everything in step with what became of the connection. False when it is gone. */
bool stream_settle(struct worker *w, struct conn *c, const struct stream_before *was);
/* Sends until the kernel takes no more, nothing is left, or it was enough for a turn. False when it
 * failed. */
bool stream_flush(struct worker *w, struct conn *c, const struct service_context *ctx);

/* ---- stream_context.c ---- */

/* What its service wants to know besides the bytes; good until the next call. Of the record only
 * rules, peer and descriptor are read. */
struct service_context stream_context(const struct conn *c);

/* ---- stream_life.c ---- */

/* It is CONN_DONE: counts it, tells of it and frees it. */
void stream_close(struct worker *w, struct conn *c);

/* ---- stream_timers.c ---- */

int stream_timers_init(struct worker *w);
void stream_timers_fini(struct worker *w);
/* Starts, renews or stops both timers of it. */
void stream_retime(struct worker *w, struct conn *c);
void stream_retime_if_changed(struct worker *w, struct conn *c, const struct stream_before *was);
/* The kernel has no memory to send with, and cannot tell when it will: tried again after a moment. */
void stream_rest(struct worker *w, struct conn *c);

/* ---- stream_spread.c ---- */

/* Ends those whose time has come. */
void stream_spread_expire(struct worker *w);

/* ---- stream_memory.c ---- */

/* How much the connection may receive at once; 0 = it is not to be read. uncounted is what it holds
 * more than the counters say, here and below. */
size_t stream_allowance(const struct worker *w, const struct conn *c, size_t uncounted);
/* Stops or restarts its reading accordingly. */
void stream_press(struct worker *w, struct conn *c, size_t uncounted);
/* The time has come to look whether those that are not read may be, now. */
void stream_press_again(struct worker *w);
/* Before so many bytes more of this connection are counted: closes whoever has been stalled
 * longest until they fit; when that is the connection itself it is CONN_DONE afterwards. */
void stream_make_room(struct worker *w, struct conn *c, size_t more);

#endif
