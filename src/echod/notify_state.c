/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notify_state.c: the lines of each message. A status is one line: a line feed in it would begin an
 * assignment of its own.
 */
#include "src/echod/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/clock.h"
#include "src/echod/notify_send.h"

enum {
	STATUS_MAX = 512,
	LINES_MAX = STATUS_MAX + 128
};

bool notify_wanted(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	return name && name[0] != '\0';
}

/* These lines (shorter than LINES_MAX - STATUS_MAX), and the status if there is one. */
static void send_with_status(const char *lines, const char *status)
{
	char text[LINES_MAX];

	if (!notify_wanted())
		return;
	snprintf(text, sizeof(text), "%s%s%.*s", lines, status ? "STATUS=" : "", STATUS_MAX - 1,
		 status ? status : "");
	for (char *p = text + strlen(lines); *p; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	notify_send(text);
}

void notify_ready(const char *status)
{
	send_with_status("READY=1\n", status);
}

void notify_status(const char *format, ...)
{
	char status[STATUS_MAX];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(status, sizeof(status), format, arguments) < 0)
		status[0] = '\0';
	va_end(arguments);
	send_with_status("", status);
}

void notify_reloading(const char *status)
{
	char lines[64];

	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
		 clock_now_ns() / 1000);
	send_with_status(lines, status);
}

void notify_stopping(const char *status)
{
	send_with_status("STOPPING=1\n", status);
}

void notify_extend_timeout(int64_t ms)
{
	char lines[64];

	snprintf(lines, sizeof(lines), "EXTEND_TIMEOUT_USEC=%" PRId64 "\n", ms * 1000);
	send_with_status(lines, NULL);
}

void notify_watchdog(void)
{
	send_with_status("WATCHDOG=1\n", NULL);
}

int64_t notify_watchdog_interval_ms(void)
{
	uint64_t usec = notify_watchdog_usec();
	uint64_t half_ms = usec / 2000;

	if (usec == 0 || !notify_wanted())
		return 0;
	return half_ms > 0 ? (int64_t)half_ms : 1;
}

void notify_in_child(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}
