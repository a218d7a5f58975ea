/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * calendar.c: the Gregorian calendar. It repeats after 400 years, so any time is brought into one
 * such period, and the years and months of that are counted off.
 */
#include "calendar.h"

#include <stdbool.h>

enum {
	DAY_S = 86400,
	PERIOD_YEARS = 400,
	PERIOD_DAYS = 146097,
	THURSDAY = 4 /* 1 January 1970 */
};

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t floor_rest(int64_t a, int64_t b)
{
	return a - floor_divide(a, b) * b;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* days since the year began. */
static void set_date(struct calendar *date, int days)
{
	for (date->month = 1; days >= days_of_month(date->year, date->month); date->month++)
		days -= days_of_month(date->year, date->month);
	date->day = days + 1;
}

struct calendar calendar_of(int64_t real_s)
{
	const int64_t day = floor_divide(real_s, DAY_S);
	const int rest = (int)floor_rest(real_s, DAY_S);
	int days = (int)floor_rest(day, PERIOD_DAYS);
	struct calendar date = {
		.year = 1970 + PERIOD_YEARS * floor_divide(day, PERIOD_DAYS),
		.weekday = (int)floor_rest(day + THURSDAY, 7),
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
	};

	for (; days >= 365 + is_leap(date.year); date.year++)
		days -= 365 + is_leap(date.year);
	set_date(&date, days);
	return date;
}

const char *calendar_month(const struct calendar *date)
{
	static const char *const names[] = { "January",	  "February", "March",	  "April",
					     "May",	  "June",     "July",	  "August",
					     "September", "October",  "November", "December" };

	return names[date->month - 1];
}

const char *calendar_weekday(const struct calendar *date)
{
	static const char *const names[] = { "Sunday",	 "Monday", "Tuesday", "Wednesday",
					     "Thursday", "Friday", "Saturday" };

	return names[date->weekday];
}
