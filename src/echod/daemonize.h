/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * daemonize: into the background, with the truth about the start as the first process's exit code.
 *
 *   first process ──fork──► session leader ──fork──► daemon
 *    │ waits                 exits                    │ opens, binds, forks workers
 *    ◄───────────── ready, or the reason ─────────────┘
 *    exits 0, or prints the reason and exits with the daemon's code
 *
 * In the foreground the same calls are made on a struct from DAEMONIZE_FOREGROUND: there is nobody
 * to tell, and a reason goes to standard error.
 */
#ifndef ECHOD_DAEMONIZE_H
#define ECHOD_DAEMONIZE_H

#include <stdbool.h>

#include "echod/attr.h"

struct daemonize {
	int fd; /* to the first process, close-on-exec; -1 in the foreground and once it was told */
	bool background;
};

#define DAEMONIZE_FOREGROUND ((struct daemonize){ .fd = -1 })

/* Closes inherited descriptors (keep_only), resets signals, forks twice around setsid(2), opens
 * /dev/null as 0, 1 and 2, sets umask 022 and goes to "/". Returns 0 in the daemon alone; the first
 * process waits here and exits. Before it: flush nothing, open only the log, and make paths
 * absolute. -errno, in the process that called, when the first fork or what precedes it failed. */
int daemonize_begin(struct daemonize *ret_daemonize);

/* The daemon listens: the first process exits 0. Once; later calls do nothing. */
void daemonize_ready(struct daemonize *d);

/* The daemon could not start: the first process prints this text as it is (a line feed is added if
 * it has none) on standard error and exits with exit_code, 1 to 255. Returns exit_code, for the
 * caller to clean up and exit with. In the background after daemonize_ready() there is nobody to
 * tell and it only returns the code.
 * A daemon that dies without a word makes the first process say so, with the signal's name where
 * the system tells it, and exit 1. */
int daemonize_fail(struct daemonize *d, int exit_code, const char *format, ...) PRINTF_LIKE(3, 4);

/* In a forked worker: lets go of the channel without a word. */
void daemonize_abandon(struct daemonize *d);

#endif
