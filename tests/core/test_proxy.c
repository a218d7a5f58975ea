/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/proxy.h"

enum {
	BOTH = PROXY_V1 | PROXY_V2
};

/* ---- Headers made here ---- */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

struct bytes {
	uint8_t data[1024];
	size_t length;
};

static void add(struct bytes *b, const void *data, size_t length)
{
	assert_true(b->length + length <= sizeof(b->data));
	memcpy(b->data + b->length, data, length);
	b->length += length;
}

static struct bytes v2(uint8_t command, uint8_t family, const void *block, size_t length)
{
	const uint8_t head[] = { command, family, (uint8_t)(length >> 8), (uint8_t)length };
	struct bytes b = { .length = 0 };

	add(&b, SIGNATURE, 12);
	add(&b, head, 4);
	add(&b, block, length);
	return b;
}

static const uint8_t ends4[] = { 192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb };

static struct bytes v2_with_tags(const void *tags, size_t length)
{
	struct bytes block = { .length = 0 };

	add(&block, ends4, sizeof(ends4));
	add(&block, tags, length);
	return v2(0x21, 0x11, block.data, block.length);
}

/* ---- Questions ---- */

static void assert_peer(const struct peer *peer, const char *text)
{
	char out[PEER_TEXT_SIZE];

	assert_string_equal(peer_format(peer, out), text);
}

/* Every start asks for more, from a copy of exactly its length; the whole is the answer. */
static void assert_header(const void *data, size_t length, const char *source,
			  const char *destination)
{
	struct proxy_header h;

	for (size_t n = 0; n <= length; n++) {
		CLEANUP_FREE uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, data, n);
		assert_int_equal(proxy_parse(copy, n, BOTH, &h), n < length ? 0 : length);
	}
	assert_int_equal(h.proxied, strcmp(source, "unknown") != 0);
	assert_peer(&h.source, source);
	assert_peer(&h.destination, destination);
}

static void assert_line(const char *line, const char *source, const char *destination)
{
	assert_header(line, strlen(line), source, destination);
}

static void assert_wrong(const void *data, size_t length)
{
	CLEANUP_FREE uint8_t *copy = malloc(length);
	struct proxy_header h = { .version = PROXY_V2 };

	assert_non_null(copy);
	memcpy(copy, data, length);
	assert_int_equal(proxy_parse(copy, length, BOTH, &h), -EPROTO);
	assert_int_equal(h.version, PROXY_V2);
}

/* ---- Version 1 ---- */

static void test_proxy_v1_when_tcp_then_both_ends(void **state)
{
	(void)state;
	assert_line("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1:56324",
		    "198.51.100.2:443");
	assert_line("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n", "[2001:db8::1]:0", "[::1]:65535");
	assert_line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
		    "255.255.255.255:65535", "255.255.255.255:65535");
}

static void test_proxy_v1_when_unknown_then_the_rest_has_no_say(void **state)
{
	char longest[PROXY_V1_MAX + 1];

	(void)state;
	assert_line("PROXY UNKNOWN\r\n", "unknown", "unknown");
	assert_line("PROXY UNKNOWN ffff::1 whatever  1 \r\n", "unknown", "unknown");
	snprintf(longest, sizeof(longest), "PROXY UNKNOWN%*s", PROXY_V1_MAX - 13, "\r\n");
	assert_int_equal(strlen(longest), PROXY_V1_MAX);
	assert_line(longest, "unknown", "unknown");
}

static void test_proxy_v1_when_malformed_then_refused(void **state)
{
	static const char *const lines[] = {
		"PROXY\r\n",
		"PROXY \r\n",
		"PROXY TCP4\r\n",
		"PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 00\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 -2\r\n",
		"PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n",
		"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
		"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY TCP6 fe80::1%1 ::1 1 2\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\rX",
		"proxy UNKNOWN\r\n",
		"GET / HTTP/1.1\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		assert_wrong(lines[i], strlen(lines[i]));
	assert_wrong("PROXY UNKNOWN\0\r\n", 16);
}

static void test_proxy_v1_when_longer_than_allowed_then_refused(void **state)
{
	char line[PROXY_V1_MAX + 2];
	struct proxy_header h;

	(void)state;
	snprintf(line, sizeof(line), "PROXY UNKNOWN%*s", PROXY_V1_MAX - 12, "\r\n");
	assert_wrong(line, strlen(line));
	assert_wrong(line, PROXY_V1_MAX);
	assert_int_equal(proxy_parse((uint8_t *)line, PROXY_V1_MAX - 1, BOTH, &h), 0);
}

/* ---- Version 2 ---- */

static void test_proxy_v2_when_ipv4_then_both_ends(void **state)
{
	struct bytes b = v2(0x21, 0x11, ends4, sizeof(ends4));
	struct bytes udp = v2(0x21, 0x12, ends4, sizeof(ends4));

	(void)state;
	assert_header(b.data, b.length, "192.0.2.1:56324", "198.51.100.2:443");
	assert_header(udp.data, udp.length, "192.0.2.1:56324", "198.51.100.2:443");
}

static void test_proxy_v2_when_ipv6_then_both_ends(void **state)
{
	uint8_t ends[36] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1, [31] = 1, [33] = 7, [34] = 1 };
	struct bytes b = v2(0x21, 0x21, ends, sizeof(ends));

	(void)state;
	assert_header(b.data, b.length, "[2001:db8::1]:7", "[::1]:256");
}

