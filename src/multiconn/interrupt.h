/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * interrupt: SIGINT and SIGTERM as a descriptor for the selector loop. The first one asks the
 * program to stop and report; a second one ends it at once, as if nobody had caught it.
 */
#ifndef MULTICONN_INTERRUPT_H
#define MULTICONN_INTERRUPT_H

#include <stdbool.h>

/* Catches both, and ignores SIGPIPE. *ret_fd becomes readable with the first signal; it stays this
 * module's. Once per process. -errno. */
int interrupt_open(int *ret_fd);
/* Has one come? */
bool interrupt_seen(void);

#endif
