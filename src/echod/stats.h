/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stats: what the workers count, in one anonymous shared mapping that the master makes before the
 * first fork. A block belongs to a worker's index and outlives the process: each cell has one writer,
 * the worker (or the master while no worker has that index), so plain relaxed loads and stores do.
 *
 * Totals only grow, over the life of the daemon. Gauges are zeroed by the master when a worker has
 * died, and its connections are counted as closed{worker_lost}: accepted - closed = active, always.
 */
#ifndef ECHOD_STATS_H
#define ECHOD_STATS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/reason.h"
#include "src/echod/config.h"
#include "src/echod/refusals.h"

/* One endpoint as one worker saw it. */
struct stats_endpoint {
	_Atomic int64_t accepted, rejected;
	_Atomic int64_t received_bytes, sent_bytes;
	_Atomic int64_t datagrams_received, datagrams_sent, datagrams_dropped;
	/* gauges */
	_Atomic int64_t active;
	_Atomic int64_t waiting; /* for a proxy's header; not counted as accepted yet */
};

enum {
	STATS_LINE = 64, /* bytes that a processor fetches together */
	STATS_TURNS = 20 /* kinds of turns of a loop, by their length */
};

/* Up to which length a turn is of each kind; the last kind has no limit. */
extern const int64_t stats_turn_limits_us[STATS_TURNS - 1];

/* The gauges, which other workers read at every turn and which seldom change, lie apart from the
 * totals, which change at every turn. */
struct stats_worker {
	/* gauges */
	alignas(STATS_LINE) _Atomic int64_t pending_bytes;
	_Atomic int64_t paused_connections, full;
	_Atomic int64_t serves; /* 1 from a worker's start to its death */
	_Atomic int64_t open_files_limit;
	/* totals */
	alignas(STATS_LINE) _Atomic int64_t
	    connections; /* the running number of the last connection's id */
	_Atomic int64_t accepted;
	_Atomic int64_t received_bytes, sent_bytes;
	_Atomic int64_t datagrams_received, datagrams_sent;
	_Atomic int64_t cut_connections, cut_bytes; /* by a drain's end: how many, and unsent */
	_Atomic int64_t busy_ns;		    /* of all turns */
	_Atomic int64_t turns[STATS_TURNS];
	_Atomic int64_t closed[CLOSE_REASONS];
	_Atomic int64_t rejected[REJECT_REASONS];
	_Atomic int64_t accept_errors[ACCEPT_ERRORS];
	_Atomic int64_t datagrams_dropped[DROP_REASONS];
	struct refusals refusals;			       /* of connections */
	struct refusals drops;				       /* of datagrams */
	struct stats_endpoint endpoints[CONFIG_ENDPOINTS_MAX]; /* by row */
};

struct stats {
	unsigned n_workers;
	struct stats_worker workers[];
};

/* Maps zeroed blocks for this many workers. -errno. The caller's, shared with all its children. */
int stats_map(unsigned n_workers, struct stats **ret_stats);
/* Unmaps; NULL is fine. Returns NULL. */
struct stats *stats_unmap(struct stats *stats);

/* For the one writer of a cell. */
static inline void stats_add(_Atomic int64_t *cell, int64_t n)
{
	atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void stats_set(_Atomic int64_t *cell, int64_t value)
{
	atomic_store_explicit(cell, value, memory_order_relaxed);
}

static inline int64_t stats_get(const _Atomic int64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

/* The sum over all workers of the cell at this offset in struct stats_worker. */
int64_t stats_sum(const struct stats *stats, size_t offset);
/* The same for a cell of an endpoint's row, offset in struct stats_endpoint. */
int64_t stats_sum_endpoint(const struct stats *stats, unsigned row, size_t offset);

#define STATS_SUM(stats, member) stats_sum((stats), offsetof(struct stats_worker, member))
#define STATS_SUM_ENDPOINT(stats, row, member) \
	stats_sum_endpoint((stats), (row), offsetof(struct stats_endpoint, member))

/* For the worker: a turn of its loop, from waking to waiting again, took so long. */
void stats_add_turn(struct stats_worker *worker, int64_t ns);

/* accepted - closed of this worker: never negative, also while it counts. */
int64_t stats_active(const struct stats_worker *worker);
/* The same of all workers. */
int64_t stats_sum_active(const struct stats *stats);
/* What drains have cut off so far, in all workers. */
struct stats_cut {
	int64_t connections, bytes;
};
struct stats_cut stats_cut(const struct stats *stats);
/* How many connections a worker has that serves and is not full, on average; INT64_MAX where fewer than
 * two do. */
int64_t stats_mean_active(const struct stats *stats);
/* After the worker has died: its connections are closed{worker_lost}, its gauges 0. Returns how many
 * connections were lost. */
int64_t stats_forget_worker(struct stats_worker *worker);
/* A row that a new endpoint takes over starts from 0. */
void stats_clear_row(struct stats *stats, unsigned row);

#endif
