/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * contract_events.c: waiting: readiness, timeouts, signals, hang-ups, errors and many descriptors.
 */
#include "tests/selector/contract.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/clock.h"

enum {
	MANY = 1000,
	DEADLINE_MS = 20000
};

static void test_select_when_nothing_is_ready_then_zero_at_once(void **state)
{
	(void)state;
	assert_int_equal(selector_select(selector, 0), 0);
	add(ours, EVENT_READ);
	expect_only(-1, 0);
}

static void test_select_when_time_runs_out_then_zero_and_not_before(void **state)
{
	int64_t start = clock_now_ns();

	(void)state;
	add(ours, EVENT_READ);
	assert_int_equal(selector_select(selector, 30), 0);
	assert_true(clock_now_ns() - start >= 30 * 1000000);
	start = clock_now_ns();
	assert_int_equal(selector_select(selector, 1001), 0);
	assert_true(clock_now_ns() - start >= INT64_C(1001000000));
}

static void test_select_when_ready_then_level_triggered(void **state)
{
	(void)state;
	add(ours, EVENT_READ | EVENT_WRITE);
	expect_only(ours, EVENT_WRITE);
	poke(theirs);
	expect_only(ours, EVENT_READ | EVENT_WRITE);
	expect_only(ours, EVENT_READ | EVENT_WRITE);
	drain(ours);
	expect_only(ours, EVENT_WRITE);
}

static void test_select_when_waiting_without_end_then_woken_by_a_byte(void **state)
{
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		poke(theirs);
		_exit(0);
	}
	add(ours, EVENT_READ);
	assert_int_equal(selector_select(selector, -1), 1);
	expect_next(ours, EVENT_READ);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_select_when_not_all_is_fetched_then_it_is_asked_anew(void **state)
{
	(void)state;
	poke(theirs);
	add(ours, EVENT_READ);
	assert_int_equal(selector_select(selector, 0), 1);
	drain(ours);
	expect_only(-1, 0);
}

/* poll's and select's own descriptors cannot be taken away, as epoll's can: their call is faked. */
static void test_select_when_the_kernel_fails_then_its_error(void **state)
{
	int lowest = dup(ours), r;
	struct selector *other;

	(void)state;
	close(lowest);
	assert_int_equal(selector_open(contract_backend, &other), 0);
	assert_int_equal(selector_register(other, ours, EVENT_READ, NULL), 0);
	if (strcmp(contract_backend, "epoll") == 0)
		close(lowest);
	wait_error = EINVAL;
	r = selector_select(other, 0);
	wait_error = 0;
	other = selector_close(other);
	assert_int_equal(r, strcmp(contract_backend, "epoll") == 0 ? -EBADF : -EINVAL);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	(void)!write(theirs, "x", 1);
}

