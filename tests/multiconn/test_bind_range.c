/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>

#include "multiconn/bind_range.h"

static void expect_address(const struct bind_range *range, size_t i, const char *text)
{
	const struct net_address got = bind_range_get(range, i);
	struct net_address expected;

	assert_int_equal(net_parse(text, 0, &expected), 0);
	assert_int_equal(got.length, expected.length);
	assert_true(net_equal(&got, &expected));
}

static struct bind_range range_of(const char *text, size_t n)
{
	struct bind_range range;

	assert_int_equal(bind_range_parse(text, &range), 0);
	assert_int_equal(range.n, n);
	return range;
}

static void test_range_when_one_address_then_always_that(void **state)
{
	struct bind_range range = range_of("127.0.0.2", 1);

	(void)state;
	expect_address(&range, 0, "127.0.0.2");
	expect_address(&range, 999, "127.0.0.2");
	range = range_of("::1-::1", 1);
	expect_address(&range, 7, "::1");
}

static void test_range_when_two_addresses_then_each_between_in_turn(void **state)
{
	struct bind_range range = range_of("127.0.0.2-127.0.0.9", 8);

	(void)state;
	expect_address(&range, 0, "127.0.0.2");
	expect_address(&range, 7, "127.0.0.9");
	expect_address(&range, 8, "127.0.0.2");
	range = range_of("2001:db8::fffe-2001:db8::1:1", 4);
	expect_address(&range, 1, "2001:db8::ffff");
	expect_address(&range, 2, "2001:db8::1:0");
	expect_address(&range, 3, "2001:db8::1:1");
	expect_address(&range, 4, "2001:db8::fffe");
	range = range_of("fe80::1%lo-fe80::3%lo", 3);
	expect_address(&range, 2, "fe80::3%lo");
}

static void test_range_when_largest_then_every_byte_carries(void **state)
{
	struct bind_range range = range_of("10.0.0.0-10.0.255.255", BIND_RANGE_MAX);

	(void)state;
	expect_address(&range, 65535, "10.0.255.255");
	range = range_of("9.255.255.255-10.0.255.254", BIND_RANGE_MAX);
	expect_address(&range, 1, "10.0.0.0");
	expect_address(&range, 65535, "10.0.255.254");
	range = range_of("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff-2001:db9::fffe", BIND_RANGE_MAX);
	expect_address(&range, 1, "2001:db9::");
	expect_address(&range, 65535, "2001:db9::fffe");
	range = range_of("255.255.255.254-255.255.255.255", 2);
	expect_address(&range, 1, "255.255.255.255");
}

static void expect_refused(const char *text, int error)
{
	struct bind_range range = { .n = 77 };

	if (bind_range_parse(text, &range) != error)
		fail_msg("of '%s'", text);
	assert_int_equal(range.n, 77);
}

static void test_range_when_wrong_then_refused_and_nothing_is_set(void **state)
{
	(void)state;
	expect_refused("", -EINVAL);
	expect_refused("-", -EINVAL);
	expect_refused("127.0.0.2-", -EINVAL);
	expect_refused("-127.0.0.2", -EINVAL);
	expect_refused("127.0.0.2-9", -EINVAL);
	expect_refused("127.0.0.2:7", -EINVAL);
	expect_refused("127.0.0.2-127.0.0.3-127.0.0.4", -EINVAL);
	expect_refused("localhost", -EINVAL);
	expect_refused("127.0.0.0/8", -EINVAL);
	expect_refused("127.0.0.1-::1", -EXDEV);
	expect_refused("::1-127.0.0.1", -EXDEV);
	expect_refused("fe80::1%lo-fe80::2", -EXDEV);
	expect_refused("127.0.0.2-127.0.0.1", -ERANGE);
	expect_refused("127.0.1.0-127.0.0.255", -ERANGE);
	expect_refused("::2-::1", -ERANGE);
	expect_refused("10.0.0.0-10.1.0.0", -E2BIG);
	expect_refused("0.0.0.0-255.255.255.255", -E2BIG);
	expect_refused("::-::1:0", -E2BIG);
	expect_refused("::1-ffff::1", -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range_when_one_address_then_always_that),
		cmocka_unit_test(test_range_when_two_addresses_then_each_between_in_turn),
		cmocka_unit_test(test_range_when_largest_then_every_byte_carries),
		cmocka_unit_test(test_range_when_wrong_then_refused_and_nothing_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
