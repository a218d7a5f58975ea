/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * clock: the only reader of time. Everything else is told what time it is.
 */
#ifndef ECHOD_CLOCK_H
#define ECHOD_CLOCK_H

#include <stdint.h>

/* Monotonic time since some fixed point: never goes back, does not follow the wall clock. */
int64_t clock_now_ms(void);
int64_t clock_now_ns(void);

/* Wall-clock time since 1970-01-01 UTC. */
int64_t clock_real_s(void);
int64_t clock_real_ns(void);

#endif
