/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fake/fake_syscalls.h"

static int pair[2];

static int make_pair(void **state)
{
	(void)state;
	fake_reset();
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int close_pair(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	fake_reset();
	return 0;
}

/* Not for the compiler to leave out. */
static void allocate(void)
{
	void *volatile memory = malloc(1);

	free(memory);
}

static void test_call_when_nothing_is_scripted_then_it_passes_and_counts(void **state)
{
	char byte = 0;

	(void)state;
	assert_int_equal(send(pair[0], "x", 1, 0), 1);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(fake_count(FAKE_SEND), 1);
	assert_int_equal(fake_count(FAKE_RECV), 1);
	assert_int_equal(fake_count(FAKE_WRITE), 0);
	assert_int_equal(fake_answered(), 0);
}

static void test_script_of_the_nth_call_answers_only_that(void **state)
{
	(void)state;
	fake_fail(FAKE_SEND, 2, EPIPE);
	assert_int_equal(send(pair[0], "a", 1, 0), 1);
	assert_int_equal(fake_answered(), 0);
	errno = 0;
	assert_int_equal(send(pair[0], "b", 1, 0), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(send(pair[0], "c", 1, 0), 1);
	assert_int_equal(fake_answered(), 1);
	assert_int_equal(fake_count(FAKE_SEND), 3);
}

static void test_script_from_the_nth_call_answers_all_later_ones(void **state)
{
	(void)state;
	fake_fail_from(FAKE_SEND, 2, ENOBUFS);
	assert_int_equal(send(pair[0], "a", 1, 0), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(send(pair[0], "b", 1, 0), -1);
		assert_int_equal(errno, ENOBUFS);
	}
	fake_reset();
	assert_int_equal(send(pair[0], "c", 1, 0), 1);
}

static void test_script_of_a_short_count_moves_no_more(void **state)
{
	char text[8] = "";
	struct iovec piece = { text, 8 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	(void)state;
	fake_short(FAKE_SEND, 1, 5);
	fake_short(FAKE_RECV, 1, 1);
	fake_short(FAKE_RECVMSG, 1, 2);
	assert_int_equal(send(pair[0], "abcdefg", 7, 0), 5);
	assert_int_equal(recv(pair[1], text, 8, 0), 1);
	assert_int_equal(recvmsg(pair[1], &message, 0), 2);
	assert_int_equal(piece.iov_len, 8);
	assert_memory_equal(text, "bc", 2);
	assert_int_equal(recvmsg(pair[1], &message, 0), 2);
	assert_memory_equal(text, "de", 2);
	assert_int_equal(fake_answered(), 3);
}

static void test_suspended_calls_are_neither_counted_nor_answered(void **state)
{
	(void)state;
	fake_fail(FAKE_SEND, 1, EPIPE);
	fake_suspend(true);
	assert_int_equal(send(pair[0], "a", 1, 0), 1);
	fake_suspend(false);
	assert_int_equal(send(pair[0], "a", 1, 0), -1);
	assert_int_equal(fake_count(FAKE_SEND), 1);
}

static void test_allocations_of_every_kind_can_fail(void **state)
{
	void *volatile nothing = NULL;

	(void)state;
	fake_fail(FAKE_MALLOC, 1, ENOMEM);
	fake_fail(FAKE_CALLOC, 1, ENOMEM);
	fake_fail(FAKE_REALLOC, 1, ENOMEM);
	fake_fail(FAKE_REALLOCARRAY, 1, ENOMEM);
	fake_fail_from(FAKE_STRDUP, 1, ENOMEM);

	/* volatile: clang leaves out an allocation of which only its success is asked. */
	void *volatile got[] = { malloc(1),	      calloc(1, 1),
				 realloc(nothing, 1), reallocarray(nothing, 1, 1),
				 strdup("a"),	      strndup("a", 1) };

	for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++)
		assert_null(got[i]);
	assert_int_equal(fake_answered(), 6);
	free(fake_malloc(1));
	assert_int_equal(fake_count(FAKE_MALLOC), 2);
}

static void test_interrupted_connect_was_made_all_the_same(void **state)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	(void)state;
	fake_fail(FAKE_CONNECT, 1, EINTR);
	assert_int_equal(connect(-1, &nowhere, sizeof(nowhere)), -1);
	assert_int_equal(errno, EINTR);
}

static void test_state_is_shared_with_a_child(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	fake_fail(FAKE_SEND, 2, EPIPE);
	assert_int_equal(send(pair[0], "a", 1, 0), 1);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(send(pair[0], "b", 1, 0) == -1 && errno == EPIPE ? 7 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(fake_count(FAKE_SEND), 2);
	assert_int_equal(fake_answered(), 1);
}

/* Three points that can fail, two that can be interrupted, two that move bytes. */
static void three_calls(void *data)
{
	unsigned *runs = data;
	char byte;

	runs[0]++;
	allocate();
	runs[1] += send(pair[0], "xy", 2, 0) != 2;
	runs[2] += recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1;
}

static void test_each_point_fails_once_and_the_last_run_is_whole(void **state)
{
	unsigned runs[3] = { 0 };

	(void)state;
	assert_int_equal(fake_each_point(FAKE_ERROR, "three calls", three_calls, runs), 3);
	assert_int_equal(runs[0], 4);
	assert_int_equal(runs[1], 1);
	assert_int_equal(fake_each_point(FAKE_INTERRUPT, "three calls", three_calls, runs), 2);
	assert_int_equal(fake_each_point(FAKE_PIECE, "three calls", three_calls, runs), 2);
	assert_int_equal(runs[0], 4 + 3 + 3);
	assert_int_equal(runs[1], 3);
}

static void test_each_nth_point_fails_and_the_others_do_not(void **state)
{
	unsigned runs[3] = { 0 };

	(void)state;
	fake_each_nth(2);
	assert_int_equal(fake_each_point(FAKE_ERROR, "three calls", three_calls, runs), 3);
	fake_each_nth(1);
	assert_int_equal(runs[0], 3); /* the 1st, the 3rd, and none */
	assert_int_equal(runs[1], 0); /* not the 2nd, which is send */
}

static void test_hit_names_the_call_and_is_null_when_none(void **state)
{
	(void)state;
	fake_point(FAKE_ERROR, 2);
	allocate();
	assert_null(fake_hit());
	assert_int_equal(send(pair[0], "a", 1, 0), -1);
	assert_string_equal(fake_hit(), "send");
	assert_string_equal(fake_name(FAKE_EPOLL_CTL), "epoll_ctl");
	for (int call = 0; call < FAKE_CALLS; call++)
		assert_non_null(fake_name(call));
}

static void test_open_fds_when_one_more_then_counted(void **state)
{
	unsigned before = fake_open_fds();
	int fd = dup(pair[0]);

	(void)state;
	assert_int_equal(fake_open_fds(), before + 1);
	close(fd);
	assert_int_equal(fake_open_fds(), before);
	assert_int_equal(fake_count(FAKE_FCNTL), 0);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_call_when_nothing_is_scripted_then_it_passes_and_counts),
		WITH_PAIR(test_script_of_the_nth_call_answers_only_that),
		WITH_PAIR(test_script_from_the_nth_call_answers_all_later_ones),
		WITH_PAIR(test_script_of_a_short_count_moves_no_more),
		WITH_PAIR(test_suspended_calls_are_neither_counted_nor_answered),
		WITH_PAIR(test_allocations_of_every_kind_can_fail),
		WITH_PAIR(test_interrupted_connect_was_made_all_the_same),
		WITH_PAIR(test_state_is_shared_with_a_child),
		WITH_PAIR(test_each_point_fails_once_and_the_last_run_is_whole),
		WITH_PAIR(test_each_nth_point_fails_and_the_others_do_not),
		WITH_PAIR(test_hit_names_the_call_and_is_null_when_none),
		WITH_PAIR(test_open_fds_when_one_more_then_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
