/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_terminal: the terminal while `echoctl top` has it: its other screen, no cursor, no wrapping, and
 * keys one by one without their echo. What was before is there again after top_terminal_leave().
 */
#ifndef ECHOD_ECHOCTL_TOP_TERMINAL_H
#define ECHOD_ECHOCTL_TOP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct top_terminal {
	bool has_keys; /* standard input is a terminal, too */
	bool entered;  /* there is something to restore */
	bool gone;     /* it takes nothing any more */
	struct termios saved;
};

/* Is standard output a terminal that can do more than print lines? */
bool top_terminal_can_draw(void);
/* How large standard output is: 0 columns where it is no terminal; 80 x 24 where it does not say. */
void top_terminal_size(int *ret_columns, int *ret_rows);

/* -errno of the terminal, which is then as it was. Once more while it is entered: puts back what
 * somebody else changed meanwhile. */
int top_terminal_enter(struct top_terminal *t);
/* Restores everything. Nothing to do is fine. */
void top_terminal_leave(struct top_terminal *t);
/* In one write, as long as the terminal takes it. -errno; -EINTR when a signal is to end us. */
int top_terminal_write(struct top_terminal *t, const char *text, size_t length);

#endif
