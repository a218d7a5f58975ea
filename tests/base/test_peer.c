/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/net.h"
#include "echod/peer.h"

static void expect(const char *address, uint16_t port, const char *text, const char *alone)
{
	struct net_address parsed;
	struct peer peer;
	char out[PEER_TEXT_SIZE];

	assert_int_equal(net_parse(address, port, &parsed), 0);
	net_to_peer(&parsed, &peer);
	assert_ptr_equal(peer_format(&peer, out), out);
	assert_string_equal(out, text);
	assert_string_equal(peer_format_address(&peer, out), alone);
}

static void test_peer_format_when_ipv4_then_address_and_port(void **state)
{
	(void)state;
	expect("192.0.2.1", 1234, "192.0.2.1:1234", "192.0.2.1");
	expect("255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255");
}

static void test_peer_format_when_ipv6_then_in_brackets(void **state)
{
	(void)state;
	expect("2001:db8::1", 1234, "[2001:db8::1]:1234", "2001:db8::1");
	expect("fe80::1%2", 7, "[fe80::1%2]:7", "fe80::1%2");
}

static void test_peer_format_when_longest_then_fits(void **state)
{
	struct peer peer = { .family = PEER_IPV6, .port = 65535, .scope_id = UINT32_MAX };
	char out[PEER_TEXT_SIZE];

	(void)state;
	memset(peer.address, 0xff, sizeof(peer.address));
	assert_string_equal(peer_format(&peer, out),
			    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void test_peer_format_when_no_address_then_a_word(void **state)
{
	struct peer peer = { .family = PEER_UNIX, .port = 9 };
	char out[PEER_TEXT_SIZE];

	(void)state;
	assert_string_equal(peer_format(&peer, out), "unix");
	assert_string_equal(peer_format_address(&peer, out), "unix");
	peer.family = PEER_NONE;
	assert_string_equal(peer_format(&peer, out), "unknown");
	peer.family = 200;
	assert_string_equal(peer_format_address(&peer, out), "unknown");
}

static void test_peer_parse_address_reads_what_format_wrote(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "0.0.0.0", "::", "2001:db8::1",
					     "::ffff:1.2.3.4" };
	static const char *const wrong[] = { "",      "192.0.2",    "192.0.2.01", "192.0.2.1:7",
					     "[::1]", "fe80::1%lo", "localhost",  " ::1" };
	struct peer peer = { .port = 9 };
	char out[PEER_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(peer_parse_address(texts[i], &peer), 0);
		assert_string_equal(peer_format_address(&peer, out), texts[i]);
		assert_int_equal(peer.port, 0);
	}
	peer.port = 9;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(peer_parse_address(wrong[i], &peer), -EINVAL);
	assert_int_equal(peer.port, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peer_format_when_ipv4_then_address_and_port),
		cmocka_unit_test(test_peer_format_when_ipv6_then_in_brackets),
		cmocka_unit_test(test_peer_format_when_longest_then_fits),
		cmocka_unit_test(test_peer_format_when_no_address_then_a_word),
		cmocka_unit_test(test_peer_parse_address_reads_what_format_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
