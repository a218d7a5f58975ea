/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <time.h>

#include "src/service/calendar.h"

static void expect(int64_t real_s, const char *text)
{
	const struct calendar date = calendar_of(real_s);
	char got[80];

	snprintf(got, sizeof(got), "%s %lld %s %d %02d:%02d:%02d", calendar_weekday(&date),
		 (long long)date.year, calendar_month(&date), date.day, date.hour, date.minute,
		 date.second);
	assert_string_equal(got, text);
}

static void test_calendar_at_known_moments_then_their_dates(void **state)
{
	(void)state;
	expect(0, "Thursday 1970 January 1 00:00:00");
	expect(-1, "Wednesday 1969 December 31 23:59:59");
	expect(951782399, "Monday 2000 February 28 23:59:59");
	expect(951782400, "Tuesday 2000 February 29 00:00:00");
	expect(4107542399, "Sunday 2100 February 28 23:59:59");
	expect(4107542400, "Monday 2100 March 1 00:00:00");
	expect(2147483648, "Tuesday 2038 January 19 03:14:08");
	expect(-62135596800, "Monday 1 January 1 00:00:00");
	expect(253402300799, "Friday 9999 December 31 23:59:59");
}

static void test_calendar_over_nine_centuries_then_as_the_c_library(void **state)
{
	(void)state;
	for (int64_t s = -15000000000; s < 15000000000; s += 86400 * 11 + 12345) {
		const struct calendar date = calendar_of(s);
		const time_t when = (time_t)s;
		struct tm tm;

		assert_non_null(gmtime_r(&when, &tm));
		assert_int_equal(date.year, tm.tm_year + 1900);
		assert_int_equal(date.month, tm.tm_mon + 1);
		assert_int_equal(date.day, tm.tm_mday);
		assert_int_equal(date.weekday, tm.tm_wday);
		assert_int_equal(date.hour * 3600 + date.minute * 60 + date.second,
				 tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar_at_known_moments_then_their_dates),
		cmocka_unit_test(test_calendar_over_nine_centuries_then_as_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
