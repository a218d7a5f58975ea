/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <string.h>

#include "echod/proxy.h"

static struct peer end(const char *address, uint16_t port)
{
	struct peer peer;

	assert_int_equal(peer_parse_address(address, &peer), 0);
	peer.port = port;
	return peer;
}

/* In memory of exactly the promised size, so that a byte too many is found. */
static size_t write_ends(enum proxy_version version, struct peer source, struct peer destination,
			 uint8_t bytes[static PROXY_WRITTEN_MAX])
{
	const struct proxy_header header = {
		.version = version, .proxied = true, .source = source, .destination = destination
	};

	memset(bytes, 0xee, PROXY_WRITTEN_MAX);
	return proxy_write(&header, bytes);
}

static void assert_line(struct peer source, struct peer destination, const char *line)
{
	uint8_t bytes[PROXY_WRITTEN_MAX];
	const size_t n = write_ends(PROXY_V1, source, destination, bytes);

	assert_int_equal(n, strlen(line));
	assert_memory_equal(bytes, line, n);
}

static void assert_peer(const struct peer *peer, const char *text)
{
	char out[PEER_TEXT_SIZE];

	assert_string_equal(peer_format(peer, out), text);
}

/* Both versions are read as they were meant. */
static void assert_read_back(struct peer source, struct peer destination, const char *source_text,
			     const char *destination_text)
{
	for (unsigned version = PROXY_V1; version <= PROXY_V2; version <<= 1) {
		uint8_t bytes[PROXY_WRITTEN_MAX];
		const size_t n = write_ends(version, source, destination, bytes);
		struct proxy_header h;

		assert_int_equal(proxy_parse(bytes, n, version, &h), n);
		assert_true(h.proxied);
		assert_peer(&h.source, source_text);
		assert_peer(&h.destination, destination_text);
	}
}

static void test_write_v1_when_ipv4_then_tcp4(void **state)
{
	(void)state;
	assert_line(end("192.0.2.1", 56324), end("198.51.100.2", 443),
		    "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");
	assert_line(end("255.255.255.255", 65535), end("0.0.0.0", 0),
		    "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n");
}

static void test_write_v1_when_ipv6_then_tcp6_and_the_longest_fits(void **state)
{
	struct peer scoped = end("fe80::1", 7);

	(void)state;
	scoped.scope_id = 3;
	assert_line(end("2001:db8::1", 7), end("::1", 443), "PROXY TCP6 2001:db8::1 ::1 7 443\r\n");
	assert_line(scoped, end("::1", 443), "PROXY TCP6 fe80::1 ::1 7 443\r\n");
	assert_line(end("fedc:ba98:7654:3210:fedc:ba98:7654:3210", 65535),
		    end("1111:2222:3333:4444:5555:6666:7777:8888", 65535),
		    "PROXY TCP6 fedc:ba98:7654:3210:fedc:ba98:7654:3210 "
		    "1111:2222:3333:4444:5555:6666:7777:8888 65535 65535\r\n");
}

static void test_write_v1_when_families_differ_then_both_are_ipv6_without_dots(void **state)
{
	(void)state;
	assert_line(end("2001:db8::1", 7), end("127.0.0.1", 443),
		    "PROXY TCP6 2001:db8::1 0:0:0:0:0:ffff:7f00:1 7 443\r\n");
	assert_line(end("192.0.2.1", 7), end("::1", 443),
		    "PROXY TCP6 0:0:0:0:0:ffff:c000:201 ::1 7 443\r\n");
}

static void test_write_v2_when_ipv4_then_its_28_bytes(void **state)
{
	static const uint8_t expected[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
					  "\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb";
	uint8_t bytes[PROXY_WRITTEN_MAX];

	(void)state;
	assert_int_equal(
	    write_ends(PROXY_V2, end("192.0.2.1", 56324), end("198.51.100.2", 443), bytes), 28);
	assert_memory_equal(bytes, expected, 28);
	assert_int_equal(bytes[28], 0xee);
}

static void test_write_when_read_then_the_same_ends(void **state)
{
	(void)state;
	assert_read_back(end("192.0.2.1", 56324), end("198.51.100.2", 443), "192.0.2.1:56324",
			 "198.51.100.2:443");
	assert_read_back(end("2001:db8::1", 1), end("fe80::1", 65535), "[2001:db8::1]:1",
			 "[fe80::1]:65535");
	assert_read_back(end("2001:db8::1", 7), end("127.0.0.1", 443), "[2001:db8::1]:7",
			 "[::ffff:127.0.0.1]:443");
	assert_read_back(end("192.0.2.1", 7), end("::1", 443), "[::ffff:192.0.2.1]:7", "[::1]:443");
}

static void test_write_when_not_proxied_then_unknown_or_local(void **state)
{
	struct proxy_header header = { .version = PROXY_V1 }, h;
	uint8_t bytes[PROXY_WRITTEN_MAX];

	(void)state;
	assert_int_equal(proxy_write(&header, bytes), 15);
	assert_memory_equal(bytes, "PROXY UNKNOWN\r\n", 15);
	header.version = PROXY_V2;
	assert_int_equal(proxy_write(&header, bytes), PROXY_V2_HEAD);
	assert_int_equal(bytes[12], 0x20);
	assert_int_equal(proxy_parse(bytes, PROXY_V2_HEAD, PROXY_V2, &h), PROXY_V2_HEAD);
	assert_false(h.proxied);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_v1_when_ipv4_then_tcp4),
		cmocka_unit_test(test_write_v1_when_ipv6_then_tcp6_and_the_longest_fits),
		cmocka_unit_test(
		    test_write_v1_when_families_differ_then_both_are_ipv6_without_dots),
		cmocka_unit_test(test_write_v2_when_ipv4_then_its_28_bytes),
		cmocka_unit_test(test_write_when_read_then_the_same_ends),
		cmocka_unit_test(test_write_when_not_proxied_then_unknown_or_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
