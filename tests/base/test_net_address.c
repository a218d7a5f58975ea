/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/net.h"

static void test_net_parse_when_ipv4_then_family_address_and_port(void **state)
{
	struct net_address a;

	(void)state;
	assert_int_equal(net_parse("127.0.0.1", 7, &a), 0);
	assert_int_equal(a.any.sa_family, AF_INET);
	assert_int_equal(a.ipv4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(a.ipv4.sin_port, htons(7));
	assert_int_equal(a.length, sizeof(struct sockaddr_in));
	assert_int_equal(net_port(&a), 7);
}

static void test_net_parse_when_ipv6_then_family_address_and_port(void **state)
{
	struct net_address a;

	(void)state;
	assert_int_equal(net_parse("::1", 65535, &a), 0);
	assert_int_equal(a.any.sa_family, AF_INET6);
	assert_memory_equal(&a.ipv6.sin6_addr, &in6addr_loopback, 16);
	assert_int_equal(a.length, sizeof(struct sockaddr_in6));
	assert_int_equal(net_port(&a), 65535);
	assert_int_equal(a.ipv6.sin6_scope_id, 0);
}

static void test_net_parse_when_link_local_then_the_scope_by_name_or_number(void **state)
{
	char name[IF_NAMESIZE], text[IF_NAMESIZE + 16];
	struct net_address a;

	(void)state;
	assert_int_equal(net_parse("fe80::1%3", 1, &a), 0);
	assert_int_equal(a.ipv6.sin6_scope_id, 3);
	if (!if_indextoname(1, name))
		return;
	snprintf(text, sizeof(text), "fe80::1%%%s", name);
	assert_int_equal(net_parse(text, 1, &a), 0);
	assert_int_equal(a.ipv6.sin6_scope_id, 1);
}

static void test_net_parse_with_port_when_right_then_as_peer_format_writes_it(void **state)
{
	static const char *const good[] = { "127.0.0.1:0", "0.0.0.0:65535", "[::1]:9007",
					    "[::]:7" };
	char text[PEER_TEXT_SIZE];
	struct net_address a;
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(net_parse_with_port(good[i], &a), 0);
		net_to_peer(&a, &peer);
		assert_string_equal(peer_format(&peer, text), good[i]);
	}
}

static void test_net_parse_with_port_when_wrong_then_einval_and_untouched(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		":7",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"127.0.0.1: 7",
		"127.0.0.1:7 ",
		"127.0.0.1:7x",
		"localhost:7",
		"*:7",
		"[]:7",
		"[",
		"[:7",
		"]:7",
		"::1:7",
		"::1",
		"[::1]",
		"[::1]7",
		"[::1:7",
		"::1]:7",
		"[127.0.0.1]:7",
		"[[::1]]:7",
		"/run/x.sock",
		"[0000000000000000000000000000000000000000000000000000000000000000000000000::1]:7",
	};
	struct net_address a, before;

	(void)state;
	memset(&a, 0x5a, sizeof(a));
	before = a;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(net_parse_with_port(bad[i], &a), -EINVAL);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

static void test_net_parse_when_not_numeric_then_einval_and_untouched(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost",
		"127.1",
		"1.2.3.4.5",
		"256.0.0.1",
		"*",
		"1:2",
		":::",
		"[::1]",
		"::1%1",
		"fe80::1%",
		"fe80::1%0",
		"fe80::%-1",
		"127.0.0.1 ",
		"127.0.0.1:7",
		"fe80::1%nonesuchhere",
		"0000:0000:0000:0000:0000:0000:255.255.255.2555",
	};
	struct net_address a;

	(void)state;
	memset(&a, 0xa5, sizeof(a));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(net_parse(bad[i], 7, &a), -EINVAL);
	assert_int_equal(a.length, 0xa5a5a5a5);
}

static void test_net_parse_path_when_too_long_or_empty_then_refused(void **state)
{
	struct net_address a;
	char path[sizeof(a.path.sun_path) + 1];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(net_parse_path(path, &a), -ENAMETOOLONG);
	path[sizeof(path) - 2] = '\0';
	assert_int_equal(net_parse_path(path, &a), 0);
	assert_string_equal(a.path.sun_path, path);
	assert_int_equal(a.length, sizeof(struct sockaddr_un));
	assert_int_equal(net_parse_path("", &a), -EINVAL);
	assert_int_equal(net_port(&a), 0);
}

static void test_net_any_when_of_a_family_then_all_zero(void **state)
{
	struct net_address a, b;

	(void)state;
	net_any(AF_INET, 9, &a);
	assert_int_equal(net_parse("0.0.0.0", 9, &b), 0);
	assert_true(net_equal(&a, &b));
	net_any(AF_INET6, 9, &a);
	assert_int_equal(net_parse("::", 9, &b), 0);
	assert_true(net_equal(&a, &b));
}

static void test_net_is_any_when_it_is_one_address_then_false(void **state)
{
	static const struct {
		const char *text;
		bool any;
	} rows[] = {
		{ "0.0.0.0", true }, { "127.0.0.1", false }, { "::", true }, { "::1", false }
	};
	struct net_address address;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(net_parse(rows[i].text, 9, &address), 0);
		assert_int_equal(net_is_any(&address), rows[i].any);
	}
	assert_int_equal(net_parse_path("/a", &address), 0);
	assert_false(net_is_any(&address));
}

