/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * keep: which descriptors live on in a process after a fork.
 */
#ifndef ECHOD_KEEP_H
#define ECHOD_KEEP_H

#include <stddef.h>

/* Closes every descriptor but 0, 1, 2, the log's, and these n (in any order; repeated and negative
 * ones are harmless). The log's sink is told, so that no library writes to a number that has
 * another meaning by now. Only close(2) happens: nothing of the parent's is unregistered or
 * unlocked. 0 or -ENOMEM (nothing closed). */
int keep_only(const int *fds, size_t n);

#endif
