/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_keep.c: each case runs in a child, which loses its descriptors for good; its exit code says
 * whether what is left is what was asked for. close_range(2) is there, or denied as by an old kernel.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/log.h"
#include "src/echod/keep.h"

static bool deny_close_range;

int __real_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags)
{
	if (!deny_close_range)
		return __real_close_range(first, last, flags);
	errno = ENOSYS;
	return -1;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* In a child: opens 3 to 39 and 200, keeps these, and says whether exactly they are left. */
static void run_child(const int *fds, size_t n)
{
	int null = open("/dev/null", O_RDONLY), end = 0;

	for (int fd = 3; fd < 40; fd++)
		dup2(null, fd);
	dup2(null, 200);
	if (keep_only(fds, n) < 0)
		_exit(2);
	for (int fd = 0; fd < 256; fd++) {
		bool wanted = fd < 3 || fd == log_fd();

		for (size_t i = 0; i < n; i++)
			wanted = wanted || fds[i] == fd;
		end = end || wanted != is_open(fd);
	}
	_exit(end);
}

static void assert_keeps(const int *fds, size_t n)
{
	for (int denied = 0; denied < 2; denied++) {
		int status;
		pid_t child;

		deny_close_range = denied;
		child = fork();
		if (child == 0)
			run_child(fds, n);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	deny_close_range = false;
}

static void test_keep_nothing_leaves_the_standard_streams(void **state)
{
	(void)state;
	assert_keeps(NULL, 0);
}

static void test_keep_in_any_order_with_repeats_and_negative_ones(void **state)
{
	static const int fds[] = { 17, -1, 5, 200, 5, 3, 4, 1, 38, -1 };

	(void)state;
	assert_keeps(fds, 10);
}

static void test_keep_leaves_the_log_open(void **state)
{
	char path[] = "/tmp/test_keep.XXXXXX";
	const struct log_settings settings = { .program = "test",
					       .target = LOG_TARGET_FILE,
					       .file = path };
	static const int fds[] = { 7 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(log_open(&settings), 0);
	assert_true(dup2(log_fd(), 60) == 60); /* the children's 3 to 39 do not meet it */
	assert_keeps(fds, 1);
	log_close();
	close(60);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_nothing_leaves_the_standard_streams),
		cmocka_unit_test(test_keep_in_any_order_with_repeats_and_negative_ones),
		cmocka_unit_test(test_keep_leaves_the_log_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
