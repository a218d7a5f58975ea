/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_play: a log in a file of its own, for tests of log.c. Time stands still (clock_now_ms is wrapped)
 * until a test moves it.
 */
#ifndef ECHOD_TESTS_LOG_PLAY_H
#define ECHOD_TESTS_LOG_PLAY_H

#include <stdint.h>

extern int64_t log_play_ms;	/* what time it is */
extern char log_play_path[128]; /* of the file */

int log_play_setup(void **state);
int log_play_teardown(void **state);
/* All of a file; good until the next call. */
const char *log_play_content(const char *file);

#endif
