/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_signals: signals as bytes of a descriptor for the selector loop, as long as `echoctl top` has a
 * terminal to restore: those that end it (SIGINT, SIGTERM, SIGHUP, SIGQUIT), SIGTSTP, SIGCONT and
 * SIGWINCH. What was ignored stays ignored. Once in a process.
 */
#ifndef ECHOD_ECHOCTL_TOP_SIGNALS_H
#define ECHOD_ECHOCTL_TOP_SIGNALS_H

#include <stdbool.h>

/* *ret_fd, readable when one has come, is not the caller's. -errno. */
int top_signals_open(int *ret_fd);
/* The next one, or 0. */
int top_signals_next(void);
/* Has one come that ends us? Also true while it waits to be fetched. */
bool top_signals_end_seen(void);
bool top_signals_is_end(int number);

/* What the signal would have done without us: returns after SIGCONT, or not at all. The terminal is to
 * be restored before. */
void top_signals_obey(int number);

#endif
