/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * contract_keys.c: registering, modifying and unregistering, and what the table of keys then says.
 */
#include "tests/selector/contract.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

static void test_open_when_named_then_that_back_end(void **state)
{
	(void)state;
	assert_string_equal(selector_name(selector), contract_backend);
	assert_int_equal(selector_fd_limit(selector), is_select() ? FD_SETSIZE : INT_MAX);
}

static void test_register_when_the_mask_is_bad_then_einval(void **state)
{
	(void)state;
	assert_int_equal(selector_register(selector, ours, 0, NULL), -EINVAL);
	assert_int_equal(selector_register(selector, ours, 4, NULL), -EINVAL);
	assert_int_equal(selector_register(selector, ours, EVENT_READ | 1u << 31, NULL), -EINVAL);
	assert_null(selector_get_key(selector, ours));
	add(ours, EVENT_READ);
	assert_int_equal(selector_modify(selector, ours, 0, NULL), -EINVAL);
	assert_int_equal(selector_modify(selector, ours, 8 | EVENT_WRITE, NULL), -EINVAL);
	assert_int_equal(selector_get_key(selector, ours)->events, EVENT_READ);
}

static void test_when_the_fd_is_negative_then_ebadf(void **state)
{
	(void)state;
	assert_int_equal(selector_register(selector, -1, EVENT_READ, NULL), -EBADF);
	assert_int_equal(selector_modify(selector, -1, EVENT_READ, NULL), -EBADF);
	assert_int_equal(selector_unregister(selector, INT_MIN), -EBADF);
	assert_null(selector_get_key(selector, -1));
}

static void test_register_when_twice_then_eexist_and_the_first_stays(void **state)
{
	int data;

	(void)state;
	assert_int_equal(selector_register(selector, ours, EVENT_READ, &data), 0);
	assert_int_equal(selector_register(selector, ours, EVENT_WRITE, NULL), -EEXIST);
	assert_int_equal(selector_get_key(selector, ours)->events, EVENT_READ);
	assert_ptr_equal(selector_get_key(selector, ours)->data, &data);
}

static void test_when_the_fd_is_unknown_then_enoent(void **state)
{
	(void)state;
	assert_int_equal(selector_modify(selector, ours, EVENT_READ, NULL), -ENOENT);
	assert_int_equal(selector_unregister(selector, ours), -ENOENT);
	assert_int_equal(selector_unregister(selector, INT_MAX), -ENOENT);
	add(ours, EVENT_READ);
	assert_int_equal(selector_unregister(selector, ours), 0);
	assert_int_equal(selector_unregister(selector, ours), -ENOENT);
	assert_int_equal(selector_modify(selector, ours, EVENT_READ, NULL), -ENOENT);
	assert_null(selector_get_key(selector, ours));
}

static void test_register_when_the_kernel_refuses_then_rolled_back(void **state)
{
	int closed = dup(ours);

	(void)state;
	close(closed);
	assert_int_equal(selector_register(selector, closed, EVENT_READ, NULL), -EBADF);
	assert_null(selector_get_key(selector, closed));
	assert_int_equal(dup2(ours, closed), closed);
	add(closed, EVENT_WRITE);
	expect_only(closed, EVENT_WRITE);
	close(closed);
}

/* epoll takes no regular files; the others say that they are always ready. */
static void test_register_when_a_regular_file_then_eperm_or_ready(void **state)
{
	char name[] = "/tmp/echod-test-selector-XXXXXX";
	int file = mkstemp(name), r;

	(void)state;
	assert_true(file >= 0);
	unlink(name);
	r = selector_register(selector, file, EVENT_READ, NULL);
	if (r == -EPERM)
		assert_null(selector_get_key(selector, file));
	else
		assert_int_equal(r, 0);
	expect_only(r == 0 ? file : -1, EVENT_READ);
	close(file);
}

static void test_modify_when_the_mask_changes_then_other_events(void **state)
{
	(void)state;
	poke(theirs);
	add(ours, EVENT_READ);
	expect_only(ours, EVENT_READ);
	assert_int_equal(selector_modify(selector, ours, EVENT_WRITE, NULL), 0);
	expect_only(ours, EVENT_WRITE);
	assert_int_equal(selector_modify(selector, ours, EVENT_READ | EVENT_WRITE, NULL), 0);
	expect_only(ours, EVENT_READ | EVENT_WRITE);
	assert_int_equal(selector_modify(selector, ours, EVENT_READ, NULL), 0);
	drain(ours);
	expect_only(-1, 0);
}

