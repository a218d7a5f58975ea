/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn: one stream connection as a value. It does no I/O: it says where the next bytes go, is told
 * what happened, and says what it wants; whoever owns the descriptor makes the system calls.
 *
 * One turn, by the owner of the descriptor:
 *
 *     space = conn_recv_space(c, &loan, &p);          where may bytes go?
 *     n = recv(fd, p, space);
 *     conn_recv_done(c, &loan, n, now);               (or conn_recv_end at EOF, conn_fail on error)
 *     while ((len = conn_send_data(c, &loan, &p)))    what is to be sent?
 *             conn_send_done(c, &loan, send(fd, p, len), now);   until the kernel takes no more
 *     conn_settle(c, &loan, now);                     keep the rest; the loan is free again
 *     if (conn_wants_shutdown(c)) { shutdown(fd, SHUT_WR); conn_shutdown_done(c, now); }
 *     wants = conn_wants(c);                          the interest, derived and never stored twice
 *
 * States:
 *
 *     OPEN ──peer's EOF, service's end, conn_end()──> FLUSHING ──all sent──> (shutdown) ──┐
 *       │                                                │                                │
 *       │                                                │     peer's EOF seen: DONE <─────┤
 *       └──────────── conn_fail(), stall ────────────────┴──> DONE <──EOF, 500 ms── LINGERING
 *
 * Reading goes on in OPEN, stops while FLUSHING and throws away what comes while LINGERING. After
 * the peer's EOF a service still gets to use its input, in FLUSHING, as room appears. The first
 * reason stays, but until our side is shut down (bytes, or at least the end, are owed) a failure, a
 * stall, an abort or the service's own error takes its place.
 *
 * What always holds: at most max_pending bytes are unsent; bytes go out in the order they came; an
 * OPEN or FLUSHING connection owes its peer exactly the bytes it holds; an idle connection owns no
 * memory but its record.
 */
#ifndef ECHOD_CONN_H
#define ECHOD_CONN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"
#include "echod/deadline.h"
#include "echod/peer.h"
#include "echod/reason.h"
#include "echod/service.h"

enum conn_want {
	CONN_READ = 1 << 0,
	CONN_WRITE = 1 << 1,
	CONN_CLOSE = 1 << 2 /* alone: close the descriptor and conn_fini() */
};

enum conn_state {
	CONN_OPEN,
	CONN_FLUSHING,
	CONN_LINGERING,
	CONN_DONE
};

enum {
	CONN_ID_BITS = 40,    /* of an id for the running number; the slot's are above */
	CONN_LINGER_MS = 500, /* how long an ended connection's peer may take to end its side */
	CONN_AHEAD = 65536    /* bytes that a producing service may be ahead of its peer */
};

/* A listener's rules for its connections: const, shared, and longer-lived than any of them. */
struct conn_rules {
	const struct service *service;
	const void *service_settings;
	size_t max_pending; /* bytes, > 0 */
	int64_t idle_ms;    /* each 0 = off */
	int64_t first_byte_ms;
	int64_t lifetime_ms;
	int64_t stall_ms;
};

/* Memory that an owner of connections lends to one of them for one turn. */
struct conn_loan {
	uint8_t *memory; /* size bytes; the lender's */
	size_t size;
	size_t start, length; /* what of it waits to be sent; length 0 between turns */
};

struct conn {
	struct deadline activity; /* links into the owner's deadline lists */
	struct deadline lifetime;
	const struct conn_rules *rules;
	struct buf pending;	/* unsent bytes */
	struct buf input;	/* input that the service has not used yet; none with an identity */
	int64_t received_bytes; /* read from the peer, discarded ones included */
	int64_t sent_bytes;
	int64_t opened_ms;
	int64_t active_ms;	 /* the last progress: see conn_deadline_ms() */
	struct peer peer;	 /* kept: after a reset the kernel has none */
	uint64_t id : 48;	 /* slot * 2^40 + a running number */
	uint64_t state : 2;	 /* enum conn_state */
	uint64_t reason : 4;	 /* enum close_reason, once not OPEN */
	uint64_t peer_ended : 1; /* its EOF was read */
	uint64_t shut : 1;	 /* our sending side is shut down */
	uint64_t producing : 1;	 /* the service asked for output() */
	uint64_t paused : 1;	 /* conn_pause(): no reading */
	uint64_t spare : 6;
	int fd;					  /* the owner's; not used here */
	uint8_t service_state[SERVICE_STATE_MAX]; /* flat */
};
static_assert(sizeof(struct conn) <= 128, "an idle connection costs at most 128 bytes");

/* A new OPEN connection; runs the service's opened(), whose answer is then to be sent. rules is
 * borrowed. 0, or -errno with nothing to release. ctx is what rules->service's flags ask for. */
