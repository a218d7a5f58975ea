/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * restart_delay.c: a worker that dies as soon as it lives is forked twice a minute in the end.
 */
#include "src/echod/restart_delay.h"

int64_t restart_delay_ms(bool first, int64_t last_delay_ms, int64_t lived_ms)
{
	if (first || lived_ms >= RESTART_QUIET_MS)
		return 0;
	if (last_delay_ms == 0)
		return RESTART_FIRST_MS;
	return last_delay_ms < RESTART_MAX_MS / 2 ? last_delay_ms * 2 : RESTART_MAX_MS;
}
