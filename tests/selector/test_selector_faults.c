/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The selector when calls fail that the contract's tests cannot make fail: each answer of each back
 * end's system calls, and every point of a whole life.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "echod/selector.h"
#include "tests/fake/fake_syscalls.h"

enum {
	PAIRS = 100 /* more than the tables begin with */
};

static bool built_in(const char *name)
{
	for (const char *const *n = selector_names(); *n; n++) {
		if (strcmp(*n, name) == 0)
			return true;
	}
	return false;
}

static struct selector *open_named(const char *name)
{
	struct selector *s = NULL;

	fake_reset();
	assert_int_equal(selector_open(name, &s), 0);
	return s;
}

static bool key_made(struct selector *s, int fd)
{
	return selector_get_key(s, fd) != NULL;
}

/* ---- epoll ---- */

static void test_open_when_epoll_has_no_descriptor_then_its_error_or_the_next_best(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOSYS };

	(void)state;
	if (!built_in("epoll"))
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		struct selector *s = NULL;

		fake_reset();
		fake_fail_from(FAKE_EPOLL_CREATE1, 1, errors[i]);
		assert_int_equal(selector_open("epoll", &s), -errors[i]);
		assert_null(s);
		assert_int_equal(selector_open(NULL, &s), 0);
		assert_string_equal(selector_name(s), "poll");
		assert_int_equal(fake_answered(), 2);
		selector_close(s);
	}
}

static void test_epoll_when_the_kernel_refuses_then_rolled_back_or_gone(void **state)
{
	static const int errors[] = { ENOMEM, ENOSPC, EPERM, EBADF };
	struct selector *s;
	int fds[2];

	(void)state;
	if (!built_in("epoll"))
		skip();
	s = open_named("epoll");
	assert_int_equal(net_socketpair(fds), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		fake_reset();
		fake_fail(FAKE_EPOLL_CTL, 1, errors[i]);
		assert_int_equal(selector_register(s, fds[0], EVENT_READ, NULL), -errors[i]);
		assert_false(key_made(s, fds[0]));
		assert_int_equal(selector_register(s, fds[0], EVENT_READ, NULL), 0);
		fake_fail(FAKE_EPOLL_CTL, 3, errors[i]);
		assert_int_equal(selector_modify(s, fds[0], EVENT_WRITE, NULL), -errors[i]);
		assert_false(key_made(s, fds[0]));
		assert_int_equal(fake_answered(), 2);
		/* The kernel's side has gone too: nothing is reported. */
		assert_int_equal(selector_select(s, 0), 0);
	}
	selector_close(s);
	close(fds[0]);
	close(fds[1]);
}

/* The key goes whatever the kernel says, and what it may go on reporting is dropped. */
static void test_epoll_when_unregister_fails_then_the_key_is_gone(void **state)
{
	const struct selector_key *key;
	struct selector *s;
	unsigned mask;
	int fds[2];

	(void)state;
	if (!built_in("epoll"))
		skip();
	s = open_named("epoll");
	assert_int_equal(net_socketpair(fds), 0);
	assert_int_equal(selector_register(s, fds[0], EVENT_WRITE, NULL), 0);
	fake_fail(FAKE_EPOLL_CTL, 2, ENOENT);
	assert_int_equal(selector_unregister(s, fds[0]), 0);
	assert_int_equal(fake_answered(), 1);
	assert_false(key_made(s, fds[0]));
	assert_true(selector_select(s, 0) >= 0);
	assert_false(selector_next(s, &key, &mask));
	assert_int_equal(selector_register(s, fds[0], EVENT_WRITE, NULL), 0);
	assert_int_equal(selector_select(s, 0), 1);
	assert_true(selector_next(s, &key, &mask));
	selector_close(s);
	close(fds[0]);
	close(fds[1]);
}

/* ---- Waiting ---- */

struct wait_fault {
	const char *backend;
	enum fake_call call;
	int error, expected;
};

