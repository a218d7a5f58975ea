/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * standard: standard input, output and error as a program is given them, which may be not at all.
 */
#ifndef ECHOD_STANDARD_H
#define ECHOD_STANDARD_H

/* First thing in main(): takes the numbers 0 to 2 that are closed, or the next descriptor opened, a
 * connection or a pipe of ours, would have such a number, and what is printed would go there. What is
 * taken here can be neither read nor written, as what is closed. 0 or -errno. */
int standard_hold(void);

/* Last thing before the exit code: 0, or -errno (-EIO where nobody noted it) when not all that was
 * printed to standard output has been written. */
int standard_flush(void);

#endif
