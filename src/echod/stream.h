/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream: the pump of a worker's stream connections. It makes the system calls that a struct conn
 * asks for, and keeps selector, timers and counters in step with it.
 */
#ifndef ECHOD_STREAM_H
#define ECHOD_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/conn.h"
#include "echod/guard.h"
#include "echod/net.h"

struct worker;
struct listener;

/* Somebody who is told of every connection's life, for --transcript. */
struct stream_observer {
	void (*accepted)(const struct peer *peer);
	void (*sent)(const struct peer *peer, const uint8_t *data, size_t n);
	void (*closing)(const struct peer *peer);
};

/* A new connection of this listener, which holds this ticket; proxy is NULL, or who brought it for the
 * peer; header is NULL, or the words with which a proxy brought it, for the peer or for itself. 0: fd
 * and ticket are the stream's; on failure (-errno) they stay the caller's. */
int stream_open(struct worker *w, struct listener *listener, int fd, const struct peer *peer,
		const struct peer *proxy, const struct service_proxy *header,
		const struct guard_ticket *ticket);
/* The descriptor is ready: one bounded turn. The connection may be gone afterwards. */
void stream_turn(struct worker *w, struct conn *c, unsigned mask);

/* The connection with this descriptor, or NULL. */
struct conn *stream_find(const struct worker *w, int fd);
/* Bytes of memory that it keeps, which max-pending-total bounds: what is unsent, input that its service
 * cannot use yet, and a proxy's header. */
size_t stream_held(const struct conn *c);
/* Bytes that its peer was not sent; at its end also those that were on their way when it failed. */
size_t stream_unsent(const struct conn *c);
/* The proxy that brought it, or NULL. */
const struct peer *stream_proxy(const struct conn *c);
/* Begins its orderly end for this reason; with now, what is unsent is thrown away. It may be gone
 * afterwards. */
void stream_end(struct worker *w, struct conn *c, enum close_reason reason, bool now);
/* Ends the connection at once; it is gone afterwards. */
void stream_abort(struct worker *w, struct conn *c, enum close_reason reason);
/* Before so many bytes more are counted that are not a stream's: closes whoever has been stalled longest
 * until they fit. False: they do not. */
bool stream_find_room(struct worker *w, size_t more);
/* Once per turn of the loop: a reload may have lowered max-pending-total below what is unsent. Closes
 * whoever has been stalled longest. */
void stream_relieve(struct worker *w);
/* Listeners have new rules: timers, access lists and caps of their connections follow. */
void stream_rules_changed(struct worker *w);

/* When the next timer of any connection runs out; and does what those that have run out mean. */
int64_t stream_deadline_ms(const struct worker *w);
void stream_expire(struct worker *w);

enum {
	STREAM_SPREAD_MAX_MS = 24 * 60 * 60 * 1000
};

/* In stream_spread.c. A drain ends the connections there are, over so long, up to STREAM_SPREAD_MAX_MS;
 * again begins anew. */
void stream_spread_begin(struct worker *w, int64_t length_ms);
void stream_spread_cancel(struct worker *w);

/* A stop has begun: timers change their meaning. */
void stream_retime_all(struct worker *w);
/* A drain's time is over: one last send each, then the end. Counts how many, and what is unsent. */
void stream_cut_all(struct worker *w);

int stream_init(struct worker *w);
void stream_fini(struct worker *w);

#endif
