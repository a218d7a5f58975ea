/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * bench_conn: what a connection's own code costs in one echo turn, without system calls: nanoseconds
 * as the median, the least and the most of several runs. bench-conn.sh counts instructions with it.
 *
 *     bench_conn conn|timer [TURNS [RUNS [BYTES]]]     timer: what the owner does about it as well
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/clock.h"
#include "echod/conn.h"

enum {
	RUNS_MAX = 101,
	LOAN = 65536
};

static uint8_t memory[LOAN];

/* One turn as the owner of a descriptor makes it, with a kernel that takes all. */
static void turn(struct conn *c, struct conn_loan *loan, const struct service_context *ctx,
		 size_t bytes, int64_t now_ms)
{
	const uint8_t *data;
	uint8_t *space;
	size_t n = conn_recv_space(c, loan, &space);

	conn_recv_done(c, loan, n < bytes ? n : bytes, ctx, now_ms);
	while ((n = conn_send_data(c, loan, &data)) > 0)
		conn_send_done(c, loan, n, ctx, now_ms);
	conn_settle(c, loan, now_ms);
	if (conn_wants_shutdown(c) || conn_wants(c) != CONN_READ)
		abort();
}

/* Nanoseconds per turn; with the idle list, renewing the timer after each. */
static double run(struct conn *c, struct deadlines *idle, size_t turns, size_t bytes)
{
	struct conn_loan loan = { .memory = memory, .size = LOAN };
	const struct service_context ctx = { .datagram = false };
	int64_t begin = clock_now_ns();

	for (size_t i = 0; i < turns; i++) {
		turn(c, &loan, &ctx, bytes, (int64_t)i);
		if (idle && deadline_start(idle, &c->activity, conn_activity_ms(c)) < 0)
			abort();
	}
	return (double)(clock_now_ns() - begin) / (double)(turns ? turns : 1);
}

static int64_t active_since(const struct deadline *timer)
{
	return ((const struct conn *)((uintptr_t)timer - offsetof(struct conn, activity)))
	    ->active_ms;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *what, struct deadlines *idle, const size_t counts[static 3])
{
	const struct conn_rules rules = {
		.service = &service_echo, .max_pending = 262144, .idle_ms = 60000, .stall_ms = 60000
	};
	const struct service_context ctx = { .datagram = false };
	const struct peer peer = { .family = PEER_NONE };
	double ns[RUNS_MAX];
	struct conn c;

	if (conn_init(&c, 1, -1, &rules, &peer, &ctx, 0) < 0)
		abort();
	for (size_t i = 0; i < counts[1]; i++)
		ns[i] = run(&c, idle, counts[0], counts[2]);
	deadline_stop(&c.activity);
	conn_fini(&c);
	qsort(ns, counts[1], sizeof(ns[0]), by_value);
	printf("%-5s %4zu bytes  %6.1f ns per turn (%.1f to %.1f, %zu runs)\n", what, counts[2],
	       ns[counts[1] / 2], ns[0], ns[counts[1] - 1], counts[1]);
}

int main(int argc, char *argv[])
{
	size_t counts[3] = { 1000000, 11, 64 };
	struct deadlines *idle;

	for (int i = 2; i < argc && i <= 4; i++)
		counts[i - 2] = strtoull(argv[i], NULL, 10);
	if (argc < 2 || counts[1] < 1 || counts[1] > RUNS_MAX || counts[2] < 1 ||
	    deadlines_new(active_since, &idle) < 0)
		return 2;
	measure(argv[1], strcmp(argv[1], "timer") == 0 ? idle : NULL, counts);
	deadlines_free(idle);
	return 0;
}
