/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Several processes over one guard, as the workers are: all start at once and use the same cells.
 */
#include "tests/core/guard_box.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKERS = 4,
	SOURCES = 3,
	ROUNDS = 100000,
	OPEN = 24 /* per worker: enough to reach the limit all alone */
};

/* What the processes tell each other beside the guard. */
struct board {
	_Atomic unsigned ready;
	_Atomic int64_t granted[SOURCES];
	_Atomic int64_t clock_ns;
	_Atomic int64_t held[SOURCES]; /* tickets: never more than the guard has counted */
	_Atomic int64_t most;	       /* of one source at any moment */
};

static struct board *board_new(void)
{
	void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void board_free(struct board *board)
{
	assert_int_equal(munmap(board, sizeof(*board)), 0);
}

/* Runs work(worker) in as many processes, all let loose when the last one is there. */
static void run_workers(struct box *box, struct board *board, pid_t ret_pids[static WORKERS],
			void (*work)(struct box *box, struct board *board, unsigned worker))
{
	for (unsigned worker = 0; worker < WORKERS; worker++) {
		ret_pids[worker] = fork();
		assert_true(ret_pids[worker] >= 0);
		if (!ret_pids[worker]) {
			alarm(60); /* an orphan ends by itself */
			atomic_fetch_add(&board->ready, 1);
			while (atomic_load(&board->ready) < WORKERS)
				usleep(100);
			work(box, board, worker);
			_exit(0);
		}
	}
}

static void wait_for(const pid_t pids[static WORKERS])
{
	for (unsigned worker = 0; worker < WORKERS; worker++) {
		int status = -1;

		assert_int_equal(waitpid(pids[worker], &status, 0), pids[worker]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* A clock that all see alike, and that each pushes on a little. */
static int64_t tick(struct board *board)
{
	return atomic_fetch_add(&board->clock_ns, 700);
}

static void take_tokens(struct box *box, struct board *board, unsigned worker)
{
	const struct guard_limits limits = { .accept_rate = 10000, .accept_burst = 100 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned source = (i + worker) % SOURCES;
		/* One set for all: they also race for free cells. */
		uint64_t key = (uint64_t)(source + 1) << 46 | 77;

		if (buckets_take(box->guard, key, &limits, tick(board)))
			atomic_fetch_add(&board->granted[source], 1);
	}
}

static void test_tokens_when_all_workers_take_then_no_more_than_burst_and_rate(void **state)
{
	struct box box = box_new(WORKERS, 1);
	struct board *board = board_new();
	pid_t pids[WORKERS];

	(void)state;
	run_workers(&box, board, pids, take_tokens);
	wait_for(pids);

	int64_t earned = 100 + atomic_load(&board->clock_ns) / 100000;

	for (unsigned source = 0; source < SOURCES; source++) {
		int64_t granted = atomic_load(&board->granted[source]);

		assert_true(granted <= earned + 1);
		/* Everybody asked all the time, so next to nothing was left. */
		assert_true(granted >= earned * 98 / 100);
	}
	board_free(board);
	box_free(&box);
}

/* Counted here, because the guard's own sum is no picture of one moment: what goes from a worker that
 * has been added to one that has not is in it twice. */
static void come(struct board *board, unsigned source)
{
	int64_t count = atomic_fetch_add(&board->held[source], 1) + 1;
	int64_t most = atomic_load(&board->most);

	while (count > most && !atomic_compare_exchange_weak(&board->most, &most, count))
		;
}

struct visit {
	struct guard_ticket ticket;
	unsigned source;
	bool open;
};

static void go(struct box *box, struct board *board, unsigned worker, struct visit *visit)
{
	if (!visit->open)
		return;
	atomic_fetch_sub(&board->held[visit->source], 1);
	guard_release(box->guard, worker, &visit->ticket);
	visit->open = false;
}

static void come_and_go(struct box *box, struct board *board, unsigned worker)
{
	struct visit visits[OPEN] = { 0 };

	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		unsigned source = i % SOURCES;
		struct peer peer = box_ipv4(source);
		struct visit *visit = &visits[i * 5 % OPEN];

		go(box, board, worker, visit);
		if (box_admit(box, worker, &peer)) {
			*visit = (struct visit){ box->ticket, source, true };
			come(board, source);
		}
	}
	for (unsigned i = 0; i < OPEN; i++)
		go(box, board, worker, &visits[i]);
}

static void test_source_limit_when_all_workers_admit_then_over_by_one_each_at_most(void **state)
{
	struct box box = box_new(WORKERS, 100);
	struct board *board = board_new();
	pid_t pids[WORKERS];

	(void)state;
	box.listener.limits.max_connections_per_source = 5;
	run_workers(&box, board, pids, come_and_go);
	wait_for(pids);
	assert_true(atomic_load(&board->most) >= 5);
	assert_true(atomic_load(&board->most) <= 5 + WORKERS - 1);
	for (unsigned source = 0; source < SOURCES; source++) {
		struct peer peer = box_ipv4(source);

		assert_int_equal(box_count(&box, 0, &peer), 0);
		assert_int_equal(box_count(&box, GUARD_WHOLE_DAEMON, &peer), 0);
	}
	board_free(board);
	box_free(&box);
}

static void admit_for_ever(struct box *box, struct board *board, unsigned worker)
{
	for (;;) {
		struct peer peer = box_ipv4((uint32_t)(tick(board) & 0xff));

		if (box_admit(box, worker, &peer) && box->ticket.daemon_row % 3)
			guard_release(box->guard, worker, &box->ticket);
	}
}

/* Killed at whatever instruction: what is left is only counts, and they go. */
static void test_worker_when_killed_then_forgetting_it_leaves_no_trace(void **state)
{
	struct box box = box_new(WORKERS, 100);
	struct board *board = board_new();
	pid_t pids[WORKERS];

	(void)state;
	box.listener.limits = (struct guard_limits){ 0, 1000, 1000, 10 };
	run_workers(&box, board, pids, admit_for_ever);
	while (atomic_load(&board->clock_ns) < 50 * 1000 * 1000)
		usleep(100);
	for (unsigned worker = 0; worker < WORKERS; worker++) {
		int status;

		assert_int_equal(kill(pids[worker], SIGKILL), 0);
		assert_int_equal(waitpid(pids[worker], &status, 0), pids[worker]);
		guard_forget_worker(box.guard, worker);
	}
	box.moment.now_ns = atomic_load(&board->clock_ns) + 10 * SECOND_NS;
	for (uint32_t host = 0; host < 256; host++) {
		struct peer peer = box_ipv4(host);

		assert_int_equal(box_count(&box, 0, &peer), 0);
		for (unsigned i = 0; i < 10; i++)
			assert_admitted(&box, host % WORKERS, &peer);
		assert_refused(&box, 0, &peer, REJECT_RATE);
	}
	board_free(board);
	box_free(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_tokens_when_all_workers_take_then_no_more_than_burst_and_rate),
		cmocka_unit_test(
		    test_source_limit_when_all_workers_admit_then_over_by_one_each_at_most),
		cmocka_unit_test(test_worker_when_killed_then_forgetting_it_leaves_no_trace),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