static void test_net_overlap_when_one_includes_the_other_then_true(void **state)
{
	static const struct {
		const char *a, *b;
		uint16_t port_a, port_b;
		bool overlap;
	} rows[] = {
		{ "0.0.0.0", "127.0.0.1", 9, 9, true },
		{ "127.0.0.1", "0.0.0.0", 9, 9, true },
		{ "::", "::", 9, 9, true },
		{ "127.0.0.1", "127.0.0.1", 9, 9, false },
		{ "0.0.0.0", "127.0.0.1", 9, 10, false },
		{ "0.0.0.0", "127.0.0.1", 0, 0, false },
		{ "::", "127.0.0.1", 9, 9, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net_address a, b;

		assert_int_equal(net_parse(rows[i].a, rows[i].port_a, &a), 0);
		assert_int_equal(net_parse(rows[i].b, rows[i].port_b, &b), 0);
		assert_int_equal(net_overlap(&a, &b), rows[i].overlap);
	}
}

static void parse_pair(const char *text, struct net_address ret_pair[static 2])
{
	if (text[0] == '/') {
		assert_int_equal(net_parse_path(text, &ret_pair[0]), 0);
		assert_int_equal(net_parse_path(text, &ret_pair[1]), 0);
		return;
	}
	assert_int_equal(net_parse(text, 7, &ret_pair[0]), 0);
	assert_int_equal(net_parse(text, 7, &ret_pair[1]), 0);
}

static void test_net_equal_when_any_part_differs_then_false(void **state)
{
	static const char *const texts[] = { "127.0.0.1", "127.0.0.2", "::1",  "::2",
					     "fe80::1%1", "fe80::1%2", "/a/b", "/a/bc" };
	struct net_address pairs[8][2];

	(void)state;
	for (int i = 0; i < 8; i++)
		parse_pair(texts[i], pairs[i]);
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 8; k++)
			assert_int_equal(net_equal(&pairs[i][0], &pairs[k][1]), i == k);
	net_set_port(&pairs[0][1], 8);
	assert_false(net_equal(&pairs[0][0], &pairs[0][1]));
	net_set_port(&pairs[2][1], 8);
	assert_false(net_equal(&pairs[2][0], &pairs[2][1]));
}

static void test_net_equal_when_a_path_lacks_its_nul_then_the_same(void **state)
{
	struct net_address pair[2];

	(void)state;
	parse_pair("/a/b", pair);
	pair[1].length--;
	assert_true(net_equal(&pair[0], &pair[1]));
}

static void round_trip(const char *text, enum peer_family family)
{
	struct net_address pair[2];
	struct peer peer;

	parse_pair(text, pair);
	net_to_peer(&pair[0], &peer);
	assert_int_equal(peer.family, family);
	assert_int_equal(peer.port, 7);
	net_from_peer(&peer, &pair[1]);
	assert_true(net_equal(&pair[0], &pair[1]));
	assert_int_equal(pair[0].length, pair[1].length);
}

static void test_net_peer_when_there_and_back_then_equal(void **state)
{
	(void)state;
	round_trip("192.0.2.200", PEER_IPV4);
	round_trip("2001:db8::ff00:1", PEER_IPV6);
	round_trip("fe80::1%7", PEER_IPV6);
}

static void test_net_peer_when_without_an_address_then_the_family_alone(void **state)
{
	struct net_address pair[2];
	struct peer peer;

	(void)state;
	parse_pair("/a/b", pair);
	net_to_peer(&pair[0], &peer);
	assert_int_equal(peer.family, PEER_UNIX);
	net_from_peer(&peer, &pair[1]);
	assert_int_equal(pair[1].any.sa_family, AF_UNIX);
	peer.family = PEER_NONE;
	net_from_peer(&peer, &pair[1]);
	assert_int_equal(pair[1].any.sa_family, AF_UNSPEC);
	net_to_peer(&pair[1], &peer);
	assert_int_equal(peer.family, PEER_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_parse_when_ipv4_then_family_address_and_port),
		cmocka_unit_test(test_net_parse_when_ipv6_then_family_address_and_port),
		cmocka_unit_test(test_net_parse_when_link_local_then_the_scope_by_name_or_number),
		cmocka_unit_test(test_net_parse_with_port_when_right_then_as_peer_format_writes_it),
		cmocka_unit_test(test_net_parse_with_port_when_wrong_then_einval_and_untouched),
		cmocka_unit_test(test_net_parse_when_not_numeric_then_einval_and_untouched),
		cmocka_unit_test(test_net_parse_path_when_too_long_or_empty_then_refused),
		cmocka_unit_test(test_net_any_when_of_a_family_then_all_zero),
		cmocka_unit_test(test_net_is_any_when_it_is_one_address_then_false),
		cmocka_unit_test(test_net_overlap_when_one_includes_the_other_then_true),
		cmocka_unit_test(test_net_equal_when_any_part_differs_then_false),
		cmocka_unit_test(test_net_equal_when_a_path_lacks_its_nul_then_the_same),
		cmocka_unit_test(test_net_peer_when_there_and_back_then_equal),
		cmocka_unit_test(test_net_peer_when_without_an_address_then_the_family_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