static void test_proxy_v2_when_unix_then_no_address(void **state)
{
	const uint8_t ends[216] = { '/' };
	struct bytes b = v2(0x21, 0x31, ends, sizeof(ends));

	(void)state;
	assert_header(b.data, b.length, "unix", "unix");
}

static void test_proxy_v2_when_local_or_unspecified_then_not_proxied(void **state)
{
	/* What would be tags that do not fit: a local header's block is not looked at. */
	struct bytes local = v2(0x20, 0x11, "\x04\xff", 2), empty = v2(0x20, 0x00, "", 0);
	struct bytes unspecified = v2(0x21, 0x00, "\x04\x00\x01x", 4);
	struct bytes no_protocol = v2(0x21, 0x10, ends4, sizeof(ends4));

	(void)state;
	assert_header(local.data, local.length, "unknown", "unknown");
	assert_header(empty.data, empty.length, "unknown", "unknown");
	assert_header(unspecified.data, unspecified.length, "unknown", "unknown");
	assert_header(no_protocol.data, no_protocol.length, "unknown", "unknown");
}

/* Both bytes of its length count. */
static void test_proxy_v2_when_as_long_as_can_be_then_taken(void **state)
{
	const size_t block = 65535, tag = block - sizeof(ends4) - 3;
	CLEANUP_FREE uint8_t *header = calloc(1, PROXY_MAX);
	struct bytes head = v2(0x21, 0x11, ends4, sizeof(ends4));
	struct proxy_header h;

	(void)state;
	assert_non_null(header);
	memcpy(header, head.data, head.length);
	header[14] = header[15] = 0xff;
	header[head.length] = 0xea;
	header[head.length + 1] = (uint8_t)(tag >> 8);
	header[head.length + 2] = (uint8_t)tag;
	assert_int_equal(proxy_parse(header, PROXY_MAX - 1, BOTH, &h), 0);
	assert_int_equal(proxy_parse(header, PROXY_MAX, BOTH, &h), PROXY_MAX);
	assert_peer(&h.source, "192.0.2.1:56324");
}

