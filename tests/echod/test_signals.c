/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_signals.c: real signals, in this process and in forked ones. A signal to oneself is delivered
 * before kill(2) returns, so nothing here waits for time to pass.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/echod/signals.h"

static int set_up(void **state)
{
	return signals_open((struct signals **)state);
}

static int tear_down(void **state)
{
	signals_close(*state);
	return 0;
}

static bool is_readable(const struct signals *s)
{
	struct pollfd p = { .fd = signals_fd(s), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static int exit_status_of(pid_t child)
{
	int status = -1;
	pid_t r;

	do
		r = waitpid(child, &status, 0);
	while (r < 0 && errno == EINTR);
	assert_int_equal(r, child);
	return status;
}

static void test_signals_are_read_in_the_order_they_came(void **state)
{
	static const int sent[] = { SIGHUP, SIGUSR1, SIGTERM, SIGINT, SIGTERM };

	assert_false(is_readable(*state));
	for (int i = 0; i < 5; i++)
		kill(getpid(), sent[i]);
	assert_true(is_readable(*state));
	for (int i = 0; i < 5; i++)
		assert_int_equal(signals_next(*state), sent[i]);
	assert_int_equal(signals_next(*state), 0);
	assert_false(is_readable(*state));
}

static void test_child_that_ends_is_a_signal(void **state)
{
	pid_t child = fork();

	if (child == 0)
		_exit(7);
	assert_int_equal(WEXITSTATUS(exit_status_of(child)), 7);
	while (!is_readable(*state))
		;
	assert_int_equal(signals_next(*state), SIGCHLD);
}

static void test_sigpipe_is_ignored(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[1]);
}

static void test_pipe_blocks_nobody_and_reaches_no_other_program(void **state)
{
	int fd = signals_fd(*state);

	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	for (int i = 0; i < 100000; i++) /* more than a pipe holds */
		raise(SIGHUP);
	assert_int_equal(signals_next(*state), SIGHUP);
	while (signals_next(*state) == SIGHUP)
		;
}

static void test_open_twice_is_refused(void **state)
{
	struct signals *second = NULL;

	(void)state;
	assert_int_equal(signals_open(&second), -EBUSY);
	assert_null(second);
}

static void test_open_empties_an_inherited_mask(void **state)
{
	struct signals *s = NULL;
	sigset_t all, now;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	assert_int_equal(signals_open(&s), 0);
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_false(sigismember(&now, SIGTERM));
	assert_false(sigismember(&now, SIGUSR2));
	signals_close(s);
}

static void test_close_restores_the_default(void **state)
{
	struct signals *s = NULL;
	pid_t child;

	(void)state;
	assert_int_equal(signals_open(&s), 0);
	signals_close(s);
	child = fork();
	if (child == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	assert_int_equal(WTERMSIG(exit_status_of(child)), SIGTERM);
	signals_close(NULL);
}

/* Between fork() and signals_in_child() the handler is the parent's, but the process is not. */
static void test_signal_to_a_fresh_child_does_not_reach_the_parent(void **state)
{
	pid_t child = fork();

	if (child == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	assert_int_equal(exit_status_of(child), 0);
	assert_int_equal(signals_next(*state), SIGCHLD);
	assert_int_equal(signals_next(*state), 0);
}

static void test_worker_survives_what_a_terminal_sends(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };

		signals_in_child();
		for (int i = 0; i < 5; i++)
			raise(ignored[i]);
		_exit(9);
	}
	assert_int_equal(WEXITSTATUS(exit_status_of(child)), 9);
}

static void test_worker_ignores_what_was_pending_while_blocked(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		raise(SIGTERM);
		signals_in_child();
		_exit(9);
	}
	assert_int_equal(WEXITSTATUS(exit_status_of(child)), 9);
}

static void test_worker_can_still_be_killed_otherwise(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signals_in_child();
		raise(SIGQUIT);
		_exit(9);
	}
	assert_int_equal(WTERMSIG(exit_status_of(child)), SIGQUIT);
}

/* A grandchild holds the pipe; when its end is read, it died after its parent. */
static void test_worker_dies_with_its_parent(void **state)
{
	int fds[2];
	pid_t parent;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	parent = fork();
	if (parent == 0) {
		pid_t self = getpid();

		if (fork() == 0) {
			signals_in_child();
			if (signals_die_with_parent(self, SIGKILL) == 0)
				dprintf(fds[1], "x");
			alarm(60); /* a test that failed kills nobody */
			for (;;)
				pause();
		}
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(fds[1]);
	assert_int_equal(exit_status_of(parent), 0);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void test_worker_whose_parent_is_gone_already_dies_at_once(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signals_die_with_parent(getpid(), SIGKILL); /* our parent is somebody else */
		_exit(0);
	}
	assert_int_equal(WTERMSIG(exit_status_of(child)), SIGKILL);
}

#define OPEN_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN_TEST(test_signals_are_read_in_the_order_they_came),
		OPEN_TEST(test_child_that_ends_is_a_signal),
		OPEN_TEST(test_sigpipe_is_ignored),
		OPEN_TEST(test_pipe_blocks_nobody_and_reaches_no_other_program),
		OPEN_TEST(test_open_twice_is_refused),
		cmocka_unit_test(test_open_empties_an_inherited_mask),
		cmocka_unit_test(test_close_restores_the_default),
		OPEN_TEST(test_signal_to_a_fresh_child_does_not_reach_the_parent),
		OPEN_TEST(test_worker_survives_what_a_terminal_sends),
		OPEN_TEST(test_worker_ignores_what_was_pending_while_blocked),
		OPEN_TEST(test_worker_can_still_be_killed_otherwise),
#ifdef __linux__
		OPEN_TEST(test_worker_dies_with_its_parent),
		OPEN_TEST(test_worker_whose_parent_is_gone_already_dies_at_once),
#endif
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
