/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notify_send: what reaches the service manager, twice: notify.c does it with libsystemd,
 * notify_fallback.c without. A build has one of them; notify_state.c says what is sent.
 */
#ifndef ECHOD_NOTIFY_SEND_H
#define ECHOD_NOTIFY_SEND_H

#include <stdint.h>

/* Sends these lines (sd_notify(3)) to $NOTIFY_SOCKET. Errors have nobody to go to. */
void notify_send(const char *lines);
/* The manager's patience with this process in microseconds, 0 when it does not watch it
 * ($WATCHDOG_USEC, $WATCHDOG_PID; sd_watchdog_enabled(3)). */
uint64_t notify_watchdog_usec(void);

#endif
