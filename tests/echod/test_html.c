/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/html.h"

enum {
	SIZE = 128
};

static FILE *open_text(char text[static SIZE])
{
	FILE *out = fmemopen(text, SIZE, "w");

	assert_non_null(out);
	return out;
}

static void assert_text(const char *text, const char *expected)
{
	char got[SIZE];
	FILE *out = open_text(got);

	html_text(out, text);
	fclose(out);
	assert_string_equal(got, expected);
}

static void test_html_text_when_it_has_a_meaning_then_escaped(void **state)
{
	(void)state;
	assert_text("", "");
	assert_text("plain /run/x.sock", "plain /run/x.sock");
	assert_text("<b>\"x\" & 'y'</b>", "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;");
	assert_text("&amp;", "&amp;amp;");
}

static void test_html_text_when_control_characters_then_shown(void **state)
{
	(void)state;
	assert_text("a\tb\nc\x1b[31m\x7f", "a\\x09b\\x0ac\\x1b[31m\\x7f");
	/* U+009B is one too, U+00A0 and what follows is not. */
	assert_text("\xc2\x9b\xc2\xa0\xc3\x9f", "\\x9b\xc2\xa0\xc3\x9f");
	assert_text("\xc2", "\xc2");
}

static void test_html_text_when_beyond_ascii_then_as_it_is(void **state)
{
	(void)state;
	assert_text("Größe 🐰", "Größe 🐰");
}

static void assert_count(int64_t n, const char *expected)
{
	char got[SIZE];
	FILE *out = open_text(got);

	html_count(out, n);
	fclose(out);
	assert_string_equal(got, expected);
}

static void test_html_count_when_long_then_in_groups(void **state)
{
	(void)state;
	assert_count(0, "0");
	assert_count(999, "999");
	assert_count(1000, "1,000");
	assert_count(1234567, "1,234,567");
	assert_count(-123, "-123");
	assert_count(-1234, "-1,234");
	assert_count(INT64_MAX, "9,223,372,036,854,775,807");
	assert_count(INT64_MIN, "-9,223,372,036,854,775,808");
}

static void assert_bytes(double n, const char *expected)
{
	char got[SIZE];
	FILE *out = open_text(got);

	html_bytes(out, n);
	fclose(out);
	assert_string_equal(got, expected);
}

static void test_html_bytes_when_many_then_in_the_unit_that_fits(void **state)
{
	(void)state;
	assert_bytes(0, "0 B");
	assert_bytes(1023, "1023 B");
	assert_bytes(1024, "1.0 KiB");
	assert_bytes(1536, "1.5 KiB");
	assert_bytes(1024 * 1024 - 1, "1.0 MiB");
	assert_bytes(3.0 * (1LL << 40), "3.0 TiB");
	assert_bytes(2048.0 * (1LL << 50), "2048.0 PiB");
}

static void assert_rate(double rate, const char *expected)
{
	char got[SIZE];
	FILE *out = open_text(got);

	html_rate(out, rate);
	fclose(out);
	assert_string_equal(got, expected);
}

static void test_html_rate_when_small_then_not_zero(void **state)
{
	(void)state;
	assert_rate(0, "0");
	assert_rate(0.0001, "below 0.01");
	assert_rate(0.25, "0.25");
	assert_rate(9.96, "10.0");
	assert_rate(99.44, "99.4");
	assert_rate(99.5, "100");
	assert_rate(12345.4, "12,345");
}

static void assert_duration(int64_t ms, const char *expected)
{
	char got[SIZE];
	FILE *out = open_text(got);

	html_duration(out, ms);
	fclose(out);
	assert_string_equal(got, expected);
}

static void test_html_duration_when_long_then_two_units(void **state)
{
	(void)state;
	assert_duration(0, "0.0 s");
	assert_duration(1999, "1.9 s");
	assert_duration(10999, "10 s");
	assert_duration(60000, "1 min");
	assert_duration(61000, "1 min 1 s");
	assert_duration(3600000, "1 h");
	assert_duration(3659000, "1 h");
	assert_duration(3660000, "1 h 1 min");
	assert_duration(INT64_C(90000) * 1000, "1 d 1 h");
	assert_duration(INT64_C(400) * 86400 * 1000, "400 d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html_text_when_it_has_a_meaning_then_escaped),
		cmocka_unit_test(test_html_text_when_control_characters_then_shown),
		cmocka_unit_test(test_html_text_when_beyond_ascii_then_as_it_is),
		cmocka_unit_test(test_html_count_when_long_then_in_groups),
		cmocka_unit_test(test_html_bytes_when_many_then_in_the_unit_that_fits),
		cmocka_unit_test(test_html_rate_when_small_then_not_zero),
		cmocka_unit_test(test_html_duration_when_long_then_two_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
