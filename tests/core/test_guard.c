/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/core/guard_box.h"

static const struct peer unix_peer = { .family = PEER_UNIX };

/* Nothing in the tables but the key: no count, no token taken. */
static bool tables_are_empty(const struct box *box)
{
	size_t n = (box->size - sizeof(struct guard)) / sizeof(box->guard->cells[0]);

	for (size_t i = 0; i < n; i++) {
		if (box->guard->cells[i])
			return false;
	}
	return true;
}

static void test_admit_when_everything_is_off_then_always_and_counted(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.moment = (struct guard_moment){ 1, INT64_MAX, INT64_MAX };
	for (int i = 0; i < 50; i++)
		assert_admitted(&box, 0, &peer);
	assert_int_equal(box_count(&box, GUARD_WHOLE_DAEMON, &peer), 50);
	assert_int_equal(box_count(&box, box.listener.key, &peer), 50);
	assert_int_equal(box.reason, REJECT_REASONS);
	box_free(&box);
}

static void test_admit_when_limit_is_reached_then_refused(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.daemon.limits.max_connections = 10;
	box.moment.daemon_active = 9;
	assert_admitted(&box, 0, &peer);
	box.moment.daemon_active = 10;
	assert_refused(&box, 0, &peer, REJECT_LIMIT);
	box.moment.daemon_active = 11;
	assert_refused(&box, 0, &peer, REJECT_LIMIT);

	box.moment.daemon_active = 3;
	box.listener.limits.max_connections = 4;
	box.moment.listener_active = 3;
	assert_admitted(&box, 0, &peer);
	box.moment.listener_active = 4;
	assert_refused(&box, 0, &peer, REJECT_LIMIT);
	box_free(&box);
}

static void test_admit_when_source_limit_is_reached_then_refused_until_release(void **state)
{
	struct box box = box_new(2, 100);
	struct peer peer = box_ipv4(1), other = box_ipv4(2);
	struct guard_ticket tickets[3];

	(void)state;
	box.listener.limits.max_connections_per_source = 3;
	for (unsigned i = 0; i < 3; i++) {
		assert_admitted(&box, i % 2, &peer);
		tickets[i] = box.ticket;
	}
	assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	assert_refused(&box, 1, &peer, REJECT_SOURCE_LIMIT);
	assert_admitted(&box, 0, &other);
	guard_release(box.guard, 1, &tickets[1]);
	assert_int_equal(box_count(&box, 0, &peer), 2);
	assert_admitted(&box, 0, &peer);
	assert_refused(&box, 1, &peer, REJECT_SOURCE_LIMIT);
	box_free(&box);
}

static void test_admit_when_daemon_source_limit_then_it_spans_listeners(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.daemon.limits.max_connections_per_source = 2;
	box.listener.key = 1;
	assert_admitted(&box, 0, &peer);
	box.listener.key = 2;
	assert_admitted(&box, 0, &peer);
	box.listener.key = 3;
	assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	assert_int_equal(box_count(&box, 1, &peer), 1);
	assert_int_equal(box_count(&box, 3, &peer), 0);
	box_free(&box);
}

static void test_admit_when_listener_source_limit_then_other_listeners_are_free(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.listener.limits.max_connections_per_source = 1;
	for (uint32_t key = 0; key < 5; key++) {
		box.listener.key = key;
		assert_admitted(&box, 0, &peer);
		assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	}
	box_free(&box);
}

static void test_admit_when_rate_is_used_up_then_refused_until_refilled(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1), other = box_ipv4(2);

	(void)state;
	box.listener.limits.accept_rate = 10;
	box.listener.limits.accept_burst = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_admitted(&box, 0, &peer);
	assert_refused(&box, 0, &peer, REJECT_RATE);
	assert_admitted(&box, 0, &other);
	box.moment.now_ns += SECOND_NS / 10 - 10000;
	assert_refused(&box, 0, &peer, REJECT_RATE);
	box.moment.now_ns += 20000;
	assert_admitted(&box, 0, &peer);
	assert_refused(&box, 0, &peer, REJECT_RATE);
	box_free(&box);
}

