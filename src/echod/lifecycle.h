/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle: the daemon from its options to its exit code.
 */
#ifndef ECHOD_LIFECYCLE_H
#define ECHOD_LIFECYCLE_H

#include "src/echod/options.h"

enum {
	EXIT_STARTED_NOT = 1, /* could not start, or failed later */
	EXIT_USAGE = 2,
	EXIT_CONFIG = 78 /* bad configuration */
};

/* Starts, runs and ends the daemon as the options say. Returns the process's exit code. */
int lifecycle_run(const struct options *options);
/* --check: reads the configuration, prints what is wrong with it on standard error. 0 or 78. */
int lifecycle_check(const struct options *options);

#endif
