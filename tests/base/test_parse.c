/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>

#include "echod/parse.h"

static void expect(int (*parse)(const char *, int64_t, int64_t, int64_t *), const char *text,
		   int64_t value)
{
	int64_t got = -42;

	assert_int_equal(parse(text, INT64_MIN, INT64_MAX, &got), 0);
	assert_int_equal(got, value);
}

static void refuse(int (*parse)(const char *, int64_t, int64_t, int64_t *), const char *text,
		   int error)
{
	int64_t got = -42;

	assert_int_equal(parse(text, INT64_MIN, INT64_MAX, &got), error);
	assert_int_equal(got, -42);
}

static void test_parse_integer_when_decimal_then_its_value(void **state)
{
	(void)state;
	expect(parse_integer, "0", 0);
	expect(parse_integer, "007", 7);
	expect(parse_integer, "-12", -12);
	expect(parse_integer, "9223372036854775807", INT64_MAX);
	expect(parse_integer, "-9223372036854775808", INT64_MIN);
}

static void test_parse_integer_when_not_decimal_then_einval(void **state)
{
	static const char *const bad[] = {
		"",    "-",   " 1",  "1 ", "+1", "0x10",
		"1e3", "1.5", "--1", "1k", "a",	 "99999999999999999999x"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(parse_integer, bad[i], -EINVAL);
}

static void test_parse_when_beyond_int64_then_erange(void **state)
{
	(void)state;
	refuse(parse_integer, "9223372036854775808", -ERANGE);
	refuse(parse_integer, "-9223372036854775809", -ERANGE);
	refuse(parse_integer, "99999999999999999999", -ERANGE);
	refuse(parse_size, "9007199254740992k", -ERANGE);
	refuse(parse_duration_ns, "9223372037", -ERANGE);
}

static void test_parse_when_outside_the_limits_then_erange(void **state)
{
	int64_t got = -42;

	(void)state;
	assert_int_equal(parse_integer("4", 5, 9, &got), -ERANGE);
	assert_int_equal(parse_integer("10", 5, 9, &got), -ERANGE);
	assert_int_equal(got, -42);
	assert_int_equal(parse_integer("5", 5, 9, &got), 0);
	assert_int_equal(parse_integer("9", 5, 9, &got), 0);
	assert_int_equal(got, 9);
	assert_int_equal(parse_size("2k", 0, 2047, &got), -ERANGE);
	assert_int_equal(parse_duration_ms("2s", 0, 1999, &got), -ERANGE);
}

static void test_parse_size_when_it_has_a_unit_then_1024s(void **state)
{
	(void)state;
	expect(parse_size, "512", 512);
	expect(parse_size, "64k", 65536);
	expect(parse_size, "64K", 65536);
	expect(parse_size, "16m", 16777216);
	expect(parse_size, "1g", 1073741824);
	refuse(parse_size, "k", -EINVAL);
	refuse(parse_size, "1kb", -EINVAL);
	refuse(parse_size, "1 k", -EINVAL);
	refuse(parse_size, "1s", -EINVAL);
}

static void test_parse_count_when_it_has_a_unit_then_1000s(void **state)
{
	(void)state;
	expect(parse_count, "1000", 1000);
	expect(parse_count, "20k", 20000);
	expect(parse_count, "3m", 3000000);
	expect(parse_count, "1G", 1000000000);
	refuse(parse_count, "1ms", -EINVAL);
}

static void test_parse_duration_when_plain_then_seconds(void **state)
{
	(void)state;
	expect(parse_duration_ms, "5", 5000);
	expect(parse_duration_ns, "5", 5000000000);
}

static void test_parse_duration_when_it_has_a_unit_then_that(void **state)
{
	(void)state;
	expect(parse_duration_ms, "250ms", 250);
	expect(parse_duration_ms, "5s", 5000);
	expect(parse_duration_ms, "2m", 120000);
	expect(parse_duration_ms, "1h", 3600000);
	expect(parse_duration_ns, "7ns", 7);
	expect(parse_duration_ns, "7us", 7000);
	expect(parse_duration_ns, "7ms", 7000000);
	expect(parse_duration_ns, "7s", 7000000000);
	expect(parse_duration_ns, "2m", 120000000000);
	expect(parse_duration_ns, "1h", 3600000000000);
	refuse(parse_duration_ms, "5us", -EINVAL);
	refuse(parse_duration_ms, "5M", -EINVAL);
	refuse(parse_duration_ms, "5sec", -EINVAL);
}

static void test_parse_port_when_in_range_then_its_number(void **state)
{
	uint16_t port = 42;

	(void)state;
	assert_int_equal(parse_port("65536", &port), -ERANGE);
	assert_int_equal(parse_port("-1", &port), -ERANGE);
	assert_int_equal(parse_port("echo", &port), -EINVAL);
	assert_int_equal(port, 42);
	assert_int_equal(parse_port("0", &port), 0);
	assert_int_equal(port, 0);
	assert_int_equal(parse_port("65535", &port), 0);
	assert_int_equal(port, 65535);
}

static const char *const words[] = { "status",	"listeners",	"connections", "metrics",
				     "reload",	"drain",	"disconnect",  "ping",
				     "version", "idle-timeout", "tcp",	       "s",
				     NULL };

static void suggest(const char *text, const char *word)
{
	const char *nearest = parse_nearest(text, words);

	if (!word) {
		assert_null(nearest);
		return;
	}
	assert_non_null(nearest);
	assert_string_equal(nearest, word);
}

static void test_parse_nearest_when_a_slip_then_the_word(void **state)
{
	(void)state;
	suggest("stauts", "status");
	suggest("statu", "status");
	suggest("sttaus", "status");
	suggest("conections", "connections");
	suggest("pong", "ping");
	suggest("tpc", "tcp");
	suggest("idle_timeout", "idle-timeout");
	suggest("status", "status");
}

static void test_parse_nearest_when_abbreviated_then_the_one_word_that_begins_so(void **state)
{
	static const char *const verbs[] = { "connections", "config", "log reopen", "log",
					     "resume",	    "reload", NULL };

	(void)state;
	assert_string_equal(parse_nearest("conn", verbs), "connections");
	assert_string_equal(parse_nearest("conf", verbs), "config");
	assert_string_equal(parse_nearest("l", verbs), "log");
	assert_string_equal(parse_nearest("log r", verbs), "log reopen");
	assert_null(parse_nearest("con", verbs));
	assert_null(parse_nearest("re", verbs));
}

static void test_parse_nearest_when_nothing_is_near_then_null(void **state)
{
	char huge[300];

	(void)state;
	suggest("", NULL);
	suggest("x", NULL);
	suggest("stop", NULL);
	suggest("frobnicate", NULL);
	for (size_t i = 0; i < sizeof(huge); i++)
		huge[i] = 's';
	huge[sizeof(huge) - 1] = '\0';
	suggest(huge, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_integer_when_decimal_then_its_value),
		cmocka_unit_test(test_parse_integer_when_not_decimal_then_einval),
		cmocka_unit_test(test_parse_when_beyond_int64_then_erange),
		cmocka_unit_test(test_parse_when_outside_the_limits_then_erange),
		cmocka_unit_test(test_parse_size_when_it_has_a_unit_then_1024s),
		cmocka_unit_test(test_parse_count_when_it_has_a_unit_then_1000s),
		cmocka_unit_test(test_parse_duration_when_plain_then_seconds),
		cmocka_unit_test(test_parse_duration_when_it_has_a_unit_then_that),
		cmocka_unit_test(test_parse_port_when_in_range_then_its_number),
		cmocka_unit_test(test_parse_nearest_when_a_slip_then_the_word),
		cmocka_unit_test(
		    test_parse_nearest_when_abbreviated_then_the_one_word_that_begins_so),
		cmocka_unit_test(test_parse_nearest_when_nothing_is_near_then_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
