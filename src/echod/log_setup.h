/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_setup: the log as the configuration wants it.
 */
#ifndef ECHOD_LOG_SETUP_H
#define ECHOD_LOG_SETUP_H

#include <stdbool.h>

#include "src/echod/config.h"
#include "src/echod/privileges.h"
#include "src/echod/why.h"

/* Opens the log; a file as the user that the daemon becomes, who must be able to open it again.
 * "auto" means syslog in the background, else the journal if standard error leads there, else
 * standard error. 0, or -errno with the reason. */
int log_setup(const struct config *config, const struct privileges *privileges, bool background,
	      struct why *why);

#endif