/* An alarm again and again: the first may come before the wait. */
static void set_alarm(int ms)
{
	struct sigaction action = { .sa_handler = ms ? on_alarm : SIG_IGN };
	struct itimerval timer = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void test_select_when_a_signal_interrupts_then_zero(void **state)
{
	(void)state;
	alarms = 0;
	add(theirs, EVENT_READ);
	set_alarm(10);
	assert_int_equal(selector_select(selector, DEADLINE_MS), 0);
	set_alarm(0);
	assert_true(alarms > 0);
	expect_next(-1, 0);
}

static void test_select_when_a_signal_writes_while_waiting_then_the_byte_is_seen(void **state)
{
	int64_t end = clock_now_ms() + DEADLINE_MS;
	int n = 0;

	(void)state;
	add(ours, EVENT_READ);
	set_alarm(10);
	while (n == 0 && clock_now_ms() < end)
		n = selector_select(selector, selector_timeout(end, clock_now_ms()));
	set_alarm(0);
	assert_int_equal(n, 1);
	expect_next(ours, EVENT_READ);
}

static void test_hangup_when_the_peer_closed_then_in_every_watched_direction(void **state)
{
	(void)state;
	add(ours, EVENT_READ);
	close(theirs);
	expect_only(ours, EVENT_READ);
	assert_int_equal(selector_modify(selector, ours, EVENT_WRITE, NULL), 0);
	expect_only(ours, EVENT_WRITE);
	assert_int_equal(selector_modify(selector, ours, EVENT_READ | EVENT_WRITE, NULL), 0);
	expect_only(ours, EVENT_READ | EVENT_WRITE);
	theirs = -1;
}

static void test_hangup_when_a_pipe_lost_its_other_end_then_reported(void **state)
{
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	add(in[0], EVENT_READ);
	close(in[1]);
	expect_only(in[0], EVENT_READ);
	assert_int_equal(selector_modify(selector, in[0], EVENT_WRITE, NULL), 0);
	/* select(2) tells of hang-ups only those who want to read. */
	expect_only(is_select() ? -1 : in[0], EVENT_WRITE);
	assert_int_equal(selector_unregister(selector, in[0]), 0);
	add(out[1], EVENT_WRITE);
	close(out[0]);
	expect_only(out[1], EVENT_WRITE);
	close(in[0]);
	close(out[1]);
}

/* A TCP connection whose peer has reset it. */
static int make_reset(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct linger at_once = { 1, 0 };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int server;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	assert_int_equal(setsockopt(server, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(server);
	close(listener);
	return client;
}

static void test_error_when_a_connection_is_reset_then_in_every_watched_direction(void **state)
{
	static const unsigned masks[] = { EVENT_READ, EVENT_WRITE, EVENT_READ | EVENT_WRITE };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int fd = make_reset();

		add(fd, masks[i]);
		assert_int_equal(selector_select(selector, DEADLINE_MS), 1);
		expect_only(fd, masks[i]);
		assert_int_equal(selector_unregister(selector, fd), 0);
		close(fd);
	}
}

static void test_select_when_a_watched_fd_was_closed_then_the_others_are_served(void **state)
{
	int mine[2], other[2], turns = 0, n = 0;

	(void)state;
	make_pair(&mine[0], &other[0]);
	make_pair(&mine[1], &other[1]);
	add(mine[0], EVENT_READ);
	add(mine[1], EVENT_READ | EVENT_WRITE);
	add(ours, EVENT_READ);
	close(mine[0]);
	close(mine[1]);
	poke(theirs);
	while (n == 0 && turns++ < 3)
		n = selector_select(selector, 0);
	assert_int_equal(n, 1);
	expect_next(ours, EVENT_READ);
	drain(ours);
	expect_only(-1, 0);
	assert_int_equal(selector_unregister(selector, mine[0]), 0);
	assert_int_equal(selector_unregister(selector, mine[1]), 0);
	poke(theirs);
	expect_only(ours, EVENT_READ);
	close(other[0]);
	close(other[1]);
}

static void make_many(int mine[static MANY], int other[static MANY])
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < MANY + 50) {
		limit.rlim_cur = limit.rlim_max < MANY + 50 ? limit.rlim_max : MANY + 50;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	for (int i = 0; i < MANY; i += 2) {
		make_pair(&mine[i], &mine[i + 1]);
		other[i] = mine[i + 1];
		other[i + 1] = mine[i];
	}
}

/* One turn; how many of the descriptors were handed out for the first time. */
static int serve(bool seen[static FD_SETSIZE])
{
	const struct selector_key *key;
	int n = selector_select(selector, 0), first = 0, handed = 0;
	unsigned mask;

	while (selector_next(selector, &key, &mask)) {
		assert_int_equal(mask, EVENT_READ);
		assert_in_range(key->fd, 0, FD_SETSIZE - 1);
		first += !seen[key->fd];
		seen[key->fd] = true;
		handed++;
	}
	assert_int_equal(handed, n);
	return first;
}

/* Nobody reads, so all stay ready: whoever was served must not stand in another's way. */
static void test_select_when_a_thousand_are_ready_then_each_gets_its_turn(void **state)
{
	static int mine[MANY], other[MANY];
	bool seen[FD_SETSIZE] = { false };
	int served = 0;

	(void)state;
	make_many(mine, other);
	for (int i = 0; i < MANY; i++) {
		add(mine[i], EVENT_READ);
		poke(other[i]);
	}
	for (int turn = 0; turn < 4; turn++)
		served += serve(seen);
	assert_int_equal(served, MANY);
	for (int i = 0; i < MANY; i++) {
		drain(mine[i]);
		if (i % 3)
			assert_int_equal(selector_unregister(selector, mine[i]), 0);
	}
	expect_only(-1, 0);
	for (int i = 0; i < MANY; i++) {
		poke(other[i]);
		expect_only(i % 3 ? -1 : mine[i], EVENT_READ);
		drain(mine[i]);
	}
	for (int i = 0; i < MANY; i++)
		close(mine[i]);
}

static void test_close_when_a_child_does_it_then_the_parent_still_hears(void **state)
{
	pid_t child;
	int status;

	(void)state;
	add(ours, EVENT_READ);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(selector_close(selector) != NULL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_only(-1, 0);
	poke(theirs);
	expect_only(ours, EVENT_READ);
}

struct counter {
	struct selector_handler handler;
	int calls, fd;
	unsigned mask;
};

static void count(struct selector_handler *self, int fd, unsigned mask)
{
	struct counter *counter = (struct counter *)self;

	counter->calls++;
	counter->fd = fd;
	counter->mask = mask;
}

static void test_dispatch_when_ready_then_each_handler_is_called_once(void **state)
{
	struct counter a = { .handler.ready = count }, b = a;

	(void)state;
	assert_int_equal(selector_register(selector, ours, EVENT_READ, &a.handler), 0);
	assert_int_equal(selector_register(selector, theirs, EVENT_READ | EVENT_WRITE, &b), 0);
	assert_int_equal(selector_select(selector, 0), 1);
	selector_dispatch(selector);
	assert_int_equal(a.calls, 0);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.fd, theirs);
	assert_int_equal(b.mask, EVENT_WRITE);
	selector_dispatch(selector);
	assert_int_equal(b.calls, 1);
}

const struct CMUnitTest contract_events[] = {
	CONTRACT_TEST(test_select_when_nothing_is_ready_then_zero_at_once),
	CONTRACT_TEST(test_select_when_time_runs_out_then_zero_and_not_before),
	CONTRACT_TEST(test_select_when_ready_then_level_triggered),
	CONTRACT_TEST(test_select_when_waiting_without_end_then_woken_by_a_byte),
	CONTRACT_TEST(test_select_when_not_all_is_fetched_then_it_is_asked_anew),
	CONTRACT_TEST(test_select_when_the_kernel_fails_then_its_error),
	CONTRACT_TEST(test_select_when_a_signal_interrupts_then_zero),
	CONTRACT_TEST(test_select_when_a_signal_writes_while_waiting_then_the_byte_is_seen),
	CONTRACT_TEST(test_hangup_when_the_peer_closed_then_in_every_watched_direction),
	CONTRACT_TEST(test_hangup_when_a_pipe_lost_its_other_end_then_reported),
	CONTRACT_TEST(test_error_when_a_connection_is_reset_then_in_every_watched_direction),
	CONTRACT_TEST(test_select_when_a_watched_fd_was_closed_then_the_others_are_served),
	CONTRACT_TEST(test_select_when_a_thousand_are_ready_then_each_gets_its_turn),
	CONTRACT_TEST(test_close_when_a_child_does_it_then_the_parent_still_hears),
	CONTRACT_TEST(test_dispatch_when_ready_then_each_handler_is_called_once),
};
const size_t n_contract_events = sizeof(contract_events) / sizeof(contract_events[0]);
