/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/* The expected texts are what python3 -c 'print(repr(...))' prints. */
#include "tests/cmocka_all.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/repr.h"

/* A stream that grows a text, one for each expectation. */
static char *text;
static size_t text_length;

static FILE *open_text(void)
{
	FILE *out = open_memstream(&text, &text_length);

	assert_non_null(out);
	return out;
}

static void expect_text(FILE *out, const char *expected)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
	text = NULL;
}

static void expect_bytes(const char *bytes, size_t n, const char *expected)
{
	FILE *out = open_text();

	repr_bytes(out, bytes, n);
	expect_text(out, expected);
}

static void expect_repr(const char *string, const char *expected)
{
	FILE *out = open_text();

	repr_text(out, string);
	expect_text(out, expected);
}

static void expect_address(const struct net_address *address, const char *expected)
{
	FILE *out = open_text();

	repr_address(out, address);
	expect_text(out, expected);
}

static void test_bytes_when_plain_then_as_they_are(void **state)
{
	(void)state;
	expect_bytes("Message 1 from client.", 22, "b'Message 1 from client.'");
	expect_bytes(NULL, 0, "b''");
	expect_bytes(" ~", 2, "b' ~'");
}

static void test_bytes_when_unprintable_then_escaped(void **state)
{
	(void)state;
	expect_bytes("\t\n\r\\", 4, "b'\\t\\n\\r\\\\'");
	expect_bytes("\0\a\x1f\x7f\x80\xff", 6, "b'\\x00\\x07\\x1f\\x7f\\x80\\xff'");
}

static void test_bytes_when_quoted_then_the_quote_that_needs_no_escape(void **state)
{
	(void)state;
	expect_bytes("it's", 4, "b\"it's\"");
	expect_bytes("say \"a\"", 7, "b'say \"a\"'");
	expect_bytes("it's \"a\"", 8, "b'it\\'s \"a\"'");
}

static void test_bytes_when_every_value_then_one_printable_line(void **state)
{
	unsigned char all[256];
	FILE *out = open_text();

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	repr_bytes(out, all, sizeof(all));
	assert_int_equal(fclose(out), 0);
	/* 95 printable, 2 of them (' and \) with a backslash; 3 escapes of two; the rest of four. */
	assert_int_equal(text_length, 3 + 95 + 2 + 3 * 2 + (256 - 95 - 3) * 4);
	for (size_t i = 0; i < text_length; i++)
		assert_in_range(text[i], ' ', '~');
	free(text);
}

static void test_text_when_utf8_then_kept_and_stray_bytes_escaped(void **state)
{
	(void)state;
	expect_repr("/run/echo.sock", "'/run/echo.sock'");
	expect_repr("it's", "\"it's\"");
	expect_repr("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb0",
		    "'\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb0'");
	expect_repr("\xff"
		    "a\xc3",
		    "'\\udcffa\\udcc3'");
	expect_repr("\xc0\x80", "'\\udcc0\\udc80'");
	expect_repr("\xed\xa0\x80", "'\\udced\\udca0\\udc80'");
	expect_repr("\xc2\x85\xe2\x80\xa8", "'\\x85\\u2028'");
}

static void test_address_when_ipv4_then_a_pair(void **state)
{
	struct net_address a = { .length = sizeof(a.ipv4) };

	(void)state;
	a.ipv4.sin_family = AF_INET;
	a.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.ipv4.sin_port = htons(65432);
	expect_address(&a, "('127.0.0.1', 65432)");
}

static void test_address_when_ipv6_then_four_elements(void **state)
{
	struct net_address a = { .length = sizeof(a.ipv6) };

	(void)state;
	a.ipv6.sin6_family = AF_INET6;
	a.ipv6.sin6_addr = in6addr_loopback;
	a.ipv6.sin6_port = htons(65432);
	expect_address(&a, "('::1', 65432, 0, 0)");
	a.ipv6.sin6_flowinfo = htonl(7);
	a.ipv6.sin6_scope_id = 3;
	expect_address(&a, "('::1', 65432, 7, 3)");
}

static void test_address_when_unix_then_path_or_nothing_or_abstract(void **state)
{
	struct net_address a = { .length = offsetof(struct sockaddr_un, sun_path) };

	(void)state;
	a.path.sun_family = AF_UNIX;
	expect_address(&a, "''");
	memcpy(a.path.sun_path, "\0ab", 3);
	a.length = offsetof(struct sockaddr_un, sun_path) + 3;
	expect_address(&a, "b'\\x00ab'");
	memset(a.path.sun_path, 'p', sizeof(a.path.sun_path));
	memcpy(a.path.sun_path, "/e", 3);
	a.length = sizeof(a.path);
	expect_address(&a, "'/e'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_when_plain_then_as_they_are),
		cmocka_unit_test(test_bytes_when_unprintable_then_escaped),
		cmocka_unit_test(test_bytes_when_quoted_then_the_quote_that_needs_no_escape),
		cmocka_unit_test(test_bytes_when_every_value_then_one_printable_line),
		cmocka_unit_test(test_text_when_utf8_then_kept_and_stray_bytes_escaped),
		cmocka_unit_test(test_address_when_ipv4_then_a_pair),
		cmocka_unit_test(test_address_when_ipv6_then_four_elements),
		cmocka_unit_test(test_address_when_unix_then_path_or_nothing_or_abstract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
