/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * limits: the bounds that the kernel puts on this process.
 */
#ifndef ECHOD_LIMITS_H
#define ECHOD_LIMITS_H

#include <stdint.h>

/* Raises the soft limit of open files to the hard one and tells the limit now in force, also when
 * it fails. 0, or -errno: -EPERM under a system-call filter is worth a warning, nothing more. */
int limits_raise_files(uint64_t *ret_limit);

/* The soft limit of open files now. */
uint64_t limits_files(void);

#endif
