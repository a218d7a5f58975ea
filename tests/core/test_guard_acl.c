/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/core/guard_box.h"

static const struct peer unix_peer = { .family = PEER_UNIX };
static const struct peer unknown_peer = { .family = PEER_NONE };

static struct guard_network network(struct peer address, unsigned bits)
{
	return (struct guard_network){ address, bits };
}

static void test_acl_when_empty_then_everybody_may(void **state)
{
	const struct guard_acl acl = { 0 };
	const struct peer peers[] = { box_ipv4(1), box_ipv6(1, 1), unix_peer, unknown_peer };
	struct guard_verdict verdict = { GUARD_ACL_DENY, 7 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(guard_acl(&acl, &peers[i], &verdict));
		assert_int_equal(verdict.list, GUARD_ACL_NONE);
		assert_int_equal(verdict.index, 0);
	}
}

static void test_acl_when_allow_is_not_empty_then_only_its_networks(void **state)
{
	const struct guard_network allow[] = { network(box_ipv4(0x010000), 16),
					       network(box_ipv6(5, 0), 48) };
	const struct guard_acl acl = { .allow = allow, .n_allow = 2 };
	struct peer in4 = box_ipv4(0x01ffff), out4 = box_ipv4(0x020000);
	struct peer in6 = box_ipv6(5, 9), out6 = box_ipv6(6, 9);
	struct guard_verdict verdict;

	(void)state;
	assert_true(guard_acl(&acl, &in4, &verdict));
	assert_int_equal(verdict.list, GUARD_ACL_ALLOW);
	assert_int_equal(verdict.index, 0);
	assert_true(guard_acl(&acl, &in6, &verdict));
	assert_int_equal(verdict.index, 1);
	assert_false(guard_acl(&acl, &out4, &verdict));
	assert_int_equal(verdict.list, GUARD_ACL_NONE);
	assert_false(guard_acl(&acl, &out6, NULL));
	assert_false(guard_acl(&acl, &unknown_peer, NULL));
	assert_true(guard_acl(&acl, &unix_peer, NULL));
}

static void test_acl_when_both_lists_match_then_deny_wins(void **state)
{
	const struct guard_network allow[] = { network(box_ipv4(0x010203), 32) };
	const struct guard_network deny[] = { network(box_ipv4(0x990000), 16),
					      network(box_ipv4(0), 8) };
	const struct guard_acl acl = { allow, deny, 1, 2 };
	struct peer peer = box_ipv4(0x010203);
	struct guard_verdict verdict;

	(void)state;
	assert_false(guard_acl(&acl, &peer, &verdict));
	assert_int_equal(verdict.list, GUARD_ACL_DENY);
	assert_int_equal(verdict.index, 1);
}

static void test_acl_when_only_deny_then_the_others_may(void **state)
{
	const struct guard_network deny[] = { network(box_ipv4(8), 29) };
	const struct guard_acl acl = { .deny = deny, .n_deny = 1 };

	(void)state;
	for (uint32_t host = 0; host < 24; host++) {
		struct peer peer = box_ipv4(host);

		assert_int_equal(guard_acl(&acl, &peer, NULL), host < 8 || host > 15);
	}
}

static void test_acl_when_bits_are_0_then_one_whole_family(void **state)
{
	const struct guard_network allow[] = { network(box_ipv4(99), 0) };
	const struct guard_acl acl = { .allow = allow, .n_allow = 1 };
	struct peer peer4 = { .family = PEER_IPV4, .address = { 255, 1 } }, peer6 = box_ipv6(1, 1);

	(void)state;
	assert_true(guard_acl(&acl, &peer4, NULL));
	assert_false(guard_acl(&acl, &peer6, NULL));
}

static void test_acl_of_each_length_looks_at_so_many_bits(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 130; bits++) {
		const struct guard_network allow[] = { network(box_ipv6(0x5555, 0x55), bits) };
		const struct guard_acl acl = { .allow = allow, .n_allow = 1 };

		for (unsigned flipped = 0; flipped < 128; flipped++) {
			struct peer peer = allow[0].address;

			peer.address[flipped / 8] ^= (uint8_t)(0x80 >> flipped % 8);
			assert_int_equal(guard_acl(&acl, &peer, NULL), flipped >= bits);
		}
		assert_true(guard_acl(&acl, &allow[0].address, NULL));
	}
}

static void test_acl_when_address_is_mapped_then_it_is_ipv4(void **state)
{
	const struct guard_network deny[] = { network(box_ipv4(0x010000), 16) };
	const struct guard_network mapped[] = { network(box_mapped(0x010000), 96 + 16) };
	const struct guard_network whole[] = { network(box_mapped(0), 96) };
	const struct guard_acl plain_list = { .deny = deny, .n_deny = 1 };
	const struct guard_acl mapped_list = { .deny = mapped, .n_deny = 1 };
	const struct guard_acl whole_list = { .deny = whole, .n_deny = 1 };
	const struct peer ipv6 = box_ipv6(1, 1);
	struct peer in[] = { box_mapped(0x0107ff), box_ipv4(0x0107ff) };
	struct peer out[] = { box_mapped(0x020000), box_ipv4(0x020000) };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_false(guard_acl(&plain_list, &in[i], NULL));
		assert_false(guard_acl(&mapped_list, &in[i], NULL));
		assert_true(guard_acl(&plain_list, &out[i], NULL));
		assert_true(guard_acl(&mapped_list, &out[i], NULL));
		assert_false(guard_acl(&whole_list, &in[i], NULL));
	}
	assert_true(guard_acl(&whole_list, &ipv6, NULL));
}

static void test_acl_when_bits_are_too_many_then_one_host(void **state)
{
	const struct guard_network allow[] = { network(box_ipv4(1), 200) };
	const struct guard_acl acl = { .allow = allow, .n_allow = 1 };
	struct peer same = box_ipv4(1), other = box_ipv4(0);

	(void)state;
	assert_true(guard_acl(&acl, &same, NULL));
	assert_false(guard_acl(&acl, &other, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acl_when_empty_then_everybody_may),
		cmocka_unit_test(test_acl_when_allow_is_not_empty_then_only_its_networks),
		cmocka_unit_test(test_acl_when_both_lists_match_then_deny_wins),
		cmocka_unit_test(test_acl_when_only_deny_then_the_others_may),
		cmocka_unit_test(test_acl_when_bits_are_0_then_one_whole_family),
		cmocka_unit_test(test_acl_of_each_length_looks_at_so_many_bits),
		cmocka_unit_test(test_acl_when_address_is_mapped_then_it_is_ipv4),
		cmocka_unit_test(test_acl_when_bits_are_too_many_then_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
