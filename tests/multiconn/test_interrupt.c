/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Each test in a child of its own, because the signals are caught once per process.
 */
#include "tests/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/attr.h"
#include "multiconn/interrupt.h"

enum {
	ALL_WELL = 77,
	ANSWERED = 130
};

/* How the child ends, and what it has printed. */
static int run_child(void (*play)(void), char *ret_text, size_t size)
{
	int ends[2], status;
	size_t n = 0;
	ssize_t more;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		play();
		_exit(ALL_WELL);
	}
	close(ends[1]);
	while ((more = read(ends[0], ret_text + n, size - 1 - n)) > 0)
		n += (size_t)more;
	ret_text[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_told(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

static void expect_in_child(bool is_so)
{
	if (!is_so)
		_exit(1);
}

static void play_loop(void)
{
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	expect_in_child(!interrupt_seen() && !is_told(fd));
	raise(SIGTERM);
	expect_in_child(interrupt_seen() && is_told(fd) && !is_told(fd));
}

static void play_second(void)
{
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	raise(SIGTERM);
	raise(SIGTERM);
}

static void play_second_of_the_other_kind(void)
{
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	raise(SIGINT);
	raise(SIGTERM);
}

static char *new_text(void)
{
	char *text = strdup("what there is so far\n");

	expect_in_child(text);
	return text;
}

static void play_answer(void)
{
	char *text = new_text();
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	interrupt_answer(text, strlen(text), ANSWERED);
	raise(SIGINT);
}

static int second;

static void raise_second(int number)
{
	(void)number;
	raise(second);
}

/* The second one comes while the handler of the first writes: what nobody reads any more raises
 * SIGPIPE there. */
static void play_second_while_it_answers(void)
{
	char *text = new_text();
	int ends[2], fd;

	expect_in_child(pipe(ends) == 0);
	expect_in_child(dup2(ends[1], STDOUT_FILENO) >= 0);
	close(ends[0]);
	expect_in_child(interrupt_open(&fd) == 0);
	expect_in_child(signal(SIGPIPE, raise_second) != SIG_ERR);
	interrupt_answer(text, strlen(text), ANSWERED);
	raise(SIGINT);
}

static void play_answer_no_more(void)
{
	char *text = new_text();
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	interrupt_answer(text, strlen(text), ANSWERED);
	interrupt_loop();
	raise(SIGINT);
	expect_in_child(interrupt_seen() && is_told(fd));
}

/* A write that is interrupted and not begun again loses what stdio had to print. */
static void play_restart(void)
{
	struct sigaction action;
	int fd;

	expect_in_child(interrupt_open(&fd) == 0);
	expect_in_child(sigaction(SIGINT, NULL, &action) == 0);
	expect_in_child(action.sa_flags & SA_RESTART);
	expect_in_child(sigaction(SIGTERM, NULL, &action) == 0);
	expect_in_child(action.sa_flags & SA_RESTART);
}

static void expect_end(void (*play)(void), int code, const char *text)
{
	char printed[64];
	const int status = run_child(play, printed, sizeof(printed));

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	assert_string_equal(printed, text);
}

static void test_interrupt_when_it_comes_then_the_loop_is_told(void **state)
{
	(void)state;
	expect_end(play_loop, ALL_WELL, "");
}

static void expect_killed(void (*play)(void), int number)
{
	char printed[64];
	const int status = run_child(play, printed, sizeof(printed));

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	assert_string_equal(printed, "");
}

static void test_interrupt_when_it_comes_twice_then_that_is_the_end(void **state)
{
	(void)state;
	expect_killed(play_second, SIGTERM);
	expect_killed(play_second_of_the_other_kind, SIGTERM);
}

static void test_interrupt_when_it_comes_again_during_the_answer_then_that_is_the_end(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		second = numbers[i];
		expect_killed(play_second_while_it_answers, second);
	}
}

static void test_interrupt_when_nothing_looks_then_the_handler_answers(void **state)
{
	(void)state;
	expect_end(play_answer, ANSWERED, "what there is so far\n");
}

static void test_interrupt_when_the_loop_looks_again_then_it_is_told(void **state)
{
	(void)state;
	expect_end(play_answer_no_more, ALL_WELL, "");
}

static void test_interrupt_when_something_is_being_printed_then_it_is_not_cut(void **state)
{
	(void)state;
	expect_end(play_restart, ALL_WELL, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupt_when_it_comes_then_the_loop_is_told),
		cmocka_unit_test(test_interrupt_when_it_comes_twice_then_that_is_the_end),
		cmocka_unit_test(
		    test_interrupt_when_it_comes_again_during_the_answer_then_that_is_the_end),
		cmocka_unit_test(test_interrupt_when_nothing_looks_then_the_handler_answers),
		cmocka_unit_test(test_interrupt_when_the_loop_looks_again_then_it_is_told),
		cmocka_unit_test(test_interrupt_when_something_is_being_printed_then_it_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
