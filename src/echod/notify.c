/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notify.c: notify_send.h on libsystemd.
 */
#include "src/echod/notify_send.h"

#include <systemd/sd-daemon.h>

void notify_send(const char *lines)
{
	sd_notify(0, lines);
}

uint64_t notify_watchdog_usec(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}
