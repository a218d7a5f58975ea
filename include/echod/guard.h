/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard: may this new connection come in? Access lists, then limits, then limits per source, then
 * rates per source, in that order; the first that says no names the reason, and a refused connection
 * leaves no count and no token behind.
 *
 * A source is the leading bits of a peer's address. All workers decide over one block of shared
 * memory that the master makes before the first fork. It holds single 64-bit atomic words and
 * nothing that needs a lock, so a process killed at any instruction leaves nothing to repair but its
 * own counts, and those the master zeroes with guard_forget_worker().
 *
 *   source counts   one table per worker, written by that worker alone; the count of a source is the
 *                   sum over the workers. Check, then count: a burst may overshoot a limit by one
 *                   connection per other worker. A row with a count is never evicted; where no row
 *                   is free and a limit is set, the connection is refused (REJECT_SOURCE_LIMIT).
 *   token buckets   one table for all, changed by compare-and-swap; when a set is full the bucket
 *                   that would be full again soonest goes (see src/core/buckets.c).
 *
 * Both are placed by a keyed hash, so that no peer can choose whom it collides with.
 */
#ifndef ECHOD_GUARD_H
#define ECHOD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/peer.h"
#include "echod/reason.h"

enum {
	GUARD_KEY_BYTES = 16
};

struct guard;

/* ---- Access lists ---- */

/* A network in CIDR notation; bits of the address behind the first `bits` do not matter. */
struct guard_network {
	struct peer address; /* PEER_IPV4 or PEER_IPV6 */
	unsigned bits;	     /* 0 to 32 or 128; more is taken as that */
};

/* deny wins; an empty allow lets everybody in. The arrays are borrowed. */
struct guard_acl {
	const struct guard_network *allow, *deny;
	size_t n_allow, n_deny;
};

enum guard_acl_list {
	GUARD_ACL_NONE, /* no network matched: in if allow is empty */
	GUARD_ACL_ALLOW,
	GUARD_ACL_DENY
};

/* Which list decided, and by which of its networks (0 for GUARD_ACL_NONE). */
struct guard_verdict {
	enum guard_acl_list list;
	size_t index;
};

/* True = may come in. An IPv4-mapped IPv6 address counts as the IPv4 one; Unix peers may always; a
 * peer of unknown family matches no network. ret_verdict may be NULL. */
bool guard_acl(const struct guard_acl *acl, const struct peer *peer,
	       struct guard_verdict *ret_verdict);

/* ---- Rules: const, from the configuration ---- */

/* 0 or less = off. The source rules do not act on Unix peers. A rate is kept as a whole number of
 * steps of 1.024 us between two connections, rounded so that never more than it comes in: 0.1 % less
 * at 1,000 a second, and 976,563 at most. */
struct guard_limits {
	int64_t max_connections;
	int64_t max_connections_per_source;
	int64_t accept_rate;  /* connections per second and source */
	int64_t accept_burst; /* of one source at once; at least 1, at most 200 days of the rate */
};

struct guard_daemon {
	struct guard_limits limits;
	unsigned source_prefix_ipv4, source_prefix_ipv6; /* bits; 0 = all are one source */
};

struct guard_listener {
	struct guard_limits limits;
	struct guard_acl acl;
	/* Tells listeners apart in the tables, so it stays with a listener over a reload and is not
	 * given to another while connections of the old one live. Not GUARD_WHOLE_DAEMON. */
	uint32_t key;
};

/* A token bucket for each source, for what is no connection (datagrams). */
struct guard_rate {
	int64_t rate;  /* per second and source; 0 or less = off, steps as above */
	int64_t burst; /* of one source at once; at least 1 */
	uint32_t key;  /* as in struct guard_listener, and not the key of one of those */
};

/* The source that this peer belongs to; false for Unix and unknown peers, which have none. */
bool guard_source(const struct guard_daemon *daemon, const struct peer *peer,
		  struct guard_network *ret_source);

/* ---- The tables ---- */

/* How much memory for so many workers with so many connections each: 1 MiB for the buckets and, per
 * worker, 8 bytes times a power of two that is at least 4 x connections (1 MiB for 20,000). 0 when
 * it cannot be addressed. */
size_t guard_memory_size(unsigned workers, size_t connections);
/* Makes the tables in zeroed memory of that size, aligned to 64 bytes, shared by all workers and
 * longer-lived than they. key is random and secret. The guard is the memory: nothing to release. */
struct guard *guard_init(void *memory, unsigned workers, size_t connections,
			 const uint8_t key[static GUARD_KEY_BYTES]);

/* Of a worker that has died: takes its source counts back. By the master, before the worker's
 * successor starts. Tokens that it took stay taken. */
void guard_forget_worker(struct guard *guard, unsigned worker);

/* ---- Decisions, by a worker ---- */

/* What the caller knows at this moment: the counts are sums over all workers. */
struct guard_moment {
	int64_t now_ns; /* monotonic, the same clock in every process */
	int64_t daemon_active, listener_active;
};

/* What an admitted connection holds in the tables; kept with the connection. Zeroed = nothing. */
struct guard_ticket {
	uint32_t daemon_row, listener_row;
};

/* True: it may come in, is counted, and *ret_ticket is to be given back once. False: *ret_reason is
 * REJECT_ACL, REJECT_LIMIT, REJECT_SOURCE_LIMIT or REJECT_RATE, and nothing was counted or taken.
 * Sources are counted also while their limits are off, so that a reload can set one. */
bool guard_admit(struct guard *guard, unsigned worker, const struct guard_daemon *daemon,
		 const struct guard_listener *listener, const struct peer *peer,
		 const struct guard_moment *moment, struct guard_ticket *ret_ticket,
		 enum reject_reason *ret_reason);

/* The connection has ended: its counts go back and the ticket is emptied; an empty one is fine. By
 * the worker that admitted it, whatever rules are in force by now. */
void guard_release(struct guard *guard, unsigned worker, struct guard_ticket *ticket);

/* Takes one token of this peer's source; false when it has none. Unix and unknown peers have no
 * bucket. */
bool guard_take(struct guard *guard, const struct guard_daemon *daemon,
		const struct guard_rate *rate, const struct peer *peer, int64_t now_ns);

/* How many connections of this peer's source are open on the listener with this key, or on the whole
 * daemon (GUARD_WHOLE_DAEMON). */
#define GUARD_WHOLE_DAEMON UINT32_MAX
int64_t guard_source_count(const struct guard *guard, const struct guard_daemon *daemon,
			   uint32_t key, const struct peer *peer);

#endif
