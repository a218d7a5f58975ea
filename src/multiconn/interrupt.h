/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * interrupt: SIGINT and SIGTERM as a descriptor for the selector loop. The first one asks the
 * program to stop and report; a second one ends it at once, as if nobody had caught it. Where the
 * program waits for something else than its loop, the handler itself reports.
 */
#ifndef MULTICONN_INTERRUPT_H
#define MULTICONN_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>

/* Catches both, and ignores SIGPIPE. *ret_fd becomes readable with the first signal; it stays this
 * module's. Once per process. -errno. */
int interrupt_open(int *ret_fd);
/* From here on the first one writes this text on standard output and ends the process with this
 * code, until interrupt_loop(); so nothing may be left in stdout's buffer. The text is taken, and freed
 * there. One that has come already is not answered. */
void interrupt_answer(char *text, size_t length, int code);
/* They are told by the descriptor again. */
void interrupt_loop(void);
/* Has one come? */
bool interrupt_seen(void);

#endif
