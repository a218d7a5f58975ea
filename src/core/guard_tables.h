/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard_tables.h: the block of memory behind guard.h, for the files that make it up.
 *
 *     struct guard | bucket cells | source cells of worker 0 | of worker 1 | ...
 *
 * A cell is one 64-bit word, a set is the eight cells of one cache line. What is in a cell is whole
 * at any moment, and no two cells need to agree, so relaxed order is enough everywhere.
 */
#ifndef ECHOD_CORE_GUARD_TABLES_H
#define ECHOD_CORE_GUARD_TABLES_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/guard.h"

enum {
	GUARD_SET_CELLS = 8,
	GUARD_BUCKET_SETS = 1 << 14,
	GUARD_BUCKET_CELLS = GUARD_BUCKET_SETS * GUARD_SET_CELLS
};

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would die with its holder");
static_assert(sizeof(_Atomic uint64_t) == 8, "a set is one cache line");

struct guard {
	uint64_t key[2];
	uint32_t workers;
	uint32_t source_sets; /* per worker; a power of two */
	alignas(64) _Atomic uint64_t cells[];
};

/* ---- source_key.c ---- */

/* SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") of n 64-bit words. */
uint64_t siphash_words(const uint64_t key[static 2], const uint64_t *words, size_t n);
/* The network that this peer belongs to with so many leading bits, in the scope of one listener or
 * the whole daemon, as a number that no peer can predict. */
uint64_t source_key(const struct guard *g, const struct guard_daemon *daemon, uint32_t scope,
		    const struct peer *peer);
/* False for Unix and unknown peers: only limits that ask for no source act on them. */
bool source_exists(const struct peer *peer);

/* ---- acl.c ---- */

/* The peer with an IPv4-mapped IPv6 address turned into the IPv4 one. */
struct peer acl_unmap(const struct peer *peer);

/* ---- sources.c ---- */

/* The worker's row for this source, the one that counts it or else a free one, as a number above 0;
 * 0 when there is none. A free row of number `taken` is passed over: it was promised elsewhere. */
uint32_t sources_find(const struct guard *g, unsigned worker, uint64_t source, uint32_t taken);
/* One connection more in that row, and one less. */
void sources_count(struct guard *g, unsigned worker, uint32_t row, uint64_t source);
void sources_uncount(struct guard *g, unsigned worker, uint32_t row);
/* The count of this source over all workers. */
int64_t sources_sum(const struct guard *g, uint64_t source);
void sources_forget(struct guard *g, unsigned worker);

/* ---- buckets.c ---- */

/* Takes one token of this source; false when it has none. Limits with a rate of 0 have no bucket. */
bool buckets_take(struct guard *g, uint64_t source, const struct guard_limits *limits,
		  int64_t now_ns);
/* Gives back the token just taken. */
void buckets_give_back(struct guard *g, uint64_t source, const struct guard_limits *limits,
		       int64_t now_ns);

#endif