static void test_admit_when_acl_says_no_then_that_comes_first(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);
	const struct guard_network deny[] = { { peer, 32 } };

	(void)state;
	box.listener.acl = (struct guard_acl){ .deny = deny, .n_deny = 1 };
	box.listener.limits = (struct guard_limits){ 1, 1, 1, 1 };
	box.daemon.limits = box.listener.limits;
	box.moment = (struct guard_moment){ 0, 5, 5 };
	assert_refused(&box, 0, &peer, REJECT_ACL);
	box.listener.acl.n_deny = 0;
	assert_refused(&box, 0, &peer, REJECT_LIMIT);
	assert_true(tables_are_empty(&box));
	box_free(&box);
}

static void test_admit_when_refused_then_no_count_and_no_token_is_gone(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);
	struct guard_ticket first;

	(void)state;
	box.listener.limits = (struct guard_limits){ 0, 1, 1, 2 };
	assert_admitted(&box, 0, &peer);
	first = box.ticket;
	for (unsigned i = 0; i < 20; i++)
		assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	assert_int_equal(box_count(&box, 0, &peer), 1);
	guard_release(box.guard, 0, &first);
	assert_admitted(&box, 0, &peer); /* the second token is still there */
	guard_release(box.guard, 0, &box.ticket);
	for (unsigned i = 0; i < 20; i++)
		assert_refused(&box, 0, &peer, REJECT_RATE);
	assert_int_equal(box_count(&box, 0, &peer), 0);
	assert_int_equal(box_count(&box, GUARD_WHOLE_DAEMON, &peer), 0);
	box_free(&box);
}

static void test_admit_when_listener_has_no_token_then_the_daemon_keeps_its_own(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.daemon.limits = (struct guard_limits){ .accept_rate = 1, .accept_burst = 5 };
	box.listener.limits = (struct guard_limits){ .accept_rate = 1, .accept_burst = 2 };
	assert_admitted(&box, 0, &peer);
	assert_admitted(&box, 0, &peer);
	for (unsigned i = 0; i < 20; i++)
		assert_refused(&box, 0, &peer, REJECT_RATE);
	box.listener = (struct guard_listener){ .key = 1 };
	for (unsigned i = 0; i < 3; i++)
		assert_admitted(&box, 0, &peer);
	assert_refused(&box, 0, &peer, REJECT_RATE);
	box_free(&box);
}

static void test_admit_when_refused_then_the_ticket_is_untouched(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	box.ticket = (struct guard_ticket){ 77, 88 };
	box.listener.limits.max_connections = 1;
	box.moment.listener_active = 1;
	assert_refused(&box, 0, &peer, REJECT_LIMIT);
	assert_int_equal(box.ticket.daemon_row, 77);
	assert_int_equal(box.ticket.listener_row, 88);
	box_free(&box);
}

static void test_admit_when_peer_has_no_source_then_only_max_connections(void **state)
{
	struct box box = box_new(1, 100);

	(void)state;
	box.daemon.limits = (struct guard_limits){ 100, 1, 1, 1 };
	box.listener.limits = box.daemon.limits;
	for (unsigned i = 0; i < 20; i++) {
		assert_admitted(&box, 0, &unix_peer);
		guard_release(box.guard, 0, &box.ticket);
	}
	assert_true(tables_are_empty(&box));
	assert_int_equal(box_count(&box, 0, &unix_peer), 0);
	box.moment.daemon_active = 100;
	assert_refused(&box, 0, &unix_peer, REJECT_LIMIT);
	box_free(&box);
}

static void test_release_when_all_have_ended_then_nothing_is_left(void **state)
{
	struct box box = box_new(2, 100);
	struct guard_ticket tickets[200];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct peer peer = box_ipv4(i % 37);

		assert_admitted(&box, i % 2, &peer);
		tickets[i] = box.ticket;
	}
	for (unsigned i = 0; i < 200; i++)
		guard_release(box.guard, i % 2, &tickets[i]);
	assert_true(tables_are_empty(&box));
	box_free(&box);
}

static void test_release_when_twice_or_empty_then_nothing_happens(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);
	struct guard_ticket empty = { 0 };

	(void)state;
	assert_admitted(&box, 0, &peer);
	struct guard_ticket ticket = box.ticket;

	assert_admitted(&box, 0, &peer);
	guard_release(box.guard, 0, &ticket);
	guard_release(box.guard, 0, &ticket);
	guard_release(box.guard, 0, &empty);
	assert_int_equal(box_count(&box, 0, &peer), 1);
	box_free(&box);
}