static void test_wait_when_it_fails_then_0_for_eintr_else_the_error(void **state)
{
	static const struct wait_fault faults[] = {
		{ "epoll", FAKE_EPOLL_WAIT, EINTR, 0 },
		{ "epoll", FAKE_EPOLL_WAIT, EBADF, -EBADF },
		{ "poll", FAKE_POLL, EINTR, 0 },
		{ "poll", FAKE_POLL, ENOMEM, -ENOMEM },
		{ "poll", FAKE_POLL, EINVAL, -EINVAL },
		{ "select", FAKE_SELECT, EINTR, 0 },
		{ "select", FAKE_SELECT, ENOMEM, -ENOMEM },
		{ "select", FAKE_SELECT, EBADF, 0 }, /* it looks for the closed one itself */
	};
	int fds[2];

	(void)state;
	assert_int_equal(net_socketpair(fds), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		struct selector *s;

		if (!built_in(faults[i].backend))
			continue;
		s = open_named(faults[i].backend);
		assert_int_equal(selector_register(s, fds[0], EVENT_WRITE, NULL), 0);
		fake_fail(faults[i].call, 1, faults[i].error);
		assert_int_equal(selector_select(s, -1), faults[i].expected);
		assert_int_equal(fake_answered(), 1);
		/* And nothing was lost by it. */
		assert_int_equal(selector_select(s, -1), 1);
		selector_close(s);
	}
	close(fds[0]);
	close(fds[1]);
}

/* ---- Every point of a whole life ---- */

static int fds_of_life[PAIRS][2];

/* What could be registered is there, all else is not; both can be asked. */
static unsigned register_all(struct selector *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PAIRS; i++) {
		int fd = fds_of_life[i][0];
		int r = selector_register(s, fd, EVENT_READ | EVENT_WRITE, NULL);

		assert_int_equal(key_made(s, fd), r == 0);
		if (r < 0)
			assert_non_null(fake_hit());
		n += r == 0;
	}
	return n;
}

static unsigned count_ready(struct selector *s)
{
	const struct selector_key *key;
	unsigned n = 0, mask;

	while (selector_next(s, &key, &mask)) {
		assert_int_equal(mask, EVENT_WRITE);
		n++;
	}
	return n;
}

static void one_life(void *data)
{
	struct selector *s;
	unsigned n;
	int r;

	if (selector_open(data, &s) < 0) {
		assert_non_null(fake_hit());
		return;
	}
	n = register_all(s);
	assert_true(n >= PAIRS - 1);
	for (unsigned i = 0; i < PAIRS; i += 10) {
		int fd = fds_of_life[i][0];

		if (!key_made(s, fd))
			continue;
		r = selector_modify(s, fd, EVENT_WRITE, NULL);
		assert_int_equal(key_made(s, fd), r == 0);
		n -= r < 0;
	}
	r = selector_select(s, 0);
	if (r < 0)
		r = selector_select(s, 0);
	assert_int_equal(r, n);
	assert_int_equal(count_ready(s), n);
	for (unsigned i = 0; i < PAIRS; i++) {
		bool made = key_made(s, fds_of_life[i][0]);

		assert_int_equal(selector_unregister(s, fds_of_life[i][0]), made ? 0 : -ENOENT);
		assert_false(key_made(s, fds_of_life[i][0]));
	}
	/* What the kernel was not told of any more it may report; nobody hears of it. */
	(void)selector_select(s, 0);
	assert_int_equal(count_ready(s), 0);
	selector_close(s);
}

static void interrupted_life(void *data)
{
	struct selector *s;

	assert_int_equal(selector_open(data, &s), 0);
	assert_int_equal(register_all(s), PAIRS);
	for (unsigned turns = 0; selector_select(s, -1) == 0; turns++)
		assert_true(turns < 2);
	assert_int_equal(count_ready(s), PAIRS);
	selector_close(s);
}

static void test_life_when_any_call_fails_then_what_is_left_is_whole(void **state)
{
	static const unsigned long least[] = { 100, 100, 100 };

	(void)state;
	for (unsigned i = 0; i < PAIRS; i++)
		assert_int_equal(net_socketpair(fds_of_life[i]), 0);
	for (unsigned i = 0; selector_names()[i]; i++) {
		const char *name = selector_names()[i];
		void *data = (void *)(uintptr_t)name;

		assert_true(fake_each_point(FAKE_ERROR, name, one_life, data) >= least[i]);
		assert_true(fake_each_point(FAKE_INTERRUPT, name, interrupted_life, data) >= 1);
	}
	for (unsigned i = 0; i < PAIRS; i++) {
		close(fds_of_life[i][0]);
		close(fds_of_life[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_open_when_epoll_has_no_descriptor_then_its_error_or_the_next_best),
		cmocka_unit_test(test_epoll_when_the_kernel_refuses_then_rolled_back_or_gone),
		cmocka_unit_test(test_epoll_when_unregister_fails_then_the_key_is_gone),
		cmocka_unit_test(test_wait_when_it_fails_then_0_for_eintr_else_the_error),
		cmocka_unit_test(test_life_when_any_call_fails_then_what_is_left_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
