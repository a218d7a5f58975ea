/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * restart_delay: how long a worker's place stays empty after a death. Pure.
 */
#ifndef ECHOD_RESTART_DELAY_H
#define ECHOD_RESTART_DELAY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RESTART_FIRST_MS = 100,
	RESTART_MAX_MS = 30 * 1000,
	RESTART_QUIET_MS = 60 * 1000
};

/* None for the first death, and for one after a quiet minute; otherwise RESTART_FIRST_MS, then twice
 * the last delay, up to RESTART_MAX_MS. */
int64_t restart_delay_ms(bool first, int64_t last_delay_ms, int64_t lived_ms);

#endif