/* The kernel would refuse whatever it were asked about a closed descriptor. */
static void test_modify_when_only_data_changes_then_the_kernel_is_not_asked(void **state)
{
	int closed = dup(ours), first, second;

	(void)state;
	assert_int_equal(selector_register(selector, closed, EVENT_READ, &first), 0);
	close(closed);
	assert_int_equal(selector_modify(selector, closed, EVENT_READ, &second), 0);
	assert_ptr_equal(selector_get_key(selector, closed)->data, &second);
}

static void test_modify_when_the_kernel_refuses_then_the_key_is_gone(void **state)
{
	int closed = dup(ours);

	(void)state;
	add(closed, EVENT_READ);
	close(closed);
	assert_int_equal(selector_modify(selector, closed, EVENT_WRITE, NULL), -EBADF);
	assert_null(selector_get_key(selector, closed));
	assert_int_equal(selector_unregister(selector, closed), -ENOENT);
	assert_int_equal(dup2(ours, closed), closed);
	poke(theirs); /* nothing may be left that watches for reading */
	add(closed, EVENT_WRITE);
	expect_only(closed, EVENT_WRITE);
	close(closed);
}

static void test_unregister_when_the_fd_was_closed_then_the_key_is_gone(void **state)
{
	int closed = dup(ours);

	(void)state;
	add(closed, EVENT_READ);
	close(closed);
	assert_int_equal(selector_unregister(selector, closed), 0);
	assert_null(selector_get_key(selector, closed));
}

/* Under epoll the kernel has the old registration still, since a copy of the file is open. */
static void test_register_when_the_same_file_comes_back_then_as_new(void **state)
{
	int closed = dup(ours);

	(void)state;
	add(closed, EVENT_WRITE);
	close(closed);
	assert_int_equal(selector_unregister(selector, closed), 0);
	assert_int_equal(dup2(ours, closed), closed);
	add(closed, EVENT_READ);
	expect_only(-1, 0);
	poke(theirs);
	expect_only(closed, EVENT_READ);
	close(closed);
}

static void test_unregister_when_some_go_then_the_others_stay(void **state)
{
	int mine[8], other[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		make_pair(&mine[i], &other[i]);
		add(mine[i], EVENT_READ);
	}
	for (int i = 0; i < 8; i += 2)
		assert_int_equal(selector_unregister(selector, mine[i]), 0);
	for (int i = 0; i < 8; i++) {
		poke(other[i]);
		expect_only(i % 2 ? mine[i] : -1, EVENT_READ);
		drain(mine[i]);
	}
	for (int i = 0; i < 8; i++) {
		close(mine[i]);
		close(other[i]);
	}
}

static void test_unregister_when_the_highest_goes_then_the_next_is_still_watched(void **state)
{
	int low = ours < theirs ? ours : theirs, high = ours < theirs ? theirs : ours;

	(void)state;
	add(low, EVENT_READ);
	add(high, EVENT_READ);
	assert_int_equal(selector_unregister(selector, high), 0);
	poke(high);
	expect_only(low, EVENT_READ);
}

/* However the others move, each keeps its own place. */
static void test_unregister_when_a_closed_one_was_silenced_then_only_that_goes(void **state)
{
	int first = dup(ours), last = dup(ours), closed, peer;

	(void)state;
	make_pair(&closed, &peer);
	add(first, EVENT_READ);
	add(ours, EVENT_READ);
	add(closed, EVENT_READ);
	close(closed);
	assert_int_equal(selector_select(selector, 0), 0);
	assert_int_equal(selector_unregister(selector, first), 0);
	add(last, EVENT_WRITE);
	assert_int_equal(selector_unregister(selector, closed), 0);
	expect_only(last, EVENT_WRITE);
	assert_int_equal(selector_unregister(selector, last), 0);
	poke(theirs);
	expect_only(ours, EVENT_READ);
	close(first);
	close(last);
	close(peer);
}

static void test_map_when_asked_then_exactly_the_registered_rows(void **state)
{
	const struct selector_key *map;
	size_t length, n = 0;
	int data;

	(void)state;
	assert_int_equal(selector_register(selector, ours, EVENT_READ, &data), 0);
	add(theirs, EVENT_WRITE);
	map = selector_get_map(selector, &length);
	assert_true(length > (size_t)ours && length > (size_t)theirs);
	for (size_t i = 0; i < length; i++)
		n += map[i].events != 0;
	assert_int_equal(n, 2);
	assert_int_equal(map[ours].fd, ours);
	assert_int_equal(map[ours].events, EVENT_READ);
	assert_ptr_equal(map[ours].data, &data);
	assert_int_equal(map[theirs].events, EVENT_WRITE);
	assert_ptr_equal(selector_get_key(selector, ours), &map[ours]);
}

