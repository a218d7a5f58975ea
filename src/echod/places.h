/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * places: where the PID file and the control socket are: as configured, else in the run-time
 * directory.
 */
#ifndef ECHOD_PLACES_H
#define ECHOD_PLACES_H

#include "src/echod/config.h"
#include "src/echod/privileges.h"
#include "src/echod/why.h"

/* Absolute paths, the caller's to free. -ENOMEM. */
int places_find(const struct config *config, char **ret_pid_path, char **ret_control_path);
/* Makes the run-time directory if either is in it. 0 or -errno with the reason. */
int places_make(const struct config *config, const struct privileges *privileges, struct why *why);

#endif