int conn_init(struct conn *c, uint64_t id, int fd, const struct conn_rules *rules,
	      const struct peer *peer, const struct service_context *ctx, int64_t now_ms);
/* Frees what it owns, not the descriptor. The owner takes it off its deadline lists before. */
void conn_fini(struct conn *c);

/* Where and how much to receive: into the loan, or behind bytes that it keeps; never more than the
 * room left under max_pending, nor than the loan's size. 0 = do not read now (without memory it has
 * begun to end besides). While LINGERING the bytes are thrown away. Good until recv_done. */
size_t conn_recv_space(struct conn *c, struct conn_loan *loan, uint8_t **ret_space);
/* n > 0 bytes are there. Runs the service, or none: an identity's bytes wait in the loan, or where
 * they are, to be sent. 0, or -errno after which the connection is ending (CLOSE_PROTOCOL;
 * CLOSE_MEMORY for -ENOMEM; the same for the next two). */
int conn_recv_done(struct conn *c, struct conn_loan *loan, size_t n,
		   const struct service_context *ctx, int64_t now_ms);
/* The peer ended its side (recv gave 0). */
int conn_recv_end(struct conn *c, const struct service_context *ctx, int64_t now_ms);

/* The next bytes to send, and how many; 0 when there are none. Until conn_settle() call again after
 * each conn_send_done(): pending bytes come first, then the loan's. */
size_t conn_send_data(const struct conn *c, const struct conn_loan *loan, const uint8_t **ret_data);
/* The kernel took n of them (0 is no progress). Lets the service use kept input, and asks a producing
 * one for more, which may be ahead of its peer by half of max_pending, at most CONN_AHEAD. */
int conn_send_done(struct conn *c, struct conn_loan *loan, size_t n,
		   const struct service_context *ctx, int64_t now_ms);
/* Ends the turn: copies what is left in the loan to the connection's own memory, or forgets it when
 * the connection is done. -ENOMEM ends the connection at once (CLOSE_MEMORY) because a byte it owes
 * is lost. */
int conn_settle(struct conn *c, struct conn_loan *loan, int64_t now_ms);

/* Begins an orderly end: no more input is served, unsent bytes go out, then the shutdown. A
 * connection that is already ending keeps its first reason. */
void conn_end(struct conn *c, enum close_reason reason, int64_t now_ms);
/* Ends it without waiting for what is unsent: throws that away, returns how many bytes it was, and
 * goes on with the shutdown. An unfinished conn_end() keeps its reason. */
size_t conn_cut(struct conn *c, enum close_reason reason, int64_t now_ms);
/* Ends it at once: what is unsent stays so. */
void conn_abort(struct conn *c, enum close_reason reason);
/* recv, send or shutdown failed for good with this (positive) errno value: ECONNRESET, EPIPE and
 * ENOTCONN are CLOSE_RESET, the others CLOSE_ERROR. */
void conn_fail(struct conn *c, int errno_value);

/* After conn_settle(): true once when all is sent and the sending side is to be shut down. */
bool conn_wants_shutdown(const struct conn *c);
void conn_shutdown_done(struct conn *c, int64_t now_ms);

/* CONN_READ | CONN_WRITE, or CONN_CLOSE alone; 0 = paused: whoever lifts the pause asks again. */
unsigned conn_wants(const struct conn *c);
/* Stops and restarts reading from outside (max-pending-total). */
void conn_pause(struct conn *c, bool paused);

/* The two timers of a connection, as durations, 0 = none. The lifetime timer counts from opened_ms
 * and only while OPEN; the activity timer from active_ms, and means, while
 *
 *     OPEN with unsent bytes, FLUSHING    stall
 *     OPEN, nothing ever received         the shorter of first byte and idle
 *     OPEN otherwise                      idle
 *     LINGERING                           CONN_LINGER_MS
 *
 * active_ms is renewed by every byte that the peer takes, by received ones while none is unsent, by
 * the first byte that becomes unsent, and by a change of state. */
int64_t conn_activity_ms(const struct conn *c);
int64_t conn_lifetime_ms(const struct conn *c);
/* When the earlier of them runs out, in the clock's ms; INT64_MAX = never. */
int64_t conn_deadline_ms(const struct conn *c);
/* Does what a passed deadline means: idle, first byte and lifetime begin an orderly end, a stall or
 * the end of the lingering is DONE. Nothing when none has passed. */
void conn_expire(struct conn *c, int64_t now_ms);

/* Unsent bytes it owns. */
size_t conn_pending(const struct conn *c);
/* The same and the input that it keeps because its service waits for more, or for room. */
size_t conn_held(const struct conn *c);

/* "open" "flushing" "lingering" "done". */
const char *conn_state_name(enum conn_state state);

#endif