/* Lifts the soft limit, as far as it may. False: descriptors as high as n cannot be had. */
static bool allow_descriptors(rlim_t n)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur > n)
		return true;
	if (limit.rlim_max <= n)
		return false;
	limit.rlim_cur = n + 1;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void test_register_when_the_fd_is_high_then_the_table_grows_or_erange(void **state)
{
	size_t before, after;
	int high;

	(void)state;
	if (!allow_descriptors(3 * FD_SETSIZE))
		skip();
	(void)selector_get_map(selector, &before);
	assert_in_range(before, 0, 256);
	high = fcntl(ours, F_DUPFD, 2 * FD_SETSIZE);
	assert_true(high >= 2 * FD_SETSIZE);
	poke(theirs);
	if (is_select()) {
		assert_int_equal(selector_register(selector, high, EVENT_READ, NULL), -ERANGE);
		(void)selector_get_map(selector, &after);
		assert_int_equal(after, before);
	} else {
		add(high, EVENT_READ);
		(void)selector_get_map(selector, &after);
		assert_in_range(after, high + 1, 2 * high);
		expect_only(high, EVENT_READ);
		assert_int_equal(selector_unregister(selector, high), 0);
	}
	close(high);
}

static void test_register_at_the_limit_of_select_then_watched(void **state)
{
	int last;

	(void)state;
	if (!allow_descriptors(FD_SETSIZE))
		skip();
	last = fcntl(ours, F_DUPFD, FD_SETSIZE - 1);
	assert_int_equal(last, FD_SETSIZE - 1);
	poke(theirs);
	add(last, EVENT_READ | EVENT_WRITE);
	expect_only(last, EVENT_READ | EVENT_WRITE);
	close(last);
}

static void test_when_an_allocation_fails_then_enomem_and_all_else_stays(void **state)
{
	struct selector *other = NULL;
	int fds[300], n = 0, failed = 0;

	(void)state;
	if (!allow_descriptors(400))
		skip();
	for (int nth = 1; !other; nth++) {
		int r;

		allocations_left = nth;
		r = selector_open(contract_backend, &other);
		assert_true(r == (other ? 0 : -ENOMEM));
	}
	for (; n < 300; n++) {
		int nth = 1, r;

		fds[n] = dup(ours);
		assert_true(fds[n] >= 0);
		do {
			allocations_left = nth++;
			r = selector_register(other, fds[n], EVENT_WRITE, NULL);
			failed += r == -ENOMEM;
			assert_true(r == (selector_get_key(other, fds[n]) ? 0 : -ENOMEM));
		} while (r < 0);
	}
	allocations_left = -1;
	assert_true(failed > 1);
	assert_in_range(selector_select(other, 0), 256, 300);
	other = selector_close(other);
	while (n > 0)
		close(fds[--n]);
}

const struct CMUnitTest contract_keys[] = {
	CONTRACT_TEST(test_open_when_named_then_that_back_end),
	CONTRACT_TEST(test_register_when_the_mask_is_bad_then_einval),
	CONTRACT_TEST(test_when_the_fd_is_negative_then_ebadf),
	CONTRACT_TEST(test_register_when_twice_then_eexist_and_the_first_stays),
	CONTRACT_TEST(test_when_the_fd_is_unknown_then_enoent),
	CONTRACT_TEST(test_register_when_the_kernel_refuses_then_rolled_back),
	CONTRACT_TEST(test_register_when_a_regular_file_then_eperm_or_ready),
	CONTRACT_TEST(test_modify_when_the_mask_changes_then_other_events),
	CONTRACT_TEST(test_modify_when_only_data_changes_then_the_kernel_is_not_asked),
	CONTRACT_TEST(test_modify_when_the_kernel_refuses_then_the_key_is_gone),
	CONTRACT_TEST(test_unregister_when_the_fd_was_closed_then_the_key_is_gone),
	CONTRACT_TEST(test_register_when_the_same_file_comes_back_then_as_new),
	CONTRACT_TEST(test_unregister_when_some_go_then_the_others_stay),
	CONTRACT_TEST(test_unregister_when_the_highest_goes_then_the_next_is_still_watched),
	CONTRACT_TEST(test_unregister_when_a_closed_one_was_silenced_then_only_that_goes),
	CONTRACT_TEST(test_map_when_asked_then_exactly_the_registered_rows),
	CONTRACT_TEST(test_register_when_the_fd_is_high_then_the_table_grows_or_erange),
	CONTRACT_TEST(test_register_at_the_limit_of_select_then_watched),
	CONTRACT_TEST(test_when_an_allocation_fails_then_enomem_and_all_else_stays),
};
const size_t n_contract_keys = sizeof(contract_keys) / sizeof(contract_keys[0]);
