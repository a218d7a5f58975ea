/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stats.c owns the shared mapping of counters. See stats.h for who may write what.
 */
#include "src/echod/stats.h"

#include <errno.h>
#include <sys/mman.h>

/* The buckets of the metrics. */
const int64_t stats_turn_limits_us[STATS_TURNS - 1] = {
	10,    25,    50,     100,    250,    500,     1000,	2500,	 5000,	   10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

static size_t mapping_size(unsigned n_workers)
{
	return sizeof(struct stats) + n_workers * sizeof(struct stats_worker);
}

int stats_map(unsigned n_workers, struct stats **ret_stats)
{
	struct stats *stats = mmap(NULL, mapping_size(n_workers), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (stats == MAP_FAILED)
		return -errno;
	stats->n_workers = n_workers;
	*ret_stats = stats;
	return 0;
}

struct stats *stats_unmap(struct stats *stats)
{
	if (stats)
		munmap(stats, mapping_size(stats->n_workers));
	return NULL;
}

static int64_t cell_at(const void *base, size_t offset)
{
	return stats_get((const _Atomic int64_t *)(const void *)((const char *)base + offset));
}

int64_t stats_sum(const struct stats *stats, size_t offset)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < stats->n_workers; i++)
		sum += cell_at(&stats->workers[i], offset);
	return sum;
}

int64_t stats_sum_endpoint(const struct stats *stats, unsigned row, size_t offset)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < stats->n_workers; i++)
		sum += cell_at(&stats->workers[i].endpoints[row], offset);
	return sum;
}

void stats_add_turn(struct stats_worker *worker, int64_t ns)
{
	int kind = 0;

	while (kind < STATS_TURNS - 1 && ns > stats_turn_limits_us[kind] * 1000)
		kind++;
	stats_add(&worker->turns[kind], 1);
	stats_add(&worker->busy_ns, ns);
}

int64_t stats_active(const struct stats_worker *worker)
{
	int64_t closed = 0;

	/* Ends before beginnings: a connection that ends meanwhile can only make the answer larger,
	 * never negative. */
	for (int i = 0; i < CLOSE_REASONS; i++)
		closed += stats_get(&worker->closed[i]);
	atomic_thread_fence(memory_order_acquire);
	return stats_get(&worker->accepted) - closed;
}

int64_t stats_sum_active(const struct stats *stats)
{
	int64_t active = 0;

	for (unsigned i = 0; i < stats->n_workers; i++)
		active += stats_active(&stats->workers[i]);
	return active;
}

struct stats_cut stats_cut(const struct stats *stats)
{
	return (struct stats_cut){ .connections = STATS_SUM(stats, cut_connections),
				   .bytes = STATS_SUM(stats, cut_bytes) };
}

int64_t stats_mean_active(const struct stats *stats)
{
	int64_t active = 0, n = 0;

	for (unsigned i = 0; i < stats->n_workers; i++) {
		const struct stats_worker *worker = &stats->workers[i];

		if (stats_get(&worker->serves) && !stats_get(&worker->full)) {
			active += stats_active(worker);
			n++;
		}
	}
	return n < 2 ? INT64_MAX : active / n;
}

int64_t stats_forget_worker(struct stats_worker *worker)
{
	int64_t lost = stats_active(worker);

	stats_add(&worker->closed[CLOSE_WORKER_LOST], lost);
	stats_set(&worker->pending_bytes, 0);
	stats_set(&worker->paused_connections, 0);
	stats_set(&worker->full, 0);
	stats_set(&worker->serves, 0);
	for (int i = 0; i < CONFIG_ENDPOINTS_MAX; i++) {
		stats_set(&worker->endpoints[i].active, 0);
		stats_set(&worker->endpoints[i].waiting, 0);
	}
	return lost;
}

void stats_clear_row(struct stats *stats, unsigned row)
{
	for (unsigned i = 0; i < stats->n_workers; i++) {
		struct stats_endpoint *e = &stats->workers[i].endpoints[row];

		stats_set(&e->accepted, 0);
		stats_set(&e->rejected, 0);
		stats_set(&e->received_bytes, 0);
		stats_set(&e->sent_bytes, 0);
		stats_set(&e->datagrams_received, 0);
		stats_set(&e->datagrams_sent, 0);
		stats_set(&e->datagrams_dropped, 0);
		stats_set(&e->active, 0);
		stats_set(&e->waiting, 0);
	}
}