static void test_release_when_rules_have_changed_then_it_gives_back_what_was_taken(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(0x010203);
	struct guard_ticket ticket;

	(void)state;
	assert_admitted(&box, 0, &peer);
	ticket = box.ticket;
	box.daemon.source_prefix_ipv4 = 8;
	box.listener.key = 9;
	box.listener.limits.max_connections_per_source = 1;
	assert_admitted(&box, 0, &peer);
	guard_release(box.guard, 0, &ticket);
	assert_int_equal(box_count(&box, 9, &peer), 1);
	guard_release(box.guard, 0, &box.ticket);
	assert_true(tables_are_empty(&box));
	box_free(&box);
}

static void test_source_limit_when_set_later_then_open_connections_count(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	assert_admitted(&box, 0, &peer);
	assert_admitted(&box, 0, &peer);
	box.daemon.limits.max_connections_per_source = 2;
	assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	box_free(&box);
}

static void test_source_when_prefix_is_shorter_then_neighbours_are_one(void **state)
{
	struct box box = box_new(1, 1000);
	struct peer a = box_ipv4(0x010203), b = box_ipv4(0x010299), c = box_ipv4(0x010303);

	(void)state;
	box.listener.limits.max_connections_per_source = 1;
	box.daemon.source_prefix_ipv4 = 24;
	assert_admitted(&box, 0, &a);
	assert_refused(&box, 0, &b, REJECT_SOURCE_LIMIT);
	assert_admitted(&box, 0, &c);

	struct peer d = box_ipv6(0x1234, 1), e = box_ipv6(0x1234, 2), f = box_ipv6(0x1235, 1);

	d.address[6] = 0xab;
	e.address[6] = 0xab;
	e.address[7] = 0xff; /* behind bit 56 */
	assert_admitted(&box, 0, &d);
	assert_refused(&box, 0, &e, REJECT_SOURCE_LIMIT);
	e.address[6] = 0xaa;
	assert_admitted(&box, 0, &e);
	assert_admitted(&box, 0, &f);
	box_free(&box);
}

static void test_source_of_each_prefix_length_is_so_many_bits(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv6(0x5555, 0x55);

	(void)state;
	for (unsigned bits = 0; bits <= 129; bits++) {
		box.daemon.source_prefix_ipv6 = bits;
		assert_admitted(&box, 0, &peer);
		for (unsigned flipped = 0; flipped < 128; flipped++) {
			struct peer other = peer;

			other.address[flipped / 8] ^= (uint8_t)(0x80 >> flipped % 8);
			assert_int_equal(box_count(&box, 0, &other), flipped >= bits);
		}
		guard_release(box.guard, 0, &box.ticket);
	}
	box_free(&box);
}

static void test_source_when_prefix_is_0_then_one_for_each_family(void **state)
{
	struct box box = box_new(1, 100);
	struct peer a = box_ipv4(1), b = { .family = PEER_IPV4, .address = { 200, 9, 9, 9 } };
	struct peer c = box_ipv6(1, 1);

	(void)state;
	box.daemon.source_prefix_ipv4 = box.daemon.source_prefix_ipv6 = 0;
	box.listener.limits.max_connections_per_source = 1;
	assert_admitted(&box, 0, &a);
	assert_refused(&box, 0, &b, REJECT_SOURCE_LIMIT);
	assert_admitted(&box, 0, &c);
	box_free(&box);
}

static void test_source_when_port_differs_or_address_is_mapped_then_the_same(void **state)
{
	struct box box = box_new(1, 100);
	struct peer a = box_ipv4(1), b = box_mapped(1);

	(void)state;
	box.listener.limits.max_connections_per_source = 2;
	assert_admitted(&box, 0, &a);
	a.port++;
	assert_admitted(&box, 0, &a);
	assert_refused(&box, 0, &b, REJECT_SOURCE_LIMIT);
	a = box_ipv6(1, 1);
	assert_admitted(&box, 0, &a);
	assert_admitted(&box, 0, &a);
	a.scope_id = 3;
	assert_refused(&box, 0, &a, REJECT_SOURCE_LIMIT);
	box_free(&box);
}

