/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The master's loop cannot go on while a worker owes bytes: the worker notices that its links are
 * closed, pays, and leaves; the master waits for it and says by its exit code that it did not mean to
 * end. A signal that asks for nothing makes the master wait anew, and that is what fails.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/net.h"
#include "tests/echod/cycle.h"
#include "tests/fake/fake_syscalls.h"

enum {
	FULL_MS = 300,
	CHUNK = 4096
};

static struct cycle cycle;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	cycle_init(&cycle);
	cycle_start(&cycle);
	fake_suspend(true);
	return cycle.started ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fake_suspend(false);
	fake_reset();
	cycle_fini(&cycle);
	return 0;
}

/* ---- The peer ---- */

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static int connect_to_path(void)
{
	struct net_address address;
	int fd;

	assert_int_equal(net_parse_path(cycle.path, &address), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	return fd;
}

/* Until the daemon takes no more; returns how many bytes it was. */
static size_t send_all_it_takes(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	size_t n = 0;

	while (poll(&wait, 1, FULL_MS) > 0) {
		uint8_t bytes[CHUNK];
		ssize_t sent;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = byte_at(n + i);
		sent = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT);
		n += sent > 0 ? (size_t)sent : 0;
	}
	return n;
}

static void receive_all(int fd, size_t n)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	for (size_t at = 0; at < n;) {
		uint8_t bytes[CHUNK];
		ssize_t got = -1;

		if (poll(&wait, 1, CYCLE_PATIENCE_MS) > 0)
			got = recv(fd, bytes, sizeof(bytes), 0);
		if (got <= 0)
			CYCLE_FAIL(&cycle, "%zu of %zu bytes came back", at, n);
		for (ssize_t i = 0; i < got; i++, at++)
			assert_int_equal(bytes[i], byte_at(at));
	}
}

/* ---- The daemon's processes ---- */

/* The state of a process in one letter: S is asleep, and here that is in its selector. */
static char state_of(pid_t pid)
{
	char name[64], state = '?';
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%ld/stat", (long)pid);
	file = fopen(name, "r");
	if (!file)
		return '?';
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state;
}

static pid_t worker_pid(void)
{
	json_t *reply = cycle_call(&cycle, "echod.Control.GetStatus", NULL);
	const json_t *status = json_object_get(reply, "parameters");
	const json_t *row = json_array_get(json_object_get(status, "workers"), 0);
	const pid_t pid = (pid_t)json_integer_value(json_object_get(row, "pid"));

	assert_true(pid > 0);
	json_decref(reply);
	return pid;
}

static void wait_until_asleep(pid_t pid)
{
	const int64_t until_ms = clock_now_ms() + CYCLE_PATIENCE_MS;

	while (state_of(pid) != 'S') {
		if (clock_now_ms() > until_ms)
			CYCLE_FAIL(&cycle, "process %ld never sleeps", (long)pid);
		poll(NULL, 0, 1);
	}
}

static void wait_until_said(const char *text)
{
	const int64_t until_ms = clock_now_ms() + CYCLE_PATIENCE_MS;

	for (;;) {
		const ssize_t n = pread(cycle.err, cycle.said, sizeof(cycle.said) - 1, 0);

		cycle.said[n > 0 ? n : 0] = '\0';
		if (strstr(cycle.said, text))
			return;
		if (clock_now_ms() > until_ms)
			CYCLE_FAIL(&cycle, "it never said: %s", text);
		poll(NULL, 0, 1);
	}
}

static void test_master_when_its_loop_fails_then_workers_end_in_order(void **state)
{
	const pid_t worker = worker_pid();
	const int fd = connect_to_path();
	const size_t n = send_all_it_takes(fd);

	(void)state;
	wait_until_asleep(worker);
	wait_until_asleep(cycle.master);
	fake_fail(FAKE_EPOLL_WAIT, fake_count(FAKE_EPOLL_WAIT) + 1, EBADF);
	assert_int_equal(kill(cycle.master, SIGCHLD), 0);
	wait_until_said("the master is gone; draining and leaving");
	assert_int_equal(fake_answered(), 1);
	receive_all(fd, n);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(recv(fd, &(uint8_t){ 0 }, 1, 0), 0);
	close(fd);
	cycle_wait(&cycle);
	assert_int_equal(cycle.code, 1);
	assert_non_null(strstr(cycle.said, "error: master: epoll: Bad file descriptor"));
	assert_null(cycle_left_over(&cycle));
}

/* Whoever asks again does not want to wait for a peer that reads nothing. */
static void
test_master_when_its_loop_fails_and_it_is_told_to_hurry_then_workers_are_gone(void **state)
{
	const pid_t worker = worker_pid();
	const int fd = connect_to_path();

	(void)state;
	send_all_it_takes(fd);
	wait_until_asleep(worker);
	wait_until_asleep(cycle.master);
	fake_fail(FAKE_EPOLL_WAIT, fake_count(FAKE_EPOLL_WAIT) + 1, EBADF);
	assert_int_equal(kill(cycle.master, SIGCHLD), 0);
	wait_until_said("the master is gone; draining and leaving");
	assert_int_equal(kill(cycle.master, SIGTERM), 0);
	cycle_wait(&cycle);
	assert_int_equal(cycle.code, 1);
	assert_null(strstr(cycle.said, "closed by the timeout"));
	close(fd);
}

#define A_LIFE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		A_LIFE(test_master_when_its_loop_fails_then_workers_end_in_order),
		A_LIFE(
		    test_master_when_its_loop_fails_and_it_is_told_to_hurry_then_workers_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
