/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run: from options to an exit code.
 */
#ifndef ECHOD_ECHOCTL_RUN_H
#define ECHOD_ECHOCTL_RUN_H

#include "echoctl/options.h"

/* An enum exit_code. Output that could not be written is a failure. */
int run(const struct options *options);

#endif
