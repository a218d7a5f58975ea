/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * calendar: seconds since 1970 as a date and time in UTC, without a system call or a time zone.
 */
#ifndef SERVICE_CALENDAR_H
#define SERVICE_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

struct calendar {
	int64_t year;
	int month;   /* 1 to 12 */
	int day;     /* 1 to 31 */
	int weekday; /* 0 = Sunday */
	int hour, minute, second;
};

struct calendar calendar_of(int64_t real_s);
const char *calendar_month(const struct calendar *date);   /* "January" */
const char *calendar_weekday(const struct calendar *date); /* "Sunday" */

#endif
