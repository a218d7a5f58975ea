/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notify: tells the service manager ($NOTIFY_SOCKET) how we are. Never an error for the caller, and
 * nothing at all where nobody asked. Only the master speaks: children call notify_in_child().
 * Each text becomes STATUS=, one line for people; NULL sends none.
 */
#ifndef ECHOD_NOTIFY_H
#define ECHOD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/attr.h"

/* True when there is somebody to tell. */
bool notify_wanted(void);

/* READY=1: after the start and after each reload, also one that failed. */
void notify_ready(const char *status);
/* STATUS= alone. */
void notify_status(const char *format, ...) PRINTF_LIKE(1, 2);
/* RELOADING=1 with MONOTONIC_USEC=. */
void notify_reloading(const char *status);
/* STOPPING=1. */
void notify_stopping(const char *status);
/* EXTEND_TIMEOUT_USEC=: this start, reload or stop goes on for as long as ms from now. */
void notify_extend_timeout(int64_t ms);
/* WATCHDOG=1: we are alive. */
void notify_watchdog(void);
/* How often notify_watchdog() is to be called, in ms (half of what the manager waits), or 0 when
 * it does not watch this process. */
int64_t notify_watchdog_interval_ms(void);

/* In a forked child: forgets the manager, so that the calls above do nothing. */
void notify_in_child(void);

#endif