static void test_forget_worker_when_it_died_then_only_its_counts_go(void **state)
{
	struct box box = box_new(3, 100);
	struct peer peer = box_ipv4(1);
	struct guard_ticket survivor;

	(void)state;
	box.listener.limits.max_connections_per_source = 6;
	for (unsigned worker = 0; worker < 3; worker++) {
		assert_admitted(&box, worker, &peer);
		assert_admitted(&box, worker, &peer);
		if (worker == 2)
			survivor = box.ticket;
	}
	assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	guard_forget_worker(box.guard, 1);
	assert_int_equal(box_count(&box, 0, &peer), 4);
	assert_admitted(&box, 1, &peer);
	guard_release(box.guard, 2, &survivor);
	assert_int_equal(box_count(&box, 0, &peer), 4);
	box_free(&box);
}

static void test_memory_size_when_default_then_as_documented(void **state)
{
	(void)state;
	assert_int_equal(guard_memory_size(1, 20000) - guard_memory_size(0, 20000), 1 << 20);
	assert_int_equal(guard_memory_size(256, 20000) - guard_memory_size(0, 20000), 256 << 20);
	assert_true(guard_memory_size(0, 20000) <= (1 << 20) + 4096);
	assert_int_equal(guard_memory_size(1, SIZE_MAX), 0);
	assert_int_equal(guard_memory_size(UINT32_MAX, SIZE_MAX / 4), 0);
}

static void test_siphash_of_the_reference_words_is_the_reference_result(void **state)
{
	const uint64_t key[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
	const uint64_t words[3] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908),
				    UINT64_C(0x1716151413121110) };

	(void)state;
	assert_int_equal(siphash_words(key, words, 0), UINT64_C(0x726fdb47dd0e0e31));
	assert_int_equal(siphash_words(key, words, 1), UINT64_C(0x93f5f5799a932462));
	assert_int_equal(siphash_words(key, words, 3), UINT64_C(0xb8ad50c6f649af94));
}

/* Two connections of one host are of one source, whatever their ports and interfaces. */
static void test_source_of_a_peer_has_no_port_and_no_scope(void **state)
{
	struct box box = box_new(1, 1);
	struct peer peer = box_ipv6(1, 1);
	struct guard_network source;

	(void)state;
	peer.scope_id = 3;
	assert_true(guard_source(&box.daemon, &peer, &source));
	assert_int_equal(source.bits, 56);
	assert_int_equal(source.address.port, 0);
	assert_int_equal(source.address.scope_id, 0);
	assert_false(guard_source(&box.daemon, &unix_peer, &source));
	box_free(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admit_when_everything_is_off_then_always_and_counted),
		cmocka_unit_test(test_admit_when_limit_is_reached_then_refused),
		cmocka_unit_test(
		    test_admit_when_source_limit_is_reached_then_refused_until_release),
		cmocka_unit_test(test_admit_when_daemon_source_limit_then_it_spans_listeners),
		cmocka_unit_test(
		    test_admit_when_listener_source_limit_then_other_listeners_are_free),
		cmocka_unit_test(test_admit_when_rate_is_used_up_then_refused_until_refilled),
		cmocka_unit_test(test_admit_when_acl_says_no_then_that_comes_first),
		cmocka_unit_test(test_admit_when_refused_then_no_count_and_no_token_is_gone),
		cmocka_unit_test(
		    test_admit_when_listener_has_no_token_then_the_daemon_keeps_its_own),
		cmocka_unit_test(test_admit_when_refused_then_the_ticket_is_untouched),
		cmocka_unit_test(test_admit_when_peer_has_no_source_then_only_max_connections),
		cmocka_unit_test(test_release_when_all_have_ended_then_nothing_is_left),
		cmocka_unit_test(test_release_when_twice_or_empty_then_nothing_happens),
		cmocka_unit_test(
		    test_release_when_rules_have_changed_then_it_gives_back_what_was_taken),
		cmocka_unit_test(test_source_limit_when_set_later_then_open_connections_count),
		cmocka_unit_test(test_source_when_prefix_is_shorter_then_neighbours_are_one),
		cmocka_unit_test(test_source_of_each_prefix_length_is_so_many_bits),
		cmocka_unit_test(test_source_when_prefix_is_0_then_one_for_each_family),
		cmocka_unit_test(test_source_when_port_differs_or_address_is_mapped_then_the_same),
		cmocka_unit_test(test_forget_worker_when_it_died_then_only_its_counts_go),
		cmocka_unit_test(test_memory_size_when_default_then_as_documented),
		cmocka_unit_test(test_siphash_of_the_reference_words_is_the_reference_result),
		cmocka_unit_test(test_source_of_a_peer_has_no_port_and_no_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