static void test_proxy_v2_when_malformed_then_refused(void **state)
{
	const struct bytes wrong[] = {
		v2(0x11, 0x11, ends4, sizeof(ends4)),	  /* another version */
		v2(0x22, 0x11, ends4, sizeof(ends4)),	  /* no such command */
		v2(0x21, 0x41, ends4, sizeof(ends4)),	  /* no such family */
		v2(0x21, 0x13, ends4, sizeof(ends4)),	  /* no such protocol */
		v2(0x21, 0x11, ends4, sizeof(ends4) - 1), /* addresses too short */
		v2(0x21, 0x21, ends4, sizeof(ends4)),
		v2(0x21, 0x31, ends4, sizeof(ends4)),
		v2_with_tags("\x04\x00", 2),	  /* half a tag */
		v2_with_tags("\x04\x00\x02x", 4), /* a value that does not fit */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		assert_wrong(wrong[i].data, wrong[i].length);
	/* The first wrong byte is enough. */
	assert_wrong(wrong[0].data, 13);
	assert_wrong("\r\n\r\n\r", 5);
}

static void test_proxy_v2_when_tags_are_unknown_then_stepped_over(void **state)
{
	struct bytes b = v2_with_tags("\x04\x00\x00\xea\x00\x03xyz", 9);

	(void)state;
	assert_header(b.data, b.length, "192.0.2.1:56324", "198.51.100.2:443");
}

/* CRC32C by its definition, the remainder of a division, so that the test knows it apart. */
static uint32_t remainder_of(const uint8_t *data, size_t length)
{
	uint32_t remainder = 0xffffffff;

	for (size_t i = 0; i < 8 * length; i++) {
		const uint32_t bit = data[i / 8] >> i % 8 & 1u, low = remainder & 1u;

		remainder >>= 1;
		if (bit ^ low)
			remainder ^= 0x82f63b78;
	}
	return ~remainder;
}

static void test_proxy_v2_when_a_checksum_is_there_then_it_must_fit(void **state)
{
	struct bytes b = v2_with_tags("\x04\x00\x01n\x03\x00\x04\0\0\0\0\x04\x00\x01m", 15);
	const size_t sum = PROXY_V2_HEAD + sizeof(ends4) + 7;
	uint32_t crc = remainder_of(b.data, b.length);

	(void)state;
	assert_int_equal(remainder_of((const uint8_t *)"123456789", 9), 0xe3069283);
	for (unsigned i = 0; i < 4; i++)
		b.data[sum + i] = (uint8_t)(crc >> (24 - 8 * i));
	assert_header(b.data, b.length, "192.0.2.1:56324", "198.51.100.2:443");
	/* The addresses and the sum itself; any other byte has faults of its own. */
	for (size_t i = PROXY_V2_HEAD; i < sum + 4; i++) {
		if (i >= PROXY_V2_HEAD + sizeof(ends4) && i < sum)
			continue;
		b.data[i] ^= 1;
		assert_wrong(b.data, b.length);
		b.data[i] ^= 1;
	}
	b = v2_with_tags("\x03\x00\x03xyz", 6);
	assert_wrong(b.data, b.length);
	/* The right sum, its last byte the type of the next tag. */
	b = v2_with_tags("\x03\x00\x03\0\0\0\0\0\0", 9);
	crc = remainder_of(b.data, b.length);
	for (unsigned i = 0; i < 4; i++)
		b.data[PROXY_V2_HEAD + sizeof(ends4) + 3 + i] = (uint8_t)(crc >> (24 - 8 * i));
	assert_wrong(b.data, b.length);
	/* The right sum, and a byte too many in its tag. */
	b = v2_with_tags("\x03\x00\x05\0\0\0\0x", 8);
	crc = remainder_of(b.data, b.length);
	for (unsigned i = 0; i < 4; i++)
		b.data[PROXY_V2_HEAD + sizeof(ends4) + 3 + i] = (uint8_t)(crc >> (24 - 8 * i));
	assert_wrong(b.data, b.length);
}

/* ---- Which is taken ---- */

static void test_proxy_when_the_version_is_not_taken_then_refused(void **state)
{
	const char *line = "PROXY UNKNOWN\r\n";
	struct bytes b = v2(0x20, 0, "", 0);
	struct proxy_header h;

	(void)state;
	assert_int_equal(proxy_parse((const uint8_t *)line, 15, PROXY_V1, &h), 15);
	assert_int_equal(h.version, PROXY_V1);
	assert_int_equal(proxy_parse((const uint8_t *)line, 1, PROXY_V2, &h), -EPROTO);
	assert_int_equal(proxy_parse(b.data, b.length, PROXY_V2, &h), PROXY_V2_HEAD);
	assert_int_equal(h.version, PROXY_V2);
	assert_int_equal(proxy_parse(b.data, 1, PROXY_V1, &h), -EPROTO);
}

static void test_proxy_when_bytes_follow_then_they_are_not_of_the_header(void **state)
{
	struct bytes b = v2(0x21, 0x11, ends4, sizeof(ends4));
	const char *line = "PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n";
	struct proxy_header h;

	(void)state;
	add(&b, "hello", 5);
	assert_int_equal(proxy_parse(b.data, b.length, BOTH, &h), b.length - 5);
	assert_int_equal(proxy_parse((const uint8_t *)line, strlen(line), BOTH, &h), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy_v1_when_tcp_then_both_ends),
		cmocka_unit_test(test_proxy_v1_when_unknown_then_the_rest_has_no_say),
		cmocka_unit_test(test_proxy_v1_when_malformed_then_refused),
		cmocka_unit_test(test_proxy_v1_when_longer_than_allowed_then_refused),
		cmocka_unit_test(test_proxy_v2_when_ipv4_then_both_ends),
		cmocka_unit_test(test_proxy_v2_when_ipv6_then_both_ends),
		cmocka_unit_test(test_proxy_v2_when_unix_then_no_address),
		cmocka_unit_test(test_proxy_v2_when_local_or_unspecified_then_not_proxied),
		cmocka_unit_test(test_proxy_v2_when_as_long_as_can_be_then_taken),
		cmocka_unit_test(test_proxy_v2_when_malformed_then_refused),
		cmocka_unit_test(test_proxy_v2_when_tags_are_unknown_then_stepped_over),
		cmocka_unit_test(test_proxy_v2_when_a_checksum_is_there_then_it_must_fit),
		cmocka_unit_test(test_proxy_when_the_version_is_not_taken_then_refused),
		cmocka_unit_test(test_proxy_when_bytes_follow_then_they_are_not_of_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
